"""Stage `pairs`: chains become verified preference pairs."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field
from tqdm import tqdm

from stages.errors import UserError
from stages.files import Row, published, read_records, write_jsonl
from stages.parameters import Parameters, section
from stages.preferences.pairs import Pair, PairBuilder
from stages.tasks.configured import configured, read_problems
from stages.teachers.mistakes import few_answers

FOLDER = Path("data/pairs")
CHAINS = Path("data/chains")
SPLITS = ("train", "validation")


class PairParameters(Parameters):
    """`pairs` of params.yaml.

    Attributes:
        constructed: How many steps of each problem's reference get a pair whose wrong side is constructed.
        seed: Decides which steps, and which mistakes.
    """

    constructed: Annotated[int, Field(ge=0)]
    seed: int


def run(task: str) -> None:
    """Writes data/pairs/TASK/{train,validation}.jsonl.

    Raises:
        UserError: If chains or problems are unusable, or no pair can be made.
    """
    parameters, setting = section("pairs", PairParameters), configured(task)
    builder = PairBuilder(setting.task, setting.functions)
    chains = _read_chains(CHAINS / f"{task}.jsonl")
    with published(FOLDER / task) as folder:
        for split in SPLITS:
            counts: Counter[str] = Counter()
            made = _pairs(task, split, builder, chains, parameters)
            write_jsonl(folder / f"{split}.jsonl", (pair.record() for pair in _counted(made, counts)))
            if not counts:
                raise UserError(
                    f"data/chains/{task}.jsonl: no pair can be made for the {split} split, since no chain goes wrong "
                    "where the reference goes on; raise the teacher's mistakes or `chains.samples` in params.yaml"
                )
            print(f"pairs {task} {split}: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


def _read_chains(path: Path) -> dict[str, list[Row]]:
    """Returns the chains of each problem."""
    chains: dict[str, list[Row]] = defaultdict(list)
    for row in read_records(path, _chain):
        chains[row["problem_id"]].append(row)
    if not chains:
        raise UserError(f"{path}: no pair can be made, there is no chain; build the stage `chains` again")
    return chains


def _chain(row: Row) -> Row:
    """Checks what pairs take of a chain: its problem, its outcome, and what was written."""
    completions = [step["completion"] for step in row["steps"]]
    if not all(isinstance(text, str) for text in (row["problem_id"], row["outcome"], *completions)):
        raise ValueError("`problem_id`, `outcome` and every `completion` must be texts")
    return row


def _pairs(
    task: str, split: str, builder: PairBuilder, chains: dict[str, list[Row]], parameters: PairParameters
) -> Iterator[Pair]:
    problems = read_problems(task, split)
    answers = few_answers(problems)
    for problem in tqdm(problems, f"pairs {task} {split}", disable=None):
        found = list(builder.build(problem, chains[problem.id]))
        random = Random(f"{parameters.seed}/{problem.id}")
        yield from found
        for pair in builder.construct(problem, parameters.constructed, answers, random):
            if all((pair.prompt, pair.rejected) != (other.prompt, other.rejected) for other in found):
                yield pair


def _counted(pairs: Iterable[Pair], counts: Counter[str]) -> Iterator[Pair]:
    for pair in pairs:
        counts[pair.error_type] += 1
        yield pair
