"""What there is to solve: one folder a task, found by its name."""

import importlib
from pathlib import Path

from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.tasks.task import Task

_FOLDER = Path(__file__).parent


def load_task(name: str) -> Task:
    """Returns the task of that name.

    Raises:
        UserError: If there is no such task; names those there are.
    """
    known = sorted(path.parent.name for path in _FOLDER.glob("*/__init__.py"))
    if name not in known:
        raise UserError(f"params.yaml: there is no task `{name}`; stages/tasks/ has {', '.join(known)}")
    task: Task = importlib.import_module(f"stages.tasks.{name}").TASK
    return task


def load_functions(task: str, names: list[str]) -> FunctionSet:
    """Returns the named function sets of a task as one set.

    Raises:
        UserError: If there is no such set; names those there are.
    """
    folder = _FOLDER / task / "functions"
    known = sorted(path.stem for path in folder.glob("[!_]*.py"))
    if not names or any(name not in known for name in names):
        raise UserError(
            f"params.yaml: `problems.{task}.functions` must name some of {', '.join(known)} (it is {names})"
        )
    joined: FunctionSet = importlib.import_module(f"stages.tasks.{task}.functions.{names[0]}").FUNCTIONS
    for name in names[1:]:
        joined = joined | importlib.import_module(f"stages.tasks.{task}.functions.{name}").FUNCTIONS
    return joined
