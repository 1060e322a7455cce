"""From formulas to the calls that assume and ask them: the reference solution of a problem, for either function set."""

from collections.abc import Sequence

from stages.agent.calls import Call
from stages.tasks.fol.formula import Binary, Formula, Not, Operator, Quantified, Quantifier

_JOINING = {Operator.AND: "both", Operator.OR: "either", Operator.IMPLIES: "implies"}
_BINDING = {Quantifier.FORALL: "forall", Quantifier.EXISTS: "exists"}


def written(premises: Sequence[Formula], conclusion: Formula, answer: str) -> list[str]:
    """Returns the calls that assume premise by premise, ask for the conclusion, and stop with the answer."""
    calls = [Call("assume", {"formula": str(premise)}) for premise in premises]
    calls += [Call("entails", {"formula": str(conclusion)}), Call("stop", {"answer": answer})]
    return [str(call) for call in calls]


def built(premises: Sequence[Formula], conclusion: Formula, answer: str) -> list[str]:
    """Returns the same calls, with those before them that build the formulas part by part."""
    calls: list[str] = []
    for premise in premises:
        calls.append(str(Call("assume", {"formula": _build(premise, calls)})))
    calls.append(str(Call("entails", {"formula": _build(conclusion, calls)})))
    return [*calls, str(Call("stop", {"answer": answer}))]


def _build(formula: Formula, calls: list[str]) -> str:
    """Adds the calls that build a formula and returns its id, or its text where no function builds it."""
    match formula:
        case Not(body):
            return _add(calls, Call("negate", {"formula": _build(body, calls)}))
        case Quantified(quantifier, variable, body):
            arguments = {"variable": variable, "formula": _build(body, calls)}
            return _add(calls, Call(_BINDING[quantifier], arguments))
        case Binary(operator, left, right) if operator in _JOINING:
            arguments = {"left": _build(left, calls), "right": _build(right, calls)}
            return _add(calls, Call(_JOINING[operator], arguments))
    return str(formula)


def _add(calls: list[str], call: Call) -> str:
    calls.append(str(call))
    return f"f{sum(not item.startswith('assume') for item in calls)}"
