"""Reading and writing of what passes between stages: JSON Lines with sorted keys, published atomically."""

import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypeVar

from stages.errors import UserError

Row = dict[str, Any]
T = TypeVar("T")
_FULL = {errno.ENOSPC, errno.EDQUOT}


@contextmanager
def published(path: Path | str) -> Iterator[Path]:
    """Gives a scratch path (file or folder, not yet there) that takes the place of `path` on success only.

    A stage that fails leaves no half-written out behind; what one that was killed had begun is removed by the next.

    Raises:
        UserError: If there is no room for it.
    """
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    scratch = target.with_name(f".{target.name}.{os.getpid()}.part")
    for begun in target.parent.glob(f".{glob.escape(target.name)}.*.part"):
        if begun == scratch or not _is_running(begun.suffixes[-2]):
            _remove(begun)
    try:
        yield scratch
        if target.is_dir():
            shutil.rmtree(target)
        scratch.replace(target)
    except OSError as error:
        if error.errno not in _FULL:
            raise
        raise UserError(f"{target}: {error.strerror}; free some disk space and run again") from None
    finally:
        _remove(scratch)


def _is_running(suffix: str) -> bool:
    """Tells whether a process goes on; one that was killed may still be listed, as a zombie, until its parent looks."""
    import psutil  # only where somebody else has begun the same file

    try:
        return bool(psutil.Process(int(suffix[1:])).status() != psutil.STATUS_ZOMBIE)
    except psutil.AccessDenied:
        return True
    except (psutil.NoSuchProcess, ValueError):
        return False


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def content_digest(path: Path) -> str:
    """Returns the SHA-256 of a file, or of the files in a folder with their names."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    files = sorted(inner for inner in path.rglob("*") if inner.is_file())
    names = [f"{inner.relative_to(path).as_posix()} {content_digest(inner)}" for inner in files]
    return hashlib.sha256("\n".join(names).encode()).hexdigest()


def dump(value: object) -> str:
    """Writes a value as one line of JSON; equal values give equal bytes."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, allow_nan=False)


def line(row: Row) -> str:
    """Writes a row of a JSON Lines file: its fields sorted, what is nested in the order that it has.

    The order of a call's arguments is data: a model that is trained on other orders than it sees in rollouts is
    trained on other prompts.
    """
    return json.dumps(dict(sorted(row.items())), ensure_ascii=False, allow_nan=False)


def write_jsonl(path: Path | str, rows: Iterable[Row]) -> int:
    """Writes rows as JSON Lines and returns how many there were."""
    count = 0
    with published(path) as scratch, scratch.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(line(row) + "\n")
            count += 1
    return count


def read_jsonl(path: Path | str) -> Iterator[Row]:
    """Yields the rows of a JSON Lines file.

    Raises:
        UserError: If the file is missing, or a line is not a JSON object; names file and line.
    """
    return read_records(path, lambda row: row)


def read_rows(path: Path | str) -> Iterator[Row]:
    """Yields the rows of a JSON Lines file, or of a file that is one JSON array of objects.

    Raises:
        UserError: If the file is missing, or is neither; names file and line, or the row of an array.
    """
    if not next((line for _, line in _lines(Path(path)) if line.strip()), "").lstrip().startswith("["):
        yield from read_jsonl(path)
        return
    for number, row in enumerate(_array(Path(path)), start=1):
        if not isinstance(row, dict):
            raise UserError(
                f"{path}: row {number}: expected a JSON object, found {type(row).__name__}; mend or remove it"
            )
        yield row


def _array(path: Path) -> list[Any]:
    try:
        rows: list[Any] = json.loads("".join(line for _, line in _lines(path)))
    except (ValueError, RecursionError) as error:
        line = error.lineno if isinstance(error, json.JSONDecodeError) else 1
        raise UserError(f"{path}:{line}: not valid JSON ({error}); mend this line") from None
    return rows


def read_records(path: Path | str, make: Callable[[Row], T]) -> Iterator[T]:
    """Yields what `make` makes of each row of a JSON Lines file.

    Raises:
        UserError: If the file is missing, a line is not a JSON object, or `make` raises KeyError, TypeError or
            ValueError for it; names file and line.
    """
    for number, line in _lines(Path(path)):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except (ValueError, RecursionError) as error:
            raise UserError(f"{path}:{number}: not valid JSON ({error}); mend or remove this line") from None
        if not isinstance(row, dict):
            raise UserError(f"{path}:{number}: expected a JSON object, found {type(row).__name__}")
        try:
            yield make(row)
        except (KeyError, TypeError, ValueError) as error:
            reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
            raise UserError(f"{path}:{number}: {reason}; mend or remove this line") from None


def _lines(path: Path) -> Iterator[tuple[int, str]]:
    try:
        with path.open(encoding="utf-8") as file:
            yield from enumerate(file, start=1)
    except FileNotFoundError:
        raise UserError(f"{path}: no such file; check the path, or run `dvc repro` to build it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}: cannot be read as UTF-8 text ({error})") from None
