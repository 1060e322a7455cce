"""Who answers: each teacher is one file, found by its name."""

import importlib
from pathlib import Path

from stages.configuration import read_all
from stages.errors import UserError
from stages.teachers.teacher import Assignment, Teacher

_NOT_TEACHERS = {"__init__", "teacher", "paid", "mistakes"}


def create(name: str, assignment: Assignment) -> Teacher:
    """Returns the teacher of that name, with its parameters from `teachers.NAME` of params.yaml.

    Raises:
        UserError: If there is no such teacher (names those there are), or its parameters cannot be used.
    """
    known = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _NOT_TEACHERS)
    if name not in known:
        raise UserError(f"params.yaml: `chains.teacher`: there is no teacher `{name}`; there are {', '.join(known)}")
    if name not in (read_all().get("teachers") or {}):
        raise UserError(f"params.yaml: `teachers.{name}` is missing; add its section of parameters")
    teacher: Teacher = importlib.import_module(f"stages.teachers.{name}").create(assignment)
    return teacher
