"""Stage `attempts`: the student that has learned no preferences attempts problems; its own mistakes become pairs."""

from pathlib import Path
from typing import Annotated

from pydantic import Field

from stages.agent.error_types import CORRECT
from stages.files import read_jsonl, write_jsonl
from stages.parameters import Parameters, section
from stages.student.attempts import Sampling, attempt, load_student
from stages.tasks.configured import configured, read_problems

FOLDER, BASE = Path("data/attempts"), Path("models/base")
_Count = Annotated[int, Field(ge=0)]


class Sizes(Parameters):
    """How many problems of each split are attempted at most, the first ones; 0 for none."""

    train: _Count
    validation: _Count


class AttemptParameters(Sampling):
    """`attempts` of params.yaml: how the student is sampled.

    Attributes:
        problems: On how many problems.
    """

    problems: Sizes


def run(task: str) -> None:
    """Writes data/attempts/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable, or the base has not been built.
    """
    parameters, setting = section("attempts", AttemptParameters), configured(task)
    sizes = parameters.problems.model_dump()
    problems = [problem for split, count in sizes.items() for problem in read_problems(task, split)[:count]]
    student = load_student(BASE / task, None, parameters)
    path = FOLDER / f"{task}.jsonl"
    count = write_jsonl(path, attempt(student, setting, problems, parameters, f"attempts {task}"))
    right = sum(row["outcome"] == CORRECT for row in read_jsonl(path))
    print(f"attempts {task}: {right} of {count} are correct")
