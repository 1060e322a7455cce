"""A quick exact decision for the everyday part of monadic first-order logic.

The part: Boolean combinations of ground atoms (`cat(Tom)`, `rain`) and of quantified formulas with one variable whose
atoms all speak of that variable (`forall x (cat(x) -> furry(x))`); neither equality nor function terms. Over k
predicates an element is one of 2^k types, so a set of types is a bit mask, and so is the body of a quantified formula.
A tableau splits the Boolean combinations; a branch is a model if every witness and every constant still has a type
that all universal formulas allow. Sound and complete: without equality, elements of one type need not be told apart
(Löwenheim 1915).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from stages.tasks.fol.formula import Atom, Binary, Equal, Formula, Not, Operator, Quantified, Quantifier, atoms

MAX_PREDICATES = 10
MAX_BRANCHES = 2000
MAX_SPLITS = 100  # of one branch
MAX_STEPS = 100_000

Signed = tuple[Formula, bool]
_Predicate = tuple[str, int]


class _OutsideError(Exception):
    """The formulas are not in the part that is decided here, or would take too long."""


def satisfiable(formulas: Sequence[Formula]) -> bool | None:
    """Tells whether closed formulas have a common model; None if they are not in the part that is decided here."""
    try:
        tableau = _Tableau(formulas)
        return tableau.open([(formula, True) for formula in formulas], _Branch(tableau.every_type))
    except _OutsideError:
        return None


@dataclass
class _Branch:
    """What a branch demands so far: masks of the types allowed, of each witness, and of each constant."""

    allowed: int
    witnesses: list[int] = field(default_factory=list)
    constants: dict[str, int] = field(default_factory=dict)

    def copy(self) -> "_Branch":
        return _Branch(self.allowed, list(self.witnesses), dict(self.constants))

    @property
    def alive(self) -> bool:
        masks = (self.allowed, *self.witnesses, *self.constants.values())
        return all(mask & self.allowed for mask in masks)


class _Tableau:
    def __init__(self, formulas: Iterable[Formula]) -> None:
        names = dict.fromkeys(_predicate(atom) for formula in formulas for atom in atoms(formula))
        if len(names) > MAX_PREDICATES:
            raise _OutsideError
        self.every_type = (1 << (1 << len(names))) - 1
        self._masks = dict(zip(names, _columns(len(names))))
        self._branches = 0
        self._steps = 0

    def open(self, todo: list[Signed], branch: _Branch, made: int = 0) -> bool:
        """Tells whether the branch, after some splits, can be completed to a model of the signed formulas.

        Uses up both of them.
        """
        self._branches += 1
        if self._branches > MAX_BRANCHES or made > MAX_SPLITS:
            raise _OutsideError
        splits: list[Signed] = []
        while todo:
            self._step()
            formula, sign = todo.pop()
            if isinstance(formula, Atom | Quantified):
                self._demand(formula, sign, branch)
            elif len(alternatives := _alternatives(formula, sign)) == 1:
                todo += alternatives[0]
            else:
                splits.append((formula, sign))
        if not splits or not branch.alive:
            return branch.alive
        split = _alternatives(*splits.pop())
        return any(self.open([*splits, *alternative], branch.copy(), made + 1) for alternative in split)

    def _step(self) -> None:
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise _OutsideError

    def _demand(self, formula: Atom | Quantified, sign: bool, branch: _Branch) -> None:
        if isinstance(formula, Atom):
            name = formula.terms[0].name if formula.terms else ""
            mask = self._signed(self._masks[_predicate(formula)], sign)
            branch.constants[name] = branch.constants.get(name, self.every_type) & mask
            return
        mask = self._signed(self._mask(formula.body, formula.variable), sign)
        if (formula.quantifier is Quantifier.FORALL) is sign:
            branch.allowed &= mask
        else:
            branch.witnesses.append(mask)

    def _mask(self, formula: Formula, variable: str) -> int:
        """Returns the types of which the formula holds, if the variable is an element of that type."""
        self._step()
        match formula:
            case Atom(terms=(term,)) if term.name == variable:
                return self._masks[_predicate(formula)]
            case Not(body):
                return self.every_type ^ self._mask(body, variable)
            case Binary(operator, left, right):
                return self._join(operator, self._mask(left, variable), self._mask(right, variable))
        raise _OutsideError

    def _join(self, operator: Operator, left: int, right: int) -> int:
        match operator:
            case Operator.AND:
                return left & right
            case Operator.OR:
                return left | right
            case Operator.XOR:
                return left ^ right
            case Operator.IMPLIES:
                return (self.every_type ^ left) | right
            case Operator.IFF:
                return self.every_type ^ left ^ right

    def _signed(self, mask: int, sign: bool) -> int:
        return mask if sign else self.every_type ^ mask


def _alternatives(formula: Formula, sign: bool) -> list[list[Signed]]:
    """Returns what makes a signed negation or combination hold: one of several lists of signed formulas."""
    match formula:
        case Not(body):
            return [[(body, not sign)]]
        case Binary(Operator.AND, left, right):
            return [[(left, True), (right, True)]] if sign else [[(left, False)], [(right, False)]]
        case Binary(Operator.OR, left, right):
            return [[(left, True)], [(right, True)]] if sign else [[(left, False), (right, False)]]
        case Binary(Operator.IMPLIES, left, right):
            return [[(left, False)], [(right, True)]] if sign else [[(left, True), (right, False)]]
        case Binary(operator, left, right):
            same = sign is (operator is Operator.IFF)
            return [[(left, True), (right, same)], [(left, False), (right, not same)]]
    raise _OutsideError


def _predicate(atom: Atom | Equal) -> _Predicate:
    if isinstance(atom, Equal) or len(atom.terms) > 1 or any(term.arguments for term in atom.terms):
        raise _OutsideError
    return atom.name, len(atom.terms)


@lru_cache
def _columns(count: int) -> tuple[int, ...]:
    """Returns for each of `count` predicates the mask of the types that have it."""
    types = range(1 << count)
    return tuple(sum(1 << kind for kind in types if kind >> index & 1) for index in range(count))
