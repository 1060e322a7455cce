"""Gold sequences of calls: executing them, and holding attempts against them."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from stages.agent.calls import Call
from stages.agent.episode import STOP, Episode, Step
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.functions import FunctionSet
from stages.agent.values import Value, exact, literal
from stages.tasks.task import Draft, Problem, Task

_NAME = re.compile(r"[A-Za-z_]\w*")


def called(reference: Sequence[str]) -> set[str]:
    """Returns the names of the functions that a gold sequence calls, `stop` apart."""
    return {call.partition("(")[0] for call in reference} - {STOP}


def offered(draft: Draft, functions: FunctionSet) -> Draft:
    """Returns the draft with the first of its references that the functions are enough for, if there is one."""
    names = {function.name for function in functions}
    known = [item for item in (draft.reference, *draft.alternatives) if item is not None and called(item) <= names]
    return replace(draft, reference=known[0]) if known else draft


def execute_reference(reference: Sequence[str], functions: FunctionSet) -> Episode:
    """Executes a gold sequence of calls through the agent and returns the attempt, with its answer if it has one."""
    episode = Episode("", functions, max_steps=len(reference))
    for call in reference:
        if episode.ended is None:
            episode.receive(call)
    return episode


@dataclass(frozen=True)
class Deviation:
    """The first step of an attempt that leaves the reference.

    Attributes:
        index: Which step it is.
        error: How it is wrong.
        expected: The reference's steps that were still to be made.
    """

    index: int
    error: ErrorType
    expected: Sequence[Step]


def carry(call: Call, carried: Mapping[str, str]) -> Call:
    """Returns a gold call with what came back wrong in place of the gold results.

    Args:
        call: The gold call.
        carried: Gold result to actual result; results that are names may also be part of a longer argument.
    """
    return Call(call.name, {name: _carried(value, carried) for name, value in call.keywords.items()})


def _carried(value: Value, carried: Mapping[str, str]) -> Value:
    if (result := carried.get(str(value))) is not None:
        return as_argument(result)
    return _NAME.sub(lambda name: carried.get(name[0], name[0]), value) if isinstance(value, str) else value


def as_argument(result: str) -> Value:
    """Returns what came back from a call as a later call takes it."""
    try:
        return literal(exact(result))
    except ValueError:
        return result


def outcome(task: Task, problem: Problem, episode: Episode, gold: Sequence[Step]) -> str:
    """Returns `correct` or how the attempt first went wrong.

    Args:
        task: Checks the answer.
        problem: Has the gold answer.
        episode: The attempt; it has ended.
        gold: The executed reference; empty if there is none.
    """
    if episode.answer is not None and task.check(episode.answer, problem.answer):
        return CORRECT
    if gold and (found := deviation(episode, gold)):
        return found.error
    errors = [step.error for step in episode.steps if step.error]
    return errors[0] if errors else ErrorType.WRONG_ANSWER if episode.ended == STOP else str(episode.ended)


def deviation(episode: Episode, gold: Sequence[Step]) -> Deviation | None:
    """Finds the first step that is none of the gold steps still to be made; any order of those is right.

    A gold step counts as made when the call is equal, or when a function without state gave the same result.
    """
    expected = list(gold)
    for index, step in enumerate(episode.steps):
        match = next((item for item in expected if _same(step, item, episode.functions)), None)
        if match is None:
            return Deviation(index, error_type(step, episode.steps[:index], expected, episode.ended), expected)
        expected.remove(match)
    return None


def _same(step: Step, gold: Step, functions: FunctionSet) -> bool:
    if step.error is not None or step.call is None or gold.call is None:
        return False
    alike = step.call.name == gold.call.name != STOP and not functions.uses_state(gold.call.name)
    return str(step.call) == str(gold.call) or (alike and step.result == gold.result)


def error_type(step: Step, before: Sequence[Step], expected: Sequence[Step], ended: str | None) -> ErrorType:
    """Names how a step is wrong.

    Args:
        step: The step.
        before: What was done before it.
        expected: What was still to be done then.
        ended: How its attempt ended.
    """
    calls = [item.call for item in expected if item.call is not None]
    if step.call is None or step.error in (ErrorType.MALFORMED, ErrorType.UNKNOWN_FUNCTION):
        return step.error or ErrorType.MALFORMED
    if step.call.name == STOP:
        return ErrorType.WRONG_ANSWER if len(calls) <= 1 else ErrorType.PREMATURE_STOP
    if step.error is None and any(str(step.call) == str(item.call) for item in before):
        return ErrorType.STEP_LIMIT if ended == ErrorType.STEP_LIMIT else ErrorType.LOOP
    if _belongs_later(step.call, calls):
        return ErrorType.WRONG_ORDER
    if step.error is not None:
        return step.error
    return ErrorType.WRONG_ARGUMENT if calls and step.call.name == calls[0].name else ErrorType.WRONG_FUNCTION


def _belongs_later(call: Call, expected: Sequence[Call]) -> bool:
    """Whether the call is a later one, as it is or with the operands that were at hand too early."""
    if not expected or call.name == expected[0].name:
        return False
    later = [item for item in expected[1:] if item.name == call.name]
    return any(set(map(str, call.keywords.values())) & set(map(str, item.keywords.values())) for item in later)
