"""Step-level preference pairs: after the same beginning, the call that leads on against one that is proven wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from stages.agent.episode import STOP, Episode, Message, Step, assistant_message, conversation
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.functions import FunctionSet, Schema
from stages.files import dump
from stages.tasks.references import carry, deviation, execute_reference
from stages.tasks.task import Problem, Task
from stages.teachers.mistakes import Setting, mistakes_at

TEACHER, CONSTRUCTED = "teacher", "constructed"
ORIGINAL = "none"


@dataclass(frozen=True)
class Pair:
    """A preference between two assistant turns that follow the same conversation.

    Attributes:
        problem_id: The problem.
        prompt: The conversation so far.
        chosen: The turn that leads on to the gold answer.
        rejected: The turn that is proven wrong.
        tools: The functions that may be called.
        error_type: How the rejected turn is wrong.
        origin: Whose mistake it is.
        family: Of the problem.
        difficulty: The share of the teacher's chains about the problem that are wrong; None if there is none.
        augmentation: The method that made the problem of another one, or the pair; `none` if neither.
    """

    problem_id: str
    prompt: Sequence[Message]
    chosen: Message
    rejected: Message
    tools: Sequence[Schema]
    error_type: ErrorType
    origin: str
    family: str
    difficulty: float | None = None
    augmentation: str = ORIGINAL

    def record(self) -> dict[str, Any]:
        """Returns the pair in TRL's conversational preference format."""
        return {**vars(self), "prompt": list(self.prompt), "chosen": [self.chosen], "rejected": [self.rejected]}


@dataclass(frozen=True)
class PairBuilder:
    """Makes the pairs of one task.

    Attributes:
        task: Checks answers.
        functions: What chains may call.
    """

    task: Task
    functions: FunctionSet

    def build(self, problem: Problem, chains: Iterable[Mapping[str, Any]]) -> Iterator[Pair]:
        """Yields the verified pairs that a problem's chains give, each once.

        Args:
            problem: The problem.
            chains: Rows of data/chains about it.
        """
        rows = list(chains)
        gold = self._gold(problem, rows)
        seen: set[str] = set()
        for row in rows:
            pair = self._pair(problem, [step["completion"] for step in row["steps"]], gold) if gold else None
            if pair and (key := dump([pair.prompt, pair.chosen, pair.rejected])) not in seen:
                seen.add(key)
                yield pair

    def construct(self, problem: Problem, count: int, answers: Sequence[str], random: Random) -> Iterator[Pair]:
        """Yields verified pairs at steps of the reference, one a step, whose wrong side is a constructed mistake.

        They show the right call at every step of a chain, not only where a teacher goes wrong: without them an adapter
        damages the steps that no pair is about.

        Args:
            problem: The problem; without a reference it gives none.
            count: The largest number of pairs.
            answers: The answers that the task has, if they are few.
            random: Draws steps and mistakes.
        """
        gold = self._gold(problem, [])
        setting = Setting(self.task, problem, gold, len(gold) + 1, answers)
        pairs = (self._construct(setting, index, random) for index in random.sample(range(len(gold)), len(gold)))
        yield from islice(filter(None, pairs), count)

    def _construct(self, setting: Setting, index: int, random: Random) -> Pair | None:
        before = [step.completion for step in setting.gold[:index]]
        wrong = [mistake.completions[0] for mistake in mistakes_at(setting, index)]
        random.shuffle(wrong)
        made = (self._pair(setting.problem, [*before, text], setting.gold, CONSTRUCTED) for text in wrong)
        return next(filter(None, made), None)

    def _gold(self, problem: Problem, rows: Sequence[Mapping[str, Any]]) -> Sequence[Step]:
        """Returns the executed reference or, where there is none, the first right chain."""
        if problem.reference is not None:
            return execute_reference(problem.reference, self.functions).steps
        right = next((row for row in rows if row["outcome"] == CORRECT), None)
        return self._replay(problem, [step["completion"] for step in right["steps"]]).steps if right else []

    def _pair(
        self, problem: Problem, completions: Sequence[str], gold: Sequence[Step], origin: str = TEACHER
    ) -> Pair | None:
        episode = self._replay(problem, completions, spare=int(origin == CONSTRUCTED))
        found = deviation(episode, gold)
        if found is None or self._is_right(problem, episode):
            return None
        before, chosen, rejected = episode.steps[: found.index], found.expected[0], episode.steps[found.index]
        if not self._leads_on(problem, before, found.expected):
            return None
        if not self._is_wrong(problem, before, rejected, found.expected):
            return None
        return Pair(
            problem.id,
            conversation(episode.prompt, before),
            assistant_message(chosen, found.index),
            assistant_message(rejected, found.index),
            episode.functions.schemas,
            found.error,
            origin,
            problem.family,
        )

    def _replay(self, problem: Problem, completions: Iterable[str], spare: int = 0) -> Episode:
        """Executes completions again; with a spare step, the attempt does not end at the step limit."""
        completions = list(completions)
        episode = Episode(self.task.prompt(problem.question), self.functions, max_steps=len(completions) + spare)
        for completion in completions:
            if episode.ended is None:
                episode.receive(completion)
        return episode

    def _is_right(self, problem: Problem, episode: Episode) -> bool:
        return episode.answer is not None and self.task.check(episode.answer, problem.answer)

    def _leads_on(self, problem: Problem, before: Sequence[Step], expected: Sequence[Step]) -> bool:
        """Executes the beginning and all that is expected after it."""
        return self._is_right(problem, self._replay(problem, [step.completion for step in (*before, *expected)]))

    def _is_wrong(self, problem: Problem, before: Sequence[Step], rejected: Step, expected: Sequence[Step]) -> bool:
        """Executes the rejected call in place of the chosen one, and what is expected afterwards on its result."""
        if rejected.error is not None:
            return True
        if rejected.call is not None and rejected.call.name == STOP:
            return not self.task.check(rejected.result, problem.answer)
        episode = self._replay(problem, [step.completion for step in (*before, rejected)])
        episode.max_steps += len(expected)
        episode.ended = None
        carried = {expected[0].result: rejected.result}
        for gold in expected[1:]:
            if episode.ended is None and gold.call is not None:
                step = episode.receive(str(carry(gold.call, carried)))
                carried[gold.result] = step.result
        return not self._is_right(problem, episode)
