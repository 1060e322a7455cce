"""Preference pairs: after the same beginning, the call that leads on against one that is proven wrong."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from stages.agent.episode import Episode, Message, Step, assistant_message, conversation
from stages.agent.error_types import ErrorType
from stages.agent.functions import FunctionSet, Schema
from stages.files import dump
from stages.preferences.levels import CHAIN, STEP
from stages.preferences.ways import Guide
from stages.tasks.task import Problem, Task
from stages.teachers.mistakes import Setting, mistake_at, perform

TEACHER, STUDENT, CONSTRUCTED = "teacher", "student", "constructed"
ORIGINAL = "none"


@dataclass(frozen=True)
class Pair:
    """A preference between two assistant turns that follow the same conversation.

    Attributes:
        problem_id: The problem.
        prompt: The conversation so far.
        chosen: The turn that leads on to the gold answer.
        rejected: The turn that is proven wrong.
        right: A whole chain with the chosen turn.
        wrong: The chain with the rejected turn.
        tools: The functions that may be called.
        error_type: How the rejected turn is wrong.
        origin: Whose mistake it is: the teacher's, the student's own, or one that was constructed.
        family: Of the problem.
        difficulty: The share of the teacher's chains about the problem that are wrong; None if there is none.
        augmentation: The method that made the problem of another one, or the pair; `none` if neither.
    """

    problem_id: str
    prompt: Sequence[Message]
    chosen: Message
    rejected: Message
    right: Sequence[Step]
    wrong: Sequence[Step]
    tools: Sequence[Schema]
    error_type: ErrorType
    origin: str
    family: str
    difficulty: float | None = None
    augmentation: str = ORIGINAL

    @property
    def key(self) -> str:
        """What no two pairs of a problem have in common: the conversation with the turn that is rejected."""
        return dump([list(self.prompt), self.rejected])

    def record(self, level: str = STEP) -> dict[str, Any]:
        """Returns the pair in TRL's conversational preference format.

        Args:
            level: `STEP` for a preference between the two turns, `CHAIN` for one between the chains from the question
                on: what came back from their calls stands in between, to be read and not to be trained on.
        """
        row = {name: value for name, value in vars(self).items() if name not in ("right", "wrong")}
        if level != CHAIN:
            return row | {"prompt": list(self.prompt), "chosen": [self.chosen], "rejected": [self.rejected]}
        sides = [conversation(self.prompt[0]["content"], steps)[1:-1] for steps in (self.right, self.wrong)]
        return row | {"prompt": list(self.prompt[:1]), "chosen": sides[0], "rejected": sides[1]}


class PairBuilder:
    """Makes the pairs of one problem.

    Args:
        task: Checks answers.
        functions: What chains may call.
        problem: The problem.
        chains: Rows of data/chains and data/attempts about it; beside its reference, right ones show ways to its
            answer. Without any way, there is no pair.
    """

    def __init__(
        self, task: Task, functions: FunctionSet, problem: Problem, chains: Iterable[Mapping[str, Any]]
    ) -> None:
        self._guide = Guide(task, functions, problem)
        self._ways = self._guide.ways(chains)
        self._made: set[str] = set()

    def build(self, chains: Iterable[Mapping[str, Any]], origin: str) -> Iterator[Pair]:
        """Yields the verified pairs that chains give, where each goes wrong; none that was yielded before.

        Args:
            chains: Rows of data/chains or data/attempts about the problem.
            origin: Whose they are.
        """
        for row in chains if self._ways else ():
            if pair := self._pair(self._guide.replay([step["completion"] for step in row["steps"]]), origin):
                yield from self._fresh(pair)

    def construct(self, weights: Mapping[str, float], answers: Sequence[str], random: Random) -> Iterator[Pair]:
        """Yields verified pairs at steps of the first way, one a step, whose wrong side is a constructed mistake.

        They show the right call at every step of a chain, not only where somebody goes wrong: without them an adapter
        damages the steps that no pair is about.

        Args:
            weights: How likely each error type is tried first; those of weight 0 never are.
            answers: The answers that the task has, if they are few.
            random: Draws steps and mistakes.
        """
        way = self._ways[0] if self._ways else []
        setting = Setting(self._guide.task, self._guide.problem, way, len(way) + 1, answers)
        for index in random.sample(range(len(way)), len(way)):
            pairs = (self._construct(setting, index, error) for error in _drawn(weights, random))
            if pair := next(filter(None, pairs), None):
                yield from self._fresh(pair)

    def _construct(self, setting: Setting, index: int, error: ErrorType) -> Pair | None:
        """Makes a mistake of one type in place of a step, if there is such a mistake and it is proven wrong."""
        if (mistake := mistake_at(setting, index, error)) is None:
            return None
        limit = index + len(mistake.completions) + len(setting.gold) - mistake.resume
        episode = self._guide.begin(limit + (error != ErrorType.STEP_LIMIT))
        perform(setting.gold, mistake, episode)
        pair = self._pair(episode, CONSTRUCTED)
        return pair if pair and pair.error_type == error and len(pair.prompt) == 2 * index + 1 else None

    def _pair(self, episode: Episode, origin: str) -> Pair | None:
        if self._guide.is_right(episode):
            return None
        course = self._guide.follow(episode, self._ways)
        if course.error is None:
            return None
        return Pair(
            self._guide.problem.id,
            conversation(episode.prompt, episode.steps[: course.right]),
            assistant_message(course.way[0], course.right),
            assistant_message(episode.steps[course.right], course.right),
            [*episode.steps[: course.right], *course.way],
            episode.steps,
            episode.functions.schemas,
            course.error,
            origin,
            self._guide.problem.family,
        )

    def _fresh(self, pair: Pair) -> Iterator[Pair]:
        if pair.key not in self._made:
            self._made.add(pair.key)
            yield pair


def _drawn(weights: Mapping[str, float], random: Random) -> list[ErrorType]:
    """Returns the error types in an order that is drawn by weight (Efraimidis and Spirakis 2006)."""
    keys = {name: random.random() ** (1 / weight) for name, weight in weights.items() if weight > 0}
    return [ErrorType(name) for name in sorted(keys, key=lambda name: (-keys[name], name))]
