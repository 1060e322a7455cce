"""What dvc.yaml says of a stage, templates filled in: what the guard needs of DVC's own reading, in milliseconds."""

import itertools
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from .errors import LineageError

FILE = "dvc.yaml"
PARAMETERS = "params.yaml"
_TEMPLATE = re.compile(r"(?<!\\)\$\{(.*?)\}")


class Pipeline:
    """One dvc.yaml.

    Args:
        folder: The repository's root.
        path: The file, relative to it.
    """

    def __init__(self, folder: Path, path: str = FILE) -> None:
        self.folder = folder
        self.path = path
        self.content = read_yaml(folder, path)
        self._values: dict[str, Any] = {}
        parent = posixpath.dirname(path)
        if (folder / parent / PARAMETERS).exists():
            self._values.update(read_yaml(folder, posixpath.join(parent, PARAMETERS)))
        for entry in self.content.get("vars") or []:
            self._values.update(self._variables(entry, parent))

    def _variables(self, entry: str | dict[str, Any], parent: str) -> dict[str, Any]:
        if isinstance(entry, dict):
            return entry
        name, _, keys = entry.partition(":")
        values = read_yaml(self.folder, posixpath.join(parent, name))
        return {key: values[key] for key in keys.split(",")} if keys else values

    def names(self) -> list[str]:
        """Returns the names of all stages, those of a matrix or foreach one by one."""
        return [name for group in self.content.get("stages") or {} for name, _, _ in self._expanded(group)]

    def parameters(self, stage: str) -> dict[str, list[str]]:
        """Returns the files whose keys a stage reads as parameters, with the keys; none for the whole file.

        Raises:
            LineageError: If there is no such stage, or a template in it names an unknown value.
        """
        definition, values = self._stage(stage)
        folder = posixpath.join(posixpath.dirname(self.path), self._fill(definition.get("wdir", ""), values, stage))
        found: dict[str, list[str]] = {}
        for entry in definition.get("params") or []:
            if isinstance(entry, str):
                entry = {PARAMETERS: [entry]}
            for name, keys in self._fill(entry, values, stage).items():
                path = posixpath.normpath(posixpath.join(folder, name))
                found.setdefault(path, []).extend(keys or [])
        return found

    def _stage(self, stage: str) -> tuple[dict[str, Any], dict[str, Any]]:
        group = stage.partition("@")[0]
        for name, definition, values in self._expanded(group) if group in (self.content.get("stages") or {}) else ():
            if name == stage:
                return definition, values
        raise LineageError(f"{self.path}: has no stage `{stage}`")

    def _expanded(self, group: str) -> Iterator[tuple[str, dict[str, Any], dict[str, Any]]]:
        definition = self.content["stages"][group] or {}
        if "matrix" in definition:
            matrix = self._fill(definition["matrix"], {}, group)
            for combination in itertools.product(*(enumerate(values) for values in matrix.values())):
                item = {key: value for key, (_, value) in zip(matrix, combination, strict=True)}
                parts = [
                    f"{key}{index}"
                    if isinstance(item[key], dict | list)
                    else _part(definition["matrix"][key], index, item[key])
                    for key, (index, _) in zip(matrix, combination, strict=True)
                ]
                yield f"{group}@{'-'.join(parts)}", definition, {"item": item, "key": "-".join(parts)}
        elif "foreach" in definition:
            items = self._fill(definition["foreach"], {}, group)
            scalar = not isinstance(items, dict) and not any(isinstance(item, dict | list) for item in items)
            pairs = (
                items.items()
                if isinstance(items, dict)
                else ((item if scalar else i, item) for i, item in enumerate(items))
            )
            for key, item in pairs:
                yield f"{group}@{as_text(key)}", definition.get("do") or {}, {"item": item, "key": key}
        else:
            yield group, definition, {}

    def _fill(self, value: Any, values: dict[str, Any], stage: str) -> Any:
        if isinstance(value, dict):
            return {self._fill(key, values, stage): self._fill(inner, values, stage) for key, inner in value.items()}
        if isinstance(value, list):
            return [self._fill(inner, values, stage) for inner in value]
        if not isinstance(value, str):
            return value
        whole = _TEMPLATE.fullmatch(value)
        if whole:
            return self._value(whole[1], values, stage)
        return _TEMPLATE.sub(lambda match: as_text(self._value(match[1], values, stage)), value)

    def _value(self, expression: str, values: dict[str, Any], stage: str) -> Any:
        found: Any = {**self._values, **values}
        for part in expression.strip().replace("[", ".").replace("]", "").split("."):
            try:
                found = found[int(part) if isinstance(found, list) else part]
            except (KeyError, IndexError, TypeError, ValueError):
                raise LineageError(f"{self.path}: stage `{stage}`: there is no value for ${{{expression}}}") from None
        return found


def _part(written: Any, index: int, value: object) -> str:
    """Writes a value as DVC puts it into a stage's name: `True` from a template, `true` from a literal."""
    literal = isinstance(written, list) and not isinstance(written[index], str)
    return as_text(value) if literal else str(value)


def as_text(value: object) -> str:
    """Writes a value as DVC puts it into a text."""
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_yaml(folder: Path, path: str) -> dict[str, Any]:
    """Reads a YAML (or JSON) file.

    Raises:
        LineageError: If it is missing, malformed, or not a mapping.
    """
    try:
        content = yaml.load((folder / path).read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    except FileNotFoundError:
        raise LineageError(f"{path}: no such file") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise LineageError(f"{path}: not valid YAML ({' '.join(str(error).split())})") from None
    if not isinstance(content, dict):
        raise LineageError(f"{path}: expected a mapping")
    return content
