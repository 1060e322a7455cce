"""A causal language model's log-probabilities with common prefixes computed once.

It goes around TRL's fused LM head, on which the losses and metrics of its trainers are built, so that they need no
change: they hand over a padded batch and get back what the padded batch would give.
"""

import functools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import MethodType
from typing import Any

import numpy as np
import torch

from stages.student.token_tree import Trees, plant

IGNORED = -100
MASKED = ("eager", "sdpa")  # implementations of attention that take a mask of every place for every place
FULL = "full_attention"
ATTENTION = 2.0  # time of a multiplication in attention under a mask, over one in a matrix product, as measured


@dataclass(frozen=True)
class _Batch:
    """A padded batch as trees.

    Attributes:
        trees: Its sequences.
        scored: Whether a token's log-probability is asked for; shape (sequences, length - 1), as TRL's outputs.
        sources: Places whose hidden states predict a token, one for each token that is scored.
        labels: These tokens.
        answers: For every scored token of the batch its index in `sources`.
    """

    trees: Trees
    scored: torch.Tensor
    sources: torch.Tensor
    labels: torch.Tensor
    answers: torch.Tensor


def share_prefixes(model: Any) -> None:
    """Makes a model compute common prefixes once when it is called with `fused_lm_head=True`.

    The padded batch is laid out in token trees, the LM head scores every labelled token of them once, and the outputs
    go back to where the padded batch has them. Equal up to rounding, gradients included.

    Args:
        model: A causal language model that `trl.trainer.utils.add_fused_lm_head` has patched and `refusal` accepts.
    """
    padded = model.forward
    linear = _linear(model)

    @functools.wraps(type(model).forward)  # `generate` looks at its arguments
    def forward(self: Any, *args: Any, fused_lm_head: bool = False, **kwargs: Any) -> Any:
        if not fused_lm_head or args or not _shareable(kwargs):
            return padded(*args, fused_lm_head=fused_lm_head, **kwargs)
        labels = kwargs.pop("labels")
        batch = _batch(kwargs.pop("input_ids"), kwargs.pop("attention_mask"), labels, linear)
        with _gathered(self.base_model, batch.sources):
            outputs = padded(**_inputs(batch, self.dtype), **kwargs, fused_lm_head=True)
        return _restored(outputs, batch)

    model.forward = MethodType(forward, model)


def refusal(model: Any) -> str | None:
    """Returns why a causal language model cannot see trees as sequences, or None if it can.

    What its configuration does not tell, two short sequences tell, as a batch and as a tree.
    """
    config = model.config.get_text_config()
    if config._attn_implementation not in MASKED:
        return f"its attention is `{config._attn_implementation}`, which takes no mask of tokens for tokens"
    if set(getattr(config, "layer_types", None) or [FULL]) != {FULL} or getattr(config, "sliding_window", None):
        return "not all its layers attend to the whole conversation"
    if getattr(config, "output_router_logits", False):
        return "its loss has a term that counts every token"
    return None if _alike(model) else "it does not heed masks or positions"


def _linear(model: Any) -> float:
    """Returns what a token costs outside attention, over what it costs to let it see one more place."""
    config = model.config.get_text_config()
    embedded = model.get_input_embeddings().weight.numel()
    weights = sum(weight.numel() for weight in model.base_model.parameters()) - embedded
    return float(weights / (2 * config.hidden_size * config.num_hidden_layers * ATTENTION))


def _shareable(inputs: dict[str, Any]) -> bool:
    """Whether a call has a padded batch of tokens, something to score, and nothing else that is bound to places."""
    wanted = {"input_ids", "attention_mask", "labels"}
    if {name for name, value in inputs.items() if isinstance(value, torch.Tensor)} != wanted:
        return False
    return inputs["attention_mask"].ndim == 2 and bool((inputs["labels"][:, 1:] != IGNORED).any())


def _batch(tokens: torch.Tensor, mask: torch.Tensor, labels: torch.Tensor, linear: float) -> _Batch:
    real, ids = mask.bool().cpu().numpy(), tokens.cpu().numpy()
    trees = plant([row[kept].tolist() for row, kept in zip(ids, real)], linear)
    places = np.zeros(ids.shape, np.int64)
    places[real] = np.concatenate(trees.places)
    scored = labels[:, 1:] != IGNORED
    here = scored.cpu().numpy()
    # A place has one parent, so it stands for the question which token follows its parent.
    asked, first, answers = np.unique(places[:, 1:][here], return_index=True, return_inverse=True)
    sources = places[:, :-1][here][first]
    tensors = (sources, trees.tokens.flatten()[asked], answers)
    return _Batch(trees, scored, *(torch.from_numpy(array).to(tokens.device) for array in tensors))


def _inputs(batch: _Batch, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    trees, device = batch.trees, batch.labels.device
    hidden = torch.from_numpy(~trees.sees[:, None]).to(device)
    mask = torch.zeros(hidden.shape, dtype=dtype, device=device).masked_fill_(hidden, torch.finfo(dtype).min)
    return {
        "input_ids": torch.from_numpy(trees.tokens).to(device),
        "position_ids": torch.from_numpy(trees.positions).to(device),
        "attention_mask": mask,
        "shift_labels": batch.labels[None],
    }


@contextmanager
def _gathered(backbone: Any, places: torch.Tensor) -> Iterator[None]:
    """Lets a backbone return the hidden states of some places only, in one row."""

    def gather(_: Any, __: Any, outputs: Any) -> Any:
        outputs["last_hidden_state"] = outputs.last_hidden_state.flatten(0, 1)[places][None]
        return outputs

    handle = backbone.register_forward_hook(gather)
    try:
        yield
    finally:
        handle.remove()


def _restored(outputs: Any, batch: _Batch) -> Any:
    """Returns outputs of scored tokens in the shape of the padded batch, 0 where nothing is scored."""
    fields: dict[str, Any] = {"label_mask": batch.scored}
    for name in ("log_probs", "entropy", "log_sum_sq_probs", "mean_logits", "is_top1"):
        value = getattr(outputs, name)
        if value is not None:
            fields[name] = value.new_zeros(batch.scored.shape).masked_scatter(batch.scored, value[0][batch.answers])
    return type(outputs)(loss=-fields["log_probs"].sum() / batch.scored.sum(), **fields)


def _alike(model: Any) -> bool:
    """Whether hidden states of a tree are those of its sequences."""
    device, training = model.get_input_embeddings().weight.device, model.training
    ids = torch.arange(12, device=device).reshape(2, 6) % model.config.get_text_config().vocab_size
    ids[1, :3] = ids[0, :3]
    batch = _batch(ids, torch.ones_like(ids), ids, linear=1e9)
    inputs = {name: value for name, value in _inputs(batch, model.dtype).items() if name != "shift_labels"}
    places = torch.from_numpy(np.concatenate(batch.trees.places)).to(device)
    model.eval()
    try:
        with torch.no_grad():
            rows = _states(model, input_ids=ids)
            difference = (_states(model, **inputs)[places] - rows).abs().max() / rows.abs().max()
    except (TypeError, ValueError, RuntimeError, IndexError):  # as models refuse a mask or positions
        return False
    finally:
        model.train(training)
    return bool(difference < torch.finfo(model.dtype).eps ** 0.5)


def _states(model: Any, **inputs: torch.Tensor) -> torch.Tensor:
    states: torch.Tensor = model.base_model(**inputs, use_cache=False).last_hidden_state.flatten(0, 1)
    return states
