"""The forms in which models write calls, read as what they carry; nothing is evaluated.

| form | unmarked | marked |
|---|---|---|
| Python | `add(a=2, b=3)`, `[add(a=2, b=3)]` | |
| JSON, Hermes, Qwen | `{"name": "add", "arguments": {…}}` | `<tool_call>{…}</tool_call>` |
| Llama 3 | `{"name": "add", "parameters": {…}}` | `<|python_tag|>{…}`, `<function=add>{…}</function>` |
| Mistral, to v7 | `[{"name": "add", "arguments": {…}}]` | `[TOOL_CALLS][{…}]` |
| Mistral, from v11 | `add{…}` | `[TOOL_CALLS]add[ARGS]{…}` |
| OpenAI | `{"type": "function", "function": {…, "arguments": "{…}"}}`, alone, in a list, in `tool_calls` | |
| Qwen3-Coder | | `<function=add><parameter=a>2</parameter>…</function>` in `<tool_call>` or not |

The unmarked forms of Llama and Mistral are what their tokenizers leave where special tokens are not written. A closing
mark, and whatever follows the call, is not looked at, since many servers cut it off.
"""

import ast
import json
import re
import threading
import warnings
from collections.abc import Iterator
from keyword import iskeyword
from typing import Any

Written = tuple[str, dict[str, Any], list[Any]]  # name, arguments by name, arguments by position

_PYTHON = re.compile(r"\[?[^\W\d]\w*\s*\(.*\)\s*\]?", re.DOTALL)
_BEGIN = re.compile(r"([A-Za-z_]\w*)\(", re.ASCII)
_ARGUMENT = re.compile(r"[ \n]*([A-Za-z_]\w*) *= *", re.ASCII)
_NAMED = re.compile(r"([^\W\d]\w*)\s*(?=\{)")
_MARK = re.compile(
    r"<function=(?P<function>[\w.-]+)>"
    r"|(?:<tool_call>|<\|python_tag\|>)(?!\s*<function=)"
    r"|\[TOOL_CALLS\](?:\s*(?P<mistral>[\w.-]+)(?:\[CALL_ID\]\w*)?(?:\[ARGS\])?(?=\s*\{))?"
)
_PARAMETER = re.compile(r"\s*<parameter=(\w+)>\n?(.*?)\n?</parameter>", re.DOTALL)
_CLOSED = re.compile(r"\s*</function>")
_SPACE = re.compile(r"\s*")
_WARNED_OF = re.compile(r"\\|\d\.?[^\W\d]")  # unknown escapes such as `\d`, and `1or 2`
_WARNINGS = threading.Lock()


def unmarked(text: str) -> list[Written] | None:
    """Returns the calls of a text that is nothing but calls; None if it does not look like any.

    Raises:
        SyntaxError, ValueError, MemoryError, RecursionError: If it looks like calls and cannot be read.
    """
    if _PYTHON.fullmatch(text):
        return [plain] if (plain := _plain(text)) else _python(text)
    if text.startswith(("{", "[")):
        return list(_tool_calls(_DECODER.decode(text)))
    if named := _NAMED.match(text):
        return [(named[1], _arguments(_DECODER.decode(text[named.end() :])), [])]
    return None


def marked(text: str) -> list[Written] | None:
    """Returns the calls that marks introduce, whatever stands around them; None if there is no mark.

    Raises:
        ValueError, RecursionError: If what follows a mark cannot be read.
    """
    match = _MARK.search(text)
    if match is None:
        return None
    found: list[Written] = []
    while match:
        start = _space(text, match.end())
        name = match["function"] or match["mistral"]
        if match["function"] and not text.startswith("{", start):
            arguments, end = _parameters(text, start)
        else:
            arguments, end = _DECODER.raw_decode(text, start)
        found += [(name, _arguments(arguments), [])] if name else _tool_calls(arguments)
        match = _MARK.search(text, end)
    return found


def _plain(text: str) -> Written | None:
    """Reads a call whose arguments have names and are the same in Python and in JSON: most are, and it is quick.

    Returns None for whatever else, which may be a call as well.
    """
    begun = _BEGIN.match(text)
    if not begun or "\\" in text or iskeyword(begun[1]):
        return None
    arguments: dict[str, Any] = {}
    end, following = begun.end(), ","
    while following == "," and (argument := _ARGUMENT.match(text, end)):
        try:
            value, end = _DECODER.raw_decode(text, argument.end())
        except ValueError:
            return None
        if argument[1] in arguments or iskeyword(argument[1]):
            return None
        arguments[argument[1]], following, end = value, text[end : end + 1], end + 1
    return (begun[1], arguments, []) if following == ")" and end == len(text) else None


def _python(text: str) -> list[Written]:
    node = _tree(text)
    return [_python_call(item) for item in (node.elts if isinstance(node, ast.List) else [node])]


def _tree(text: str) -> ast.expr:
    if not _WARNED_OF.search(text):
        return ast.parse(text, mode="eval").body
    with _WARNINGS, warnings.catch_warnings(action="ignore"):  # the filters of warnings are shared by all threads
        return ast.parse(text, mode="eval").body


def _python_call(node: ast.expr) -> Written:
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Name):
        raise ValueError("not a call")
    keywords = _object([(str(keyword.arg), _literal(keyword.value)) for keyword in node.keywords if keyword.arg])
    if len(keywords) < len(node.keywords):
        raise ValueError("`**` is no argument")
    return node.func.id, keywords, [_literal(item) for item in node.args]


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
            names = [str(key.value) for key in keys if isinstance(key, ast.Constant)]
            return _object(list(zip(names, map(_literal, values))))
        case ast.Name(id="true" | "false" | "null" as name):
            return {"true": True, "false": False, "null": None}[name]
    raise ValueError("not a literal")


def _tool_calls(value: Any) -> Iterator[Written]:
    match value:
        case {"tool_calls": list(items)} | list(items):
            yield from map(_tool_call, items)
        case _:
            yield _tool_call(value)


def _tool_call(value: Any) -> Written:
    match value:
        case {"function": {"name": str(name), **rest}} | {"name": str(name), **rest}:
            return name, _arguments(rest.get("arguments", rest.get("parameters"))), []
    raise ValueError("not a tool call")


def _arguments(value: Any) -> dict[str, Any]:
    """Reads arguments, which may be a JSON object in a string; nothing at all is none."""
    if value is None or value == "":
        return {}
    read = _DECODER.decode(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        raise ValueError("arguments have names")
    return read


def _parameters(text: str, start: int) -> tuple[dict[str, Any], int]:
    pairs = []
    while parameter := _PARAMETER.match(text, start):
        pairs.append((parameter[1], _value(parameter[2])))
        start = parameter.end()
    if not (closed := _CLOSED.match(text, start)):
        raise ValueError("not parameters alone")
    return _object(pairs), closed.end()


def _value(written: str) -> Any:
    """Reads what stands bare between two marks: a number, list or object where nothing is lost by that, else text."""
    try:
        value = _DECODER.decode(written)
    except ValueError:
        return written
    lossless = isinstance(value, list | dict) or (type(value) in (int, float) and str(value) == written)
    return value if lossless else written


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    read = dict(pairs)
    if len(read) < len(pairs):
        raise ValueError("a name is given twice")
    return read


def _space(text: str, start: int) -> int:
    match = _SPACE.match(text, start)
    return match.end() if match else start


_DECODER = json.JSONDecoder(object_pairs_hook=_object)
