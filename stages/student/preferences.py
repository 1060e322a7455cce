"""Preference optimization of the student: a LoRA by DPO, and the SFT control on the same chosen turns."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, model_validator

from stages.files import Row
from stages.parameters import Parameters
from stages.preferences.levels import is_of_chains
from stages.student.arms import DPO, SFT
from stages.student.checkpoints import newest
from stages.student.rendering import OPTIONS, tokenize, turns

ARMS = (SFT, DPO)
CHOSEN = "logps/chosen"
LOGS_A_CHECKPOINT = 4
Loss = Literal[
    "sigmoid", "sigmoid_norm", "hinge", "ipo", "nca_pair", "robust", "bco_pair", "sppo_hard", "aot", "aot_unpaired",
    "apo_zero", "apo_down", "discopop", "sft",
]  # fmt: skip


class Lora(Parameters):
    """Shape of the adapter: rank, scale and dropout of the low-rank updates of all linear layers."""

    rank: Annotated[int, Field(ge=1)]
    alpha: Annotated[int, Field(ge=1)]
    dropout: Annotated[float, Field(ge=0, lt=1)]


class Training(Parameters):
    """How both arms are trained on the same pairs.

    Attributes:
        beta: Strength of DPO's pull towards where training began.
        loss: The terms of the DPO loss, as TRL names them; the SFT term keeps the chosen turn likely.
        loss_weights: Weight of each term.
        learning_rate: Peak learning rate of both arms.
        epochs: Passes over the pairs.
        batch_size: Pairs of an optimizer step.
        max_length: The longest conversation in tokens; longer ones are refused, never cut.
        collapse: By how much `logps/chosen` may fall before the run counts as collapsed.
        logging_steps: Optimizer steps between two logged rows.
        seed: Seed of initial weights and order.
        workers: How many arms are trained at the same time, each by a process of its own; 1 where memory is short.
        threads: CPU threads of each arm; other numbers give other roundings.
    """

    beta: Annotated[float, Field(gt=0)]
    loss: Annotated[list[Loss], Field(min_length=1)]
    loss_weights: list[float]
    learning_rate: Annotated[float, Field(gt=0)]
    epochs: Annotated[float, Field(gt=0)]
    batch_size: Annotated[int, Field(ge=1)]
    max_length: Annotated[int, Field(ge=1)]
    collapse: Annotated[float, Field(gt=0)]
    logging_steps: Annotated[int, Field(ge=1)]
    seed: int
    workers: Annotated[int, Field(ge=1)]
    threads: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _paired(self) -> "Training":
        if len(self.loss) != len(self.loss_weights):
            raise ValueError(f"`loss` has {len(self.loss)} terms and `loss_weights` {len(self.loss_weights)}")
        return self


class AdapterParameters(Training):
    """`adapter` of params.yaml.

    Attributes:
        lora: Shape of the adapter.
    """

    lora: Lora


def train_adapter(
    arm: str,
    model: Any,
    tokenizer: Any,
    pairs: Sequence[Row],
    parameters: Training,
    lora: Lora | None,
    log: Path | None,
    saved: Path,
) -> tuple[Any, list[Row]]:
    """Trains one arm's adapter on pairs, from its newest checkpoint on if there is one.

    Args:
        arm: `dpo`, or `sft` for the control: the same chosen turns, imitated.
        model: The base; it is wrapped, not changed. Or a PEFT model, whose adapter is trained on.
        tokenizer: Its tokenizer.
        pairs: Rows of data/pairs.
        parameters: How to train.
        lora: Shape of the adapter that the base gets; None if it has one.
        log: Folder for dvclive's metrics, if they are wanted.
        saved: Folder of the checkpoints.

    Returns:
        The trained PEFT model and the logged rows.
    """
    import torch
    from transformers import PrinterCallback

    torch.set_num_threads(parameters.threads)
    trainer = (_dpo if arm == DPO else _sft)(model, tokenizer, pairs, parameters, lora, saved)
    trainer.remove_callback(PrinterCallback)
    if log is not None:
        trainer.add_callback(_live(log))
    trainer.train(resume_from_checkpoint=newest(saved))
    history = [_measured(row) | {"step": row["step"]} for row in trainer.state.log_history if "loss" in row]
    for config in trainer.model.peft_config.values():
        config.target_modules = sorted(config.target_modules)  # a set is saved in another order by every process
    return trainer.model, history


def collapsed(history: Sequence[Row], limit: float) -> bool:
    """Whether the chosen turns became less likely by more than a limit: then DPO pushed down right and wrong alike."""
    values = [row[CHOSEN] for row in history if CHOSEN in row]
    return len(values) > 1 and values[0] - values[-1] > limit


def _dpo(
    model: Any, tokenizer: Any, pairs: Sequence[Row], parameters: Training, lora: Lora | None, folder: Path
) -> Any:
    from trl import DPOConfig

    from stages.student.shared_prefix_trainer import SharedPrefixDPOTrainer

    whole = any(map(is_of_chains, pairs))
    config = DPOConfig(
        **_common(parameters, folder),
        remove_unused_columns=not whole,  # the collator needs the messages
        beta=parameters.beta,
        loss_type=parameters.loss,
        loss_weights=parameters.loss_weights,
        precompute_ref_log_probs=True,
    )
    return SharedPrefixDPOTrainer(
        model=model,
        args=config,
        train_dataset=_dataset(pairs, ("prompt", "chosen", "rejected", "tools")),
        processing_class=tokenizer,
        peft_config=_lora(lora),
        data_collator=_collator(tokenizer) if whole else None,
    )


def _collator(tokenizer: Any) -> Any:
    from stages.preferences.masking import ChainCollator

    return ChainCollator(tokenizer=tokenizer)


def _sft(
    model: Any, tokenizer: Any, pairs: Sequence[Row], parameters: Training, lora: Lora | None, folder: Path
) -> Any:
    from trl import SFTConfig, SFTTrainer

    return SFTTrainer(
        model=model,
        args=SFTConfig(**_common(parameters, folder), completion_only_loss=True),
        train_dataset=_imitated(pairs, tokenizer),
        processing_class=tokenizer,
        peft_config=_lora(lora),
    )


def _imitated(pairs: Sequence[Row], tokenizer: Any) -> Any:
    """Returns the chosen turns to be imitated: of whole chains as tokens, those of results marked to be left out."""
    from datasets import Dataset

    if not any(map(is_of_chains, pairs)):
        rows = [{"prompt": pair["prompt"], "completion": pair["chosen"], "tools": pair["tools"]} for pair in pairs]
        return _dataset(rows, ("prompt", "completion", "tools"))
    return Dataset.from_list([_marked(pair, tokenizer) for pair in pairs])


def _marked(pair: Row, tokenizer: Any) -> Row:
    prompt, chosen, tools = pair["prompt"], pair["chosen"], pair["tools"]
    tokens = tokenize(tokenizer, [*prompt, *chosen], tools)
    mask = [0] * len(tokens)
    for begin, end in turns(tokenizer, prompt, chosen, tokens, tools, **OPTIONS):
        mask[begin:end] = [1] * (end - begin)
    return {"input_ids": tokens, "completion_mask": mask}


def _common(parameters: Training, folder: Path) -> dict[str, Any]:
    """Settings of both trainers. TRL's defaults are for GPUs and large models: bf16, checkpointing, 1e-6."""
    import torch

    gpu = torch.cuda.is_available()
    return {
        "output_dir": str(folder),
        "learning_rate": parameters.learning_rate,
        "lr_scheduler_type": "cosine",
        "warmup_steps": 0.1,
        "num_train_epochs": parameters.epochs,
        "per_device_train_batch_size": parameters.batch_size,
        "max_length": parameters.max_length,
        "logging_steps": parameters.logging_steps,
        "logging_first_step": True,
        "save_strategy": "steps",
        "save_steps": LOGS_A_CHECKPOINT * parameters.logging_steps,  # what is logged is a mean since the last time
        "save_total_limit": 1,
        "report_to": "none",
        "bf16": gpu,
        "use_cpu": not gpu,
        "gradient_checkpointing": gpu,
        "seed": parameters.seed,
        "data_seed": parameters.seed,
        "disable_tqdm": not sys.stderr.isatty(),
    }


def _lora(shape: Lora | None) -> Any:
    from peft import LoraConfig

    return shape and LoraConfig(
        r=shape.rank,
        lora_alpha=shape.alpha,
        lora_dropout=shape.dropout,
        target_modules="all-linear",
        task_type="CAUSAL_LM",
    )


def _dataset(rows: Sequence[Row], columns: Sequence[str]) -> Any:
    """Returns a data set whose messages are JSON columns: calls of different functions have different arguments.

    TRL hands its last column to the chat template.
    """
    from datasets import Dataset, Features, Json, List

    features = Features({column: List(Json()) for column in columns} | {"chat_template_kwargs": Json()})
    taken = [{column: row[column] for column in columns} | {"chat_template_kwargs": OPTIONS} for row in rows]
    return Dataset.from_list(taken, features=features)


def _measured(row: Row) -> Row:
    """Keeps what is the same on every run: neither times nor speeds."""
    kept = ("loss", "rewards/accuracies", "rewards/margins", CHOSEN, "logps/rejected", "mean_token_accuracy", "entropy")
    return {name: row[name] for name in kept if name in row}


def _live(folder: Path) -> Any:
    from dvclive import Live
    from transformers import TrainerCallback

    class LiveMetrics(TrainerCallback):  # type: ignore[misc]
        """Shows the run in dvclive while it goes on."""

        def on_train_begin(self, _: Any, state: Any, *__: Any, **___: Any) -> None:
            self.live = Live(str(folder), dvcyaml=False, save_dvc_exp=False, report=None, cache_images=False)
            for row in state.log_history:  # before the checkpoint
                self._show(row, row["step"])

        def on_log(self, _: Any, state: Any, __: Any, logs: Row, **___: Any) -> None:
            self._show(logs, state.global_step)

        def _show(self, row: Row, step: int) -> None:
            for name, value in _measured(row).items():
                self.live.log_metric(f"train/{name}", value)
            self.live.step = step
            self.live.make_summary()

        def on_train_end(self, *_: Any, **__: Any) -> None:
            self.live.end()

    return LiveMetrics()
