"""The evaluation file of a task: every arm's attempts at the same held-out problems, checked on reading."""

from pathlib import Path

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from stages.agent.error_types import CORRECT, ErrorType
from stages.errors import UserError
from stages.files import Row, read_jsonl
from stages.statistics.intervals import FloatArray
from stages.student.arms import ARMS, BASE, DPO, SFT


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True)


class Step(_Record):
    """One assistant turn of an attempt."""

    completion: str
    call: str | None
    result: str
    error: ErrorType | None = None


class Attempt(_Record):
    """One sample of one arm: its steps and how it ended."""

    sample: int
    outcome: str
    steps: list[Step]

    @model_validator(mode="after")
    def _check_outcome(self) -> "Attempt":
        if self.outcome not in (CORRECT, *ErrorType):
            raise ValueError(f"outcome {self.outcome!r} is neither {CORRECT!r} nor an error type")
        return self

    @property
    def solved(self) -> bool:
        """Whether the final answer is the gold answer."""
        return self.outcome == CORRECT


class Evaluation(_Record):
    """One problem and what every arm made of it; the attempts of an arm stand in the order of their samples.

    `shift` says how it is unlike the problems of training, if it is.
    """

    problem_id: str
    question: str
    answer: str
    family: str
    depth: int
    shift: str = ""
    arms: dict[str, list[Attempt]] = Field(min_length=1)

    def first(self, arm: str) -> Attempt:
        """Returns the arm's first sample: the one that tests on single outcomes and flipped problems use."""
        return self.arms[arm][0]


def read_evaluations(path: Path) -> list[Evaluation]:
    """Reads and checks a task's evaluation file.

    Raises:
        UserError: If the file is missing, empty or malformed, or a row lacks an arm or samples that others have;
            names file and line.
    """
    evaluations: list[Evaluation] = []
    for number, row in enumerate(read_jsonl(path), start=1):
        evaluation = _parse(row, f"{path}:{number}")
        _check_arms(evaluation, (evaluations or [evaluation])[0], f"{path}:{number}")
        evaluations.append(evaluation)
    if not evaluations:
        raise UserError(f"{path}: holds no problem; rebuild it with `dvc repro`")
    return evaluations


def _parse(row: Row, where: str) -> Evaluation:
    try:
        return Evaluation.model_validate(row)
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        raise UserError(f"{where}: `{key}`: {first['msg']}; rebuild it with `dvc repro`") from None


def _check_arms(evaluation: Evaluation, first: Evaluation, where: str) -> None:
    expected = {BASE: 1, SFT: 1, DPO: 1} | {arm: len(attempts) for arm, attempts in first.arms.items()}
    for arm in sorted(expected.keys() | evaluation.arms.keys()):
        found = len(evaluation.arms.get(arm, []))
        if found == 0 or found != expected.get(arm, 0):
            raise UserError(
                f"{where}: arm `{arm}` has {found} samples of problem {evaluation.problem_id!r}, expected "
                f"{max(1, expected.get(arm, 0))}: arms can only be compared on the same problems; "
                "rebuild it with `dvc repro`"
            )


def arm_names(evaluations: list[Evaluation]) -> list[str]:
    """Returns the arms in the order of every table: the product's own, then others by name."""
    found = set(evaluations[0].arms)
    return [arm for arm in ARMS if arm in found] + sorted(found - set(ARMS))


def scores(evaluations: list[Evaluation], arm: str) -> FloatArray:
    """Returns 1 for solved and 0 for not, shape `(problems, samples)`."""
    return np.array([[float(attempt.solved) for attempt in item.arms[arm]] for item in evaluations])
