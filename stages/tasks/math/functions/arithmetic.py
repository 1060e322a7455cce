"""Exact arithmetic, one operation a call."""

from fractions import Fraction

from stages.agent.functions import FunctionSet
from stages.tasks.math.rationals import bounded

FUNCTIONS = FunctionSet()


@FUNCTIONS.register(example="add(a=2, b=3)")
def add(a: Fraction, b: Fraction) -> Fraction:
    """Add b to a."""
    return bounded(a + b)


@FUNCTIONS.register(example="subtract(a=7, b=4)")
def subtract(a: Fraction, b: Fraction) -> Fraction:
    """Take b from a."""
    return bounded(a - b)


@FUNCTIONS.register(example="multiply(a=6, b=4)")
def multiply(a: Fraction, b: Fraction) -> Fraction:
    """Multiply a by b."""
    return bounded(a * b)


@FUNCTIONS.register(example="divide(a=8, b=2)")
def divide(a: Fraction, b: Fraction) -> Fraction:
    """Divide a by b."""
    if b == 0:
        raise ZeroDivisionError("cannot divide by zero")
    return bounded(a / b)


@FUNCTIONS.register(example="percent(percent=20, of=50)")
def percent(percent: Fraction, of: Fraction) -> Fraction:
    """Take a percentage of a number."""
    return bounded(percent * of / 100)
