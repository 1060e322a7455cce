"""What there is to solve: one folder a task, found by its name.

Its functions, its families of procedural problems, its sources and its methods of augmentation are loaded apart from
the task itself, so that a stage depends on what it uses.
"""

import importlib
from pathlib import Path

from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.tasks.task import Generator, Method, Source, Task

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
        UserError: If there is no such set (names those there are), or two of them have a function of the same name.
    """
    folder = _FOLDER / task / "functions"
    known = sorted(path.stem for path in folder.glob("[!_]*.py"))
    if not names or any(name not in known for name in names):
        raise UserError(
            f"params.yaml: `problems.{task}.functions` must name some of {', '.join(known)} (it is {names})"
        )
    joined: FunctionSet = importlib.import_module(f"stages.tasks.{task}.functions.{names[0]}").FUNCTIONS
    for name in names[1:]:
        functions = importlib.import_module(f"stages.tasks.{task}.functions.{name}").FUNCTIONS
        try:
            joined = joined | functions
        except TypeError as error:
            raise UserError(f"params.yaml: `problems.{task}.functions`: {error}; leave one of the sets out") from None
    return joined


def load_families(task: str, names: list[str] | None = None) -> dict[str, Generator]:
    """Returns the named families of a task's procedural problems (None: all).

    Raises:
        UserError: If there is no such family; names those there are.
    """
    known: dict[str, Generator] = importlib.import_module(f"stages.tasks.{task}.families").FAMILIES
    for name in names or ():
        if name not in known:
            raise UserError(
                f"params.yaml: `problems.{task}.families`: there is no family `{name}` "
                f"(there are: {', '.join(sorted(known)) or 'none'})"
            )
    return {name: known[name] for name in names or known}


def load_source(task: str, name: str, key: str) -> Source:
    """Returns a task's reader of that name.

    Args:
        task: Whose sources are searched.
        name: The source.
        key: Where the name was given, for the message.

    Raises:
        UserError: If there is none; names those there are.
    """
    known = sorted(path.stem for path in (_FOLDER / task / "sources").glob("[!_]*.py"))
    if name not in known:
        raise UserError(f"{key}: task {task} has no source `{name}` (it has: {', '.join(known) or 'none'})")
    source: Source = importlib.import_module(f"stages.tasks.{task}.sources.{name}").load
    return source


def load_augmentation(task: str) -> dict[str, Method]:
    """Returns the methods of augmentation that a task offers, by name; it may offer none."""
    if not (_FOLDER / task / "augmentation.py").exists():
        return {}
    methods: dict[str, Method] = importlib.import_module(f"stages.tasks.{task}.augmentation").METHODS
    return methods
