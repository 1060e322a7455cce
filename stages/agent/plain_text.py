"""A conversation for models that know nothing of tools: functions, calls and results as plain text."""

from collections.abc import Sequence
from typing import Any

from stages.agent.calls import Call
from stages.agent.episode import Message
from stages.agent.functions import Schema
from stages.agent.values import text

_ROLES = {"user": "user", "assistant": "assistant", "tool": "user"}
_BEFORE = "You can call these functions, one at a time:"
_AFTER = "Answer with exactly one call and nothing else. Its result comes back, then you make the next call."
_PROBED = {"name": "f", "arguments": {"a": [1, "b"]}}
# Shows every kind of turn: what a model is sent for it stands, in the key of a completion, for how turns are written.
PROBE: Sequence[Message] = (
    {"role": "user", "content": "question"},
    {
        "role": "assistant",
        "tool_calls": [
            {"id": "call00000", "type": "function", "function": {"name": "f", "arguments": {"a": [1, "b"]}}}
        ],
    },
    {"role": "tool", "tool_call_id": "call00000", "name": "f", "content": "result"},
    {"role": "assistant", "content": "prose"},
    {"role": "user", "content": "Error"},
)


def plain_messages(messages: Sequence[Message], tools: Sequence[Schema]) -> list[Message]:
    """Returns a conversation in which user and assistant take turns, with the functions before the question."""
    turns = [{"role": _ROLES[each["role"]], "content": _content(each)} for each in messages]
    turns[0]["content"] = "\n\n".join([_BEFORE, "\n".join(map(described, tools)), _AFTER, turns[0]["content"]])
    return turns


def described(tool: Schema) -> str:
    """Returns one line that says what a function takes and does, such as `- add(a: number, b: number): Add.`."""
    function = tool["function"]
    properties: dict[str, Any] = function["parameters"]["properties"]
    parameters = ", ".join(f"{name}: {_type(schema)}" for name, schema in properties.items())
    return f"- {function['name']}({parameters}): {function['description']}"


def _type(schema: dict[str, Any]) -> str:
    if schema.get("nullable"):
        return f"{_type({**schema, 'nullable': False})} or None"
    if "enum" in schema or "anyOf" in schema:
        return " or ".join([*map(text, schema.get("enum", ())), *map(_type, schema.get("anyOf", ()))])
    kind = schema["type"]
    if kind == "array":
        return f"list of {_type(schema['items'])}"
    return " or ".join(kind) if isinstance(kind, list) else str(kind)


def _content(message: Message) -> str:
    if not message.get("tool_calls"):
        return str(message["content"])
    function = message["tool_calls"][0]["function"]
    return str(Call(function["name"], function["arguments"]))
