"""Systems of linear equations, solved exactly."""

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction

from stages.tasks.math.linear import Linear


class Unsolved(StrEnum):
    """Why a system has no one solution."""

    NONE = "There is no solution"
    MANY = "There are infinitely many solutions"


def solve(equations: Sequence[Linear]) -> dict[str, Fraction] | Unsolved:
    """Finds the one value of every unknown for which all sums are zero, by Gauss-Jordan elimination.

    Args:
        equations: The sums.

    Returns:
        The values, in the order in which the unknowns first occur.
    """
    names = dict.fromkeys(name for equation in equations for name in equation.factors)
    rows, solved = list(equations), dict[str, Linear]()
    for name in names:
        pivot = next((row for row in rows if row.factor(name)), None)
        if pivot is not None:
            rows.remove(pivot)
            pivot = pivot.times(1 / pivot.factor(name))
            rows = [row.plus(pivot, -row.factor(name)) for row in rows]
            solved = {known: row.plus(pivot, -row.factor(name)) for known, row in solved.items()} | {name: pivot}
    if any(row.constant for row in rows):
        return Unsolved.NONE
    return {name: -solved[name].constant for name in names} if len(solved) == len(names) else Unsolved.MANY
