"""The pairs of a problem and of its variants."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from random import Random
from typing import Annotated

from pydantic import Field

from stages.agent.functions import FunctionSet
from stages.files import Row
from stages.parameters import Parameters
from stages.preferences.pairs import CONSTRUCTED, ORIGINAL, Pair, PairBuilder
from stages.tasks.task import Problem, Task

PREFIX = "prefix"
_Count = Annotated[int, Field(ge=0)]


class Mix(Parameters):
    """How many pairs of each origin a problem, or a variant of it, gives at most; 0 for none.

    Attributes:
        teacher: From the teacher's chains.
        student: From the student's own attempts.
        constructed: From steps of the reference, with a constructed mistake against each.
    """

    teacher: _Count
    student: _Count
    constructed: _Count


@dataclass(frozen=True)
class Version:
    """A problem, or a variant of one, as pairs are made of it.

    Attributes:
        method: What made it; `ORIGINAL` for the problem itself.
        problem: The problem; the id of a variant begins with that of its original.
        functions: What chains may call.
        chains: By their origin, rows of data/chains and data/attempts about it.
    """

    method: str
    problem: Problem
    functions: FunctionSet
    chains: Mapping[str, Sequence[Row]]

    def record(self) -> Row:
        """Returns all of it that pairs depend on, but for the functions' code."""
        chains = {
            origin: [[row["outcome"], *(step["completion"] for step in row["steps"])] for row in rows]
            for origin, rows in self.chains.items()
        }
        names = [function.name for function in self.functions]
        return {"method": self.method, "problem": self.problem.record(), "functions": names, "chains": chains}


@dataclass(frozen=True)
class Maker:
    """Makes the pairs of versions.

    Attributes:
        task: Checks answers.
        level: Of what rows are pairs: `STEP` or `CHAIN`.
        mix: Whose mistakes are taken.
        weights: Of each error type among constructed mistakes.
        elsewhere: How many more pairs there are after as many calls as no pair of the problem has before it.
        answers: The answers that the task has, if they are few.
        seed: Decides at which steps mistakes are constructed, and which.
    """

    task: Task
    level: str
    mix: Mix
    weights: Mapping[str, float]
    elsewhere: int
    answers: Sequence[str]
    seed: int

    def rows(self, version: Version) -> list[Row]:
        """Returns the rows of data/pairs that a version gives, without what they have in common: `tools`."""
        records = (pair.record(self.level) for pair in self.make(version))
        return [{name: value for name, value in row.items() if name != "tools"} for row in records]

    def make(self, version: Version) -> Iterator[Pair]:
        """Yields the verified pairs of a version, each with the method that it is due to."""
        rows = (row for chains in version.chains.values() for row in chains)
        builder = PairBuilder(self.task, version.functions, version.problem, rows)
        found = list(self._of(version, builder))
        yield from (replace(pair, augmentation=version.method) for pair in found)
        if version.method == ORIGINAL and self.elsewhere:
            yield from self._elsewhere(version, builder, {len(pair.prompt) for pair in found})

    def _of(self, version: Version, builder: PairBuilder) -> Iterator[Pair]:
        limits = self.mix.model_dump()
        for origin, chains in version.chains.items():
            yield from islice(builder.build(chains, origin), limits[origin])
        yield from islice(self._construct(version, builder), limits[CONSTRUCTED])

    def _elsewhere(self, version: Version, builder: PairBuilder, lengths: set[int]) -> Iterator[Pair]:
        every = self._construct(version, builder)
        others = (replace(pair, augmentation=PREFIX) for pair in every if len(pair.prompt) not in lengths)
        yield from islice(others, self.elsewhere)

    def _construct(self, version: Version, builder: PairBuilder) -> Iterator[Pair]:
        return builder.construct(self.weights, self.answers, Random(f"{self.seed}/{version.problem.id}"))
