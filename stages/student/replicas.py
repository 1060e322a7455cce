"""Gradients by threads: each has a replica of the model and takes a part of the batch.

PyTorch releases the interpreter while it computes, so two threads with half of the batch each are nearly twice as fast;
two threads inside each small matrix product are hardly faster than one.
"""

import copy
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import torch

T = TypeVar("T")


class Replicas:
    """A model and its replicas: one storage of weights, gradients of their own.

    Args:
        model: The model whose gradients are wanted.
        threads: How many threads share a batch; equal numbers give equal bytes.
    """

    def __init__(self, model: Any, threads: int) -> None:
        torch.set_num_threads(1)
        self._models = [model, *(_replica(model) for _ in range(threads - 1))]
        self._pool = ThreadPoolExecutor(threads, initializer=torch.set_num_threads, initargs=(1,))

    def backward(self, loss: Callable[[Any, Any], torch.Tensor], parts: Sequence[Any]) -> float:
        """Adds the gradients of all parts' losses to the model's and returns the sum of the losses.

        Args:
            loss: Returns the loss of a model on a part, as a scalar.
            parts: At most one part of the batch for each thread.
        """

        def one(place: int) -> Any:
            value = loss(self._models[place], parts[place])
            value.backward()
            return value.item()

        total: float = sum(self.each(one, range(len(parts))))
        for weights in zip(*(model.parameters() for model in self._models)):
            _collect(*weights)
        return total

    def each(self, call: Callable[[T], Any], items: Iterable[T]) -> list[Any]:
        """Calls a function with each item, in the threads, and returns the results in order."""
        return list(self._pool.map(call, items))


def _replica(model: Any) -> Any:
    copied = copy.deepcopy(model)
    for weight, own in zip(model.parameters(), copied.parameters()):
        own.data = weight.data
    return copied


def _collect(weight: torch.nn.Parameter, *others: torch.nn.Parameter) -> None:
    """Moves the gradients of the other weights to the first one's."""
    for other in others:
        if other.grad is not None:
            weight.grad = other.grad if weight.grad is None else weight.grad.add_(other.grad)
            other.grad = None
