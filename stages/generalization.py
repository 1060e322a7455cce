"""Stage `generalization`: every arm attempts problems unlike those of training."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stages.evaluation import WORKERS, EvaluationParameters, attempts, joined, require_arms, student
from stages.files import Row, write_jsonl
from stages.parameters import Parameters, section
from stages.student.arms import ARMS, side_by_side
from stages.tasks.configured import configured, read_problems
from stages.tasks.shifts import Shift, shifts

FOLDER = Path("data/generalization")


class GeneralizationParameters(Parameters):
    """`generalization.TASK` of params.yaml.

    Attributes:
        problems: The largest number of problems of each set.
        depths: Of the deeper problems; none of them if it is empty.
    """

    problems: Annotated[int, Field(ge=1)]
    depths: list[Annotated[int, Field(ge=1)]]


def run(task: str) -> None:
    """Writes data/generalization/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable, or an arm has not been built.
    """
    parameters, sets = section("evaluation", EvaluationParameters), _sets(task)
    require_arms(task)
    found = dict(zip(ARMS, side_by_side(partial(_attempts, task), ARMS, parameters.workers, WORKERS)))
    rows = (
        row | {"shift": shift.name}
        for place, shift in enumerate(sets)
        for row in joined(shift.problems, {arm: found[arm][place] for arm in ARMS})
    )
    write_jsonl(FOLDER / f"{task}.jsonl", rows)
    print(f"generalization {task}: " + ", ".join(f"{len(shift.problems)} {shift.name}" for shift in sets))


def _sets(task: str) -> Sequence[Shift]:
    setting, parameters = configured(task), section(f"generalization.{task}", GeneralizationParameters)
    return list(shifts(setting, read_problems(task, "test"), parameters.depths, parameters.problems))


def _attempts(task: str, arm: str) -> list[list[list[Row]]]:
    """Returns the samples at each problem of each set."""
    parameters, setting = section("evaluation", EvaluationParameters), configured(task)
    model = student(task, arm, parameters)
    return [
        attempts(
            model,
            replace(setting, functions=shift.functions),
            shift.problems,
            parameters,
            f"generalization {task} {arm}, {shift.name}",
        )
        for shift in _sets(task)
    ]
