"""A quick search for a small model of formulas: what most premises have that do not contradict each other.

The names that no quantifier binds are the first things, all different; no atom holds. Then the formulas are gone
through until all of them hold: what fails is made to hold by letting further atoms hold, and an existence by one more
thing (the chase of Maier, Mendelzon and Sagiv 1979, for any formula, without going back on a choice). What is found is
a model; when nothing is found, nothing is known.
"""

from collections.abc import Iterable, Mapping, Sequence

from stages.tasks.fol.formula import (
    Atom,
    Binary,
    Equal,
    Formula,
    Not,
    Operator,
    Quantified,
    Quantifier,
    atoms,
    free_names,
)

MAX_WORK = 8_000
MAX_THINGS = 12


class _FailureError(Exception):
    """No model was found this way."""


def finds_model(formulas: Sequence[Formula]) -> bool:
    """Tells whether a small model was found; with equality or function terms none is looked for."""
    if not all(map(_is_plain, formulas)):
        return False
    try:
        _Chase(formulas).run(formulas)
    except _FailureError:
        return False
    return True


def _is_plain(formula: Formula) -> bool:
    return not any(isinstance(atom, Equal) or any(term.arguments for term in atom.terms) for atom in atoms(formula))


class _Chase:
    """A model in the making: things and facts are only added, and the pass that adds none is the last."""

    def __init__(self, formulas: Iterable[Formula]) -> None:
        self._things = sorted({name for formula in formulas for name in free_names(formula)}) or ["#1"]
        self._facts: set[tuple[str, ...]] = set()
        self._work = 0

    def run(self, formulas: Sequence[Formula]) -> None:
        """Makes all formulas hold.

        Raises:
            _FailureError: If it cannot, or it would take too much work.
        """
        size = None
        while size != (len(self._facts), len(self._things)):
            size = len(self._facts), len(self._things)
            for formula in formulas:
                self._make(formula, True, {})
        if not all(self._holds(formula, {}) for formula in formulas):
            raise _FailureError

    def _holds(self, formula: Formula, bound: Mapping[str, str]) -> bool:
        self._work += 1
        if self._work > MAX_WORK:
            raise _FailureError
        match formula:
            case Atom():
                return _fact(formula, bound) in self._facts
            case Not(body):
                return not self._holds(body, bound)
            case Quantified(quantifier, variable, body):
                found = (self._holds(body, {**bound, variable: thing}) for thing in self._things)
                return all(found) if quantifier is Quantifier.FORALL else any(found)
            case Binary(operator, left, right):
                return self._joined(operator, left, right, bound)
        raise _FailureError

    def _joined(self, operator: Operator, left: Formula, right: Formula, bound: Mapping[str, str]) -> bool:
        holds = self._holds(left, bound)
        match operator:
            case Operator.AND:
                return holds and self._holds(right, bound)
            case Operator.OR:
                return holds or self._holds(right, bound)
            case Operator.IMPLIES:
                return not holds or self._holds(right, bound)
        return (holds is self._holds(right, bound)) is (operator is Operator.IFF)

    def _make(self, formula: Formula, truth: bool, bound: Mapping[str, str]) -> None:
        """Adds what lets a formula hold (or not): of two ways the one that needs no atom to stop holding, or the right.

        Raises:
            _FailureError: If an atom that holds would have to stop holding, or there are too many things.
        """
        if isinstance(formula, Quantified) and (formula.quantifier is Quantifier.FORALL) is truth:
            for thing in list(self._things):
                self._make(formula.body, truth, {**bound, formula.variable: thing})
            return
        if self._holds(formula, bound) is truth:
            return
        match formula:
            case Atom() if truth:
                self._facts.add(_fact(formula, bound))
            case Not(body):
                self._make(body, not truth, bound)
            case Quantified(_, variable, body):
                self._make(body, truth, {**bound, variable: self._new()})
            case Binary(operator, left, right):
                self._join(operator, left, right, truth, bound)
            case _:
                raise _FailureError

    def _join(self, operator: Operator, left: Formula, right: Formula, truth: bool, bound: Mapping[str, str]) -> None:
        match operator, truth:
            case (Operator.AND, True) | (Operator.OR, False):
                self._make(left, truth, bound)
                self._make(right, truth, bound)
            case Operator.IMPLIES, False:
                self._make(left, True, bound)
                self._make(right, False, bound)
            case (Operator.OR | Operator.IMPLIES, True) | (Operator.AND, False):
                self._make(right, truth, bound)
            case _:
                self._make(right if self._holds(left, bound) else left, True, bound)

    def _new(self) -> str:
        if len(self._things) >= MAX_THINGS:
            raise _FailureError
        self._things.append(f"#{len(self._things) + 1}")
        return self._things[-1]


def _fact(atom: Atom, bound: Mapping[str, str]) -> tuple[str, ...]:
    return (atom.name, *(bound.get(term.name, term.name) for term in atom.terms))
