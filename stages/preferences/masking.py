"""A collator for preferences between whole chains: what came back from calls is read, and not trained on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import torch
from trl.trainer.dpo_trainer import DataCollatorForPreference

from stages.student.rendering import turns

SIDES = ("chosen", "rejected")


@dataclass
class ChainCollator(DataCollatorForPreference):  # type: ignore[misc]
    """Collates pairs whose sides hold several turns of the assistant, with the results of their calls in between.

    TRL's own collator leaves out the prompt alone, and trains the model to write results too. Hand this one to
    `DPOTrainer` as `data_collator`, together with `DPOConfig(remove_unused_columns=False)`: it needs the messages.

    Attributes:
        tokenizer: Its chat template tells where a turn begins and ends.
        pad_token_id: Token of the padding; the tokenizer's own if none is given.
    """

    tokenizer: Any = None
    pad_token_id: int | None = None

    def __post_init__(self) -> None:
        if self.pad_token_id is None:
            self.pad_token_id = self.tokenizer.pad_token_id
        if self.truncation_mode != "keep_start":
            raise ValueError("results are found from the start on; use truncation_mode='keep_start'")

    def torch_call(self, examples: list[dict[str, Any]]) -> dict[str, Any]:
        """Returns TRL's batch, with a `completion_mask` (2 · pairs × tokens) that covers the assistant's turns alone.

        Raises:
            ValueError: If the messages are missing, or the chat template renders a beginning in another way than the
                whole.
        """
        batch: dict[str, Any] = super().torch_call(examples)
        found = [self._turns(example, side) for side in SIDES for example in examples]
        mask = batch["completion_mask"]
        for row, spans in zip(mask, found):
            kept = torch.zeros_like(row)
            for begin, end in spans:
                kept[begin:end] = 1
            row *= kept
        return batch

    def _turns(self, example: Mapping[str, Any], side: str) -> list[tuple[int, int]]:
        """Returns where each turn of the assistant begins and ends, in tokens from the first of the prompt."""
        if side not in example:
            raise ValueError("the messages are missing; use DPOConfig(remove_unused_columns=False)")
        tokens, options = example["prompt_ids"] + example[f"{side}_ids"], example.get("chat_template_kwargs") or {}
        return turns(self.tokenizer, example["prompt"], example[side], tokens, example.get("tools"), **options)
