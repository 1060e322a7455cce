from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.agent.calls import Call, parse
from stages.agent.error_types import CallError
from stages.tasks import load_functions

FUNCTIONS = load_functions("math", ["arithmetic", "algebra"])
MANY, NONE = "There are infinitely many solutions", "There is no solution"


def call(text):
    return FUNCTIONS.execute(parse(text), {})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("power(base=2, exponent=10)", "1024"),
        ("power(base=-1.5, exponent=3)", "-3.375"),
        ("power(base='2/3', exponent=-2)", "2.25"),
        ("power(base=0, exponent=0)", "1"),
        (f"power(base=-1, exponent={10**99 - 1})", "-1"),
        ("root(number=81)", "9"),
        ("root(number='16/81', degree=4)", "2/3"),
        ("root(number=0.25)", "0.5"),
        ("root(number=-27, degree=3)", "-3"),
        ("root(number=0)", "0"),
        (f"root(number={10**78})", str(10**39)),
        ("root(number=2)", "about 1.414214 (not exact: rounded to 6 digits after the point)"),
        ("root(2, 2, 20)", "about 1.41421356237309504880 (not exact: rounded to 20 digits after the point)"),
        ("root(number=-2, degree=3, digits=0)", "about -1 (not exact: rounded to 0 digits after the point)"),
        ("root(number='1/3', digits=2)", "about 0.58 (not exact: rounded to 2 digits after the point)"),
        ("percentage(part=10, whole=40)", "25"),
        ("percentage(part=1, whole=3)", "100/3"),
        ("percent_change(before=50, after=60)", "20"),
        ("percent_change(before='1,250', after=1000)", "-20"),
        ("round_to(number=2.345, digits=2)", "2.35"),
        ("round_to(number=-2.5)", "-3"),
        ("round_to(number=2.4999)", "2"),
        ("round_to(number=1250, digits=-2)", "1300"),
        ("round_to(number='2/3', digits=4)", "0.6667"),
        ("round_up(number=2.1)", "3"),
        ("round_up(number=-2.9)", "-2"),
        ("round_down(number=2.9)", "2"),
        ("round_down(number=-2.1)", "-3"),
        ("compare(a='1/3', b=0.3)", "greater"),
        ("compare(a='40%', b=0.4)", "equal"),
        ("compare(a=-3, b=-2)", "less"),
        ('solve(equation="2*x + 3 = 7")', "2"),
        ('solve(equation="3(n - 1) = n")', "1.5"),
        ('solve(equation="x = x + 1")', NONE),
        ('solve(equation="2x = x + x")', MANY),
        ('solve_system(equations=["x + y = 10", "x - y = 2"])', "x = 6, y = 4"),
        ('solve_system(equations=["3a = 1"])', "a = 1/3"),
        ('solve_system(equations=["x + y = 10", "x + y = 2"])', NONE),
        ('solve_system(equations=["x + y = 10"])', MANY),
    ],
)
def test_results_are_exact_or_say_that_they_are_not(text, result):
    assert call(text) == result


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("power(base=10, exponent=10000000000)", "execution_error", "power failed: the result has more than 40 digits"),
        ("power(base=0.5, exponent=-200)", "execution_error", "power failed: the result has more than 40 digits"),
        (f"power(base={10**99}, exponent={10**99})", "execution_error", "power failed: the result has more than"),
        ("power(base=0, exponent=-1)", "execution_error", "power failed: cannot divide by zero"),
        ("power(base=4, exponent=0.5)", "wrong_argument", "power argument `exponent` must be a whole number, not 0.5."),
        ("root(number=-4)", "execution_error", "root failed: a negative number has no even root"),
        ("root(number=2, degree=0)", "wrong_argument", "`degree` must be from 1 to 100"),
        ("root(number=2, digits=31)", "wrong_argument", "`digits` must be from 0 to 30"),
        (f"root(number={10**99}, digits=30)", "execution_error", "root failed: the result has more than 40 digits"),
        ("percentage(part=1, whole=0)", "execution_error", "percentage failed: cannot divide by zero"),
        ("percent_change(before=0, after=1)", "execution_error", "percent_change failed: cannot divide by zero"),
        (f"round_to(number=1, digits={10**99})", "wrong_argument", "`digits` must be from -30 to 30"),
        (f"round_up(number={10**99})", "execution_error", "round_up failed: the result has more than 40 digits"),
        ('solve(equation="2x + ")', "wrong_argument", '"2x + " is no linear equation: column 6: expected a number,'),
        (
            'solve(equation="x + y = 1")',
            "wrong_argument",
            "solve takes an equation with one unknown, here are 2;",
        ),
        ('solve(equation="1 = 1")', "wrong_argument", "solve takes an equation with one unknown, here are none; for"),
        ('solve("10**10**10 = x")', "wrong_argument", '"10**10**10 = x" is no linear equation: column 4: expected'),
        (f'solve("{"9" * 50}*x = 1")', "execution_error", "solve failed: the result has more than 40 digits"),
        ("solve_system(equations=[])", "wrong_argument", "solve_system takes from 1 to 8 equations, here are 0"),
        (f"solve_system({['x = 1'] * 9})", "wrong_argument", "solve_system takes from 1 to 8 equations, here are 9"),
        ('solve_system("x = 1")', "wrong_argument", 'solve_system argument `equations` must be a list, not "x = 1".'),
    ],
)
def test_what_cannot_be_computed_is_answered_in_one_line(text, kind, message):
    with pytest.raises(CallError) as error:
        call(text)
    assert error.value.error == kind
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@given(st.fractions(0, 10**9, max_denominator=10**6), st.integers(1, 6), st.integers(0, 12))
def test_roots_are_the_nearest_there_are(number, degree, digits):
    written = FUNCTIONS.execute(Call("root", {"number": str(number), "degree": degree, "digits": digits}), {})
    if written.startswith("about"):
        near, half = Fraction(written.split()[1]), Fraction(1, 2 * 10**digits)
        assert max(near - half, 0) ** degree < number < (near + half) ** degree
    else:
        assert Fraction(written) ** degree == number
