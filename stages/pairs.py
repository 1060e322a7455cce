"""Stage `pairs`: chains become verified preference pairs."""

from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path

from tqdm import tqdm

from stages.errors import UserError
from stages.files import Row, published, read_records, write_jsonl
from stages.preferences.pairs import PairBuilder
from stages.tasks.configured import configured, read_problems

FOLDER = Path("data/pairs")
CHAINS = Path("data/chains")
SPLITS = ("train", "validation")


def run(task: str) -> None:
    """Writes data/pairs/TASK/{train,validation}.jsonl.

    Raises:
        UserError: If chains or problems are unusable, or no pair can be made.
    """
    setting = configured(task)
    builder = PairBuilder(setting.task, setting.functions)
    chains: dict[str, list[Row]] = defaultdict(list)
    for row in read_records(CHAINS / f"{task}.jsonl", _chain):
        chains[row["problem_id"]].append(row)
    with published(FOLDER / task) as folder:
        for split in SPLITS:
            counts: Counter[str] = Counter()
            write_jsonl(folder / f"{split}.jsonl", _rows(task, split, builder, chains, counts))
            if not counts:
                raise UserError(
                    f"data/chains/{task}.jsonl: no pair can be made for the {split} split, since no chain goes wrong "
                    "where the reference goes on; raise the teacher's mistakes or `chains.samples` in params.yaml"
                )
            print(f"pairs {task} {split}: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


def _chain(row: Row) -> Row:
    """Checks what pairs take of a chain: its problem, its outcome, and what was written."""
    completions = [step["completion"] for step in row["steps"]]
    if not all(isinstance(text, str) for text in (row["problem_id"], row["outcome"], *completions)):
        raise ValueError("`problem_id`, `outcome` and every `completion` must be texts")
    return row


def _rows(
    task: str, split: str, builder: PairBuilder, chains: dict[str, list[Row]], counts: Counter[str]
) -> Iterator[Row]:
    for problem in tqdm(read_problems(task, split), f"pairs {task} {split}", disable=None):
        for pair in builder.build(problem, chains[problem.id]):
            counts[pair.error_type] += 1
            yield pair.record()
