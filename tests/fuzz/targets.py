"""What reads a model's text: a handler each, which takes any text and raises only if something is wrong with us.

Tasks, function sets and functions are found, not listed: whatever is new is attacked without a line here.
"""

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

from stages.agent.calls import Call, parse
from stages.agent.episode import Episode
from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import MAX_RESULT, coerce, result_text
from stages.tasks import load_functions, load_task
from stages.tasks.fol.reader import read
from tests.fuzz.corpus import ARGUMENT, ARGUMENTS, CHAINS, STEP
from tests.workspace import ROOT

ANNOTATIONS = (int, float, Fraction, bool, str, list[Fraction], list[list[str]], int | str, list[int] | bool)
MAX_ERROR = 500
MAX_SECONDS = 5  # after which the rest of a text is not looked at, so that a hang is the hang of one call


@dataclass(frozen=True)
class Target:
    """Something that reads text.

    Attributes:
        name: For the table.
        handle: Takes any text; what it raises is a crash.
        seeds: Texts to start from.
        every: In which rounds of the seeded fuzzer it takes part: what costs as much as ten others, in every tenth.
    """

    name: str
    handle: Callable[[str], None]
    seeds: list[str]
    every: int = 1


def targets() -> list[Target]:
    """Returns the parser, the readers, the checker of every task, every function alone, and chains of every set.

    What is imported at its first use has been imported.
    """
    found = list(_targets())
    for target in found:
        for chain in CHAINS[:3]:
            target.handle(STEP.join(chain))
    return found


def _targets() -> Iterator[Target]:
    yield Target("parse", _parse, [*ARGUMENTS, *(step for chain in CHAINS for step in chain)])
    yield Target("values", _coerce, ARGUMENTS)
    yield Target("fol reader", _read, ARGUMENTS)
    for folder in sorted(ROOT.glob("stages/tasks/*/functions")):
        task = folder.parent.name
        yield Target(f"{task} check", partial(_check, load_task(task).check), ARGUMENTS)
        for path in sorted(folder.glob("[!_]*.py")):
            functions = load_functions(task, [path.stem])
            name = f"{task} {path.stem}"
            examples = [function.example for function in functions]
            yield Target(
                name, partial(_run, functions), [*map(STEP.join, CHAINS), STEP.join(examples), *examples], every=10
            )
            for function in functions:
                yield Target(f"{name} {function.name}", partial(_call, functions, function), ARGUMENTS)


def _parse(written: str) -> None:
    try:
        call = parse(written)
    except CallError as error:
        assert error.error is ErrorType.MALFORMED
        assert len(str(error)) < MAX_ERROR
    else:
        str(call).encode()


def _coerce(written: str) -> None:
    for value in (written, _value(written)):
        for annotation in ANNOTATIONS:
            try:
                result_text(coerce(value, annotation))
            except ValueError as error:
                assert str(error)


def _read(written: str) -> None:
    try:
        formula = read(written)
    except ValueError as error:
        assert len(str(error)) < MAX_ERROR
    else:
        try:
            assert read(str(formula)) == formula
        except ValueError as error:  # with all its brackets
            assert "too long" in str(error) or "too deeply" in str(error)


def _check(check: Callable[[str, str], bool], written: str) -> None:
    for gold in ("True", "-7/2", written):
        assert check(written, gold) in (True, False)


def _run(functions, written: str) -> None:
    episode = Episode("", functions, max_steps=16)
    begun = time.monotonic()
    for completion in written.split(STEP):
        if episode.ended is None and time.monotonic() - begun < MAX_SECONDS:
            step = episode.receive(completion)
            assert len(step.result) <= MAX_RESULT
            assert step.error is None or len(step.result) < MAX_ERROR
            json.dumps(step.record(), ensure_ascii=False).encode()
    json.dumps(episode.messages, ensure_ascii=False).encode()


def _call(functions, function, written: str) -> None:
    """Calls one function again and again on one state; whatever the text has in excess or lacks, every parameter gets
    a value."""
    state = functions.state()
    begun = time.monotonic()
    for step in written.split(STEP)[:16]:
        if time.monotonic() - begun > MAX_SECONDS:
            return
        values = [_value(argument) for argument in step.split(ARGUMENT)]
        given = {name: values[min(place, len(values) - 1)] for place, name in enumerate(function.parameters)}
        try:
            result = functions.execute(Call(function.name, given), state)
        except CallError as error:
            assert len(str(error)) < MAX_ERROR
        else:
            assert len(result) <= MAX_RESULT


def _value(written: str):
    """Reads a literal where the text is one; a text that is none is itself."""
    try:
        return parse(f"f({written})").positional[0]
    except (CallError, IndexError):
        return written
