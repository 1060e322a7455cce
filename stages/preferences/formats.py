"""Whole chains in the formats that trainers read: pairs of chains, single calls with a label, chains with labels."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from stages.agent.episode import STOPPING, Episode, Message, Step, assistant_message, conversation
from stages.agent.error_types import CORRECT
from stages.agent.functions import FunctionSet
from stages.files import Row, dump
from stages.preferences.ways import Course, Guide, Way
from stages.tasks.references import outcome
from stages.tasks.task import Problem, Task

CHAINS, KTO, STEPWISE = "chains", "kto", "stepwise"


@dataclass(frozen=True)
class Judged:
    """A chain that was executed again.

    Attributes:
        steps: What happened.
        outcome: `correct`, or how it went wrong.
        labels: Whether each of its first steps is right; of those after them nothing is known.
    """

    steps: Sequence[Step]
    outcome: str
    labels: Sequence[bool]


@dataclass(frozen=True)
class Formats:
    """Writes the chains of one task in each format.

    A step is right if it is on a way to the answer, and wrong only if the pairs prove it. What is neither has no label.

    Attributes:
        task: Checks answers.
        functions: What chains may call.
        proven: `turn_key` of every turn that pairs reject.
    """

    task: Task
    functions: FunctionSet
    proven: Set[str]

    def rows(self, problem: Problem, chains: Iterable[Mapping[str, Any]]) -> Iterator[tuple[str, Row]]:
        """Yields the name of a format and a row in it, each row once.

        Args:
            problem: The problem.
            chains: Rows of data/chains about it.
        """
        judged, right = self._judge(problem, chains)
        start = [{"role": "user", "content": self.task.prompt(problem.question)}]
        common = {"problem_id": problem.id, "tools": (self.functions | STOPPING).schemas}
        made = [(KTO, row | common) for row in _labelled_turns(start, judged)]
        made += [(STEPWISE, row | {"problem_id": problem.id}) for row in _labelled_chains(start, judged)]
        made += [(CHAINS, row | common) for row in _chain_pairs(start, judged, right)]
        yield from {dump(item): item for item in made}.values()

    def _judge(
        self, problem: Problem, chains: Iterable[Mapping[str, Any]]
    ) -> tuple[Sequence[Judged], Sequence[Step] | None]:
        """Returns the judged chains, and one that is right: a chain, or the reference where all are wrong."""
        guide, rows = Guide(self.task, self.functions, problem), list(chains)
        episodes = [guide.replay([step["completion"] for step in row["steps"]]) for row in rows]
        right = [episode.steps for episode in episodes if guide.is_right(episode)]
        ways = guide.ways([]) or guide.ways(rows)[:1]
        judged = [self._judged(guide, episode, ways) for episode in episodes if episode.steps]
        return judged, next(iter([*right, *ways]), None)

    def _judged(self, guide: Guide, episode: Episode, ways: Sequence[Way]) -> Judged:
        """Labels steps that are on the way of the reference or, where there is none, of a right chain."""
        course = guide.follow(episode, ways) if ways else Course(0, [], None)
        labels = [True] * course.right
        if course.right < len(episode.steps):
            before = conversation(episode.prompt, episode.steps[: course.right])
            turn = assistant_message(episode.steps[course.right], course.right)
            labels += [False] * (turn_key(before, turn) in self.proven)
        gold = ways[0] if ways else []
        return Judged(episode.steps, outcome(self.task, guide.problem, episode, gold), labels)


def turn_key(prompt: Sequence[Message], turn: Message) -> str:
    """Returns a short text by which a turn after a conversation is known."""
    return hashlib.sha256(dump([list(prompt), turn]).encode()).hexdigest()


def _labelled_turns(start: Sequence[Message], judged: Iterable[Judged]) -> Iterator[Row]:
    """Yields TRL's unpaired preferences: no results are in a completion, so that any trainer takes them as they are."""
    for chain in judged:
        messages = conversation(start[0]["content"], chain.steps)
        for index, label in enumerate(chain.labels):
            place = len(start) + 2 * index
            yield {"prompt": messages[:place], "completion": [messages[place]], "label": label}


def _labelled_chains(start: Sequence[Message], judged: Iterable[Judged]) -> Iterator[Row]:
    """Yields TRL's stepwise supervision: a completion is a call and what came back."""
    for chain in judged:
        if chain.labels:
            texts = [f"{step.call or step.completion}\n{step.result}" for step in chain.steps[: len(chain.labels)]]
            yield {"prompt": start[0]["content"], "completions": texts, "labels": list(chain.labels)}


def _chain_pairs(start: Sequence[Message], judged: Iterable[Judged], right: Sequence[Step] | None) -> Iterator[Row]:
    """Yields a preference of a right chain to each one that misses the answer, from the question on."""
    for chain in judged:
        if right is not None and chain.outcome != CORRECT:
            chosen, rejected = _turns(start, right), _turns(start, chain.steps)
            yield {"prompt": list(start), "chosen": chosen, "rejected": rejected, "error_type": str(chain.outcome)}


def _turns(start: Sequence[Message], steps: Sequence[Step]) -> list[Message]:
    """Returns the messages of all steps but what came back last, which no turn follows."""
    return conversation(start[0]["content"], steps)[len(start) : -1]
