"""What follows from what: decided quickly where the formulas are monadic or have an obvious model, else by z3."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any

from stages.agent.worker import in_worker
from stages.tasks.fol import monadic
from stages.tasks.fol.chase import finds_model
from stages.tasks.fol.formula import Atom, Binary, Equal, Formula, Not, Operator, Quantified, Quantifier, Term

# z3's own count of its work repeats exactly, unlike time. The clock is for what escapes the count.
RESOURCE_LIMIT = 1_000_000
TIMEOUT_MS = 10_000


class Verdict(StrEnum):
    """What the premises say about a conclusion."""

    TRUE = "True"
    FALSE = "False"
    UNKNOWN = "Unknown"
    CONTRADICTION = "Contradiction"
    OUT_OF_TIME = "Out of time"


def entails(premises: Sequence[Formula], conclusion: Formula) -> Verdict:
    """Tells whether the conclusion or its negation follows from the premises.

    Names that no quantifier binds denote constants. Premises that contradict each other entail everything; that is
    a verdict of its own.
    """
    holds = satisfiable([*premises, conclusion])
    fails = satisfiable([*premises, Not(conclusion)])
    match holds, fails:
        case False, False:
            return Verdict.CONTRADICTION
        case _, False:
            return Verdict.TRUE
        case False, _:
            return Verdict.FALSE
        case True, True:
            return Verdict.UNKNOWN
    return Verdict.OUT_OF_TIME


def satisfiable(formulas: Sequence[Formula]) -> bool | None:
    """Tells whether the formulas have a common model; None if that takes too long to find out."""
    decided = monadic.satisfiable(formulas)
    if decided is not None:
        return decided
    return finds_model(formulas) or satisfiable_by_z3(formulas)


def satisfiable_by_z3(formulas: Sequence[Formula], resource_limit: int = RESOURCE_LIMIT) -> bool | None:
    """The same, always by z3, over one uninterpreted sort.

    z3 runs in a worker: there are formulas on which it heeds neither its count nor the clock.

    Args:
        formulas: What is to hold together.
        resource_limit: How much work z3 may do, in its own unit (`rlimit`); the same on every machine.
    """
    try:
        answer = _in_worker(formulas=list(formulas), resource_limit=resource_limit)
    except (TimeoutError, MemoryError):
        return None
    return None if answer is None else bool(answer)


def _satisfiable(formulas: Sequence[Formula], resource_limit: int) -> bool | None:
    import z3

    translation = _Translation(z3)
    solver = z3.SimpleSolver(ctx=translation.context)
    solver.set(rlimit=resource_limit, timeout=TIMEOUT_MS)
    solver.add([translation.formula(formula, {}) for formula in formulas])
    answer = solver.check()
    return None if answer == z3.unknown else bool(answer == z3.sat)


_in_worker = in_worker(_satisfiable)


class _Translation:
    """Formulas as z3 terms, in a context of their own: what was decided before leaves no trace."""

    def __init__(self, z3: Any) -> None:
        self._z3 = z3
        self.context = z3.Context()
        self._things = z3.DeclareSort("Thing", self.context)
        self._truths = z3.BoolSort(self.context)
        self._declared: dict[tuple[str, int, bool], Any] = {}

    def formula(self, formula: Formula, bound: Mapping[str, Any]) -> Any:
        """Returns the z3 term of a formula whose bound variables are given."""
        match formula:
            case Atom(name, terms):
                return self._apply(name, terms, self._truths, bound)
            case Equal(left, right):
                return self._term(left, bound) == self._term(right, bound)
            case Not(body):
                return self._z3.Not(self.formula(body, bound))
            case Quantified(quantifier, variable, body):
                thing = self._z3.FreshConst(self._things, variable)
                inner = self.formula(body, {**bound, variable: thing})
                bind = self._z3.ForAll if quantifier is Quantifier.FORALL else self._z3.Exists
                return bind([thing], inner)
            case Binary(operator, left, right):
                return self._join(operator, self.formula(left, bound), self.formula(right, bound))

    def _join(self, operator: Operator, left: Any, right: Any) -> Any:
        match operator:
            case Operator.AND:
                return self._z3.And(left, right)
            case Operator.OR:
                return self._z3.Or(left, right)
            case Operator.XOR:
                return self._z3.Xor(left, right)
            case Operator.IMPLIES:
                return self._z3.Implies(left, right)
            case Operator.IFF:
                return left == right

    def _term(self, term: Term, bound: Mapping[str, Any]) -> Any:
        if not term.arguments and term.name in bound:
            return bound[term.name]
        return self._apply(term.name, term.arguments, self._things, bound)

    def _apply(self, name: str, terms: Sequence[Term], result: Any, bound: Mapping[str, Any]) -> Any:
        key = (name, len(terms), result is self._truths)
        if key not in self._declared:
            sorts = [self._things] * len(terms)
            self._declared[key] = self._z3.Function(f"{'p' if key[2] else 't'}_{name}", *sorts, result)
        return self._declared[key](*[self._term(term, bound) for term in terms])
