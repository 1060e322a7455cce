"""Stage `adapter`: trains the DPO adapter and, on the same chosen turns, the SFT control."""

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from stages.errors import UserError
from stages.files import Row, published, read_records, write_jsonl
from stages.parameters import section
from stages.preferences.preflight import preflight
from stages.student.arms import ADAPTERS, BASES, side_by_side, tell

if TYPE_CHECKING:
    from stages.student.preferences import AdapterParameters

TRAINING, PAIRS = Path("data/training"), Path("data/pairs")
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
    preflight(pairs, load(BASES / task)[1], parameters.max_length, PAIRS / task / "train.jsonl")
    with published(ADAPTERS / task) as adapters, published(TRAINING / task) as training:
        work = partial(_train, task, parameters, adapters, training)
        histories = side_by_side(work, ARMS, parameters.workers, "adapter.workers")
        for arm, history in zip(ARMS, histories):
            tell(f"adapter {task} {arm}", len(pairs), history, parameters)


def _train(task: str, parameters: "AdapterParameters", adapters: Path, training: Path, arm: str) -> list[Row]:
    from stages.student.checkpoints import checkpoints
    from stages.student.model import load
    from stages.student.preferences import train_adapter

    model, tokenizer = load(BASES / task)
    settings = parameters.model_dump(exclude={"workers"})
    inputs = [BASES / task, PAIRS / task / "train.jsonl", FINGERPRINTS]  # other code may train otherwise
    with checkpoints(f"{task}-{arm}", settings, inputs) as saved:
        trained, history = train_adapter(
            arm, model, tokenizer, _read_pairs(task), parameters, parameters.lora, training / arm, saved
        )
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
