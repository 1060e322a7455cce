"""Functions that a model may call: a typed Python function, its docstring, and an example call."""

import difflib
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, get_type_hints

from stages.agent.calls import Call, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import Value, coerce, json_schema, result_text

Schema = dict[str, Any]
MAX_MESSAGE = 200
_STATE = "state"


@dataclass(frozen=True)
class Function:
    """One function as models see it.

    Attributes:
        name: The name that calls use.
        description: What it does; the docstring up to its `Args:`.
        parameters: Annotation of each parameter, in order; a leading `state` parameter is not among them.
        notes: Description of each parameter that the docstring's `Args:` describes.
        required: The parameters that have no default.
        body: The Python function.
        takes_state: Whether the chain's state is passed as first argument.
        example: A call that works on a fresh state.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    notes: Mapping[str, str]
    required: tuple[str, ...]
    body: Callable[..., Any]
    takes_state: bool
    example: str

    @property
    def schema(self) -> Schema:
        """The JSON schema of the function, in the form that `transformers.utils.get_json_schema` gives."""
        properties = {
            name: json_schema(annotation) | ({"description": self.notes[name]} if name in self.notes else {})
            for name, annotation in self.parameters.items()
        }
        parameters = {"type": "object", "properties": properties, "required": list(self.required)}
        described = f"{self.description} Example: {self.example}"
        return {"type": "function", "function": {"name": self.name, "description": described, "parameters": parameters}}

    def bind(self, call: Call) -> dict[str, Value]:
        """Gives every argument of a call its parameter's name.

        Raises:
            CallError: `wrong_argument`, if arguments are missing, unknown, doubled or too many.
        """
        names = list(self.parameters)
        if len(call.positional) > len(names):
            raise self._mistake(f"takes at most {len(names)} arguments")
        bound = dict(zip(names, call.positional))
        for name, value in call.keywords.items():
            if name not in self.parameters:
                raise self._mistake(f"has no argument `{name}`")
            if name in bound:
                raise self._mistake(f"got `{name}` twice")
            bound[name] = value
        if missing := [name for name in self.required if name not in bound]:
            raise self._mistake(f"needs the argument `{missing[0]}`")
        return {name: bound[name] for name in names if name in bound}

    def execute(self, arguments: Mapping[str, Value], state: object) -> str:
        """Runs the function on bound arguments and returns its result as text.

        Raises:
            CallError: `wrong_argument` for a value of the wrong type, `execution_error` for whatever the body raises.
        """
        converted = {}
        for name, value in arguments.items():
            try:
                converted[name] = coerce(value, self.parameters[name])
            except ValueError as error:
                raise self._mistake(f"argument `{name}` {error}") from None
        try:
            return result_text(self.body(*([state] if self.takes_state else []), **converted))
        except CallError:
            raise
        except Exception as error:  # whatever a user's function raises is an answer to the model, not a crash
            reason = str(error) or type(error).__name__
            raise CallError(ErrorType.EXECUTION_ERROR, f"{self.name} failed: {_short(reason)}") from None

    def _mistake(self, problem: str) -> CallError:
        return CallError(ErrorType.WRONG_ARGUMENT, f"{self.name} {_short(problem)}. Call it like {self.example}")


class FunctionSet:
    """Functions that are offered together, and the state that one chain's calls share.

    Args:
        state: Makes the fresh state of a chain; passed to functions whose first parameter is named `state`.
    """

    def __init__(self, state: Callable[[], object] = dict) -> None:
        self.state = state
        self._functions: dict[str, Function] = {}

    def register(self, example: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorates a typed function with a docstring, and checks it by executing its example call.

        Raises:
            TypeError: If name, annotation, docstring or example are missing, doubled, or do not work; names the line.
        """

        def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
            self._add(_define(body, example))
            return body

        return decorate

    def _add(self, function: Function) -> None:
        if function.name in self._functions:
            raise TypeError(f"{_where(function.body)}: a function named `{function.name}` exists already")
        self._functions[function.name] = function
        try:
            call = parse(function.example)
            if call.name != function.name:
                raise CallError(ErrorType.WRONG_FUNCTION, f"it does not call `{function.name}`")
            self.execute(call, self.state())
        except CallError as error:
            raise TypeError(f"{_where(function.body)}: the example `{function.example}` fails: {error}") from None

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())

    def __or__(self, other: "FunctionSet") -> "FunctionSet":
        """Returns both sets' functions as one set, with the first one's state."""
        joined = FunctionSet(self.state)
        joined._functions = {**self._functions, **other._functions}
        return joined

    @property
    def schemas(self) -> list[Schema]:
        """The JSON schemas of all functions, in order of registration."""
        return [function.schema for function in self]

    def normalize(self, call: Call) -> Call:
        """Returns the call with every argument named, in the order of the parameters.

        Raises:
            CallError: `unknown_function` or `wrong_argument`.
        """
        return Call(call.name, self._find(call.name).bind(call))

    def execute(self, call: Call, state: object) -> str:
        """Executes a call and returns its result as text.

        Raises:
            CallError: If there is no such function, an argument does not fit, or the function fails.
        """
        function = self._find(call.name)
        return function.execute(function.bind(call), state)

    def uses_state(self, name: str) -> bool:
        """Whether a function's result depends on earlier calls of the chain."""
        return self._find(name).takes_state

    def _find(self, name: str) -> Function:
        if name in self._functions:
            return self._functions[name]
        close = difflib.get_close_matches(name[:50], self._functions, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(self._functions)}."
        raise CallError(ErrorType.UNKNOWN_FUNCTION, f"There is no function {name[:50]}; {hint}")


def _define(body: Callable[..., Any], example: str) -> Function:
    parameters = dict(inspect.signature(body).parameters)
    takes_state = next(iter(parameters), None) == _STATE
    parameters.pop(_STATE, None)
    hints = get_type_hints(body)
    description, notes = _read_docstring(body)
    for name in parameters:
        if name not in hints:
            raise TypeError(f"{_where(body)}: parameter `{name}` of `{body.__name__}` has no annotation")
        try:
            json_schema(hints[name])
        except TypeError as error:
            raise TypeError(f"{_where(body)}: parameter `{name}` of `{body.__name__}`: {error}") from None
    required = tuple(name for name, item in parameters.items() if item.default is inspect.Parameter.empty)
    annotations = {name: hints[name] for name in parameters}
    return Function(body.__name__, description, annotations, notes, required, body, takes_state, example)


def _read_docstring(body: Callable[..., Any]) -> tuple[str, dict[str, str]]:
    documentation = inspect.getdoc(body)
    if not documentation:
        raise TypeError(f"{_where(body)}: `{body.__name__}` has no docstring; models read it as its description")
    description, _, arguments = documentation.partition("\nArgs:\n")
    notes = dict(re.findall(r"^\s+(\w+): (.+)$", arguments, re.MULTILINE))
    return " ".join(description.split()), notes


def _short(message: str) -> str:
    """Cuts what quotes a model's own text back at it."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def _where(body: Callable[..., Any]) -> str:
    return f"{body.__code__.co_filename}:{body.__code__.co_firstlineno}"
