"""From a model's text to a call: parsed, never evaluated.

One rule decides what a completion means. Code fences are dropped, and blank lines. If what is left is one call, in any
form that `stages.agent.formats` lists, that is the call. Otherwise what the marks of a tool call introduce counts and
everything else is prose; where there is no mark, every line that is a call counts. Exactly one call must be found, and
anything else is malformed.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from stages.agent.error_types import CallError, ErrorType
from stages.agent.formats import Written, marked, unmarked
from stages.agent.values import MAX_DIGITS, Value, text

MAX_LENGTH = 4000
MAX_DEPTH = 20
_LARGE = 10**MAX_DIGITS
_KEY = re.compile(r"[\w .-]*")
_ADVICE = "Answer with exactly one call, such as {example}"


@dataclass(frozen=True)
class Call:
    """A call as written: arguments are literals, by position and by name, not yet bound to a function."""

    name: str
    keywords: Mapping[str, Value] = field(default_factory=dict)
    positional: tuple[Value, ...] = ()

    def __str__(self) -> str:
        arguments = [*map(text, self.positional), *(f"{key}={text(value)}" for key, value in self.keywords.items())]
        return f"{self.name}({', '.join(arguments)})"


def parse(completion: str, example: str = "stop(answer=42)") -> Call:
    """Reads the one call of a completion.

    Args:
        completion: Any text at all.
        example: A call that the error message shows.

    Raises:
        CallError: `malformed`, with a message that tells the model what to write.
    """
    if len(completion) > MAX_LENGTH:
        raise CallError(ErrorType.MALFORMED, f"The answer is too long. {_ADVICE.format(example=example)}")
    kept = [line for line in completion.split("\n") if not line.lstrip().startswith("```")]
    lines = [stripped for line in kept if (stripped := line.strip())]
    calls = _read(unmarked, "\n".join(lines)) or _read(marked, "\n".join(kept))
    if calls is None:
        calls = [call for line in lines for call in _read(unmarked, line) or ()]
    if len(calls) == 1:
        return calls[0]
    problem = "More than one call was found." if calls else "No complete call was found."
    raise CallError(ErrorType.MALFORMED, f"{problem} {_ADVICE.format(example=example)}")


def _read(reader: Callable[[str], list[Written] | None], candidate: str) -> list[Call] | None:
    try:
        written = reader(candidate)
        return None if written is None else [_call(*item) for item in written]
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return []


def _call(name: str, keywords: dict[str, Any], positional: list[Any]) -> Call:
    named = {_key(key): _checked(value) for key, value in keywords.items()}
    return Call(_text(name), named, tuple(map(_checked, positional)))


def _checked(value: Any, depth: int = MAX_DEPTH) -> Value:
    """Lets through what JSON can carry, no deeper than recursion can follow, and numbers that can be written again."""
    if isinstance(value, list) and depth:
        return [_checked(item, depth - 1) for item in value]
    if isinstance(value, dict) and depth:
        return {_key(str(key)): _checked(item, depth - 1) for key, item in value.items()}
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if (isinstance(value, int) and abs(value) < _LARGE) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("not a value that a call can carry")


def _key(name: str) -> str:
    """Lets through names: renderers of conversations take them for harmless, and spell out no control token in them."""
    if not name.isidentifier() and not _KEY.fullmatch(name):
        raise ValueError("not a name")
    return name


def _text(value: str) -> str:
    value.encode()  # half a surrogate pair is text for Python, and for no file; its error is a ValueError
    return value
