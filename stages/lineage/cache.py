"""Analyses of files that were seen before, kept by the digest of their content.

A cache can only save time: its file is named by a digest of this room's own source and the Python version, carries a
digest of itself, and each analysis is found by the whole content of the file it is of. Writers replace the file as a
whole; what one of two concurrent writers loses is computed again.
"""

import json
import os
import sys
from contextlib import suppress
from hashlib import sha256
from pathlib import Path

from .analysis import analyse
from .errors import LineageError
from .unit import Source, unpack


class Analyses:
    """Analyses files, or finds what an earlier run made of them.

    Args:
        folder: Where the cache is kept; None for no cache.
        top: The folder that paths in messages are relative to.
    """

    def __init__(self, folder: Path | None, top: Path) -> None:
        self.top = top
        self.path = folder / f"analyses-{_version()}.json" if folder else None
        self._kept = _read(self.path) if self.path else {}
        self._used: dict[str, object] = {}

    def __call__(self, path: Path) -> Source:
        """Returns the analysis of a file.

        Raises:
            LineageError: If it isn't valid Python.
        """
        content = path.read_bytes()
        key = sha256(content).hexdigest()
        if key in self._kept:
            self._used[key] = self._kept[key]
            return unpack(self._kept[key])
        try:
            source = analyse(content)
        except (SyntaxError, ValueError, RecursionError) as error:
            line = getattr(error, "lineno", None) or 1
            where = path.relative_to(self.top).as_posix()
            raise LineageError(f"{where}:{line}: not valid Python ({getattr(error, 'msg', error)}); mend it") from None
        self._used[key] = source
        return source

    def save(self) -> None:
        """Keeps the analyses that this run used, if some are new. A failure to write is no failure of the run."""
        if self.path is None or self._used.keys() <= self._kept.keys():
            return
        text = json.dumps(self._used, separators=(",", ":"))
        scratch = self.path.with_suffix(f".{os.getpid()}.part")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            scratch.write_text(f"{sha256(text.encode()).hexdigest()}\n{text}", encoding="utf-8")
            scratch.replace(self.path)
        except OSError:
            with suppress(OSError):
                scratch.unlink()


def _version() -> str:
    own = sha256(sys.version.encode())
    for path in sorted(Path(__file__).parent.glob("*.py")):
        own.update(path.read_bytes())
    return own.hexdigest()[:16]


def _read(path: Path) -> dict[str, list[object]]:
    try:
        checksum, _, text = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return {}
    if sha256(text.encode()).hexdigest() != checksum:
        return {}
    kept: dict[str, list[object]] = json.loads(text)
    return kept
