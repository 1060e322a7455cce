"""A KV cache with room to grow: appending a token copies none of those before it."""

from typing import Any

import torch
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

GROWTH = 1.5


def growing_cache(model: Any) -> Any:
    """Returns an empty cache for a model; layers of another kind than full attention are transformers' own."""
    cache = DynamicCache(config=model.config)
    cache.layers = [GrowingLayer() if type(layer) is DynamicLayer else layer for layer in cache.layers]
    return cache


class GrowingLayer(DynamicLayer):  # type: ignore[misc]
    """Keys and values of one layer, as the used part of buffers that have room for more."""

    def __init__(self) -> None:
        super().__init__()
        self.keys: torch.Tensor
        self.values: torch.Tensor
        self._rooms: list[torch.Tensor] = []

    def update(self, key_states: torch.Tensor, value_states: torch.Tensor, *_: Any, **__: Any) -> Any:
        """Appends keys and values of new places; see transformers."""
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        held = self.get_seq_length()
        length = held + key_states.shape[-2]
        if not self._rooms or length > self._rooms[0].shape[-2]:
            self._rooms = [_roomy(*pair, length) for pair in ((self.keys, key_states), (self.values, value_states))]
        for room, states in zip(self._rooms, (key_states, value_states)):
            room[..., held:length, :] = states
        self.keys, self.values = (room[..., :length, :] for room in self._rooms)
        return self.keys, self.values

    def batch_repeat_interleave(self, repeats: int) -> None:
        """Repeats every row; see transformers."""
        super().batch_repeat_interleave(repeats)
        self._rooms = []

    def batch_select_indices(self, indices: torch.Tensor) -> None:
        """Keeps some rows; see transformers."""
        super().batch_select_indices(indices)
        self._rooms = []


def _roomy(held: torch.Tensor, states: torch.Tensor, length: int) -> torch.Tensor:
    """Returns a larger buffer that begins with what is held."""
    *shape, _, width = states.shape
    room = states.new_empty(*shape, int(length * GROWTH), width)
    if held.numel():
        room[..., : held.shape[-2], :] = held
    return room
