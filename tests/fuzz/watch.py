"""What happens while a text is handled: time, and whatever reaches out of the interpreter's own objects."""

import signal
import sys
import unicodedata  # noqa: F401  # Python itself imports it at the first `\N{…}`
import warnings
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from stages.agent import worker

HANG_SECONDS = 50  # of a call that asks z3 twice, each time in a worker that is killed after 20
HARMLESS = ("object.__getattr__", "sys._getframe")
_seen: Counter[str] | None = None


class Hang(BaseException):
    """Handling took too long; no `except Exception` stops it."""


@contextmanager
def watched(seconds: float = HANG_SECONDS) -> Iterator[Counter[str]]:
    """Yields a counter of escapes: code that runs, files, processes, network, imports, and words on the screen.

    Raises:
        Hang: If the block takes longer than some seconds.
    """
    global _seen
    _seen = seen = Counter()
    signal.signal(signal.SIGALRM, _hang)
    showwarning, warnings.showwarning = warnings.showwarning, _warned
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield seen
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        warnings.showwarning = showwarning
        _seen = None


def _hang(*_: object) -> None:
    raise Hang


def _hook(event: str, arguments: tuple[object, ...]) -> None:
    parsed = event == "compile" and arguments[1] == "<unknown>"  # `ast.parse`: a tree, no code; running it is `exec`
    if _seen is not None and not parsed and event not in HARMLESS:
        _seen[event] += 1


def _started(new_worker: worker._Worker) -> None:
    """Starts a worker unseen: that is our own doing, and no text decides what runs in it."""
    global _seen
    seen, _seen = _seen, None
    try:
        _start(new_worker)
    finally:
        _seen = seen


def _warned(*_: object, **__: object) -> None:
    if _seen is not None:
        _seen["warning"] += 1


_start = worker._Worker.__init__
worker._Worker.__init__ = _started
sys.addaudithook(_hook)
