"""Augmentation: more problems of those there are, each executed before pairs are made of it as of any other.

What can be said in other words or asked of other numbers is known to the task (`stages.tasks.task.Method`); which
functions are offered is varied here.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Annotated

from pydantic import Field

from stages.agent.functions import FunctionSet
from stages.files import Row
from stages.parameters import Parameters
from stages.preferences.making import Version
from stages.preferences.overlap import HeldOut, plain
from stages.preferences.pairs import ORIGINAL
from stages.tasks.problem_sets import reference_fault
from stages.tasks.references import called
from stages.tasks.rewording import replaced
from stages.tasks.task import Draft, Method, Problem, Task, Variant

FUNCTIONS = "functions"
ALL = ("rename", "numbers", "premises", "paraphrase", FUNCTIONS)
MADE = "made"
_TRIES = 5
_MARK = "~"
_Count = Annotated[int, Field(ge=0)]
Chains = Mapping[str, Sequence[Row]]


class AugmentParameters(Parameters):
    """How many variants of each training problem a method makes, where it can be applied.

    Attributes:
        rename: About other individuals, predicates and objects.
        numbers: With other numbers, every call and the answer computed anew.
        premises: With the premises in another order.
        paraphrase: In other sentences.
        functions: With the functions in another order, and without some that are not needed.
        prefix: Not variants but further pairs, after as many calls as no pair of the problem has before it.
    """

    rename: _Count
    numbers: _Count
    premises: _Count
    paraphrase: _Count
    functions: _Count
    prefix: _Count


def original_id(problem_id: str) -> str:
    """Returns the id of the problem that a variant was made of; of other problems, their own."""
    return problem_id.partition(_MARK)[0]


@dataclass
class Augmenter:
    """Makes the variants of one split's problems.

    Attributes:
        task: Checks answers.
        functions: What chains may call.
        methods: What the task offers.
        counts: Variants of each problem, by method.
        held_out: What no variant may be like.
        taken: The split's questions, as `plain` gives them: no variant repeats one.
        seed: Of everything that is drawn.
        tally: What became of variants, by method and reason; `MADE` is one.
    """

    task: Task
    functions: FunctionSet
    methods: Mapping[str, Method]
    counts: Mapping[str, int]
    held_out: HeldOut
    taken: set[str]
    seed: int
    tally: Counter[tuple[str, str]] = field(default_factory=Counter)

    def versions(self, problem: Problem, chains: Chains) -> Iterator[Version]:
        """Yields a problem and its variants: the same ones, however many more are asked for.

        Args:
            problem: The original; without a reference it has no variants.
            chains: By their origin, rows of data/chains and data/attempts about it.
        """
        yield Version(ORIGINAL, problem, self.functions, chains)
        for method in ALL if problem.reference is not None else ():
            for number in range(self.counts[method]):
                identity = f"{problem.id}{_MARK}{method}{number}"
                make = self._offer if method == FUNCTIONS else self._tell
                if (version := make(method, problem, chains, identity)) is not None:
                    self.tally[method, MADE] += 1
                    yield version

    def _offer(self, method: str, problem: Problem, chains: Chains, identity: str) -> Version | None:
        """Offers the functions in another order, and maybe without some that the reference does not need."""
        random, names = self._random(identity), [function.name for function in self.functions]
        needed = called(problem.reference or ())
        chosen = [name for name in names if name in needed or random.choice((True, False))]
        random.shuffle(chosen)
        if chosen in ([], names):
            return None
        told = _carried(chains, identity, {})
        return Version(method, replace(problem, id=identity), self.functions.only(chosen), told)

    def _tell(self, method: str, problem: Problem, chains: Chains, identity: str) -> Version | None:
        """Lets the task make a variant, and counts why it cannot be used if it cannot."""
        if (variant := self._drawn(method, problem, self._random(identity))) is None:
            return None
        self.taken.add(plain(variant.question))
        told = replace(
            problem, id=identity, question=variant.question, answer=variant.answer, reference=list(variant.reference)
        )
        carried = {} if variant.words is None else _carried(chains, identity, variant.words)
        return Version(method, told, self.functions, carried)

    def _drawn(self, method: str, problem: Problem, random: Random) -> Variant | None:
        """Draws again what cannot be used."""
        fault = None
        for _ in range(_TRIES):
            if method not in self.methods or (variant := self.methods[method](problem, random)) is None:
                return None
            if (fault := self._fault(variant)) is None:
                return variant
        self.tally[method, str(fault)] += 1
        return None

    def _random(self, identity: str) -> Random:
        return Random(f"{self.seed}/{identity}")

    def _fault(self, variant: Variant) -> str | None:
        """Holds a variant against all other questions, and executes its reference."""
        if plain(variant.question) in self.taken:
            return "like a problem that there is"
        if self.held_out.same(variant.question) or self.held_out.near(variant.question):
            return "like a held-out problem"
        draft = Draft(variant.question, variant.answer, variant.reference)
        return reference_fault(draft, self.task, self.functions)


def _carried(chains: Chains, problem_id: str, words: Mapping[str, str]) -> Chains:
    """Returns chains about a variant: the same completions, with other words in place of words."""
    return {origin: [_told(row, problem_id, words) for row in rows] for origin, rows in chains.items()}


def _told(row: Row, problem_id: str, words: Mapping[str, str]) -> Row:
    steps = [{**step, "completion": replaced(step["completion"], words)} for step in row["steps"]]
    return {**row, "problem_id": problem_id, "steps": steps}
