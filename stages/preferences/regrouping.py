"""Other groupings of the same operands: (a + b) + c is a + (b + c), and a - b - c is a - (b + c)."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, permutations, product

from stages.agent.calls import Call
from stages.agent.episode import Step
from stages.agent.error_types import CallError
from stages.agent.functions import FunctionSet
from stages.agent.values import Value
from stages.preferences.plans import Plan, Planned
from stages.tasks.references import as_argument

LARGEST = 4  # calls that are regrouped together; with each more there are ten times as many ways
MOST_READINGS = 16
_STEP = "#0"  # stands for what a step gave


def regroupings(step: Step, way: Sequence[Step], functions: FunctionSet) -> Iterator[Plan]:
    """Yields ways on from a step that combines two operands which a way combines with others first.

    Of the way, the calls between these operands are replaced by one call less: calls of the same functions that give
    the same result from what came back from the step and the other operands. Where results are mere names, whether
    they do is for whoever executes the plan to find out, and all these calls must be of the step's function.

    Args:
        step: It was executed where the way begins.
        way: Executed steps that lead to the answer.
        functions: What they call.
    """
    for group, left in _groups(step, way, functions):
        if len(group) <= LARGEST:
            early = [Planned.of(way[place]) for place in range(group[-1]) if place not in group]
            late = [Planned.of(item) for item in way[group[-1] + 1 :]]
            for plan in _plans(step, [way[place] for place in group], left, functions):
                yield Plan([*early, *plan, *late], {_STEP: step.result})


def is_too_far(step: Step, way: Sequence[Step], functions: FunctionSet) -> bool:
    """Whether a step combines operands of calls that are too many to try all their regroupings."""
    return any(len(group) > LARGEST for group, _ in _groups(step, way, functions))


def _groups(step: Step, way: Sequence[Step], functions: FunctionSet) -> list[tuple[list[int], list[Value]]]:
    """Returns the places of the calls between a step's two operands, and the operands that are left to them."""
    operands = [] if step.call is None else list(step.call.keywords.values())
    if len(operands) != 2:
        return []
    found = [
        (group, left)
        for tree in _readings(way, functions)
        for group in tree.groups(operands)
        if (left := _without(tree.leaves(group), operands))
    ]
    return list({str(item): item for item in found}.values())


_Use = tuple[int, int]  # the place of a call, and that of an argument in it


def _readings(way: Sequence[Step], functions: FunctionSet) -> Iterator["_Tree"]:
    """Yields how calls may hang together: where a result is a number, an equal argument may be another number."""
    arguments = [list(step.call.keywords.values()) if step.call else [] for step in way]
    uses: dict[int, list[_Use]] = defaultdict(list)
    places: dict[str, int] = {}
    for place, values in enumerate(arguments):
        for number, value in enumerate(values):
            if (maker := places.get(str(value))) is not None:
                uses[maker].append((place, number))
        places[way[place].result] = place
    numbers = not any(step.call and functions.uses_state(step.call.name) for step in way[:-1])  # the last one stops
    several = [[found, *([one] for one in found if numbers and len(found) > 1)] for found in uses.values()]
    for chosen in islice(product(*several), MOST_READINGS):
        yield _Tree(arguments, {use: maker for maker, found in zip(uses, chosen) for use in found})


class _Tree:
    """How calls hang together: which takes the result of which.

    Args:
        arguments: Of each call.
        makers: Of the arguments that are results, the place of the call that made them.
    """

    def __init__(self, arguments: Sequence[Sequence[Value]], makers: Mapping[_Use, int]) -> None:
        self._arguments = arguments
        self._makers = makers
        self._users: dict[int, list[int]] = defaultdict(list)
        for (place, _), maker in makers.items():
            self._users[maker].append(place)

    def groups(self, operands: Sequence[Value]) -> Iterator[list[int]]:
        """Yields the calls between the places of two operands, in order; the result of the last one is what counts."""
        first, second = map(self._takers, operands)
        for one, other in product(first, second):
            up, also = self._upwards(one), self._upwards(other)
            if common := [place for place in up if place in also]:
                between = {place for place in (*up, *also) if place <= common[0]}
                group = sorted(between) if one != other else [*between, *up[1:2]]
                if len(group) > 1 and all(len(self._arguments[place]) == 2 for place in group):
                    yield group

    def leaves(self, group: Sequence[int]) -> list[Value]:
        """Returns the operands that calls of a group do not get from each other."""
        return [
            value
            for place in group
            for number, value in enumerate(self._arguments[place])
            if self._makers.get((place, number)) not in group
        ]

    def _takers(self, operand: Value) -> list[int]:
        return [place for place, values in enumerate(self._arguments) if str(operand) in map(str, values)]

    def _upwards(self, place: int) -> list[int]:
        """Returns a call and those that its result ends up in, as long as each result has one use."""
        path = [place]
        while len(self._users[path[-1]]) == 1:
            path += self._users[path[-1]]
        return path


def _without(values: Sequence[Value], taken: Sequence[Value]) -> list[Value] | None:
    """Returns values without those that were taken; None if they are not among them."""
    left = list(values)
    for value in map(str, taken):
        place = next((place for place, item in enumerate(left) if str(item) == value), None)
        if place is None:
            return None
        del left[place]
    return left


def _plans(step: Step, group: Sequence[Step], left: Sequence[Value], functions: FunctionSet) -> Iterator[list[Planned]]:
    """Yields plans to get a group's result from a step's own and the operands that are left, by one call less."""
    calls, result = [item.call for item in group if item.call], group[-1].result
    named = any(functions.uses_state(call.name) for call in calls)
    if named and {call.name for call in calls} != {step.call.name if step.call else ""}:
        return
    for plan in _combined([_STEP if named else as_argument(step.result), *left], calls, None if named else functions):
        if named or plan[-1].result == result:
            yield [*plan[:-1], Planned(plan[-1].call, result)]


def _combined(values: Sequence[Value], calls: Sequence[Call], functions: FunctionSet | None) -> Iterator[list[Planned]]:
    """Yields all ways to combine values, each used once, by calls like those given, each used once at most."""
    if len(values) == 1:
        yield []
        return
    for name, call in {call.name: call for call in calls}.items():
        others = list(calls)
        others.remove(call)
        for first, second in permutations(range(len(values)), 2):
            made = Call(name, dict(zip(call.keywords, (values[first], values[second]))))
            if (result := _result(made, functions) if functions else f"#{len(values)}") is None:
                continue
            rest = [value for place, value in enumerate(values) if place not in (first, second)]
            for plan in _combined([as_argument(result), *rest], others, functions):
                yield [Planned(made, result), *plan]


def _result(call: Call, functions: FunctionSet) -> str | None:
    try:
        return functions.carry_out(call, None)
    except CallError:
        return None
