"""Functions that may take too much time or memory, run in a process of their own that can be killed for it.

A worker is kept for the next call, and replaced once it was killed. What goes from one process to the other is the
name of the function, its arguments, and the text of its result. So a limited function stands at the top level of a
module, and cannot have the state of a chain. The limits are the system's: they hold in C code, and without a parent.
"""

import functools
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing.connection import Connection
from typing import Any

from stages.agent.error_types import CallError
from stages.agent.values import result_text

_OUT_OF_MEMORY = 3


@dataclass(frozen=True)
class Limits:
    """What one call may take: seconds of computing, seconds in all, and bytes more than the function's import took."""

    computing: int = 5
    seconds: int = 20
    memory: int = 1 << 30


LIMITS = Limits()
_idle: dict[int, list["_Worker"]] = {}  # by the process that started them: a fork has none yet


def in_worker(body: Callable[..., Any]) -> Callable[..., str]:
    """Returns a function that runs the body in a worker and returns its result as text.

    A call raises `CallError` as the body does, and `RuntimeError` for whatever else: for another exception of the body,
    for more than `LIMITS` allow, and for a crash.

    Raises:
        TypeError: If other processes cannot find the body by its name.
    """
    if body.__qualname__ != body.__name__ or body.__module__ == "__main__":
        raise TypeError(f"`{body.__qualname__}` must stand at the top level of a module that can be imported")

    @functools.wraps(body)
    def call(**arguments: Any) -> str:
        idle = _idle.setdefault(os.getpid(), [])
        worker = _take(idle)
        answer = worker.ask(body, arguments)
        idle.append(worker)
        if isinstance(answer, Exception):
            raise answer
        return answer

    return call


def _take(idle: list["_Worker"]) -> "_Worker":
    """Returns a worker that waits, or a new one, so that each of several threads has its own."""
    with suppress(IndexError):
        while True:
            if (worker := idle.pop()).waits():
                return worker
    return _Worker()


class _Worker:
    """A process that runs one call after the other, until it is killed or nobody is left who could call."""

    def __init__(self) -> None:
        spawn = multiprocessing.get_context("spawn")
        self._calls, theirs = spawn.Pipe()
        self._process = spawn.Process(target=_serve, args=(theirs, LIMITS), daemon=True)
        self._process.start()
        theirs.close()

    def waits(self) -> bool:
        """Whether the process is still there: then it has nothing to say, and otherwise its end is what it says."""
        return not self._calls.poll()

    def ask(self, body: Callable[..., Any], arguments: Mapping[str, Any]) -> str | Exception:
        """Returns the text of the result, or the exception to raise.

        Raises:
            RuntimeError: If the process was killed.
        """
        try:
            self._calls.send((body, arguments))
            answer: str | Exception = self._calls.recv()
        except (EOFError, ConnectionError):
            self._process.join()
            raise RuntimeError(f"{_reason(self._process.exitcode)}; ask for something smaller") from None
        return answer


def _reason(code: int | None) -> str:
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return "it took too long"
    return "it took too much memory" if code == _OUT_OF_MEMORY else "it crashed"


def _serve(calls: Connection, limits: Limits) -> None:
    """Answers calls until the other end is closed."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who is interrupted is the parent, which then ends this process
    with suppress(EOFError):
        body, arguments = calls.recv()  # imports the module of the body
        _limit_memory(limits.memory)
        while True:
            _limit_time(limits)
            answer = _answer(body, arguments)
            signal.setitimer(signal.ITIMER_REAL, 0)
            calls.send(answer)
            body, arguments = calls.recv()


def _answer(body: Callable[..., Any], arguments: Mapping[str, Any]) -> str | Exception:
    try:
        return result_text(body(**arguments))
    except CallError as error:
        return error
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # what is left of this process is not fit for the next call
    except Exception as error:
        return RuntimeError(str(error) or type(error).__name__)


def _limit_memory(size: int) -> None:
    import resource

    import psutil

    _limit(resource.RLIMIT_AS, psutil.Process().memory_info().vms + size)
    _limit(resource.RLIMIT_CORE, 0)


def _limit_time(limits: Limits) -> None:
    import resource

    used = resource.getrusage(resource.RUSAGE_SELF)
    _limit(resource.RLIMIT_CPU, int(used.ru_utime + used.ru_stime) + 1 + limits.computing)
    signal.setitimer(signal.ITIMER_REAL, limits.seconds)


def _limit(kind: int, amount: int) -> None:
    import resource

    _, hard = resource.getrlimit(kind)
    resource.setrlimit(kind, (amount if hard == resource.RLIM_INFINITY else min(amount, hard), hard))
