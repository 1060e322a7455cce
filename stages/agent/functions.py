"""Functions that a model may call: a typed Python function, its docstring, and an example call."""

import difflib
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, get_type_hints

from stages.agent.calls import Call, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import Value, coerce, json_schema, result_text
from stages.agent.worker import in_worker

Schema = dict[str, Any]
MAX_MESSAGE = 200
_STATE = "state"
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


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
        where: File and line of its definition.
    """

    name: str
    description: str
    parameters: Mapping[str, Any]
    notes: Mapping[str, str]
    required: tuple[str, ...]
    body: Callable[..., Any]
    takes_state: bool
    example: str
    where: str

    @property
    def schema(self) -> Schema:
        """The JSON schema of the function, in the form that `transformers.utils.get_json_schema` gives."""
        properties = {
            name: json_schema(annotation) | ({"description": self.notes[name]} if name in self.notes else {})
            for name, annotation in self.parameters.items()
        }
        parameters = {"type": "object", "properties": properties}
        if self.required:
            parameters["required"] = list(self.required)
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
        except CallError as error:
            raise CallError(error.error, _short(str(error))) from None
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

    def register(self, example: str, limited: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Decorates a typed function with a docstring, and checks it by executing its example call.

        Args:
            example: A call that works on a fresh state.
            limited: Whether models' calls run in a worker with limits of time and memory (`stages.agent.worker`).

        Raises:
            TypeError: If name, annotation, docstring or example are missing, doubled, or do not work; names the line.
        """
        if not isinstance(example, str):
            raise TypeError(f'{place(example)}: `register` needs an example call: @register(example="…")')

        def decorate(body: Callable[..., Any]) -> Callable[..., Any]:
            function = define(body, body.__name__, inspect.getdoc(body), example)
            self.add(function)
            if limited:
                self._functions[function.name] = _limited(function)
            return body

        return decorate

    def add(self, function: Function) -> None:
        """Adds a function, and checks it by executing its example call.

        Raises:
            TypeError: If there is one of that name, or the example does not work; names the line.
        """
        self._put(function)
        try:
            call = parse(function.example)
            if call.name != function.name:
                raise CallError(ErrorType.WRONG_FUNCTION, f"it does not call `{function.name}`")
            self.execute(call, self.state())
        except CallError as error:
            raise TypeError(f"{function.where}: the example `{function.example}` fails: {error}") from None

    def _put(self, function: Function) -> None:
        if self._functions.setdefault(function.name, function) is not function:
            raise TypeError(f"{function.where}: a function named `{function.name}` exists already")

    def __iter__(self) -> Iterator[Function]:
        return iter(self._functions.values())

    def __or__(self, other: "FunctionSet") -> "FunctionSet":
        """Returns both sets' functions as one set, with the first one's state.

        Raises:
            TypeError: If both have a function of the same name; names the line.
        """
        joined = FunctionSet(self.state)
        for function in (*self, *other):
            joined._put(function)
        return joined

    def only(self, names: Sequence[str]) -> "FunctionSet":
        """Returns the named functions in the order of the names, with the same state."""
        chosen = FunctionSet(self.state)
        for name in names:
            chosen._put(self._find(name))
        return chosen

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
        return self.carry_out(self.normalize(call), state)

    def carry_out(self, call: Call, state: object) -> str:
        """Executes a call that `normalize` has returned.

        Raises:
            CallError: If an argument does not fit, or the function fails.
        """
        return self._find(call.name).execute(call.keywords, state)

    def uses_state(self, name: str) -> bool:
        """Whether a function's result depends on earlier calls of the chain."""
        return self._find(name).takes_state

    def _find(self, name: str) -> Function:
        if name in self._functions:
            return self._functions[name]
        close = difflib.get_close_matches(name[:50], self._functions, n=1)
        hint = f"did you mean {close[0]}?" if close else f"there are {', '.join(self._functions)}."
        raise CallError(ErrorType.UNKNOWN_FUNCTION, f"There is no function {name[:50]}; {hint}")


def define(body: Callable[..., Any], name: str, documentation: str | None, example: str) -> Function:
    """Returns a function as models see it.

    Args:
        body: A typed Python function; a first parameter named `state` takes the chain's.
        name: The name that calls use.
        documentation: A docstring in Google style.
        example: A call that works on a fresh state.

    Raises:
        TypeError: If name, annotation or docstring are missing or do not work; names the line.
    """
    where = place(body)
    if not _NAME.fullmatch(name):
        raise TypeError(f"{where}: `{name}` is no name for a function; use ASCII letters, digits and _, a letter first")
    if not documentation:
        raise TypeError(f"{where}: `{name}` has no docstring; models read it as its description")
    description, notes = _read_docstring(documentation)
    parameters = dict(inspect.signature(body).parameters)
    takes_state = next(iter(parameters), None) == _STATE
    parameters.pop(_STATE, None)
    annotations = {key: _annotation(body, name, item) for key, item in parameters.items()}
    required = tuple(key for key, item in parameters.items() if item.default is inspect.Parameter.empty)
    return Function(name, description, annotations, notes, required, body, takes_state, example, where)


def _limited(function: Function) -> Function:
    if function.takes_state:
        raise TypeError(f"{function.where}: `{function.name}` cannot be limited; a chain's state stays in its process")
    try:
        return replace(function, body=in_worker(function.body))
    except TypeError as error:
        raise TypeError(f"{function.where}: {error}") from None


def _annotation(body: Callable[..., Any], name: str, parameter: inspect.Parameter) -> Any:
    where = f"{place(body)}: parameter `{parameter.name}` of `{name}`"
    if parameter.kind in (parameter.VAR_POSITIONAL, parameter.VAR_KEYWORD):
        raise TypeError(f"{where} stands for many; name each of them, or take a list")
    if parameter.annotation is parameter.empty:
        raise TypeError(f"{where} has no annotation")
    annotation = get_type_hints(body)[parameter.name]
    try:
        json_schema(annotation)
    except TypeError as error:
        raise TypeError(f"{where}: {error}") from None
    return annotation


def _read_docstring(documentation: str) -> tuple[str, dict[str, str]]:
    """Returns the description and the notes on parameters of a docstring in Google style."""
    description, *sections = re.split(r"^(Args|Returns|Raises):\n", documentation, flags=re.MULTILINE)
    arguments = textwrap.dedent(dict(zip(sections[::2], sections[1::2])).get("Args", ""))
    notes = re.findall(r"^(\w+)(?: *\([^()\n]*\))?: (.+(?:\n+[ \t]+\S.*)*)", arguments, re.MULTILINE)
    return " ".join(description.split()), {name: " ".join(note.split()) for name, note in notes}


def _short(message: str) -> str:
    """Cuts what quotes a model's own text back at it."""
    return message if len(message) <= MAX_MESSAGE else f"{message[:MAX_MESSAGE]}…"


def place(body: Callable[..., Any]) -> str:
    """Returns file and line of a function's definition."""
    code = inspect.unwrap(body).__code__
    return f"{code.co_filename}:{code.co_firstlineno}"
