"""Problems about other people, things and numbers, or told in other words; a new answer is computed anew.

Problems of data sets are changed only where that is safe: names where nobody is `he` or `she`, and numbers where
the question has those of the calls and no others, in their order.
"""

import re
from collections.abc import Sequence
from fractions import Fraction
from random import Random

from stages.agent.calls import Call, parse
from stages.agent.values import exact, literal, result_text
from stages.tasks.math.families import FAMILIES
from stages.tasks.math.operations import OPERATIONS, call_of
from stages.tasks.math.stories import NAMES, THINGS
from stages.tasks.rewording import GENDERED, Rewording, joined, renaming, replaced, split, words_of
from stages.tasks.task import Method, Problem, Variant

_NUMBER = re.compile(r"\b\d+\b")
_OTHER_NUMBER = re.compile(r"\d[.,/]\d|\d[a-zA-Z]|[a-zA-Z]\d")
_FACTORS = range(2, 13)
_PERCENTAGES = range(5, 100, 5)
_TRIES = 50
Step = tuple[str, Fraction, Fraction]  # a function, the value so far, and the operand
_FIELDS = {"name": "[A-Z][a-z]+", "other": "[A-Z][a-z]+", "n": r"\d+", "thing": "[a-z]+"}
_REWORDING = Rewording(
    groups=[
        ("{name} has {n} {thing}.", "{name} starts with {n} {thing}.", "{name} owns {n} {thing}."),
        ("{name} has {n} {thing} to share.", "{name} brings {n} {thing}.", "{name} shares {n} {thing}."),
        ("{name} finds {n} more.", "{name} buys {n} more.", "{name} gets {n} more."),
        ("{name} loses {n}.", "{name} gives away {n}.", "{name} sells {n}."),
        ("Later {name} has {n} times as many.", "After that, {name} has {n} times as many."),
        ("{name} keeps only {n} percent of them.", "Only {n} percent of them stay with {name}."),
        ("{name} takes one of {n} equal shares.", "{name} gets one of {n} equal shares."),
        ("{name} has {n} more than {other}.", "{other} has {n} fewer than {name}."),
        ("{name} drives a bus at {n} km an hour.", "{name} rides a train at {n} km an hour."),
        ("The trip takes {n} hours.", "The way takes {n} hours."),
        ("In a shop, {thing} cost {n} dollars each.", "A shop sells {thing} at {n} dollars each."),
        ("{name} buys {n} of them.", "{name} takes {n} of them."),
        ("A coupon takes {n} dollars off.", "With a coupon it is {n} dollars less."),
        ("A bag adds {n} dollars.", "With a bag it is {n} dollars more."),
        ("{name} adds a tip of {n} dollars.", "{name} leaves a tip of {n} dollars."),
    ],
    fields=_FIELDS,
)
# Sentences that say the same wherever they stand.
_RELATIONS = Rewording(
    groups=[
        ("{name} has {n} {thing}.",),
        ("{name} has {n} more than {other}.",),
        ("{name} has {n} fewer than {other}.",),
        ("{name} has {n} times as many as {other}.",),
        ("{name} has {n} percent as many as {other}.",),
    ],
    fields=_FIELDS,
)


def rename(problem: Problem, random: Random) -> Variant | None:
    """Tells it of other people and, in procedural problems, of other things."""
    taken, procedural = words_of(problem.question), problem.family in FAMILIES
    words: dict[str, str] = {}
    if procedural or not GENDERED & set(map(str.lower, taken)):
        words |= renaming(taken & set(NAMES), NAMES, taken, random)
    if procedural:
        words |= renaming(taken & set(THINGS), THINGS, taken, random)
    return Variant(replaced(problem.question, words), problem.answer, problem.reference or (), words)


def paraphrase(problem: Problem, random: Random) -> Variant | None:
    """Says in other sentences what can be said in other sentences, in procedural problems."""
    if problem.family not in FAMILIES:
        return None
    return Variant(_REWORDING.reworded(problem.question, random), problem.answer, problem.reference or (), {})


def premises(problem: Problem, random: Random) -> Variant | None:
    """Tells the sentences in another order, if each says what it says wherever it stands."""
    (*sentences, last), blanks = split(problem.question)
    if not all(map(_RELATIONS.reads, sentences)):
        return None
    question = joined([*random.sample(sentences, len(sentences)), last], blanks)
    return Variant(question, problem.answer, problem.reference or (), {})


def numbers(problem: Problem, random: Random) -> Variant | None:
    """Takes other numbers of the same kind, and computes every call and the answer anew."""
    steps = _steps(problem.reference or ())
    if not steps or _OTHER_NUMBER.search(problem.question):
        return None
    old = [steps[0][1], *(operand for _, _, operand in steps)]
    if list(map(Fraction, _NUMBER.findall(problem.question))) != old:
        return None
    for _ in range(_TRIES):
        new = [_like(random, "", old[0]), *(_like(random, function, operand) for function, _, operand in steps)]
        if new != old and (computed := _computed(steps, new)):
            written = iter(new)
            question = _NUMBER.sub(lambda _: str(next(written)), problem.question)  # noqa: B023 (it is called at once)
            return Variant(question, *computed)
    return None


def _steps(reference: Sequence[str]) -> list[Step]:
    """Returns function, value so far and operand of each call before `stop`; nothing if they are no chain of that."""
    steps: list[Step] = []
    for written in reference[:-1]:
        call = parse(written)
        values = [exact(value) for value in call.keywords.values()]
        if call.name not in OPERATIONS or len(values) != 2:
            return []
        before, operand = reversed(values) if call.name == "percent" else values
        if steps and OPERATIONS[steps[-1][0]](*steps[-1][1:]) != before:
            return []
        steps.append((call.name, before, operand))
    return steps


def _like(random: Random, function: str, number: Fraction) -> Fraction:
    """Draws a number that may stand where another one stood."""
    if function == "percent" and number in _PERCENTAGES:
        return Fraction(random.choice(_PERCENTAGES))
    if function in ("multiply", "divide") and number in _FACTORS:
        return Fraction(random.choice(_FACTORS))
    return Fraction(random.randint(max(2, int(number) // 2), max(3, 2 * int(number))))


def _computed(steps: Sequence[Step], numbers: Sequence[Fraction]) -> tuple[str, list[str]] | None:
    """Returns answer and calls with other numbers; None if a value is not of the kind that the old one was."""
    value, calls = numbers[0], []
    for (function, before, operand), number in zip(steps, numbers[1:]):
        calls.append(call_of(function, value, number))
        old, value = OPERATIONS[function](before, operand), OPERATIONS[function](value, number)
        if value.denominator > old.denominator or not abs(old) / 4 <= value <= 4 * abs(old):
            return None
    return result_text(value), [*map(str, calls), str(Call("stop", {"answer": literal(value)}))]


METHODS: dict[str, Method] = {
    "rename": rename,
    "paraphrase": paraphrase,
    "premises": premises,
    "numbers": numbers,
}
