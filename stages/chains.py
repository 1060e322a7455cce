"""Stage `chains`: a teacher attempts the training and validation problems, rightly and wrongly."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Annotated

from pydantic import Field
from rich.box import SIMPLE_HEAD
from rich.table import Table
from tqdm import tqdm

from stages.agent.episode import Episode
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.loop import Attempt
from stages.agent.loop import run as run_attempts
from stages.completions.usage import Usage
from stages.errors import UserError
from stages.files import Row, write_jsonl
from stages.parameters import Parameters, section
from stages.screen import console
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.references import execute_reference, outcome
from stages.tasks.task import Problem
from stages.teachers import Hired, hire
from stages.teachers.teacher import Assignment

FOLDER = Path("data/chains")
SPLITS = ("train", "validation")
Counts = Mapping[str, Counter[str]]  # of a family: how often an attempt ended how


class ChainParameters(Parameters):
    """`chains` of params.yaml.

    Attributes:
        teacher: Who attempts the problems; one of `teachers`.
        samples: Attempts at each problem.
        max_steps: Steps after which an attempt ends.
        batch_size: Attempts that go on together.
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
    parameters, setting = section("chains", ChainParameters), configured(task)
    problems = [item for split in SPLITS for item in read_problems(task, split) if item.reference is not None]
    if not problems:
        raise UserError(f"data/problems/{task}: no problem has a reference; choose another `problems.{task}.source`")
    path = FOLDER / f"{task}.jsonl"
    assignment = Assignment(setting.task, setting.functions, problems, parameters.max_steps, parameters.seed)
    hired, counts = hire(parameters.teacher, assignment, earlier=path), defaultdict[str, Counter[str]](Counter)
    write_jsonl(path, _rows(setting, problems, parameters, hired, counts))
    console().print(table(task, counts, hired.usage))


def _rows(
    setting: Configured, problems: Sequence[Problem], parameters: ChainParameters, hired: Hired, counts: Counts
) -> Iterator[Row]:
    definition, functions = setting.task, setting.functions
    attempts = (
        Attempt(problem.id, sample, Episode(definition.prompt(problem.question), functions, parameters.max_steps))
        for problem in problems
        for sample in range(parameters.samples)
    )
    done = run_attempts(hired.model, attempts, parameters.batch_size)
    total = len(problems) * parameters.samples
    with tqdm(total=total, desc=f"chains {definition.name}", disable=None) as progress:
        for problem in problems:
            gold = execute_reference(problem.reference or (), functions).steps
            for attempt in islice(done, parameters.samples):
                result = outcome(definition, problem, attempt.episode, gold)
                counts[problem.family][result] += 1
                progress.set_postfix_str(str(hired.usage or ""), refresh=False)
                progress.update()
                yield {
                    "problem_id": problem.id,
                    "sample": attempt.sample,
                    "steps": [step.record() for step in attempt.episode.steps],
                    "outcome": result,
                    "requests": attempt.requests,
                }


def table(task: str, counts: Counts, usage: Usage | None) -> Table:
    """Returns what came of the attempts: how many are correct in each family, how the others went wrong, the cost."""
    shown = Table("family", box=SIMPLE_HEAD, title=f"chains {task}", title_justify="left", caption_justify="left")
    shown.caption = None if usage is None else str(usage)
    every = sum(counts.values(), Counter())
    outcomes = [name for name in (CORRECT, *ErrorType) if every[name]]
    for name in ("chains", *outcomes):
        shown.add_column(name.replace("_", " "), justify="right")
    for family, found in [*sorted(counts.items()), ("all", every)]:
        shares = (f"{found[CORRECT] / found.total():.0%}", *(str(found[name]) for name in outcomes[1:]))
        shown.add_row(family, str(found.total()), *(shares if every[CORRECT] else shares[1:]))
    return shown
