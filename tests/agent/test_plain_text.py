from fractions import Fraction
from typing import Literal

import pytest

from stages.agent.functions import FunctionSet
from stages.agent.plain_text import described

FUNCTIONS = FunctionSet()


@FUNCTIONS.register(example="first(a=[1], b='x')")
def first(a: list[list[Fraction]] | list[int] | str, b: str | int, c: bool = False) -> int:
    """Does something."""
    return 1


@FUNCTIONS.register(example="second(way='up')")
def second(way: Literal["up", 3], steps: int | None = None, names: list[str] | None = None) -> int:
    """Does more."""
    return 2


@pytest.mark.parametrize(
    ("place", "parameters"),
    [
        (0, "a: list of list of number or list of integer or string, b: integer or string, c: boolean"),
        (1, 'way: "up" or 3, steps: integer or None, names: list of string or None'),
    ],
)
def test_every_annotation_has_a_name(place, parameters):
    function = list(FUNCTIONS)[place]
    assert described(function.schema).startswith(f"- {function.name}({parameters}): {function.description}")
