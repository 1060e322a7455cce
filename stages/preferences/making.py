"""The pairs of a problem and of its variants."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random

from stages.agent.functions import FunctionSet
from stages.files import Row
from stages.preferences.pairs import ORIGINAL, Pair, PairBuilder
from stages.tasks.task import Problem, Task

PREFIX = "prefix"


@dataclass(frozen=True)
class Version:
    """A problem, or a variant of one, as pairs are made of it.

    Attributes:
        method: What made it; `ORIGINAL` for the problem itself.
        problem: The problem; the id of a variant begins with that of its original.
        functions: What chains may call.
        chains: Rows of data/chains about it.
    """

    method: str
    problem: Problem
    functions: FunctionSet
    chains: Sequence[Row]


@dataclass(frozen=True)
class Maker:
    """Makes the pairs of versions.

    Attributes:
        task: Checks answers.
        constructed: At how many steps of a reference a wrong side is constructed.
        elsewhere: How many more pairs there are after as many calls as no pair of the problem has before it.
        answers: The answers that the task has, if they are few.
        seed: Decides which steps, and which mistakes.
    """

    task: Task
    constructed: int
    elsewhere: int
    answers: Sequence[str]
    seed: int

    def make(self, versions: Iterable[Version]) -> Iterator[Pair]:
        """Yields the pairs of each version, each with the method that it is due to."""
        for version in versions:
            found = list(self._of(version))
            yield from (replace(pair, augmentation=version.method) for pair in found)
            if version.method == ORIGINAL:
                yield from self._elsewhere(version, {len(pair.prompt) for pair in found})

    def _of(self, version: Version) -> Iterator[Pair]:
        found = list(PairBuilder(self.task, version.functions).build(version.problem, version.chains))
        yield from found
        for pair in self._construct(version, self.constructed):
            if all((pair.prompt, pair.rejected) != (other.prompt, other.rejected) for other in found):
                yield pair

    def _elsewhere(self, version: Version, lengths: set[int]) -> Iterator[Pair]:
        every = self._construct(version, len(version.problem.reference or ())) if self.elsewhere else ()
        others = (replace(pair, augmentation=PREFIX) for pair in every if len(pair.prompt) not in lengths)
        yield from islice(others, self.elsewhere)

    def _construct(self, version: Version, count: int) -> Iterator[Pair]:
        random = Random(f"{self.seed}/{version.problem.id}")
        return PairBuilder(self.task, version.functions).construct(version.problem, count, self.answers, random)
