"""Stage `adapter`: trains the DPO adapter and, on the same chosen turns, the SFT control."""

from pathlib import Path

from stages.errors import UserError
from stages.files import published, read_jsonl, write_jsonl
from stages.parameters import section

ADAPTERS, TRAINING, PAIRS, BASE = (
    Path("models/adapters"),
    Path("data/training"),
    Path("data/pairs"),
    Path("models/base"),
)


def run(task: str) -> None:
    """Writes models/adapters/TASK/{dpo,sft} and data/training/TASK.

    Raises:
        UserError: If parameters or pairs are unusable.
    """
    from stages.student.model import load
    from stages.student.preferences import ARMS, CHOSEN, AdapterParameters, collapsed, train_adapter

    parameters = section("adapter", AdapterParameters)
    pairs = list(read_jsonl(PAIRS / task / "train.jsonl"))
    if not pairs:
        raise UserError(f"data/pairs/{task}/train.jsonl: there are no pairs to train on")
    with published(ADAPTERS / task) as adapters, published(TRAINING / task) as training:
        for arm in ARMS:
            model, tokenizer = load(BASE / task)
            trained, history = train_adapter(arm, model, tokenizer, pairs, parameters, training / arm)
            trained.save_pretrained(adapters / arm)
            write_jsonl(training / f"{arm}.jsonl", history)
            print(
                f"adapter {task} {arm}: {len(pairs)} pairs, loss {history[0]['loss']:.3f} -> {history[-1]['loss']:.3f}"
            )
            if collapsed(history, parameters.collapse):
                print(
                    f"adapter {task} {arm}: COLLAPSED: {CHOSEN} fell from {history[0][CHOSEN]:.1f} to "
                    f"{history[-1][CHOSEN]:.1f}: right turns became unlikely too; "
                    "add `sft` to adapter.loss or raise adapter.beta"
                )
