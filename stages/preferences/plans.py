"""Plans to go a way to the answer on after a step that may stand for one of its calls."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import permutations

from stages.agent.calls import Call
from stages.agent.episode import STOP, Step
from stages.agent.functions import FunctionSet
from stages.tasks.task import Task

_WORD = re.compile(r"(\w+)")


@dataclass(frozen=True)
class Planned:
    """A call that is still to be made.

    Attributes:
        call: In it, results of earlier planned calls stand under the names that those have.
        result: The name of its own result.
    """

    call: Call
    result: str

    @classmethod
    def of(cls, step: Step) -> "Planned":
        """Returns the plan to make a step's call again."""
        return cls(step.call or Call(STOP), step.result)


@dataclass(frozen=True)
class Plan:
    """What is to follow a step.

    Attributes:
        calls: In order.
        words: What came back so far, and other words, by the names that they have in these calls.
    """

    calls: Sequence[Planned]
    words: Mapping[str, str] = field(default_factory=dict)


def replacing(step: Step, way: Sequence[Step], place: int, words: Mapping[str, str] | None = None) -> Plan:
    """Returns the plan to go a way on with a step in place of one of its calls, and with other words if there are."""
    rest = [Planned.of(item) for item in (*way[:place], *way[place + 1 :])]
    return Plan(rest, {way[place].result: step.result, **(words or {})})


def equivalents(step: Step, way: Sequence[Step], task: Task, functions: FunctionSet) -> Iterator[Plan]:
    """Yields a plan for each call of a way that a step may stand for.

    It may stand for one that gave the same result. Where results are mere names, it may stand for the same call with
    commuted arguments or with another variable.
    """
    for place, other in enumerate(way):
        if step.call is None or other.call is None or other.call.name == STOP:
            continue
        if not any(map(functions.uses_state, (step.call.name, other.call.name))):
            if step.result == other.result:
                yield replacing(step, way, place)
        elif step.call.name == other.call.name:
            free = step.call.name not in task.ordered
            words = (_renaming(call, other.call, way) for call in (_commuted(step.call) if free else [step.call]))
            yield from (replacing(step, way, place, found) for found in words if found is not None)


def _commuted(call: Call) -> Iterator[Call]:
    for values in permutations(call.keywords.values()):
        yield Call(call.name, dict(zip(call.keywords, values)))


def _renaming(call: Call, other: Call, way: Sequence[Step]) -> dict[str, str] | None:
    """Returns how variables of another call are called in a call; None if that is not all in which they differ.

    Variables are words that calls of the way take as an argument of their own, and as a part of others.
    """
    taken = {value for item in way if item.call for value in item.call.keywords.values() if isinstance(value, str)}
    parts = {word for value in taken for word in _WORD.findall(value) if word != value}
    names: dict[str, str] = {}
    for mine, theirs in zip(map(str, call.keywords.values()), map(str, other.keywords.values())):
        given, wanted = _WORD.split(mine), _WORD.split(theirs)
        if len(given) != len(wanted):
            return None
        for new, old in ((new, old) for new, old in zip(given, wanted) if new != old):
            if old not in taken & parts or new in taken | parts or names.setdefault(old, new) != new:
                return None
    return names
