"""Problems for the splits: generated, or dealt from a source; no question in two splits, every reference executed.

Held-out splits are filled first, and every problem depends on the seed, its split and its place alone. So more training
problems never change the test.
"""

import hashlib
import itertools
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from random import Random

from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.tasks.references import execute_reference, offered
from stages.tasks.task import Draft, Generator, Problem, Rejection, Source, Task

PROCEDURAL = "procedural"
SPLITS = ("test", "validation", "train")
BASE = "base"
_TRIES = 100


def generate(
    task: Task,
    functions: FunctionSet,
    families: Mapping[str, Generator],
    depths: Sequence[int],
    sizes: Mapping[str, int],
    seed: int,
) -> Iterator[tuple[str, Problem]]:
    """Yields procedural problems with their splits; families and depths take turns.

    Questions of the split `base`, on which a student is trained from scratch, and those of all other splits are of two
    halves of what can be asked, told apart by a hash: neither needs to know the other to have none of its questions.

    Raises:
        UserError: If a family cannot be solved with the functions, or has too few questions.
    """
    turns = list(itertools.product(depths, families.items()))
    questions: set[str] = set()
    for split, index in _places(sizes):
        depth, (family, generator) = turns[index % len(turns)]
        for attempt in range(_TRIES):
            draft = generator(Random(f"{seed}/{split}/{index}/{attempt}"), depth)
            if _plain(draft.question) not in questions and _is_for_base(draft.question) == (split == BASE):
                break
        else:
            raise UserError(
                f"params.yaml: `problems.{task.name}`: family {family} has no new question of depth {depth} after "
                f"{len(questions)} problems; make `splits` smaller, or name more `families` or `depths`"
            )
        questions.add(_plain(draft.question))
        draft = replace(offered(draft, functions), family=family, depth=depth)
        if (fault := reference_fault(draft, task, functions)) is not None:
            raise UserError(
                f"tasks/{task.name}: the reference of family {family} fails ({fault}) on: {draft.question} "
                f"Mend the family or the functions that `problems.{task.name}.functions` names"
            )
        yield split, _problem(task, split, index, draft)


@dataclass
class Reading:
    """What a source gave.

    Attributes:
        rows: How many rows there were.
        drafts: The problems; those whose reference fails have lost it.
        rejected: Where and why rows were left out.
        faults: Where and why references were taken away or were missing.
    """

    rows: int = 0
    drafts: list[Draft] = field(default_factory=list)
    rejected: list[Rejection] = field(default_factory=list)
    faults: list[Rejection] = field(default_factory=list)


def read(source: Source, path: Path, task: Task, functions: FunctionSet) -> Reading:
    """Reads a source and executes its references.

    Raises:
        UserError: If the data cannot be read.
    """
    reading = Reading()
    for item in source(path):
        reading.rows += 1
        if isinstance(item, Rejection):
            reading.rejected.append(item)
            continue
        item = offered(item, functions)
        if (fault := reference_fault(item, task, functions)) is not None:
            reading.faults.append(Rejection(f"row {reading.rows}", fault))
            item = replace(item, reference=None)
        reading.drafts.append(item)
    return reading


def deal(task: Task, drafts: Iterable[Draft], sizes: Mapping[str, int], seed: int) -> Iterator[tuple[str, Problem]]:
    """Yields shuffled drafts as problems with their splits; of equal questions only the first is used.

    Raises:
        UserError: If there are too few.
    """
    distinct = list({_plain(draft.question): draft for draft in reversed(list(drafts))}.values())[::-1]
    if len(distinct) < sum(sizes.values()):
        raise UserError(
            f"params.yaml: `problems.{task.name}.splits` asks for {sum(sizes.values())} problems, but the source has "
            f"{len(distinct)} distinct ones; make the splits smaller"
        )
    Random(seed).shuffle(distinct)
    for (split, index), draft in zip(_places(sizes), distinct):
        yield split, _problem(task, split, index, draft)


def reference_fault(draft: Draft, task: Task, functions: FunctionSet) -> str | None:
    """Executes a draft's reference; returns why it does not lead to the gold answer, or None if it does."""
    if draft.reference is None:
        return "no reference"
    episode = execute_reference(draft.reference, functions)
    if any(step.error for step in episode.steps):
        return "a call of the reference fails"
    if episode.answer is None:
        return "the reference does not end with stop"
    decided = [step.result for step in episode.steps if step.call is not None and step.call.name == task.decides]
    if decided and not task.check(decided[-1], draft.answer):
        return f"the answer is {draft.answer}, but {task.decides} returns {decided[-1]}"
    return None if task.check(episode.answer, draft.answer) else "the reference gives another answer"


def _places(sizes: Mapping[str, int]) -> Iterator[tuple[str, int]]:
    order = (*SPLITS, BASE)
    return ((split, index) for split in order for index in range(sizes.get(split, 0)))


def _is_for_base(question: str) -> bool:
    return hashlib.sha256(_plain(question).encode()).digest()[0] % 2 == 1


def _plain(question: str) -> str:
    return " ".join(question.split())


def _problem(task: Task, split: str, index: int, draft: Draft) -> Problem:
    return Problem(
        f"{task.name}-{split}-{index:05d}", draft.question, draft.answer, draft.family, draft.depth, draft.reference
    )


def tally(rejections: Iterable[Rejection]) -> dict[str, int]:
    """Counts rejections by reason, most frequent first."""
    return dict(Counter(rejection.reason for rejection in rejections).most_common())
