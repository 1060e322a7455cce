"""params.yaml, section by section, checked against the model that a stage declares for it."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from stages import configuration
from stages.configuration import PATH
from stages.errors import UserError


class Parameters(BaseModel):
    """Base of every parameter section: no unknown keys, no silent conversion of types."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


P = TypeVar("P", bound=Parameters)


def section(key: str, model: type[P], path: Path = PATH) -> P:
    """Reads one section, such as `adapter` or `problems.math`, into its model.

    Raises:
        UserError: If a part of the key is missing, unknown, or of the wrong type; names each offending key.
    """
    value: Any = configuration.read_all(path)
    for depth, part in enumerate(key.split("."), start=1):
        if not isinstance(value, dict) or part not in value:
            known = ", ".join(map(str, value)) if isinstance(value, dict) else "nothing"
            raise UserError(f"{path}: `{'.'.join(key.split('.')[:depth])}` is missing (there is: {known})")
        value = value[part]
    try:
        return model.model_validate(value)
    except ValidationError as error:
        raise UserError("\n".join(f"{path}: {_explain(key, item)}" for item in error.errors())) from None


def _explain(key: str, item: Any) -> str:
    where = ".".join([key, *map(str, item["loc"])])
    if item["type"] == "extra_forbidden":
        return f"`{where}` is not a parameter; remove it or mend its spelling"
    if item["type"] == "missing":
        return f"`{where}` is missing"
    found = "" if isinstance(item["input"], dict) else f" (it is {item['input']!r})"
    message = item["msg"].removeprefix("Value error, ")
    return f"`{where}`: {message[0].lower()}{message[1:]}{found}"
