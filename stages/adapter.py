"""Stage `adapter`: trains the DPO adapter and, on the same chosen turns, the SFT control."""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING

from stages.errors import UserError
from stages.files import Row, published, read_records, write_jsonl
from stages.parameters import section
from stages.preferences.preflight import preflight

if TYPE_CHECKING:
    from stages.student.preferences import AdapterParameters

ADAPTERS, TRAINING = Path("models/adapters"), Path("data/training")
PAIRS, BASE = Path("data/pairs"), Path("models/base")
FINGERPRINTS = Path("data/fingerprints.json")


def run(task: str) -> None:
    """Writes models/adapters/TASK/{dpo,sft} and data/training/TASK.

    Raises:
        UserError: If parameters or pairs are unusable.
    """
    from stages.student.model import load
    from stages.student.preferences import ARMS, AdapterParameters

    parameters = section("adapter", AdapterParameters)
    pairs = _read_pairs(task)
    preflight(pairs, load(BASE / task)[1], parameters.max_length, PAIRS / task / "train.jsonl")
    with published(ADAPTERS / task) as adapters, published(TRAINING / task) as training:
        work = partial(_train, task, parameters, adapters, training)
        for arm, history in zip(ARMS, _each(work, ARMS, parameters.workers)):
            _tell(f"adapter {task} {arm}", len(pairs), history, parameters)


def _each(work: Callable[[str], list[Row]], arms: Sequence[str], workers: int) -> Iterator[list[Row]]:
    """Trains the arms, side by side if there are workers for it, and yields their histories in order."""
    if workers == 1:
        yield from map(work, arms)
        return
    # Fresh processes: a fork of one that has used PyTorch's threads or a GPU may hang.
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        try:
            yield from pool.map(work, arms)
        except BrokenProcessPool:
            raise UserError(
                "the process of an arm was killed; if memory is short, set `adapter.workers` to 1"
            ) from None


def _train(task: str, parameters: "AdapterParameters", adapters: Path, training: Path, arm: str) -> list[Row]:
    from stages.student.checkpoints import checkpoints
    from stages.student.model import load
    from stages.student.preferences import train_adapter

    model, tokenizer = load(BASE / task)
    settings = parameters.model_dump(exclude={"workers"})
    inputs = [BASE / task, PAIRS / task / "train.jsonl", FINGERPRINTS]  # other code may train otherwise
    with checkpoints(f"{task}-{arm}", settings, inputs) as saved:
        trained, history = train_adapter(arm, model, tokenizer, _read_pairs(task), parameters, training / arm, saved)
        trained.save_pretrained(adapters / arm)
        write_jsonl(training / f"{arm}.jsonl", history)
    return history


def _read_pairs(task: str) -> list[Row]:
    path = PAIRS / task / "train.jsonl"
    pairs = list(read_records(path, _pair))
    if not pairs:
        raise UserError(f"{path}: there are no pairs to train on; raise the teacher's mistakes or `chains.samples`")
    return pairs


def _pair(row: Row) -> Row:
    """Checks what training takes of a pair: lists of messages, none of them empty."""
    for name in ("prompt", "chosen", "rejected", "tools"):
        if not isinstance(row[name], list) or not row[name] or not all(isinstance(item, dict) for item in row[name]):
            raise ValueError(f"`{name}` must be a list of JSON objects that is not empty")
    return row


def _tell(name: str, pairs: int, history: Sequence[Row], parameters: "AdapterParameters") -> None:
    from stages.student.preferences import CHOSEN, collapsed

    first, last = history[0], history[-1]
    print(f"{name}: {pairs} pairs, loss {first['loss']:.3f} -> {last['loss']:.3f}")
    if collapsed(history, parameters.collapse):
        print(
            f"{name}: COLLAPSED: {CHOSEN} fell from {first[CHOSEN]:.1f} to {last[CHOSEN]:.1f}: right turns became "
            "unlikely too; add `sft` to adapter.loss or raise adapter.beta"
        )
