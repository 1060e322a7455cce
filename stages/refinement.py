"""Stage `refinement`: from the SFT control on, in rounds: its own mistakes become pairs, for DPO and for more SFT."""

import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from random import Random
from typing import Annotated

from pydantic import Field

from stages.files import Row, published, read_jsonl, write_jsonl
from stages.parameters import Parameters, section
from stages.preferences.levels import of_steps
from stages.preferences.pairs import STUDENT, Pair, PairBuilder
from stages.preferences.preflight import preflight
from stages.student.arms import ADAPTERS, BASES, DPO, REFINED, SFT, SFT_DPO, SFT_SFT, side_by_side, tell
from stages.student.attempts import Sampling, attempt, load_student
from stages.student.checkpoints import checkpoints
from stages.student.model import load, load_trainable, require
from stages.student.preferences import Training, train_adapter
from stages.tasks.configured import FOLDER as PROBLEMS
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.task import Problem

FOLDER, PAIRS, FINGERPRINTS = Path("data/refinement"), Path("data/pairs"), Path("data/fingerprints.json")
LOSSES = {SFT_SFT: SFT, SFT_DPO: DPO}


class RefinementParameters(Parameters):
    """`refinement` of params.yaml.

    Attributes:
        rounds: How often the preference arm is sampled, and both are trained on the mistakes that it made.
        sampling: How it is sampled on the training problems; every round draws anew.
        replay: How many pairs of the first training are mixed with each new one, as far as there are so many: without
            them the steps that no new pair is about suffer.
        training: How both arms are trained in a round.
    """

    rounds: Annotated[int, Field(ge=1)]
    sampling: Sampling
    replay: Annotated[int, Field(ge=0)]
    training: Training


def run(task: str) -> None:
    """Writes models/refined/TASK/{sft_sft,sft_dpo} and data/refinement/TASK.

    Raises:
        UserError: If parameters or problems are unusable, or the SFT control has not been built.
    """
    parameters, setting = section("refinement", RefinementParameters), configured(task)
    base, start = BASES / task, ADAPTERS / task / SFT
    require(base, start)
    inputs = [base, start, PROBLEMS / task / "train.jsonl", PAIRS / task / "train.jsonl", FINGERPRINTS]
    settings = parameters.model_dump(exclude={"training": {"workers"}})
    with checkpoints(f"{task}-refinement", settings, inputs) as saved:
        rounds = list(_rounds(setting, parameters, start, saved))
        with published(REFINED / task) as adapters, published(FOLDER / task) as data:
            for arm in LOSSES:
                shutil.copytree(rounds[-1] / arm if rounds else start, adapters / arm)
                write_jsonl(data / f"{arm}.jsonl", _history(each / f"{arm}.jsonl" for each in rounds))
            write_jsonl(data / "pairs.jsonl", (pair for each in rounds for pair in read_jsonl(each / "pairs.jsonl")))


def _rounds(setting: Configured, parameters: RefinementParameters, start: Path, saved: Path) -> Iterator[Path]:
    """Yields the folder of each round, with its pairs, adapters and histories; ends where no mistake is left."""
    task, before = setting.task.name, dict.fromkeys(LOSSES, start)
    for number in range(1, parameters.rounds + 1):
        folder = saved / str(number)
        pairs = _pairs(setting, before[SFT_DPO], parameters, number, folder / "pairs.jsonl")
        if not pairs:
            print(f"refinement {task}: no mistakes in round {number}")
            return
        work = partial(_train, task, parameters.training, before, folder)
        histories = side_by_side(work, list(LOSSES), parameters.training.workers, "refinement.training.workers")
        for arm, history in zip(LOSSES, histories):
            tell(f"refinement {task} {arm}, round {number}", len(pairs), history, parameters.training)
        before = {arm: folder / arm for arm in LOSSES}
        yield folder


def _pairs(setting: Configured, adapter: Path, parameters: RefinementParameters, number: int, path: Path) -> list[Row]:
    """Returns the pairs of a round: what the preference arm does wrong, against what the reference does there."""
    if not path.exists():
        task, problems = setting.task.name, read_problems(setting.task.name, "train")
        sampling = parameters.sampling.model_copy(update={"seed": parameters.sampling.seed + number})
        student = load_student(BASES / task, adapter, sampling)
        chains: dict[str, list[Row]] = defaultdict(list)
        for row in attempt(student, setting, problems, sampling, f"refinement {task}, round {number}"):
            chains[row["problem_id"]].append(row)
        made = [pair.record() for item in problems for pair in _mistakes(setting, item, chains[item.id])]
        write_jsonl(path, [*made, *_replayed(task, len(made) * parameters.replay, sampling.seed)])
    pairs = list(read_jsonl(path))
    preflight(pairs, load(BASES / setting.task.name)[1], parameters.training.max_length, path)
    return pairs


def _mistakes(setting: Configured, problem: Problem, chains: Sequence[Row]) -> Iterator[Pair]:
    return PairBuilder(setting.task, setting.functions, problem, chains).build(chains, STUDENT)


def _replayed(task: str, count: int, seed: int) -> list[Row]:
    """Draws pairs of the first training, as pairs of steps."""
    pairs = list(map(of_steps, read_jsonl(PAIRS / task / "train.jsonl")))
    return Random(seed).sample(pairs, min(count, len(pairs)))


def _train(task: str, parameters: Training, before: Mapping[str, Path], folder: Path, arm: str) -> list[Row]:
    """Trains an arm's adapter on a round's pairs, unless it has been trained, and returns the history."""
    if not (folder / arm).exists():
        pairs, steps = list(read_jsonl(folder / "pairs.jsonl")), folder / f"{arm}-steps"
        model, tokenizer = load_trainable(BASES / task, before[arm])
        trained, history = train_adapter(LOSSES[arm], model, tokenizer, pairs, parameters, None, None, steps)
        write_jsonl(folder / f"{arm}.jsonl", history)
        with published(folder / arm) as scratch:
            trained.save_pretrained(scratch, selected_adapters=["default"])
    return list(read_jsonl(folder / f"{arm}.jsonl"))


def _history(paths: Iterable[Path]) -> Iterator[Row]:
    """Yields the logged rows of all rounds, steps counted on."""
    done = 0
    for path in paths:
        rows = list(read_jsonl(path))
        yield from (row | {"step": done + row["step"]} for row in rows)
        done += rows[-1]["step"]
