"""What the functions' names mean, told independently of the functions, so that executing a reference checks them."""

import operator
from collections.abc import Callable, Mapping
from fractions import Fraction

from stages.agent.calls import Call
from stages.agent.values import literal

OPERATIONS: Mapping[str, Callable[[Fraction, Fraction], Fraction]] = {
    "add": operator.add,
    "subtract": operator.sub,
    "multiply": operator.mul,
    "divide": operator.truediv,
    "percent": lambda of, percent: of * percent / 100,
}


def call_of(function: str, a: Fraction, b: Fraction) -> Call:
    """Returns the call of an operation on two numbers; a percentage is `b` percent of `a`."""
    if function == "percent":
        return Call(function, {"percent": literal(b), "of": literal(a)})
    return Call(function, {"a": literal(a), "b": literal(b)})
