"""Stage `problems`: what there is to solve, in three splits without common questions."""

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field
from tqdm import tqdm

from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.files import Row, published, write_jsonl
from stages.parameters import Parameters, section
from stages.tasks import load_functions, load_task
from stages.tasks.problem_sets import PROCEDURAL, SPLITS, deal, find_source, generate, read
from stages.tasks.task import NO_ANSWER, Problem, Task

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


def run(task: str) -> None:
    """Writes data/problems/TASK.

    Raises:
        UserError: If parameters or data are unusable.
    """
    parameters = section(f"problems.{task}", ProblemParameters)
    definition, functions = load_task(task), load_functions(task, parameters.functions)
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    total = sum(parameters.splits.model_dump().values())
    for split, problem in tqdm(_problems(definition, functions, parameters), f"problems {task}", total, disable=None):
        rows[split].append(problem.record())
    with published(FOLDER / task) as folder:
        for split in SPLITS:
            write_jsonl(folder / f"{split}.jsonl", rows[split])
    solved = sum(row["reference"] is not None for split in SPLITS for row in rows[split])
    sizes = ", ".join(f"{len(rows[split])} {split}" for split in reversed(SPLITS))
    print(f"problems {task}: {sizes}; {solved} of {total} have a reference")


def _problems(task: Task, functions: FunctionSet, parameters: ProblemParameters) -> Iterator[tuple[str, Problem]]:
    sizes = parameters.splits.model_dump()
    if parameters.source == PROCEDURAL:
        return generate(task, functions, parameters.families, parameters.depths, sizes, parameters.seed)
    key = f"params.yaml: `problems.{task.name}"
    source = find_source(task, parameters.source, f"{key}.source`")
    if parameters.path is None:
        raise UserError(f"{key}.path` is missing: source {parameters.source} needs a file or folder")
    reading = read(source, Path(parameters.path), task, functions)
    for rejection in reading.rejected:
        if rejection.reason == NO_ANSWER:
            raise UserError(
                f"{parameters.path}: {rejection.where}: a problem without an answer; add it or remove the row"
            )
    return deal(task, reading.drafts, sizes, parameters.seed)
