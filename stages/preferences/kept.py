"""What earlier runs made of a version of a problem, kept under a hash of everything that shaped it.

It can only save time. The file stands beside the completion store; where it is missing, damaged, locked or cannot be
written to, pairs are made as if it were not there. An entry that was not needed for a month is removed.
"""

import hashlib
import json
import platform
import sqlite3
import time
import zlib
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from stages.files import Row, dump

FILE = "pairs.sqlite"
CODE = Path(__file__).parents[1]
_BATCH = 200
_DAY = 24 * 60 * 60
_MONTH = 30 * _DAY
_WAIT = 5.0  # seconds for another process to finish its write
_TABLE = "CREATE TABLE IF NOT EXISTS pairs (key BLOB PRIMARY KEY, rows BLOB NOT NULL, used INTEGER NOT NULL)"
_ENTRY = "INSERT OR REPLACE INTO pairs VALUES (?, ?, ?)"


class KeptPairs:
    """Rows of pairs by what they were made of.

    Args:
        folder: Where the file stands; None to keep nothing.
        identity: Code, parameters, and all else that shapes pairs, apart from what is asked for.
        code: Folder of the code that runs. Once a file in it changes, nothing is kept any more: it may have been loaded
            too late to be the code of the identity.
    """

    def __init__(self, folder: Path | None, identity: object, code: Path = CODE) -> None:
        self._identity = [platform.python_version(), identity]
        self._waiting: list[tuple[bytes, bytes, int]] = []
        self._code, self._state = code, _state(code)
        self._connection: sqlite3.Connection | None = None
        with suppress(OSError, sqlite3.Error):
            self._connection = _open(folder) if folder else None

    def rows(self, asked: object, make: Callable[[], Sequence[Row]]) -> Sequence[Row]:
        """Returns the rows that were made of what is asked, or makes and keeps them.

        Args:
            asked: All that rows depend on, apart from the identity; whatever JSON can hold.
            make: Makes the rows.
        """
        if self._connection is None:
            return make()
        key = hashlib.sha256(dump([self._identity, asked]).encode()).digest()
        if (known := self._get(self._connection, key)) is not None:
            return known
        made = make()
        text = json.dumps(made, ensure_ascii=False)  # in the order of arguments that there is
        self._waiting.append((key, zlib.compress(text.encode(), 1), int(time.time())))
        if len(self._waiting) >= _BATCH:
            self.flush()
        return made

    def flush(self) -> None:
        """Writes what is waiting, unless the code has changed meanwhile."""
        if self._connection and _state(self._code) == self._state:
            with suppress(sqlite3.Error):
                self._connection.execute("BEGIN IMMEDIATE")
                self._connection.executemany(_ENTRY, self._waiting)
                self._connection.execute("COMMIT")
        self._waiting.clear()

    def _get(self, connection: sqlite3.Connection, key: bytes) -> Sequence[Row] | None:
        try:
            found = connection.execute("SELECT rows, used FROM pairs WHERE key = ?", (key,)).fetchone()
            if found is None:
                return None
            if found[1] < time.time() - _DAY:
                connection.execute("UPDATE pairs SET used = ? WHERE key = ?", (int(time.time()), key))
            rows: list[Row] = json.loads(zlib.decompress(found[0]))  # which checks its checksum
            return rows
        except (sqlite3.Error, zlib.error, ValueError):
            return None


def _open(folder: Path) -> sqlite3.Connection:
    folder.mkdir(parents=True, exist_ok=True)
    connection = sqlite3.connect(folder / FILE, timeout=_WAIT, isolation_level=None)
    connection.execute("PRAGMA synchronous=NORMAL")
    connection.execute(_TABLE)
    connection.execute("DELETE FROM pairs WHERE used < ?", (time.time() - _MONTH,))
    return connection


def _state(code: Path) -> dict[str, Any]:
    """Returns size and time of every file of the code."""
    found = ((path, path.stat()) for path in sorted(code.rglob("*.py")))
    return {str(path): (stat.st_size, stat.st_mtime_ns) for path, stat in found}
