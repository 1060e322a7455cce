"""Build formulas call by call, or write them as text; assume them; ask what follows.

Every formula that a function takes is text, in which the ids of earlier results stand for what was built:
`implies("cat(x)", "furry(x)")` gives `f1`, `forall("x", "f1")` is the same as writing `forall x (cat(x) -> furry(x))`.
"""

import re
from dataclasses import dataclass, field

from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet
from stages.tasks.fol.formula import (
    Atom,
    Binary,
    Formula,
    Not,
    Operator,
    Quantified,
    Quantifier,
    atoms,
    check_size,
    free_variables,
)
from stages.tasks.fol.prover import Verdict, satisfiable
from stages.tasks.fol.prover import entails as follows
from stages.tasks.fol.reader import NAME, read

_ID = re.compile(r"f\d+")


@dataclass
class Workspace:
    """What one chain has built and assumed."""

    formulas: dict[str, Formula] = field(default_factory=dict)
    premises: list[Formula] = field(default_factory=list)

    def add(self, formula: Formula) -> str:
        """Keeps a formula and returns its id."""
        try:
            check_size(formula)
        except ValueError as error:
            raise _mistake(str(error)) from None
        name = f"f{len(self.formulas) + 1}"
        self.formulas[name] = formula
        return name

    def read(self, text: str) -> Formula:
        """Reads a formula in which ids stand for earlier results."""
        try:
            formula = read(text, self.formulas)
        except ValueError as error:
            raise _mistake(f"`{text[:60]}` is no formula: {error}") from None
        for atom in atoms(formula):
            if isinstance(atom, Atom) and not atom.terms and _ID.fullmatch(atom.name):
                have = f"the last one is f{len(self.formulas)}" if self.formulas else "nothing has been built"
                raise CallError(ErrorType.EXECUTION_ERROR, f"There is no {atom.name} yet; {have}")
        return formula

    def read_closed(self, text: str) -> Formula:
        """Reads a formula that can be true or false."""
        formula = self.read(text)
        if free := free_variables(formula):
            raise _mistake(f"{free[0]} is not bound; use forall or exists")
        return formula


def _quantify(state: Workspace, quantifier: Quantifier, variable: str, formula: str) -> str:
    if not NAME.fullmatch(variable):
        raise _mistake(f"`{variable[:20]}` is no variable, such as x")
    return state.add(Quantified(quantifier, variable, state.read(formula)))


def _mistake(message: str) -> CallError:
    return CallError(ErrorType.WRONG_ARGUMENT, message)


FUNCTIONS = FunctionSet(Workspace)


@FUNCTIONS.register(example='implies(left="cat(x)", right="furry(x)")')
def implies(state: Workspace, left: str, right: str) -> str:
    """If left then right."""
    return state.add(Binary(Operator.IMPLIES, state.read(left), state.read(right)))


@FUNCTIONS.register(example='both(left="cat(x)", right="furry(x)")')
def both(state: Workspace, left: str, right: str) -> str:
    """Left and right."""
    return state.add(Binary(Operator.AND, state.read(left), state.read(right)))


@FUNCTIONS.register(example='either(left="cat(Tom)", right="furry(Tom)")')
def either(state: Workspace, left: str, right: str) -> str:
    """Left or right, or both."""
    return state.add(Binary(Operator.OR, state.read(left), state.read(right)))


@FUNCTIONS.register(example='negate(formula="cat(Tom)")')
def negate(state: Workspace, formula: str) -> str:
    """Not formula."""
    return state.add(Not(state.read(formula)))


@FUNCTIONS.register(example='forall(variable="x", formula="cat(x)")')
def forall(state: Workspace, variable: str, formula: str) -> str:
    """Formula for every variable."""
    return _quantify(state, Quantifier.FORALL, variable, formula)


@FUNCTIONS.register(example='exists(variable="x", formula="cat(x)")')
def exists(state: Workspace, variable: str, formula: str) -> str:
    """Formula for some variable."""
    return _quantify(state, Quantifier.EXISTS, variable, formula)


@FUNCTIONS.register(example='assume(formula="cat(Tom)")')
def assume(state: Workspace, formula: str) -> str:
    """Take formula as a premise."""
    state.premises.append(state.read_closed(formula))
    return "The premises contradict each other" if satisfiable(state.premises) is False else "ok"


@FUNCTIONS.register(example='entails(formula="cat(Tom)")')
def entails(state: Workspace, formula: str) -> str:
    """Whether formula follows."""
    verdict = follows(state.premises, state.read_closed(formula))
    return "The premises contradict each other" if verdict is Verdict.CONTRADICTION else verdict.value
