"""Build formulas call by call, or write them as text; assume them; ask what follows.

Every formula that a function takes is text, in which the ids of earlier results stand for what was built:
`implies("cat(x)", "furry(x)")` gives `f1`, `forall("x", "f1")` is the same as writing `forall x (cat(x) -> furry(x))`.
"""

from stages.agent.functions import FunctionSet
from stages.tasks.fol.formula import Binary, Not, Operator, Quantifier
from stages.tasks.fol.workspace import Workspace

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
    return state.quantify(Quantifier.FORALL, variable, formula)


@FUNCTIONS.register(example='exists(variable="x", formula="cat(x)")')
def exists(state: Workspace, variable: str, formula: str) -> str:
    """Formula for some variable."""
    return state.quantify(Quantifier.EXISTS, variable, formula)


@FUNCTIONS.register(example='assume(formula="cat(Tom)")')
def assume(state: Workspace, formula: str) -> str:
    """Take formula as a premise."""
    return state.assume(formula)


@FUNCTIONS.register(example='entails(formula="cat(Tom)")')
def entails(state: Workspace, formula: str) -> str:
    """Whether formula follows."""
    return state.entails(formula)
