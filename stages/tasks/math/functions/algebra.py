"""Powers, roots, percentages, rounding, comparison and linear equations; to be offered beside `arithmetic`."""

import math
from fractions import Fraction

from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet
from stages.agent.values import result_text, text
from stages.tasks.math import linear, rationals, systems
from stages.tasks.math.rationals import MAX_DECIMALS, MAX_DEGREE, bounded

FUNCTIONS = FunctionSet()
MAX_EQUATIONS = 8


def _read(equation: str) -> linear.Linear:
    try:
        return linear.read(equation)
    except ValueError as error:
        raise _mistake(f"{text(equation[:60])} is no linear equation: {error}") from None


def _ratio(part: Fraction, whole: Fraction) -> Fraction:
    if whole == 0:
        raise ZeroDivisionError("cannot divide by zero")
    return part / whole


def _check_range(name: str, value: int, least: int, most: int) -> None:
    if not least <= value <= most:
        raise _mistake(f"`{name}` must be from {least} to {most}")


def _mistake(message: str) -> CallError:
    return CallError(ErrorType.WRONG_ARGUMENT, message)


@FUNCTIONS.register(example="power(base=2, exponent=10)")
def power(base: Fraction, exponent: int) -> Fraction:
    """Raise base to a whole power."""
    return rationals.power(base, exponent)


@FUNCTIONS.register(example="root(number=8, degree=3)")
def root(number: Fraction, degree: int = 2, digits: int = 6) -> Fraction | str:
    """Take a root: square by default. One that is not exact is rounded to digits after the point, and says so."""
    _check_range("degree", degree, 1, MAX_DEGREE)
    _check_range("digits", digits, 0, MAX_DECIMALS)
    if number < 0 and degree % 2 == 0:
        raise ValueError("a negative number has no even root")
    sign = -1 if number < 0 else 1
    if (exact := rationals.exact_root(abs(number), degree)) is not None:
        return bounded(sign * exact)
    about = bounded(sign * rationals.rounded_root(abs(number), degree, digits))
    return f"about {rationals.decimal_text(about, digits)} (not exact: rounded to {digits} digits after the point)"


@FUNCTIONS.register(example="percentage(part=10, whole=40)")
def percentage(part: Fraction, whole: Fraction) -> Fraction:
    """What percent part is of whole."""
    return bounded(100 * _ratio(part, whole))


@FUNCTIONS.register(example="percent_change(before=50, after=60)")
def percent_change(before: Fraction, after: Fraction) -> Fraction:
    """By how many percent before changes to after; negative if it falls."""
    return bounded(100 * _ratio(after - before, before))


@FUNCTIONS.register(example="round_to(number=2.345, digits=2)")
def round_to(number: Fraction, digits: int = 0) -> Fraction:
    """Round to digits after the point, halves away from zero; -2 rounds to hundreds."""
    _check_range("digits", digits, -MAX_DECIMALS, MAX_DECIMALS)
    return bounded(rationals.rounded(number, digits))


@FUNCTIONS.register(example="round_up(number=2.1)")
def round_up(number: Fraction) -> Fraction:
    """The smallest whole number that is not less."""
    return bounded(Fraction(math.ceil(number)))


@FUNCTIONS.register(example="round_down(number=2.9)")
def round_down(number: Fraction) -> Fraction:
    """The largest whole number that is not greater."""
    return bounded(Fraction(math.floor(number)))


@FUNCTIONS.register(example='compare(a="1/3", b=0.3)')
def compare(a: Fraction, b: Fraction) -> str:
    """Whether a is less than, equal to or greater than b."""
    return "equal" if a == b else "less" if a < b else "greater"


@FUNCTIONS.register(example='solve(equation="2*x + 3 = 7")')
def solve(equation: str) -> Fraction | str:
    """Solve a linear equation for its one unknown."""
    read = _read(equation)
    if len(read.factors) != 1:
        found = len(read.factors) or "none"
        raise _mistake(f"solve takes an equation with one unknown, here are {found}; for several use solve_system")
    values = systems.solve([read])
    return values if isinstance(values, systems.Unsolved) else bounded(*values.values())


@FUNCTIONS.register(example='solve_system(equations=["x + y = 10", "x - y = 2"])')
def solve_system(equations: list[str]) -> str:
    """Solve linear equations together."""
    if not 1 <= len(equations) <= MAX_EQUATIONS:
        raise _mistake(f"solve_system takes from 1 to {MAX_EQUATIONS} equations, here are {len(equations)}")
    values = systems.solve([_read(equation) for equation in equations])
    if isinstance(values, systems.Unsolved):
        return values
    return ", ".join(f"{name} = {result_text(bounded(value))}" for name, value in values.items())
