"""Stage `generalization`: every arm attempts problems unlike those of training."""

from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stages.evaluation import evaluate, require_arms
from stages.files import write_jsonl
from stages.parameters import Parameters, section
from stages.student.attempts import Sampling
from stages.tasks.configured import configured, read_problems
from stages.tasks.shifts import shifts

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
    sampling, setting = section("evaluation", Sampling), configured(task)
    parameters = section(f"generalization.{task}", GeneralizationParameters)
    require_arms(task)
    sets = list(shifts(setting, read_problems(task, "test"), parameters.depths, parameters.problems))
    rows = (
        row | {"shift": shift.name}
        for shift in sets
        for row in evaluate(replace(setting, functions=shift.functions), shift.problems, sampling)
    )
    write_jsonl(FOLDER / f"{task}.jsonl", rows)
    print(f"generalization {task}: " + ", ".join(f"{len(shift.problems)} {shift.name}" for shift in sets))
