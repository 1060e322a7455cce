"""Functions that may take too much time or memory, run in a process of their own that can be killed for it.

A worker is kept for the next call, and replaced once it was killed. What goes from one process to the other is the
name of the function, its arguments, and its result: `True`, `False` or `None` as it is, anything else as the text that
a model reads. So the function stands at the top level of a module, and cannot have the state of a chain. The limits are
the system's: they hold in C code, and without a parent.
"""

import functools
import os
import signal
import subprocess
import sys
import weakref
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from typing import Any

from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import result_text

Result = str | bool | None

_RESULT, _FAILED = "result", "failed"  # what an answer is, if it is no `ErrorType`
_OUT_OF_MEMORY = 3
_Answer = tuple[str, Result]


@dataclass(frozen=True)
class Limits:
    """What one call may take: seconds of computing, seconds in all, and bytes more than the function's import took."""

    computing: int = 5
    seconds: int = 20
    memory: int = 1 << 30


LIMITS = Limits()
_idle: dict[int, list["_Worker"]] = {}  # by the process that started them: a fork has none yet


def in_worker(body: Callable[..., Any]) -> Callable[..., Result]:
    """Returns a function that runs the body in a worker; it takes arguments by name.

    A call raises `CallError` as the body does, `TimeoutError` and `MemoryError` for more than `LIMITS` allow, and
    `RuntimeError` for any other exception of the body and for a crash.

    Raises:
        TypeError: If other processes cannot find the body by its name.
    """
    if body.__qualname__ != body.__name__ or body.__module__ == "__main__":
        raise TypeError(f"`{body.__qualname__}` must stand at the top level of a module that can be imported")

    @functools.wraps(body)
    def call(**arguments: Any) -> Result:
        idle = _idle.setdefault(os.getpid(), [])
        worker = _take(idle)
        kind, result = worker.ask(body, arguments)
        idle.append(worker)
        if kind == _RESULT:
            return result
        raise RuntimeError(result) if kind == _FAILED else CallError(ErrorType(kind), str(result))

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
        self._calls, theirs = Pipe()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # nothing in it comes from a model
                [sys.executable, "-c", f"from stages.agent.worker import serve; serve({theirs.fileno()})"],
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
                stdin=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,  # who is interrupted at a terminal is the parent alone
            )
        weakref.finalize(self, self._process.kill)
        self._calls.send(LIMITS)

    def waits(self) -> bool:
        """Whether the process is still there: then it has nothing to say, and otherwise its end is what it says."""
        return not self._calls.poll()

    def ask(self, body: Callable[..., Any], arguments: Mapping[str, Any]) -> _Answer:
        """Returns what came of a call.

        Raises:
            TimeoutError, MemoryError, RuntimeError: If the process was killed.
        """
        try:
            self._calls.send((body, arguments))
            answer: _Answer = self._calls.recv()
        except (EOFError, ConnectionError):
            raise _death(self._process.wait()) from None
        return answer


def _death(code: int) -> Exception:
    if code in (-signal.SIGXCPU, -signal.SIGALRM):
        return TimeoutError("it took too long; ask for something smaller")
    if code == _OUT_OF_MEMORY:
        return MemoryError("it took too much memory; ask for something smaller")
    return RuntimeError("it crashed; ask for something else")


def serve(descriptor: int) -> None:
    """Answers calls until the other end of a pipe is closed: what a worker does."""
    with suppress(EOFError), Connection(descriptor) as calls:
        limits: Limits = calls.recv()
        body, arguments = calls.recv()  # imports the module of the body
        _limit_memory(limits.memory)
        while True:
            _limit_time(limits)
            answer = _answer(body, arguments)
            signal.setitimer(signal.ITIMER_REAL, 0)
            calls.send(answer)
            body, arguments = calls.recv()


def _answer(body: Callable[..., Any], arguments: Mapping[str, Any]) -> _Answer:
    """Returns plain data: reading them runs nothing on the other side."""
    try:
        result = body(**arguments)
        return _RESULT, result if result is None or isinstance(result, bool) else result_text(result)
    except CallError as error:
        return str(error.error), str(error)
    except MemoryError:
        os._exit(_OUT_OF_MEMORY)  # what is left of this process is not fit for the next call
    except Exception as error:
        return _FAILED, str(error) or type(error).__name__


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
