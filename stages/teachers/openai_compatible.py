"""The served teacher: any server of OpenAI's chat completions, such as vLLM, llama-server, Ollama or a hosted one."""

import json
import os
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from stages.agent.episode import Message
from stages.agent.functions import Schema
from stages.agent.model import Request
from stages.agent.plain_text import PROBE, plain_messages
from stages.completions.endpoint import Endpoint, Patience
from stages.completions.usage import Budget, Completion
from stages.parameters import Parameters, section
from stages.teachers.paid import ServedTeacher
from stages.teachers.teacher import Assignment

_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]
_Count = Annotated[int, Field(ge=1)]


class Prices(Parameters):
    """Money for a million tokens."""

    prompt: _NotNegative
    completion: _NotNegative


class OpenaiCompatibleParameters(Parameters):
    """Parameters of `teachers.openai_compatible`.

    Attributes:
        base_url: Where the server's paths begin, such as `http://127.0.0.1:8000/v1`.
        model: The model's name there.
        key_variable: The environment variable that holds the key; the key itself stands nowhere else.
        tools: `native` hands the functions over as tools; `text` writes them into the question.
        temperature: Of sampling.
        top_p: Of sampling.
        max_tokens: The longest completion.
        extra: Further fields of a request, or others in place of the usual; null leaves a field out.
        in_flight: How many requests may wait for their answers at once.
        timeout: Seconds that one try of a request may take.
        tries: How often a request is sent at most.
        pause: Seconds before the second try.
        max_tokens_total: Tokens, read and written, that a run may pay for.
        max_cost: Money that a run may pay.
        prices: What tokens cost.
    """

    base_url: Annotated[str, Field(pattern=r"^https?://")]
    model: Annotated[str, Field(min_length=1)]
    key_variable: str
    tools: Literal["native", "text"]
    temperature: _NotNegative
    top_p: _Positive
    max_tokens: _Count
    extra: dict[str, Any]
    in_flight: _Count
    timeout: _Positive
    tries: _Count
    pause: _NotNegative
    max_tokens_total: _Count | None
    max_cost: _Positive | None
    prices: Prices


class OpenaiCompatibleTeacher(ServedTeacher):
    """Asks a server, many conversations at once.

    Args:
        parameters: The server and how it is asked.
        seed: Every request has a seed of its own that follows from this one.
    """

    def __init__(self, parameters: OpenaiCompatibleParameters, seed: int) -> None:
        self.in_flight = parameters.in_flight
        self._parameters = parameters
        self.identity: Mapping[str, Any] = {
            "name": "openai_compatible",
            "base_url": parameters.base_url.rstrip("/"),
            "seed": seed,
            "probe": self._body(PROBE, (), 0),
        }
        patience = Patience(parameters.timeout, parameters.tries, parameters.pause)
        key = os.environ.get(parameters.key_variable)
        url = f"{parameters.base_url.rstrip('/')}/chat/completions"
        self._endpoint = Endpoint(url, key, parameters.key_variable, patience)

    @property
    def budget(self) -> Budget:
        """What a run may spend."""
        given = self._parameters
        return Budget(given.max_tokens_total, given.max_cost, given.prices.prompt, given.prices.completion)

    async def respond(self, request: Request) -> str:
        """Returns the server's answer as it came.

        Raises:
            UserError: If the server refuses, or was tried in vain.
        """
        body = self._body(request.messages, request.tools, int(request.key[:7], 16))
        return await self._endpoint.post(body, request.key, _fault)

    def _body(self, messages: Sequence[Message], tools: Sequence[Schema], seed: int) -> dict[str, Any]:
        given = self._parameters
        native = given.tools == "native"
        body = {
            "model": given.model,
            "messages": list(map(_on_the_wire, messages)) if native else plain_messages(messages, tools),
            "temperature": given.temperature,
            "top_p": given.top_p,
            "max_tokens": given.max_tokens,
            "seed": seed,
            **({"tools": list(tools), "tool_choice": "auto"} if native else {}),
            **given.extra,
        }
        return {name: value for name, value in body.items() if value is not None}

    def read(self, response: str) -> Completion:
        """Returns what an answer says; of native calls each is a line of JSON."""
        answer = json.loads(response)
        message, usage = answer["choices"][0]["message"], answer.get("usage")
        calls = [json.dumps(call["function"], ensure_ascii=False) for call in message.get("tool_calls") or ()]
        text = "\n".join(calls) or _content(message.get("content"))
        return Completion(text, _tokens(usage, "prompt_tokens"), _tokens(usage, "completion_tokens"))

    def stop(self) -> None:
        """Gives up what would be tried again."""
        self._endpoint.stop()

    async def close(self) -> None:
        """Closes the connections."""
        await self._endpoint.close()


def _on_the_wire(message: Message) -> Message:
    """Returns a message as the protocol has it: arguments are JSON in a string."""
    if not message.get("tool_calls"):
        return message
    calls = [
        call | {"function": call["function"] | {"arguments": json.dumps(call["function"]["arguments"])}}
        for call in message["tool_calls"]
    ]
    return {"content": None, **message, "tool_calls": calls}


def _content(content: Any) -> str:
    if isinstance(content, list):
        return "".join(str(part.get("text", "")) for part in content if isinstance(part, dict))
    return content if isinstance(content, str) else ""


def _tokens(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) else 0


def _fault(answer: Any) -> str | None:
    """Says what makes an answer unusable; one that is empty, or cut by a content filter, is an answer too."""
    if not isinstance(answer, dict) or answer.get("error"):
        return "the server reports an error"
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices or not isinstance(choices[0], dict):
        return "the answer has no choices"
    message = choices[0].get("message")
    calls = message.get("tool_calls") or [] if isinstance(message, dict) else None
    if not isinstance(calls, list) or not all(isinstance(each, dict) and "function" in each for each in calls):
        return "the answer has no message"
    return None


def create(assignment: Assignment) -> OpenaiCompatibleTeacher:
    """Returns the teacher, with its parameters from `teachers.openai_compatible` of params.yaml."""
    return OpenaiCompatibleTeacher(section("teachers.openai_compatible", OpenaiCompatibleParameters), assignment.seed)
