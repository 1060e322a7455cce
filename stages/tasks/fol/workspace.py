"""What one chain has built and assumed; the function sets of the task share it."""

import re
from dataclasses import dataclass, field

from stages.agent.error_types import CallError, ErrorType
from stages.tasks.fol.formula import Atom, Formula, Quantified, Quantifier, atoms, check_size, free_variables
from stages.tasks.fol.prover import Verdict, satisfiable
from stages.tasks.fol.prover import entails as follows
from stages.tasks.fol.reader import NAME, read

CONTRADICTION = "The premises contradict each other"
_ID = re.compile(r"f\d+")


@dataclass
class Workspace:
    """Formulas by their ids, and the premises so far.

    Every formula that a method takes is text, in which ids stand for what was built. Methods raise `CallError`:
    `wrong_argument` for what is no formula, `execution_error` for an id that nothing has yet.
    """

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

    def quantify(self, quantifier: Quantifier, variable: str, formula: str) -> str:
        """Keeps a quantified formula and returns its id."""
        if not NAME.fullmatch(variable):
            raise _mistake(f"`{variable[:20]}` is no variable, such as x")
        return self.add(Quantified(quantifier, variable, self.read(formula)))

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

    def assume(self, text: str) -> str:
        """Adds a premise; says so if the premises contradict each other."""
        self.premises.append(self._read_closed(text))
        return CONTRADICTION if satisfiable(self.premises) is False else "ok"

    def entails(self, text: str) -> str:
        """Returns the verdict of the premises on a formula."""
        verdict = follows(self.premises, self._read_closed(text))
        return CONTRADICTION if verdict is Verdict.CONTRADICTION else verdict.value

    def _read_closed(self, text: str) -> Formula:
        """Reads a formula that can be true or false."""
        formula = self.read(text)
        if free := free_variables(formula):
            raise _mistake(f"{free[0]} is not bound; use forall or exists")
        return formula


def _mistake(message: str) -> CallError:
    return CallError(ErrorType.WRONG_ARGUMENT, message)
