"""Who answers: each teacher is one file, found by its name."""

import importlib
from pathlib import Path

from stages.agent.model import Model
from stages.configuration import read_all
from stages.errors import UserError
from stages.teachers.teacher import Assignment

_NOT_TEACHERS = {"__init__", "teacher", "mistakes"}


def hire(name: str, assignment: Assignment) -> Model:
    """Returns the teacher of that name, with its parameters from `teachers.NAME` of params.yaml.

    Raises:
        UserError: If there is no such teacher; names those there are.
    """
    known = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _NOT_TEACHERS)
    if name not in known:
        raise UserError(f"params.yaml: `chains.teacher`: there is no teacher `{name}`; there are {', '.join(known)}")
    if name not in (read_all().get("teachers") or {}):
        raise UserError(f"params.yaml: `teachers.{name}` is missing; add its section of parameters")
    teacher: Model = importlib.import_module(f"stages.teachers.{name}").create(assignment)
    return teacher
