"""From a model's text to a call: parsed, never evaluated.

One rule decides what a completion means. Code fences and blank lines are dropped. If what is left is one call, or
exactly one of its lines is, that is the call; it may be written as Python (`add(a=2, b=3)`) or as a JSON tool call
(`{"name": "add", "arguments": {"a": 2, "b": 3}}`). Anything else is malformed.
"""

import ast
import json
import math
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import MAX_DIGITS, Value, text

MAX_LENGTH = 4000
MAX_DEPTH = 20
_ADVICE = "Answer with exactly one call, such as {example}"
_LIKE_CALL = re.compile(r"[^\W\d]\w*\s*\(.*\)", re.DOTALL)


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
    lines = [line.strip() for line in completion.split("\n") if line.strip() and not line.strip().startswith("```")]
    for candidates in (["\n".join(lines)], lines):
        calls = [call for candidate in candidates if (call := _read(candidate)) is not None]
        if len(calls) == 1:
            return calls[0]
    problem = "More than one call was found." if calls else "No complete call was found."
    raise CallError(ErrorType.MALFORMED, f"{problem} {_ADVICE.format(example=example)}")


def _read(candidate: str) -> Call | None:
    try:
        if candidate.startswith("{"):
            return _from_json(json.loads(candidate))
        return _from_python(candidate) if _LIKE_CALL.fullmatch(candidate) else None
    except (SyntaxError, ValueError, MemoryError, RecursionError):
        return None


def _from_json(value: Any) -> Call | None:
    if not isinstance(value, dict) or not isinstance(value.get("name"), str):
        return None
    arguments = value.get("arguments", value.get("parameters", {}))
    if isinstance(arguments, str):
        arguments = json.loads(arguments)
    if not isinstance(arguments, dict):
        return None
    return Call(_text(value["name"]), {_text(key): _checked(item) for key, item in arguments.items()})


def _from_python(candidate: str) -> Call | None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        node = ast.parse(candidate, mode="eval").body
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        return None
    names = [keyword.arg for keyword in node.keywords]
    if None in names or len(set(names)) < len(names):
        return None
    keywords = {str(keyword.arg): _checked(_literal(keyword.value)) for keyword in node.keywords}
    return Call(node.func.id, keywords, tuple(_checked(_literal(item)) for item in node.args))


def _literal(node: ast.expr) -> Any:
    """Reads a literal; `7/2` between whole numbers is the exact ratio `"7/2"`."""
    match node:
        case ast.Constant(value=value):
            return value
        case ast.UnaryOp(op=ast.USub() | ast.UAdd() as sign, operand=ast.Constant(value=int() | float() as value)) if (
            not isinstance(value, bool)
        ):
            return -value if isinstance(sign, ast.USub) else value
        case ast.BinOp(left=left, op=ast.Div(), right=ast.Constant(value=int() as below)) if type(below) is int:
            above = _literal(left)
            if type(above) is int:
                return f"{above}/{below}"
        case ast.List(elts=items) | ast.Tuple(elts=items):
            return [_literal(item) for item in items]
        case ast.Dict(keys=keys, values=values) if all(isinstance(key, ast.Constant) for key in keys):
            return {str(key.value): _literal(item) for key, item in zip(keys, values) if isinstance(key, ast.Constant)}
        case ast.Name(id="true" | "false" as name):
            return name == "true"
    raise ValueError("not a literal")


def _checked(value: Any, depth: int = MAX_DEPTH) -> Value:
    """Lets through what JSON can carry, no deeper than recursion can follow, and numbers that can be written again."""
    if isinstance(value, list) and depth:
        return [_checked(item, depth - 1) for item in value]
    if isinstance(value, dict) and depth:
        return {_text(str(key)): _checked(item, depth - 1) for key, item in value.items()}
    if isinstance(value, str):
        return _text(value)
    if value is None or isinstance(value, bool):
        return value
    if (isinstance(value, int) and abs(value) < 10**MAX_DIGITS) or (isinstance(value, float) and math.isfinite(value)):
        return value
    raise ValueError("not a value that a call can carry")


def _text(value: str) -> str:
    value.encode()  # half a surrogate pair is text for Python, and for no file; its error is a ValueError
    return value
