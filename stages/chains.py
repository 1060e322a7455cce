"""Stage `chains`: a teacher attempts the training and validation problems, rightly and wrongly."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rich.box import SIMPLE_HEAD
from rich.table import Table
from tqdm import tqdm

from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.loop import Attempt
from stages.agent.model import Keys
from stages.errors import UserError
from stages.files import Row, write_jsonl
from stages.parameters import Parameters, section
from stages.screen import console
from stages.tasks.attempts import begin, judge
from stages.tasks.configured import configured, read_problems
from stages.teachers import create
from stages.teachers.teacher import Assignment, Hired, Teacher

FOLDER = Path("data/chains")
SPLITS = ("train", "validation")
Counts = Mapping[str, Counter[str]]  # of a family: how often an attempt ended how


class ChainParameters(Parameters):
    """`chains` of params.yaml.

    Attributes:
        teacher: Who attempts the problems; one of `teachers`.
        samples: Attempts at each problem.
        max_steps: Steps after which an attempt ends.
        batch_size: Attempts that go on together, if the teacher takes so many.
        seed: Seed of everything that the teacher draws.
    """

    teacher: str
    samples: Annotated[int, Field(ge=1)]
    max_steps: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    seed: int


def run(task: str) -> None:
    """Writes data/chains/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters, assignment, teacher = _prepared(task)
    path = FOLDER / f"{task}.jsonl"
    hired, counts = teacher.hired(path), defaultdict[str, Counter[str]](Counter)
    write_jsonl(path, _rows(assignment, parameters, hired, counts))
    console().print(table(task, counts, hired.usage))


def foresee(task: str) -> dict[str, int]:
    """Counts what a run would find in the completion store, without asking the teacher or writing anything.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters, assignment, teacher = _prepared(task)
    if (known := teacher.recall(FOLDER / f"{task}.jsonl")) is None:
        return {}
    keys = None
    counts = dict.fromkeys(("completions in the store", "attempts that they complete", "attempts"), 0)
    for attempt in _attempts(assignment, parameters.samples):
        tools = attempt.episode.functions.schemas
        keys = keys or Keys(teacher.identity, tools)
        while attempt.episode.ended is None:
            if (completion := known(attempt.request(keys, tools).key)) is None:
                break
            attempt.episode.receive(completion)
        counts["completions in the store"] += len(attempt.episode.steps)
        counts["attempts that they complete"] += attempt.episode.ended is not None
        counts["attempts"] += 1
    return counts


def _prepared(task: str) -> tuple[ChainParameters, Assignment, Teacher]:
    """Returns the parameters, what is to be attempted, and by whom: problems that the teacher cannot are left out."""
    parameters, setting = section("chains", ChainParameters), configured(task)
    problems = [problem for split in SPLITS for problem in read_problems(task, split)]
    assignment = Assignment(setting.task, setting.functions, problems, parameters.max_steps, parameters.seed)
    teacher = create(parameters.teacher, assignment)
    possible = [problem for problem in problems if teacher.can_attempt(problem)]
    if not possible:
        raise UserError(
            f"data/problems/{task}: no problem has a reference, which the teacher `{parameters.teacher}` needs; choose "
            f"another `problems.{task}.source` or `chains.teacher`"
        )
    return parameters, replace(assignment, problems=possible), teacher


def _rows(assignment: Assignment, parameters: ChainParameters, hired: Hired, counts: Counts) -> Iterator[Row]:
    ended = hired.run(_attempts(assignment, parameters.samples), parameters.batch_size)
    given = assignment.task, assignment.functions, assignment.problems, parameters.samples
    total = len(assignment.problems) * parameters.samples
    with tqdm(total=total, desc=f"chains {assignment.task.name}", unit=" chains", disable=None) as progress:
        for problem, attempt, row in judge(*given, ended):
            counts[problem.family][row["outcome"]] += 1
            progress.set_postfix_str(str(hired.usage or ""), refresh=False)
            progress.update()
            yield row | {"requests": attempt.requests}


def _attempts(assignment: Assignment, samples: int) -> Iterator[Attempt]:
    return begin(assignment.task, assignment.functions, assignment.problems, samples, assignment.max_steps)


def table(task: str, counts: Counts, usage: object | None) -> Table:
    """Returns what came of the attempts: how many are correct in each family, how the others went wrong, the cost."""
    shown = Table("", box=SIMPLE_HEAD, title=f"chains {task}", title_justify="left", caption_justify="left")
    shown.caption = None if usage is None else str(usage)
    columns = {**dict(sorted(counts.items())), "all": sum(counts.values(), Counter())}
    for family in columns:
        shown.add_column(family, justify="right")
    shown.add_row("chains", *(str(found.total()) for found in columns.values()))
    shown.add_row("correct", *(f"{found[CORRECT] / found.total():.0%}" for found in columns.values()))
    for error in (error for error in ErrorType if columns["all"][error]):
        shown.add_row(error.replace("_", " "), *(str(found[error]) for found in columns.values()))
    return shown
