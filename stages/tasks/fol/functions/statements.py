"""Write whole statements as formulas, assume them, ask what follows: for models that know first-order logic."""

from stages.agent.functions import FunctionSet
from stages.tasks.fol.workspace import Workspace

FUNCTIONS = FunctionSet(Workspace)


@FUNCTIONS.register(example='assume(formula="forall x (Cat(x) -> Furry(x))")')
def assume(state: Workspace, formula: str) -> str:
    """Take a whole statement as a premise, written with forall, exists, not, and, or, xor, ->, <->, = and brackets."""
    return state.assume(formula)


@FUNCTIONS.register(example='entails(formula="exists x (Cat(x) and not Furry(x))")')
def entails(state: Workspace, formula: str) -> str:
    """Ask whether a whole statement follows from the premises: True, False, Unknown or Out of time."""
    return state.entails(formula)
