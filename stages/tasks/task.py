"""What a task is: problems with known answers, functions to solve them, and a checker."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

NO_ANSWER = "no answer"


@dataclass(frozen=True)
class Problem:
    """A question with its gold answer.

    Attributes:
        id: Unique within a task.
        question: What the model is asked.
        answer: The gold answer.
        family: The kind of problem, by which results are broken down.
        depth: How many inference or arithmetic steps it takes, as its generator or source counts them.
        reference: A gold sequence of calls, the last one `stop`; None if none is known.
    """

    id: str
    question: str
    answer: str
    family: str
    depth: int
    reference: Sequence[str] | None = None

    def record(self) -> dict[str, Any]:
        """Returns the problem as it stands in the files of problems."""
        return {**vars(self), "reference": None if self.reference is None else list(self.reference)}

    @classmethod
    def from_record(cls, row: Mapping[str, Any]) -> "Problem":
        """Reads a problem from a row of the files of problems.

        Raises:
            KeyError: If a field is missing.
            ValueError: If the answer is empty or a field is of the wrong type.
        """
        for name in ("id", "question", "answer", "family"):
            if not isinstance(row[name], str) or not row[name]:
                raise ValueError(f"`{name}` must be a text that is not empty")
        depth, reference = row["depth"], row["reference"]
        if type(depth) is not int:
            raise ValueError("`depth` must be a whole number")
        if reference is not None and not (isinstance(reference, list) and all(isinstance(c, str) for c in reference)):
            raise ValueError("`reference` must be a list of calls, or null")
        return cls(row["id"], row["question"], row["answer"], row["family"], depth, reference)


@dataclass(frozen=True)
class Draft:
    """A problem that a generator made or a source read; it gets its id, and maybe its family and depth, elsewhere.

    `alternatives` are references too, in calls of other function sets: where not all functions of the reference are
    offered, the first one whose functions are takes its place.
    """

    question: str
    answer: str
    reference: Sequence[str] | None = None
    family: str = ""
    depth: int = 0
    alternatives: Sequence[Sequence[str]] = ()


@dataclass(frozen=True)
class Rejection:
    """A row of a source that cannot be used: where it stands (such as `line 7`) and why (a fixed text per reason).

    `check` counts them all. A build leaves them out, but refuses data with `NO_ANSWER`.
    """

    where: str
    reason: str


@dataclass(frozen=True)
class Variant:
    """Another problem that a method of augmentation made of one.

    Attributes:
        question: As in `Problem`.
        answer: As in `Problem`.
        reference: As in `Problem`; it is executed before anything is made of it.
        words: Chains about the problem are chains about this one with these words in place of others; None if they
            say nothing about it.
    """

    question: str
    answer: str
    reference: Sequence[str]
    words: Mapping[str, str] | None = None


# A method of augmentation: (problem with a reference, random) to a variant, or None where there is none that is safe.
Method = Callable[["Problem", Random], Variant | None]
# Of one family of procedural problems: (random, depth) to a draft.
Generator = Callable[[Random, int], Draft]
# The reader of a published data set: its file or folder to what each row gives.
Source = Callable[[Path], Iterator[Draft | Rejection]]


@dataclass(frozen=True)
class Task:
    """A family of problems with its checker and what a teacher's mistakes look like in it.

    Attributes:
        name: As in params.yaml.
        instructions: What the model is told before the question.
        check: Whether an answer equals the gold answer: (answer, gold) to bool.
        confusions: Function names that are systematically taken for others, for teachers that err on purpose.
        ordered: Functions whose first two arguments must not be swapped.
        failing_call: A call of an existing function that cannot be executed.
        decides: The function whose result is the answer, if there is one: no reference may stop with another.
    """

    name: str
    instructions: str
    check: Callable[[str, str], bool]
    confusions: Mapping[str, str]
    ordered: frozenset[str]
    failing_call: str
    decides: str | None = None

    def prompt(self, question: str) -> str:
        """Returns the user turn for a question."""
        return f"{self.instructions}\n\n{question}"
