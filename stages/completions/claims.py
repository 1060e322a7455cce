"""Claims: of several runs that want the same completion at the same moment, one asks, and the others wait for it.

A claim is the operating system's lock on one byte of a file, at a place that follows from the key. So it ends with the
process that holds it, however that ends, and nothing has to be cleared away.
"""

import errno
import fcntl
from contextlib import suppress
from pathlib import Path

FILE = "claims"
_DIGITS = 15  # hexadecimal ones of a key: a place in a file is a number of 63 bits
_TAKEN = {errno.EAGAIN, errno.EACCES}  # systems say either


class Claims:
    """The claims of one run on completions of one store; a process has no other object for that store meanwhile.

    Args:
        place: The store's folder.
    """

    def __init__(self, place: Path) -> None:
        self._file = (place / FILE).open("ab")
        self._taken: set[str] = set()

    def take(self, key: str) -> bool:
        """Claims a key, unless it is claimed already; where the file system has no locks, other processes may, too."""
        if key in self._taken:
            return False
        try:
            fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, 1, _place(key))
        except OSError as error:
            if error.errno in _TAKEN:
                return False
        self._taken.add(key)
        return True

    def release(self, key: str) -> None:
        """Ends a claim."""
        self._taken.discard(key)
        with suppress(OSError):
            fcntl.lockf(self._file, fcntl.LOCK_UN, 1, _place(key))

    def close(self) -> None:
        """Ends all claims."""
        self._file.close()


def _place(key: str) -> int:
    return int(key[:_DIGITS], 16)
