"""What the agent needs of a model, teacher or student alike: that it completes conversations."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stages.agent.episode import Message
from stages.agent.functions import Schema
from stages.files import dump

_JSON = json.JSONEncoder(ensure_ascii=False)


@dataclass(frozen=True)
class Request:
    """A conversation that waits for its next completion.

    Attributes:
        problem_id: The problem it is about.
        sample: Which of the problem's attempts it belongs to.
        messages: The conversation so far.
        tools: JSON schemas of the functions that may be called.
        key: A hash of everything that shapes the completion, and of nothing else.
    """

    problem_id: str
    sample: int
    messages: Sequence[Message]
    tools: Sequence[Schema]
    key: str = ""


class Identified(Protocol):
    """A model whose completions have keys."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes the model's completions apart from the request; part of the key of each."""
        ...


class Model(Identified, Protocol):
    """Completes conversations, a batch at a time."""

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """Returns one completion for each request, in order."""
        ...


class Responder(Identified, Protocol):
    """Completes conversations one by one, many at once, each going on as soon as it has its answer."""

    @property
    def in_flight(self) -> int:
        """How many conversations go on at once."""
        ...

    async def answer(self, request: Request) -> str:
        """Returns the completion of one conversation."""
        ...

    def stop(self) -> None:
        """Has those who ask end as soon as nothing is lost by it."""
        ...

    async def close(self) -> None:
        """Ends the work, when nobody asks any more."""
        ...


class Keys:
    """Makes the keys of a model's completions.

    Args:
        identity: The model's.
        tools: JSON schemas of the functions that may be called.
    """

    def __init__(self, identity: Mapping[str, Any], tools: Sequence[Schema]) -> None:
        self._start = hashlib.sha256(dump({"model": identity, "tools": list(tools)}).encode())

    def of(self, messages: Sequence[Message], sample: int) -> str:
        """Returns the key of the completion of a conversation.

        The order of a call's arguments is part of it, as it is part of what the model reads.
        """
        return self.begin(sample).after(messages)

    def begin(self, sample: int) -> "GrowingKey":
        """Returns the key of a conversation that has no message yet."""
        key = self._start.copy()
        key.update(f"[{sample}, [".encode())
        return GrowingKey(key)


class GrowingKey:
    """The keys of one conversation as it goes on: each message is read once."""

    def __init__(self, read: "hashlib._Hash") -> None:
        self._read = read
        self._count = 0

    def after(self, messages: Sequence[Message]) -> str:
        """Returns the key of what follows the messages, of which the earlier ones have not changed."""
        added = _JSON.encode(messages[self._count :])[1:-1]
        self._read.update((f", {added}" if self._count else added).encode())
        self._count = len(messages)
        key = self._read.copy()
        key.update(b"]]")
        return key.hexdigest()
