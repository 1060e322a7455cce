"""Preflight: what a trainer would silently cut, drop or misread in a set of pairs, on the student's real tokenizer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.agent.episode import Message
from stages.agent.functions import Schema
from stages.errors import UserError
from stages.files import Row
from stages.student.model import first_line
from stages.student.rendering import tokenize

SHOWN = 3
SIDES = ("chosen", "rejected")
ROLES = ("system", "user", "assistant", "tool")


def preflight(pairs: Sequence[Row], tokenizer: Any, max_length: int, path: Path) -> None:
    """Refuses pairs that a trainer would not train on as they stand.

    Args:
        pairs: Rows of data/pairs.
        tokenizer: The student's tokenizer, with its chat template.
        max_length: The longest conversation in tokens.
        path: Where the pairs stand, for the message.

    Raises:
        UserError: If there is any such pair; counts them by reason and names the first of each.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for number, pair in enumerate(pairs, start=1):
        for reason in _faults(pair, tokenizer, max_length):
            found[reason].append(f"row {number} ({pair['problem_id']})")
    if found:
        lines = [f"  {len(rows)} × {reason}: {', '.join(rows[:SHOWN])}" for reason, rows in sorted(found.items())]
        raise UserError("\n".join([f"{path}: these pairs cannot be trained on as they stand:", *lines]))


def _faults(pair: Row, tokenizer: Any, max_length: int) -> Iterator[str]:
    try:
        yield from dict.fromkeys(fault for side in SIDES for fault in _order(pair["prompt"], pair[side]))
        yield from _empty(pair["chosen"], pair["rejected"])
        yield from _rendered(pair, tokenizer, max_length)
    except Exception as error:  # templates raise what they like, and what jinja2 and Python raise for them
        yield f"the chat template cannot render it ({first_line(error)})"


def _order(prompt: Sequence[Message], answer: Sequence[Message]) -> Iterator[str]:
    """Yields what is wrong with roles and ids of calls whatever the template; ids may be left out altogether."""
    messages = [*prompt, *answer]
    waiting: list[Any] = []
    if any(message.get("role") not in ROLES for message in messages):
        yield f"a role is none of {', '.join(ROLES)}"
    if prompt[-1].get("role") not in ("user", "tool"):
        yield "the prompt ends with neither a user's turn nor a result"
    if answer[0].get("role") != "assistant":
        yield "an answer does not begin with an assistant's turn"
    for message in messages:
        if message.get("role") != "tool":
            if waiting:
                yield "a call has no result before the next turn"
            waiting = [call.get("id") for call in message.get("tool_calls") or []]
        elif message.get("tool_call_id") in waiting:
            waiting.remove(message.get("tool_call_id"))
        else:
            yield "a result has not the id of a call before it"


def _empty(chosen: Sequence[Message], rejected: Sequence[Message]) -> Iterator[str]:
    """Yields what is empty; a model may write nothing, and that is a wrong answer like any other."""
    if any(not message.get("tool_calls") and message.get("content") is None for message in rejected):
        yield "a rejected turn has neither text nor call"
    turns = [message for message in chosen if message.get("role") == "assistant"]
    if any(not message.get("tool_calls") and not str(message.get("content") or "").strip() for message in turns):
        yield "a chosen turn has neither text nor call"


def _rendered(pair: Row, tokenizer: Any, max_length: int) -> Iterator[str]:
    prompt = tokenize(tokenizer, pair["prompt"], pair["tools"], add_generation_prompt=True)
    sides = [tokenize(tokenizer, pair["prompt"] + pair[side], pair["tools"]) for side in SIDES]
    if hidden := _hidden(tokenizer, pair["prompt"], pair["tools"]):
        yield f"the chat template does not render the functions {', '.join(hidden)}"
    if sides[0] == sides[1]:
        yield "chosen and rejected are equal to the model"
    if max(map(len, sides)) > max_length:
        yield f"longer than adapter.max_length = {max_length} tokens"
    for side, answer in zip(sides, (pair["chosen"], pair["rejected"])):
        written, names = tokenizer.decode(side[len(prompt) :]), _called(answer)
        if side[: len(prompt)] != prompt:
            yield "the chat template does not render the prompt alone as it does before an answer"
        elif not written or any(name not in written for name in names):
            yield "the chat template renders an answer as nothing"


def _called(answer: Sequence[Message]) -> list[str]:
    return [call["function"]["name"] for message in answer for call in message.get("tool_calls") or []]


def _hidden(tokenizer: Any, prompt: Sequence[Message], tools: Sequence[Schema]) -> list[str]:
    """Returns the functions that the prompt does not show, as other names would not be shown in their place.

    The names themselves may stand in the conversation too.
    """
    names = [f"function{number:05d}" for number in range(len(tools))]
    renamed = [{**tool, "function": {**tool["function"], "name": name}} for tool, name in zip(tools, names)]
    text = tokenizer.apply_chat_template(list(prompt), tools=renamed, tokenize=False, add_generation_prompt=True)
    return [tool["function"]["name"] for tool, name in zip(tools, names) if name not in text]
