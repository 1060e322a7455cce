"""A task as params.yaml configures it, and its problems as they stand in data/problems."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Field

from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.files import read_records
from stages.parameters import Parameters, section
from stages.tasks import load_functions, load_task
from stages.tasks.task import Problem, Task

FOLDER = Path("data/problems")
_Count = Annotated[int, Field(ge=1)]


class Splits(Parameters):
    """How many problems each split gets."""

    train: _Count
    validation: _Count
    test: _Count


class ProblemParameters(Parameters):
    """`problems.TASK` of params.yaml.

    Attributes:
        source: `procedural`, or one of the task's sources.
        path: The source's file or folder; not used by procedural problems.
        functions: The function sets that are offered.
        families: Families of procedural problems.
        depths: How many steps procedural problems take.
        splits: The size of each split.
        seed: Decides what is generated, or which row goes where.
    """

    source: str
    path: str | None = None
    functions: Annotated[list[str], Field(min_length=1)]
    families: Annotated[list[str], Field(min_length=1)]
    depths: Annotated[list[_Count], Field(min_length=1)]
    splits: Splits
    seed: int


@dataclass(frozen=True)
class Configured:
    """A task with the functions that params.yaml offers for it."""

    task: Task
    functions: FunctionSet
    parameters: ProblemParameters


def configured(name: str) -> Configured:
    """Returns a task as params.yaml configures it.

    Raises:
        UserError: If the task, its parameters or its functions do not exist.
    """
    task = load_task(name)
    parameters = section(f"problems.{name}", ProblemParameters)
    return Configured(task, load_functions(name, parameters.functions), parameters)


def read_problems(task: str, split: str) -> list[Problem]:
    """Returns the problems of a split.

    Raises:
        UserError: If the file is missing or malformed (names the line), or has no problem.
    """
    path = FOLDER / task / f"{split}.jsonl"
    problems = list(read_records(path, Problem.from_record))
    if not problems:
        raise UserError(f"{path}: the split is empty; raise `problems.{task}.splits.{split}` in params.yaml")
    return problems
