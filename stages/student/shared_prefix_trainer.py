"""TRL's DPO trainer, computing what the pairs of a batch have in common once."""

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from peft import PeftModel
from trl import DPOTrainer

from stages.student.shared_prefixes import refusal, share_prefixes
from stages.student.token_tree import Tokens


class SharedPrefixDPOTrainer(DPOTrainer):  # type: ignore[misc]
    """`trl.DPOTrainer` for pairs with common prefixes: the same losses, gradients and metrics, up to rounding.

    Chosen and rejected turn share their prompt, and step pairs of one chain share the chain before them. Where the
    model, the reference or the data do not allow it, it trains as TRL's own and says why on stderr.

    Args:
        together: Whether the pairs of a chain stay together in the shuffled order, so that a batch has more in common.
            By default the order is TRL's.
        **kwargs: What `trl.DPOTrainer` takes.
    """

    def __init__(self, *args: Any, together: bool = False, **kwargs: Any) -> None:
        self.together = together
        self.prefixes_shared: bool | None = None  # not known before there are models
        super().__init__(*args, **kwargs)

    def compute_ref_log_probs(self, model: Any, inputs: Any) -> Any:
        """Computes reference log-probabilities of a padded batch; see TRL."""
        self._share()
        return super().compute_ref_log_probs(model, inputs)

    def _compute_loss(self, model: Any, inputs: Any, return_outputs: bool) -> Any:
        self._share()
        return super()._compute_loss(model, inputs, return_outputs)

    def _share(self) -> None:
        """Lets policy and reference share prefixes, at the first batch: TRL computes references while it is made."""
        if self.prefixes_shared is not None:
            return
        models = [self.accelerator.unwrap_model(model) for model in (self.model, self.ref_model) if model is not None]
        reason = self._refusal(models)
        self.prefixes_shared = reason is None
        if reason is not None:
            print(f"prefixes are not shared, pairs are computed one by one: {reason}", file=sys.stderr)
            return
        for model in models:
            share_prefixes(_plain(model))

    def _refusal(self, models: Sequence[Any]) -> str | None:
        if self._is_vision_dataset:
            return "there are pictures among the tokens"
        if self.aux_loss_enabled:
            return "the loss has a term that counts every token"
        adapters = [config for model in models if isinstance(model, PeftModel) for config in model.peft_config.values()]
        if any(config.is_prompt_learning for config in adapters):
            return "the adapter adds tokens of its own"
        return next(filter(None, map(refusal, map(_plain, models))), None)

    def _get_train_sampler(self, train_dataset: Any = None) -> Any:
        data = self.train_dataset if train_dataset is None else train_dataset
        if not self.together:
            return super()._get_train_sampler(train_dataset)
        seed = self.args.seed if self.args.data_seed is None else self.args.data_seed
        return ChainSampler(list(data["prompt_ids"]), seed)


class ChainSampler:
    """Shuffles chains and yields the pairs of each one after the other.

    Args:
        prompts: Tokens of every pair's prompt. A prompt belongs to the chain of the shortest one that it continues.
        seed: Of the shuffling, together with the epoch; so a resumed run has the order of the one that was killed.
    """

    def __init__(self, prompts: Sequence[Tokens], seed: int) -> None:
        self.chains = chains(prompts)
        self.seed = seed
        self.epoch = 0

    def __len__(self) -> int:
        return sum(map(len, self.chains))

    def __iter__(self) -> Iterator[int]:
        generator = torch.Generator().manual_seed(self.seed + self.epoch)
        for chain in torch.randperm(len(self.chains), generator=generator).tolist():
            yield from self.chains[chain]

    def set_epoch(self, epoch: int) -> None:
        """Sets the epoch; the trainer calls it."""
        self.epoch = epoch


def chains(prompts: Sequence[Tokens]) -> list[list[int]]:
    """Returns the indices of prompts chain by chain; in each, all continue the first."""
    found: list[list[int]] = []
    # Lexicographic order has all continuations of a prompt right after it.
    for index in sorted(range(len(prompts)), key=lambda place: (list(prompts[place]), place)):
        first = prompts[found[-1][0]] if found else None
        if first is not None and prompts[index][: len(first)] == first:
            found[-1].append(index)
        else:
            found.append([index])
    return found


def _plain(model: Any) -> Any:
    """Returns the causal language model below an adapter."""
    return model.get_base_model() if isinstance(model, PeftModel) else model
