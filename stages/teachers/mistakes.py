"""Mistakes that are made on purpose: every error type, always in the same form and at the same kind of place.

Small models copy what is systematic and average out what is random, so a mistake depends on what can be seen of the
problem: its family and the functions that it takes.
"""

import hashlib
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Annotated

from pydantic import Field

from stages.agent.calls import Call
from stages.agent.episode import STOP, Episode, Step
from stages.agent.error_types import ErrorType
from stages.agent.values import Value
from stages.parameters import Parameters
from stages.tasks.references import called, carry
from stages.tasks.task import Problem, Task

FEW_ANSWERS = 5
Kind = tuple[str, str]
Script = Generator[str, str, None]  # from what came back to the next completion


class MistakeParameters(Parameters):
    """How often the reference teacher errs.

    Attributes:
        rates: The share of chains with each error type; the rest is right.
            A problem that has no place for a mistake of its type gets the next type.
        consistency: The share of chains whose draw is that of all problems of the same kind (1: a kind of problem goes
            always wrong or always right; 0: every chain is drawn anew).
    """

    rates: dict[str, float]
    consistency: Annotated[float, Field(ge=0, le=1)]


@dataclass(frozen=True)
class Mistake:
    """A planned mistake.

    Attributes:
        index: The gold step in whose place it is made.
        completions: What is written from there on instead.
        resume: The gold step to go on with afterwards.
    """

    index: int
    completions: Sequence[str]
    resume: int


@dataclass(frozen=True)
class Setting:
    """All that a form of mistake may look at."""

    task: Task
    problem: Problem
    gold: Sequence[Step]
    max_steps: int
    answers: Sequence[str]


def few_answers(problems: Iterable[Problem]) -> list[str]:
    """Returns the answers that problems have, if they are so few that a wrong one is another of them."""
    answers = sorted({problem.answer for problem in problems})
    return answers if len(answers) <= FEW_ANSWERS else []


def uniform(*parts: object) -> float:
    """Returns a number in [0, 1) that depends on the parts alone."""
    digest = hashlib.sha256("\x1f".join(map(str, parts)).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64


def kind(problem: Problem, seed: int) -> Kind:
    """Returns what problems that go wrong together have in common: their family, and its weakest function in them."""
    names = called(problem.reference or ())
    return problem.family, min(names, key=lambda name: weakness(problem.family, name, seed), default=STOP)


def weakness(family: str, name: str, seed: int) -> float:
    """Returns a function's place in the order in which a family's mistakes look for one."""
    return uniform(seed, "weakness", family, name)


def places(problems: Iterable[Problem], seed: int) -> dict[Kind, float]:
    """Puts the kinds of problems in a seeded order and returns each one's place in [0, 1).

    Every kind takes as much room as it has problems, so that rates are met as nearly as whole kinds can meet them.
    """
    counts = Counter(kind(problem, seed) for problem in problems)
    before, found = 0.0, {}
    for item in sorted(counts, key=lambda item: uniform(seed, "kind", *item)):
        found[item] = (before + counts[item] / 2) / counts.total()
        before += counts[item]
    return found


def draw(rates: Mapping[str, float], number: float) -> list[ErrorType]:
    """Returns the error types to try for a number in [0, 1): the one in whose share it falls, then the rarer choices.

    Returns:
        All error types that have a rate, the drawn one first; none if the number falls in the share of right chains.
    """
    named = [ErrorType(error) for error, rate in sorted(rates.items()) if rate > 0]
    for place, error in enumerate(named):
        if number < rates[error]:
            return named[place:] + named[:place]
        number -= rates[error]
    return []


def plans(error: ErrorType, setting: Setting, seed: int) -> Iterator[Mistake]:
    """Yields the ways to make a mistake of a type, that at the family's weakest function first."""
    names = {step.call.name for step in setting.gold if step.call}
    order = sorted(names, key=lambda name: weakness(setting.problem.family, name, seed))
    for name in order:
        for index, step in enumerate(setting.gold):
            if step.call and step.call.name == name and (found := _FORMS[error](setting, index, step.call)):
                yield found


def mistake_at(setting: Setting, index: int, error: ErrorType) -> Mistake | None:
    """Returns a mistake of a type in place of one gold step, or None if it can't be made there."""
    call = setting.gold[index].call
    return _FORMS[error](setting, index, call) if call else None


def follow(gold: Sequence[Step], mistake: Mistake | None) -> Script:
    """Writes the gold calls, and a mistake in its place; what came back wrong is carried on into later calls."""
    carried: dict[str, str] = {}
    index = 0
    while index < len(gold):
        if mistake and index == mistake.index:
            result = ""
            for completion in mistake.completions:
                result = yield completion
            index = mistake.resume
            carried[gold[index - 1].result] = result
            continue
        call = gold[index].call
        result = yield str(carry(call, carried)) if call else gold[index].completion
        if result != gold[index].result:
            carried[gold[index].result] = result
        index += 1


def perform(gold: Sequence[Step], mistake: Mistake, episode: Episode) -> None:
    """Carries out a chain with a mistake, until the episode ends."""
    script = follow(gold, mistake)
    completion = next(script)
    while episode.receive(completion) and episode.ended is None:
        completion = script.send(episode.steps[-1].result)


def _malformed(setting: Setting, index: int, call: Call) -> Mistake:
    return _stuck(setting, index, str(call).removesuffix(")"))


def _unknown_function(setting: Setting, index: int, call: Call) -> Mistake:
    return _stuck(setting, index, str(Call(f"do_{call.name}", call.keywords)))


def _execution_error(setting: Setting, index: int, call: Call) -> Mistake | None:
    return None if call.name == STOP else _stuck(setting, index, setting.task.failing_call)


def _wrong_function(setting: Setting, index: int, call: Call) -> Mistake | None:
    other = setting.task.confusions.get(call.name)
    return Mistake(index, [str(Call(other, {}, tuple(call.keywords.values())))], index + 1) if other else None


def _wrong_argument(setting: Setting, index: int, call: Call) -> Mistake | None:
    """Swaps two arguments; where that changes nothing, takes an argument from a neighbouring call."""
    names, values = list(call.keywords), list(call.keywords.values())
    if call.name == STOP:
        return None
    if len(values) > 1 and call.name in setting.task.ordered and values[0] != values[1]:
        return Mistake(index, [str(Call(call.name, dict(zip(names, [values[1], values[0], *values[2:]]))))], index + 1)
    others = [
        value for step in setting.gold if step.call and step.call.name != STOP for value in step.call.keywords.values()
    ]
    for other in others:
        if type(other) is type(values[-1]) and other not in values:
            return Mistake(index, [str(Call(call.name, dict(zip(names, [*values[:-1], other]))))], index + 1)
    return None


def _wrong_order(setting: Setting, index: int, call: Call) -> Mistake | None:
    """Makes the next call first, with this call's first argument where its result would be needed."""
    following = setting.gold[index + 1].call if index + 2 < len(setting.gold) else None
    if following is None or following.name == call.name:
        return None
    result = setting.gold[index].result
    if result not in map(str, following.keywords.values()):
        return None
    first = next(iter(call.keywords.values()))
    early = {name: first if str(value) == result else value for name, value in following.keywords.items()}
    return Mistake(index, [str(Call(following.name, early))], index + 2)


def _premature_stop(setting: Setting, index: int, call: Call) -> Mistake | None:
    if call.name == STOP or index == 0:
        return None
    return _final(setting, index, setting.gold[index - 1].result)


def _wrong_answer(setting: Setting, index: int, call: Call) -> Mistake | None:
    if call.name != STOP or index == 0:
        return None
    previous = setting.gold[index - 1].call
    return _final(setting, index, next(iter(previous.keywords.values())) if previous else "0")


def _final(setting: Setting, index: int, guess: Value) -> Mistake | None:
    """Stops with a guess; where a task has few answers, with the one that comes after the right one."""
    if setting.problem.answer in setting.answers:
        guess = next(islice(cycle(setting.answers), setting.answers.index(setting.problem.answer) + 1, None))
    if setting.task.check(str(guess), setting.problem.answer):
        return None
    return Mistake(index, [str(Call(STOP, {"answer": _plain(guess)}))], len(setting.gold))


def _plain(guess: Value) -> Value:
    return int(guess) if isinstance(guess, str) and guess.isdecimal() else guess


def _loop(setting: Setting, index: int, _: Call) -> Mistake | None:
    previous = setting.gold[index - 1].call if index else None
    return _stuck(setting, index, str(previous)) if previous else None


def _step_limit(setting: Setting, index: int, _: Call) -> Mistake | None:
    """Makes two calls in turn without end."""
    if index < 2:
        return None
    turns = [str(setting.gold[index - 2].call), str(setting.gold[index - 1].call)]
    return (
        Mistake(index, list(islice(cycle(turns), setting.max_steps)), len(setting.gold))
        if turns[0] != turns[1]
        else None
    )


def _stuck(setting: Setting, index: int, completion: str) -> Mistake:
    """Writes the same completion again and again."""
    return Mistake(index, [completion] * setting.max_steps, len(setting.gold))


_FORMS: dict[ErrorType, Callable[[Setting, int, Call], Mistake | None]] = {
    ErrorType.MALFORMED: _malformed,
    ErrorType.UNKNOWN_FUNCTION: _unknown_function,
    ErrorType.WRONG_FUNCTION: _wrong_function,
    ErrorType.WRONG_ARGUMENT: _wrong_argument,
    ErrorType.WRONG_ORDER: _wrong_order,
    ErrorType.PREMATURE_STOP: _premature_stop,
    ErrorType.WRONG_ANSWER: _wrong_answer,
    ErrorType.LOOP: _loop,
    ErrorType.STEP_LIMIT: _step_limit,
    ErrorType.EXECUTION_ERROR: _execution_error,
}
