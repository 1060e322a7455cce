"""Stage `problems`: what there is to solve, in three splits without common questions."""

from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from stages.errors import UserError
from stages.files import Row, published, write_jsonl
from stages.tasks import load_families, load_source
from stages.tasks.configured import FOLDER, Configured, configured
from stages.tasks.problem_sets import PROCEDURAL, SPLITS, deal, generate, read
from stages.tasks.task import NO_ANSWER, Problem


def run(task: str) -> None:
    """Writes data/problems/TASK.

    Raises:
        UserError: If parameters or data are unusable.
    """
    setting = configured(task)
    rows: dict[str, list[Row]] = {split: [] for split in SPLITS}
    total = sum(setting.parameters.splits.model_dump().values())
    for split, problem in tqdm(_problems(setting), f"problems {task}", total, disable=None):
        rows[split].append(problem.record())
    with published(FOLDER / task) as folder:
        for split in SPLITS:
            write_jsonl(folder / f"{split}.jsonl", rows[split])
    solved = sum(row["reference"] is not None for split in SPLITS for row in rows[split])
    sizes = ", ".join(f"{len(rows[split])} {split}" for split in reversed(SPLITS))
    print(f"problems {task}: {sizes}; {solved} of {total} have a reference")


def _problems(setting: Configured) -> Iterator[tuple[str, Problem]]:
    task, functions, parameters = setting.task, setting.functions, setting.parameters
    sizes = parameters.splits.model_dump()
    if parameters.source == PROCEDURAL:
        families = load_families(task.name, parameters.families)
        return generate(task, functions, families, parameters.depths, sizes, parameters.seed)
    key = f"params.yaml: `problems.{task.name}"
    source = load_source(task.name, parameters.source, f"{key}.source`")
    if parameters.path is None:
        raise UserError(f"{key}.path` is missing: source {parameters.source} needs a file or folder")
    reading = read(source, Path(parameters.path), task, functions)
    for rejection in reading.rejected:
        if rejection.reason == NO_ANSWER:
            raise UserError(
                f"{parameters.path}: {rejection.where}: a problem without an answer; add it or remove the row"
            )
    return deal(task, reading.drafts, sizes, parameters.seed)
