"""Values that go into calls and come out of them: coercion to a function's annotation, and their text.

Numbers are exact: an argument annotated `Fraction` accepts whole numbers, decimals and `"7/2"`, and results
are written the way people write them.
"""

import json
import re
import types
from collections.abc import Mapping
from contextlib import suppress
from fractions import Fraction
from typing import Any, Literal, Union, get_args, get_origin

Value = int | float | str | bool | None | list["Value"] | dict[str, "Value"]

MAX_DIGITS = 100
MAX_RESULT = 10_000
_LARGE = 10**MAX_DIGITS
_NUMBER = re.compile(r"\s*([-+]?[\d,]*\.?\d+|[-+]?\d[\d,]*\.)(?:e([-+]?\d{1,3}))?\s*(%)?\s*", re.IGNORECASE)
_RATIO = re.compile(r"\s*([-+]?\d+)\s*/\s*(\d+)\s*")
_JSON_TYPES: Mapping[Any, str] = {str: "string", bool: "boolean", int: "integer", float: "number", Fraction: "number"}


def json_schema(annotation: Any) -> dict[str, Any]:
    """Returns the JSON schema of a parameter's annotation.

    Raises:
        TypeError: If the annotation is not one that a call's argument can have.
    """
    if annotation in _JSON_TYPES:
        return {"type": _JSON_TYPES[annotation]}
    if get_origin(annotation) is list and len(get_args(annotation)) == 1:
        return {"type": "array", "items": json_schema(get_args(annotation)[0])}
    if get_origin(annotation) in (Union, types.UnionType):
        return _either(get_args(annotation))
    if get_origin(annotation) is Literal and all(type(value) in (str, bool, int) for value in get_args(annotation)):
        kinds = list(dict.fromkeys(_JSON_TYPES[type(value)] for value in get_args(annotation)))
        return {"type": kinds if len(kinds) > 1 else kinds[0], "enum": list(get_args(annotation))}
    raise TypeError(
        f"annotation {annotation!r} is not one of str, bool, int, float, Fraction, list[…], Literal[…] or a union of "
        "them and None"
    )


def _either(options: tuple[Any, ...]) -> dict[str, Any]:
    schemas = [json_schema(option) for option in options if option is not types.NoneType]
    kinds = sorted({schema["type"] for schema in schemas if schema.keys() == {"type"}})
    if len(schemas) == 1:
        schema = schemas[0]
    elif all(schema.keys() == {"type"} for schema in schemas):
        schema = {"type": kinds if len(kinds) > 1 else kinds[0]}
    else:
        schema = {"anyOf": schemas}
    return schema if types.NoneType not in options else schema | {"nullable": True}


def coerce(value: Value, annotation: Any) -> Any:
    """Converts a parsed argument to its parameter's annotation.

    Raises:
        ValueError: If the value does not fit; the message completes "argument `x` …".
    """
    if annotation is str:
        return _string(value)
    if annotation is bool:
        return _boolean(value)
    if annotation not in _JSON_TYPES:
        return _coerce_parts(value, annotation)
    if type(value) is int and abs(value) < _LARGE:
        return annotation(value)
    number = exact(value)
    if annotation is int and number.denominator != 1:
        raise ValueError(f"must be a whole number, not {text(value)}")
    return number if annotation is Fraction else annotation(number)


def exact(value: Value) -> Fraction:
    """Reads a number exactly as written: `3`, `-0.5`, `"1,200"`, `"7/2"`, `"40%"` (2/5).

    Raises:
        ValueError: If the value is no number, or has more than `MAX_DIGITS` digits.
    """
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError(f"must be a number, not {text(value)}")
    if isinstance(value, int) and abs(value) < _LARGE:
        return Fraction(value)
    written = "9" * (MAX_DIGITS + 1) if isinstance(value, int) else str(value)
    if len(written) > MAX_DIGITS:
        raise ValueError(f"has too many digits (at most {MAX_DIGITS})")
    if ratio := _RATIO.fullmatch(written):
        if int(ratio[2]) == 0:
            raise ValueError("must not have a zero denominator")
        return Fraction(int(ratio[1]), int(ratio[2]))
    if not (match := _NUMBER.fullmatch(written)) or abs(int(match[2] or 0)) > MAX_DIGITS:
        raise ValueError(f"must be a number, not {text(value)}")
    number = Fraction(match[1].replace(",", ""))
    if match[2] or match[3]:
        number *= Fraction(10) ** int(match[2] or 0) / (100 if match[3] else 1)
    return number


def literal(number: Fraction) -> int | float | str:
    """Returns the plainest exact argument for a number: `3`, `0.5` or `"1/3"`."""
    if number.denominator == 1:
        return int(number)
    if abs(number) < 10**15 and Fraction(repr(float(number))) == number and "e" not in repr(float(number)):
        return float(number)
    return f"{number.numerator}/{number.denominator}"


def text(value: object) -> str:
    """Writes a value as it stands in a call, such as `"Tom"`, `3` or `[1, 2]`."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(text, value)) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{text(key)}: {text(item)}" for key, item in value.items()) + "}"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else repr(value)


def result_text(value: object) -> str:
    """Writes a function's result as the model reads it.

    Raises:
        ValueError: If it has more than `MAX_RESULT` characters.
    """
    if isinstance(value, Fraction):
        value = literal(value)
    written = value if isinstance(value, str) else text(value)
    if len(written) > MAX_RESULT:
        raise ValueError(f"the result is too long (at most {MAX_RESULT} characters)")
    return written


def _coerce_parts(value: Value, annotation: Any) -> Any:
    if get_origin(annotation) is Literal:
        return _choice(value, get_args(annotation))
    if get_origin(annotation) is not list:
        return _coerce_union(value, get_args(annotation))
    if not isinstance(value, list):
        raise ValueError(f"must be a list, not {text(value)}")
    return [coerce(item, get_args(annotation)[0]) for item in value]


def _choice(value: Value, options: tuple[Any, ...]) -> Any:
    for option in options:
        with suppress(ValueError):
            if coerce(value, type(option)) == option:
                return option
    raise ValueError(f"must be {' or '.join(map(text, options))}, not {text(value)}")


def _coerce_union(value: Value, options: tuple[Any, ...]) -> Any:
    if value is None and types.NoneType in options:
        return None
    options = tuple(option for option in options if option is not types.NoneType)
    exact_type = [option for option in options if type(value) is option]
    for option in exact_type + list(options):
        try:
            return coerce(value, option)
        except ValueError:
            continue
    raise ValueError(f"does not accept {text(value)}")


def _string(value: Value) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool | int | float):
        return str(value)
    raise ValueError(f"must be a string, not {text(value)}")


def _boolean(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.strip().lower() in ("true", "false"):
        return value.strip().lower() == "true"
    raise ValueError(f"must be True or False, not {text(value)}")
