"""Exact rational numbers: powers, roots and rounding, in bounds that nothing can hang in."""

import math
from decimal import Decimal
from fractions import Fraction

MAX_RESULT_DIGITS = 40
MAX_DEGREE = 100
MAX_DECIMALS = 30
_MAX_EXPONENT = math.ceil(MAX_RESULT_DIGITS * math.log2(10))  # of 2; any other base gets there sooner


def bounded(number: Fraction) -> Fraction:
    """Keeps results short enough to be arguments again.

    Raises:
        ArithmeticError: If numerator or denominator has too many digits.
    """
    if max(abs(number.numerator), number.denominator) >= 10**MAX_RESULT_DIGITS:
        raise ArithmeticError(f"the result has more than {MAX_RESULT_DIGITS} digits")
    return number


def power(base: Fraction, exponent: int) -> Fraction:
    """Raises a number to a whole power; zero to the power of zero is one.

    Raises:
        ArithmeticError: If the base is zero and the exponent negative, or the result too long.
    """
    if base == 0 and exponent < 0:
        raise ZeroDivisionError("cannot divide by zero")
    if max(abs(base.numerator), base.denominator) > 1:
        exponent = max(-_MAX_EXPONENT, min(exponent, _MAX_EXPONENT))  # just as much too long
    return bounded(base**exponent)


def exact_root(number: Fraction, degree: int) -> Fraction | None:
    """Returns the root of a number that is not negative; None if it is no fraction."""
    above, below = _integer_root(number.numerator, degree), _integer_root(number.denominator, degree)
    return Fraction(above, below) if Fraction(above, below) ** degree == number else None


def rounded_root(number: Fraction, degree: int, decimals: int) -> Fraction:
    """Returns the root of a number that is not negative and has no exact one, rounded to digits after the point."""
    scale = 10 ** (decimals + 1)
    tenfold = _integer_root(number.numerator * scale**degree // number.denominator, degree)
    return Fraction((tenfold + 5) // 10, 10**decimals)


def rounded(number: Fraction, decimals: int) -> Fraction:
    """Rounds to digits after the point (negative: before it), halves away from zero."""
    scale = Fraction(10) ** decimals
    size = math.floor(abs(number) * scale + Fraction(1, 2)) / scale
    return size if number > 0 else -size


def decimal_text(number: Fraction, decimals: int) -> str:
    """Writes a number that has no more digits after the point than that, with all of them."""
    return f"{Decimal(f'{number * 10**decimals}e-{decimals}'):f}"


def _integer_root(number: int, degree: int) -> int:
    """Returns the root of a natural number, rounded down, by Newton's method from above."""
    root, better = 0, 1 << -(-number.bit_length() // degree) if number else 0
    while better and better != root:
        root = better
        better = min(root, ((degree - 1) * root + number // root ** (degree - 1)) // degree)
    return root
