"""The completion store: an SQLite file in the user's cache folder, shared by all workspaces and experiments.

A row is the hash of everything that shapes an answer, and the raw answer. The first writer wins, so that all who ask
the same read the same. Write-ahead logging keeps every acknowledged row when a process is killed.
"""

import hashlib
import os
import sqlite3
import tempfile
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path

from platformdirs import user_cache_path

from stages.errors import UserError

VARIABLE = "CALLSMITH_STORE"
FILE = "completions.sqlite"
WAIT = 60.0  # seconds for another process to finish its write
RESERVE = 4 << 20  # bytes of disk that are set aside, so that what is under way can be kept when the disk is full
_TABLE = """
CREATE TABLE IF NOT EXISTS completions (key BLOB PRIMARY KEY, response TEXT NOT NULL, checksum BLOB NOT NULL,
                                        kept INTEGER NOT NULL)
"""


def folder() -> Path:
    """Returns the folder of the store: that of `CALLSMITH_STORE`, or callsmith's in the user's cache."""
    return Path(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else user_cache_path("callsmith")


class Store:
    """Raw responses by key.

    Args:
        place: The folder that holds the file.
        writable: Whether it is made where it is missing, and must accept rows.

    Raises:
        UserError: If it cannot be opened as asked.
    """

    def __init__(self, place: Path, writable: bool = True) -> None:
        self.path = place / FILE
        self._reserve = place / "reserve"
        try:
            self._connection = self._open(writable)
        except (OSError, sqlite3.Error) as error:
            raise self._explained(error) from None

    @classmethod
    def existing(cls) -> "Store | None":
        """Opens the user's store for reading; None if there is none yet."""
        return cls(folder(), writable=False) if (folder() / FILE).exists() else None

    def _open(self, writable: bool) -> sqlite3.Connection:
        if not writable:
            return sqlite3.connect(f"file:{self.path}?mode=ro", uri=True, timeout=WAIT, isolation_level=None)
        from filelock import FileLock  # it takes long to import, and most who read this module open no store

        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, timeout=WAIT, isolation_level=None)
        with FileLock(self.path.with_suffix(".lock"), timeout=WAIT):  # SQLite's own timeout is not for this change
            connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        connection.execute(_TABLE)
        connection.execute("BEGIN IMMEDIATE")  # a folder that cannot be written to is refused before anything is paid
        connection.execute("COMMIT")
        if not self._reserve.exists():
            self._reserve.write_bytes(bytes(RESERVE))
        return connection

    def get(self, key: str) -> str | None:
        """Returns the response of a key; None if there is none, or if it is not as it was written.

        Raises:
            UserError: If the file cannot be read.
        """
        found = self._execute("SELECT response, checksum FROM completions WHERE key = ?", bytes.fromhex(key)).fetchone()
        return found[0] if found and _checksum(key, found[0]) == found[1] else None

    def put(self, key: str, response: str) -> str:
        """Keeps a response and returns the one that is kept: an earlier writer's, if there was one.

        Raises:
            UserError: If the disk is full or fails. With the disk full the response is kept all the same, in the
                space that was set aside.
        """
        try:
            return self._keep(key, response)
        except sqlite3.OperationalError as error:
            self._reserve.unlink(missing_ok=True)
            with suppress(sqlite3.Error):
                self._keep(key, response)
            raise self._explained(error) from None
        except sqlite3.Error as error:
            raise self._explained(error) from None

    def _keep(self, key: str, response: str) -> str:
        row = (bytes.fromhex(key), response, _checksum(key, response), int(time.time()))
        if self._connection.execute("INSERT OR IGNORE INTO completions VALUES (?, ?, ?, ?)", row).rowcount:
            return response
        if (earlier := self.get(key)) is not None:
            return earlier
        self._connection.execute("REPLACE INTO completions VALUES (?, ?, ?, ?)", row)  # it was damaged
        return response

    def add_missing(self, rows: Iterable[tuple[str, str]]) -> int:
        """Keeps key and response of rows whose key is not there yet, and returns how many there were."""
        before = len(self)
        for key, response in rows:
            if key not in self:
                self.put(key, response)
        return len(self) - before

    def forget(self, before: int) -> int:
        """Removes what was kept before a time (seconds since 1970), frees its space, and returns how much it was."""
        count = self._execute("DELETE FROM completions WHERE kept < ?", before).rowcount
        self._execute("VACUUM")
        return count

    def __contains__(self, key: str) -> bool:
        return self.get(key) is not None

    def __len__(self) -> int:
        count: int = self._execute("SELECT count(*) FROM completions").fetchone()[0]
        return count

    def rows(self) -> Iterator[tuple[str, str | None]]:
        """Yields every key with its response, or with None where that is not as it was written.

        A row at a time, so that a page that cannot be read hides no other.

        Raises:
            UserError: If the file cannot be read at all.
        """
        last = self._execute("SELECT coalesce(max(rowid), 0) FROM completions").fetchone()[0]
        for number in range(1, last + 1):
            with suppress(sqlite3.DatabaseError):
                query = "SELECT key, response, checksum FROM completions WHERE rowid = ?"
                for key, response, checksum in self._connection.execute(query, (number,)):
                    yield key.hex(), response if _checksum(key.hex(), response) == checksum else None

    def verify(self) -> tuple[int, int]:
        """Returns how many rows are as they were written, and how many are not."""
        return _tally(response is not None for _, response in self.rows())

    def repair(self) -> tuple[int, int]:
        """Makes the file anew of what can be read, and returns what `verify` does."""
        with tempfile.TemporaryDirectory(dir=self.path.parent) as place:
            fresh = Store(Path(place))
            found = _tally(_save(fresh, key, response) for key, response in self.rows())
            fresh._connection.close()
            self._connection.close()
            for suffix in ("-wal", "-shm"):
                self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
            fresh.path.replace(self.path)
        self._connection = self._open(writable=True)
        return found

    def _execute(self, statement: str, *values: bytes | int) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._explained(error) from None

    def _explained(self, error: Exception) -> UserError:
        return UserError(f"completion store {self.path}: {error}; {_remedy(error)}")


def _checksum(key: str, response: str) -> bytes:
    return hashlib.blake2b(f"{key}{response}".encode(), digest_size=8).digest()


def _remedy(error: Exception) -> str:
    text = str(error)
    if "full" in text or "No space" in text:
        return "what was paid is kept; free some disk space and run again"
    if "not a database" in text:
        return "move it away; `python -m stages store import` brings back what files of chains or an export know"
    if "malformed" in text:
        return "`python -m stages store verify --repair` saves what can be read"
    if "is locked" in text or isinstance(error, TimeoutError):
        return "another process is at it; run again when that has ended"
    if "readonly" in text or "unable to open" in text or isinstance(error, OSError):
        return f"set {VARIABLE} to a folder that can be written to"
    return "see that the disk works and run again"


def _save(store: Store, key: str, response: str | None) -> bool:
    return response is not None and bool(store.put(key, response))


def _tally(good: Iterable[bool]) -> tuple[int, int]:
    counts = Counter(good)
    return counts[True], counts[False]
