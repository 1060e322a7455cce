"""Functions written for the package `microchain-python`, offered as they are."""

import inspect
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from stages.agent.calls import Call
from stages.agent.functions import FunctionSet, define, place


class Microchain(Protocol):
    """A `Function` object of the package, as far as it matters here."""

    state: Any
    __call__: Callable[..., Any]

    @property
    def description(self) -> str:
        """What it does."""

    @property
    def example_args(self) -> Sequence[Any]:
        """An argument for each parameter of `__call__`."""


def register_microchain(functions: FunctionSet, function: Microchain) -> None:
    """Adds a `Function` object to a set; its `state` is the chain's.

    Raises:
        TypeError: As `FunctionSet.register` does.
    """
    name, body = type(function).__name__, function.__call__
    names, values = list(inspect.signature(body).parameters), function.example_args
    if len(names) != len(values):
        raise TypeError(f"{place(body)}: `{name}` has {len(names)} parameters and {len(values)} example arguments")
    defined = define(body, name, function.description, str(Call(name, dict(zip(names, values)))))

    def with_state(state: object, **arguments: Any) -> Any:
        function.state = state
        return body(**arguments)

    functions.add(replace(defined, body=with_state, takes_state=True))
