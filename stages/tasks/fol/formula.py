"""First-order formulas: their parts, their text, and what can be asked of them without a prover.

The text is in the grammar that `stages.tasks.fol.reader` reads, such as `forall x (cat(x) -> furry(x))`. Whether a
name is a variable is no property of the name: it is one where a quantifier binds it. Outside of every quantifier, the
single letters u to z (with up to two digits, such as `x1`) are taken for variables that somebody forgot to bind.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

MAX_SIZE = 1000
MAX_DEPTH = 100
VARIABLE = re.compile(r"[u-z]\d{0,2}")


class Operator(StrEnum):
    """What joins two formulas; the value is its sign."""

    AND = "and"
    OR = "or"
    XOR = "xor"
    IMPLIES = "->"
    IFF = "<->"


class Quantifier(StrEnum):
    """What binds a variable; the value is its sign."""

    FORALL = "forall"
    EXISTS = "exists"


@dataclass(frozen=True)
class Term:
    """A variable, a constant, or a function of terms."""

    name: str
    arguments: tuple["Term", ...] = ()

    def __str__(self) -> str:
        return _apply(self.name, self.arguments)


@dataclass(frozen=True)
class Atom:
    """A predicate of terms; without terms, a proposition."""

    name: str
    terms: tuple[Term, ...] = ()

    def __str__(self) -> str:
        return _apply(self.name, self.terms)


@dataclass(frozen=True)
class Equal:
    """Two terms denote the same thing."""

    left: Term
    right: Term

    def __str__(self) -> str:
        return f"{self.left} = {self.right}"


@dataclass(frozen=True)
class Not:
    """A formula does not hold."""

    body: "Formula"

    def __str__(self) -> str:
        return f"not {_operand(self.body)}"


@dataclass(frozen=True)
class Binary:
    """Two formulas and what joins them."""

    operator: Operator
    left: "Formula"
    right: "Formula"

    def __str__(self) -> str:
        return f"{_operand(self.left)} {self.operator} {_operand(self.right)}"


@dataclass(frozen=True)
class Quantified:
    """A formula that holds for every or for some value of a variable."""

    quantifier: Quantifier
    variable: str
    body: "Formula"

    def __str__(self) -> str:
        bare = isinstance(self.body, Not | Quantified) or _is_no_variable(self.body)
        return f"{self.quantifier} {self.variable} {self.body if bare else f'({self.body})'}"


Formula = Atom | Equal | Not | Binary | Quantified


def free_variables(formula: Formula) -> list[str]:
    """Returns the names that look like variables and that no quantifier binds, sorted."""
    return sorted(name for name in free_names(formula) if VARIABLE.fullmatch(name))


def free_names(formula: Formula) -> set[str]:
    """Returns the names that no quantifier binds: constants and variables that somebody forgot to bind."""
    found: set[str] = set()
    parts: list[tuple[Formula, frozenset[str]]] = [(formula, frozenset())]
    while parts:
        part, bound = parts.pop()
        match part:
            case Atom(_, terms):
                found.update(name for term in terms for name in _names(term) if name not in bound)
            case Equal(left, right):
                found.update(name for term in (left, right) for name in _names(term) if name not in bound)
            case Quantified(_, variable, body):
                parts.append((body, bound | {variable}))
            case _:
                parts += [(child, bound) for child in children(part)]
    return found


def check_size(formula: Formula, limit: int = MAX_SIZE) -> int:
    """Refuses formulas that would be too much for what walks through them, and returns the number of their parts.

    Raises:
        ValueError: If the formula has more parts than the limit, terms included, or is nested deeper than `MAX_DEPTH`.
    """
    size = 0
    parts: list[tuple[Formula | Term, int]] = [(formula, 1)]
    while parts:
        part, depth = parts.pop()
        size += 1
        if size > limit or depth > MAX_DEPTH:
            raise ValueError(f"the formula is too large (at most {MAX_SIZE} parts, {MAX_DEPTH} deep)")
        parts += [(child, depth + 1) for child in _parts(part)]
    return size


def children(formula: Formula) -> tuple[Formula, ...]:
    """Returns the formulas that a formula is directly made of."""
    match formula:
        case Not(body) | Quantified(body=body):
            return (body,)
        case Binary(_, left, right):
            return (left, right)
    return ()


def _parts(part: Formula | Term) -> tuple[Formula | Term, ...]:
    match part:
        case Term(_, inner) | Atom(_, inner):
            return inner
        case Equal(left, right):
            return left, right
    return children(part)


def atoms(formula: Formula) -> Iterator[Atom | Equal]:
    """Yields the atoms and equations of a formula, from right to left."""
    parts = [formula]
    while parts:
        part = parts.pop()
        if isinstance(part, Atom | Equal):
            yield part
        parts += children(part)


def _apply(name: str, terms: tuple[Term, ...]) -> str:
    return f"{name}({', '.join(map(str, terms))})" if terms else name


def _is_no_variable(body: Formula) -> bool:
    """Whether nobody can take the first word of a quantifier's scope for one more variable of it."""
    return isinstance(body, Atom) and bool(body.terms) and not VARIABLE.fullmatch(body.name)


def _operand(formula: Formula) -> str:
    return f"({formula})" if isinstance(formula, Binary | Quantified) else str(formula)


def _names(term: Term) -> Iterator[str]:
    if not term.arguments:
        yield term.name
    for argument in term.arguments:
        yield from _names(argument)
