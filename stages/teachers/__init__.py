"""Who answers: each teacher is one file, found by its name."""

import importlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeGuard

from stages.agent.model import Model, Responder
from stages.completions.kept import KeptAnswers, KeptBatches, Local, Paid, Served, text
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
        batch_size: How many conversations it takes at once; None for as many as there are.
    """

    model: Model | Responder
    usage: Usage | None = None
    batch_size: int | None = None


def hire(name: str, assignment: Assignment, earlier: Path) -> Hired:
    """Returns the teacher of that name, with its parameters from `teachers.NAME` of params.yaml.

    The completions of a teacher that is a language model are kept in the completion store.

    Args:
        name: The teacher.
        assignment: What it is hired for.
        earlier: Chains of an earlier build, which need not be there: what they know goes into the store.

    Raises:
        UserError: If there is no such teacher (names those there are), or it or the store cannot be used.
    """
    teacher = create(name, assignment)
    if not is_paid(teacher):
        return Hired(teacher)
    store, usage = Store(folder()), Usage(teacher.budget)
    store.add_missing(_seeds(earlier))
    if isinstance(teacher, Served):
        return Hired(KeptAnswers(teacher, store, usage), usage)
    return Hired(KeptBatches(teacher, store, usage), usage, teacher.batch_size)


def recall(teacher: Paid, earlier: Path) -> Callable[[str], str | None]:
    """Returns what a teacher is known to have completed, by key, without asking it or writing anything."""
    store, seeded = Store.existing(), dict(_seeds(earlier))

    def completion(key: str) -> str | None:
        response = (store.get(key) if store else None) or seeded.get(key)
        return None if response is None else text(teacher, response)

    return completion


def is_paid(teacher: Any) -> TypeGuard[Local | Served]:
    """Whether a teacher's completions are worth keeping."""
    return isinstance(teacher, Local | Served)


def create(name: str, assignment: Assignment) -> Any:
    """Returns the teacher of that name as it is.

    Raises:
        UserError: If there is no such teacher; names those there are.
    """
    known = sorted({path.stem for path in Path(__file__).parent.glob("*.py")} - _NOT_TEACHERS)
    if name not in known:
        raise UserError(f"params.yaml: `chains.teacher`: there is no teacher `{name}`; there are {', '.join(known)}")
    if name not in (read_all().get("teachers") or {}):
        raise UserError(f"params.yaml: `teachers.{name}` is missing; add its section of parameters")
    return importlib.import_module(f"stages.teachers.{name}").create(assignment)


def _seeds(earlier: Path) -> Iterator[tuple[str, str]]:
    return seeds(earlier) if earlier.exists() else iter(())
