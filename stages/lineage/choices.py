"""Roots that count only where a parameter names them.

A key such as `functions.*.*` with `params.yaml:problems.*.functions` says: of the roots `functions.math.…` those count
that `problems.math.functions` names, as a text or a list of texts. What the parameter does not name is as if it were
not there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .errors import LineageError

Names = tuple[str, ...]


@dataclass(frozen=True)
class Choice:
    """Which roots of a pattern count.

    Attributes:
        key: The key of the pattern; its last part is `*`, for the name that is chosen.
        names: Values of the `*` parts before it to the names that are chosen; where it has none, all are.
    """

    key: str
    names: tuple[tuple[Names, Names], ...]

    def admits(self, key: str, pattern: str) -> bool:
        """Returns whether a root that was expanded from a pattern counts."""
        if pattern != self.key:
            return True
        filling = [part for part, want in zip(key.split("."), pattern.split("."), strict=True) if want == "*"]
        return filling[-1] in dict(self.names).get(tuple(filling[:-1]), filling)


def read_choice(folder: Path, key: str, place: str, where: str) -> Choice:
    """Reads what a parameters file chooses.

    Args:
        folder: The project's.
        key: The key of a pattern.
        place: `FILE:PARAMETER`, with as many `*` as the key has before its last part.
        where: Names the entry in messages.

    Raises:
        LineageError: If key and place do not fit, or there is no such file.
    """
    file, colon, parameter = place.partition(":")
    stars = key.split(".").count("*")
    if not colon or not key.endswith("*") or parameter.split(".").count("*") != stars - 1:
        raise LineageError(f"{where}: expected a key that ends with `*` and `FILE:PARAMETER` with one `*` less")
    import yaml  # most projects choose nothing

    try:
        values = yaml.load((folder / file).read_bytes(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except OSError:
        raise LineageError(f"{file}: no such file; {where} names it") from None
    except yaml.YAMLError:  # whoever uses the parameters says so better; until then all roots count
        values = None
    return Choice(key, tuple(_chosen(values, parameter.split("."), ())))


def _chosen(
    values: Any, parts: list[str], filled: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    if not parts:
        names = [values] if isinstance(values, str) else values
        if isinstance(names, list) and all(isinstance(name, str) for name in names):
            yield filled, tuple(names)
    elif isinstance(values, dict):
        for name in list(values) if parts[0] == "*" else [parts[0]]:
            if name in values:
                yield from _chosen(values[name], parts[1:], (*filled, str(name)) if parts[0] == "*" else filled)
