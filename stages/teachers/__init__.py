"""Who answers: each teacher is one file, found by its name."""

import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.agent.model import Model, Responder
from stages.completions.kept import KeptAnswers, KeptBatches, Local, Served
from stages.completions.seeds import seeds
from stages.completions.store import Store, folder
from stages.completions.usage import Usage
from stages.configuration import read_all
from stages.errors import UserError
from stages.teachers.teacher import Assignment

_NOT_TEACHERS = {"__init__", "teacher", "mistakes"}


@dataclass(frozen=True)
class Hired:
    """A teacher at work.

    Attributes:
        model: Completes conversations.
        usage: What it was asked for; None if its completions cost nothing and are not kept.
    """

    model: Model | Responder
    usage: Usage | None = None


def hire(name: str, assignment: Assignment, earlier: Path | None = None) -> Hired:
    """Returns the teacher of that name, with its parameters from `teachers.NAME` of params.yaml.

    The completions of a teacher that is a language model are kept in the completion store.

    Args:
        name: The teacher.
        assignment: What it is hired for.
        earlier: Chains of an earlier build, if there are any: what they know goes into the store.

    Raises:
        UserError: If there is no such teacher (names those there are), or it or the store cannot be used.
    """
    teacher = _create(name, assignment)
    if not isinstance(teacher, Local | Served):
        return Hired(teacher)
    store, usage = Store(folder()), Usage(teacher.budget)
    if earlier is not None and earlier.exists():
        store.add_missing(seeds(earlier))
    kept = KeptAnswers(teacher, store, usage) if isinstance(teacher, Served) else KeptBatches(teacher, store, usage)
    return Hired(kept, usage)


def _create(name: str, assignment: Assignment) -> Any:
    known = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _NOT_TEACHERS)
    if name not in known:
        raise UserError(f"params.yaml: `chains.teacher`: there is no teacher `{name}`; there are {', '.join(known)}")
    if name not in (read_all().get("teachers") or {}):
        raise UserError(f"params.yaml: `teachers.{name}` is missing; add its section of parameters")
    return importlib.import_module(f"stages.teachers.{name}").create(assignment)
