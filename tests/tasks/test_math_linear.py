import time
from fractions import Fraction
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.tasks.math.linear import MAX_DEPTH, MAX_LENGTH, Linear, read
from stages.tasks.math.systems import Unsolved, solve


@pytest.mark.parametrize(
    ("text", "constant", "factors"),
    [
        ("2*x + 3 = 7", -4, {"x": 2}),
        ("2x+3=7", -4, {"x": 2}),
        ("7 = 3 + 2 x", 4, {"x": -2}),
        ("x/4 = 12.5", Fraction(-25, 2), {"x": Fraction(1, 4)}),
        ("1/2x = 40%", Fraction(-2, 5), {"x": Fraction(1, 2)}),
        ("3(x + 1) − 2·(y – 1) = 0", 5, {"x": 3, "y": -2}),
        ("-(x) ÷ -2 × 3 = --.5", Fraction(-1, 2), {"x": Fraction(3, 2)}),
        ("(1 + 2)(4x) = 1,200.50", Fraction(-2401, 2), {"x": 12}),
        ("price_1 + Größe = x₁", 0, {"price_1": 1, "Größe": 1, "x₁": -1}),
        ("x - x = 5.", -5, {"x": 0}),
        ("2 = 2", 0, {}),
    ],
)
def test_reads_what_people_write(text, constant, factors):
    assert read(text) == Linear(Fraction(constant), factors)


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "expected a number, an unknown or `(`, found the end"),
        ("2x + 3", 7, "expected an operator or `=`, found the end"),
        ("2x + = 7", 6, "expected a number, an unknown or `(`, found `=`"),
        ("2(x + 1 = 7", 9, "expected an operator or `)`, found `=`"),
        ("x = 1 = 2", 7, "expected an operator or the end, found `=`"),
        ("x 2 = 7", 3, "expected an operator or `=`, found `2`"),
        ("x^2 = 4", 2, "expected an operator or `=`, found `^`"),
        ("x² = 4", 2, "expected an operator or `=`, found `²`"),
        ("10**10**10 = x", 4, "expected a number, an unknown or `(`, found `*`"),
        ("x * y = 4", 5, "expected a number, since the equation must be linear"),
        ("3 / x = 4", 5, "expected a number, since the equation must be linear"),
        ("x / (1 - 1) = 4", 5, "cannot divide by zero"),
        ("__import__('os') = 1", 1, "expected a number, an unknown or `(`, found `_`"),
        (f"x = {'9' * 101}", 5, "the number has too many digits (at most 100)"),
        ("(" * 51 + "x", 51, f"expected a number, brackets are nested at most {MAX_DEPTH} deep"),
        ("1 = " + "x" * 31, 5, "expected an unknown of at most 30 characters"),
        ("x" * 401, 401, f"expected the end, at most {MAX_LENGTH} characters are read"),
    ],
)
def test_errors_point_at_the_column(text, column, problem):
    with pytest.raises(ValueError, match="column") as error:
        read(text)
    assert str(error.value) == f"column {column}: {problem}"


@given(st.text(alphabet="0123456789.,%xyz_=+-*/() ×÷", max_size=60) | st.text(max_size=450))
def test_any_text_is_read_or_refused(text):
    try:
        assert isinstance(read(text), Linear)
    except ValueError as error:
        assert str(error).startswith("column ")


numbers = st.integers(-4, 4)


@given(numbers, numbers, numbers, numbers, numbers, numbers)
def test_two_equations_are_solved_as_cramers_rule_does(a, b, c, d, e, f):
    found = solve([read(f"{a}*x + {b}*y = {e}"), read(f"{c}x + {d}y = {f}")])
    determinant = a * d - b * c
    if determinant:
        assert found == {"x": Fraction(e * d - b * f, determinant), "y": Fraction(a * f - e * c, determinant)}
        return
    impossible = a * f - c * e or b * f - d * e or (a == b == 0 != e) or (c == d == 0 != f)
    assert found is (Unsolved.NONE if impossible else Unsolved.MANY)


def test_more_unknowns_are_solved_together_in_the_order_they_occur():
    texts = ["3c + a = b + 8", "a + b + c = 6", "2a - b = 0", "a + 2b + 3c - 14 = 0"]
    assert list(solve([read(text) for text in texts]).items()) == [("c", 3), ("a", 1), ("b", 2)]
    assert solve([read(text) for text in [*texts, "a = 5"]]) is Unsolved.NONE
    assert solve([read("x + y + z = 1"), read("x + y = 1")]) is Unsolved.MANY


def test_the_longest_equations_are_solved_at_once():
    random = Random(1)
    rows = [[f"{random.randrange(10**45)}/{random.randrange(99)}7{name}" for name in "abcdefg"] for _ in range(7)]
    started = time.process_time()
    assert len(solve([read(" + ".join(row) + "= 1") for row in rows])) == 7
    assert time.process_time() - started < 1
