"""The step loop: one call a step, executed, its result fed back, until `stop` or a limit."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stages.agent.calls import Call, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet

Message = dict[str, Any]
STOP = "stop"
MAX_REPEATS = 3
STOPPING = FunctionSet()  # what every chain may call besides its task's functions


@STOPPING.register(example="stop(answer=42)")
def stop(answer: int | float | str) -> str:
    """Give the final answer and end."""
    return str(answer)


@dataclass(frozen=True)
class Step:
    """One assistant turn.

    Attributes:
        completion: What the model wrote.
        call: The call it was read as, arguments named; None if there is none.
        result: What came back: the function's result or the error message.
        error: What was wrong with the call itself; None if it was executed.
    """

    completion: str
    call: Call | None
    result: str
    error: ErrorType | None = None

    def record(self) -> dict[str, Any]:
        """Returns the step as it stands in the files of chains and evaluations."""
        call = None if self.call is None else str(self.call)
        return {"completion": self.completion, "call": call, "result": self.result, "error": self.error}


@dataclass
class Episode:
    """One attempt at one problem.

    Attributes:
        prompt: The user turn: instructions and question.
        functions: What may be called; `stop` is added.
        max_steps: The number of steps after which the attempt ends.
        steps: What has happened so far.
        ended: None while it goes on; else `stop`, or the limit it ran into.
    """

    prompt: str
    functions: FunctionSet
    max_steps: int
    steps: list[Step] = field(default_factory=list)
    ended: str | None = None

    def __post_init__(self) -> None:
        self.functions = self.functions | STOPPING
        self._state = self.functions.state()
        self._messages = conversation(self.prompt, self.steps)

    @property
    def messages(self) -> list[Message]:
        """The conversation so far, with native tool calls."""
        return list(self._messages)

    @property
    def answer(self) -> str | None:
        """The final answer, once the attempt ended with `stop`."""
        return self.steps[-1].result if self.ended == STOP else None

    def receive(self, completion: str) -> Step:
        """Takes the model's next completion, executes its call, and returns the step."""
        step = self._execute(completion.encode(errors="replace").decode())  # no file holds half a surrogate pair
        self._messages += _turn(step, len(self.steps))
        self.steps.append(step)
        if step.call is not None and step.call.name == STOP and step.error is None:
            self.ended = STOP
        elif _repeats(self.steps):
            self.ended = ErrorType.LOOP
        elif len(self.steps) >= self.max_steps:
            self.ended = ErrorType.STEP_LIMIT
        return step

    def _execute(self, completion: str) -> Step:
        call = None
        try:
            call = parse(completion, example=next(iter(self.functions)).example)
            call = self.functions.normalize(call)
            return Step(completion, call, self.functions.carry_out(call, self._state))
        except CallError as error:
            return Step(completion, call, f"Error: {error}", error.error)


def conversation(prompt: str, steps: Sequence[Step]) -> list[Message]:
    """Returns the messages of an attempt: the user turn, then for every step the assistant's turn and what came back.

    Instructions are part of the user turn and tool-call ids have nine alphanumeric characters, since the chat
    templates of the Mistral family accept nothing else.
    """
    turns = (message for number, step in enumerate(steps) for message in _turn(step, number))
    return [{"role": "user", "content": prompt}, *turns]


def _turn(step: Step, number: int) -> list[Message]:
    answer = {"role": "user", "content": step.result}
    if step.call is not None:
        answer = {"role": "tool", "tool_call_id": _call_id(number), "name": step.call.name, "content": step.result}
    return [assistant_message(step, number), answer]


def assistant_message(step: Step, number: int) -> Message:
    """Returns the assistant's turn of a step: a native tool call, or plain text where no call could be read."""
    if step.call is None:
        return {"role": "assistant", "content": step.completion}
    function = {"name": step.call.name, "arguments": named_arguments(step.call)}
    return {"role": "assistant", "tool_calls": [{"id": _call_id(number), "type": "function", "function": function}]}


def named_arguments(call: Call) -> dict[str, Any]:
    """Returns a call's arguments by name; positional ones that no parameter takes are numbered."""
    return {**{f"arg{index}": value for index, value in enumerate(call.positional)}, **call.keywords}


def _call_id(number: int) -> str:
    return f"call{number:05d}"


def _repeats(steps: Sequence[Step]) -> bool:
    last = steps[-MAX_REPEATS:]
    return len(last) == MAX_REPEATS and len({step.completion.strip() for step in last}) == 1
