"""Completions without their raw responses: what a file of chains still knows of what a teacher answered."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

from stages.files import Row, read_records

_KEY = re.compile("[0-9a-f]{64}")
_MARK = '{"completion": '


def as_seed(completion: str) -> str:
    """Returns what the store keeps for a completion whose raw response is gone."""
    return json.dumps({"completion": completion}, ensure_ascii=False)


def from_seed(response: str) -> str | None:
    """Returns the completion, if a response is a seed."""
    return str(json.loads(response)["completion"]) if response.startswith(_MARK) else None


def seeds(chains: Path) -> Iterator[tuple[str, str]]:
    """Yields key and seed of every completion in a file of chains.

    Raises:
        UserError: If the file is missing or malformed; names the line.
    """
    for rows in read_records(chains, _seeds):
        yield from rows


def read_rows(path: Path) -> Iterator[tuple[str, str]]:
    """Yields key and response of an export's rows, or key and seed of a file of chains.

    Raises:
        UserError: If the file is missing or malformed; names the line.
    """
    for rows in read_records(path, lambda row: _seeds(row) if "requests" in row else [_row(row)]):
        yield from rows


def _seeds(row: Row) -> list[tuple[str, str]]:
    return [(_key(key), as_seed(step["completion"])) for key, step in zip(row["requests"], row["steps"])]


def _row(row: Row) -> tuple[str, str]:
    if not isinstance(row["response"], str):
        raise ValueError("`response` must be a text")
    return _key(row["key"]), row["response"]


def _key(key: str) -> str:
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise ValueError(f"{str(key)[:80]!r} is no key of 64 hexadecimal digits")
    return key
