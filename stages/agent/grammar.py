"""A grammar of exactly the calls that can be made, for sampling that follows one (GBNF, as llama.cpp reads it)."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from stages.agent.functions import Schema
from stages.agent.values import text

# Bounded: a model that has lost its way must come to an end.
_VALUES = r"""
string ::= "\"" ([^"\\\x00-\x1F] | "\\" ["\\/bfnrt]){0,300} "\""
integer ::= "-"? ("0" | [1-9] [0-9]{0,29})
number ::= integer ("." [0-9]{1,30})? | "\"" integer "/" [1-9] [0-9]{0,29} "\""
boolean ::= "True" | "False"
""".strip()


def grammar(tools: Sequence[Schema]) -> str:
    """Returns the GBNF grammar of one call, all arguments named, in the order of the parameters."""
    functions = [tool["function"] for tool in tools]
    lines = [f"root ::= {' | '.join(_rule(function['name']) for function in functions)}"]
    lines += [f"{_rule(function['name'])} ::= {_call(function)}" for function in functions]
    return "\n".join([*lines, _VALUES]) + "\n"


def _rule(name: str) -> str:
    return f"call-{name.replace('_', '-')}"


def _call(function: Mapping[str, Any]) -> str:
    """Returns the rule of a function's calls; an optional argument is written only after all before it."""
    schema: Mapping[str, Any] = function["parameters"]
    required = set(schema.get("required", ()))
    ordered = sorted(schema["properties"].items(), key=lambda item: item[0] not in required)
    written = ""
    for place, (name, each) in reversed(list(enumerate(ordered))):
        written = f'"{", " if place else ""}{name}=" {_value(each)} {written}'.rstrip()
        written = written if name in required else f"({written})?"
    return " ".join(filter(None, [f'"{function["name"]}("', written, '")"']))


def _value(schema: Mapping[str, Any]) -> str:
    if schema.get("nullable"):
        return f'({_value({**schema, "nullable": False})} | "None")'
    if "enum" in schema:
        return f"({' | '.join(json.dumps(text(value)) for value in schema['enum'])})"
    if "anyOf" in schema:
        return f"({' | '.join(map(_value, schema['anyOf']))})"
    kind = schema["type"]
    if isinstance(kind, list):
        return f"({' | '.join(kind)})"
    if kind == "array":
        item = _value(schema["items"])
        return f'"[" ({item} (", " {item}){{0,30}})? "]"'
    return str(kind)
