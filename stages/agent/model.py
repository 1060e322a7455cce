"""What the agent needs of a model, teacher or student alike: that it completes conversations."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from stages.agent.episode import Message
from stages.agent.functions import Schema
from stages.files import dump


@dataclass(frozen=True)
class Request:
    """A conversation that waits for its next completion.

    Attributes:
        problem_id: The problem it is about.
        sample: Which of the problem's attempts it belongs to.
        messages: The conversation so far.
        tools: JSON schemas of the functions that may be called.
    """

    problem_id: str
    sample: int
    messages: Sequence[Message]
    tools: Sequence[Schema]


class Model(Protocol):
    """Completes conversations.

    Attributes:
        identity: All that shapes its completions apart from the request; part of the key of each.
    """

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes the model's completions apart from the request."""
        ...

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """Returns one completion for each request, in order."""
        ...


def request_key(identity: Mapping[str, Any], request: Request) -> str:
    """Returns the key of a completion: a hash of everything that shapes it, and of nothing else."""
    content = {"model": identity, "messages": request.messages, "tools": request.tools, "sample": request.sample}
    return hashlib.sha256(dump(content).encode()).hexdigest()
