"""Functions that a worker has to survive; at the top level of a module, since another process imports them."""

import os
import time

from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet

FUNCTIONS = FunctionSet()
CALLS: list[str] = []


@FUNCTIONS.register(example="process()", limited=True)
def process() -> list[int]:
    """The number of the process, and how often it was called."""
    CALLS.append("process")
    return [os.getpid(), len(CALLS)]


@FUNCTIONS.register(example="power(base=2, exponent=3)", limited=True)
def power(base: int, exponent: int) -> int:
    """Raise base to exponent."""
    return base**exponent


@FUNCTIONS.register(example="repeat(text='a', count=3)", limited=True)
def repeat(text: str, count: int) -> str:
    """Write a text many times."""
    return text * count


@FUNCTIONS.register(example="wait(seconds=0)", limited=True)
def wait(seconds: float) -> str:
    """Do nothing for a while."""
    time.sleep(seconds)
    return "done"


@FUNCTIONS.register(example="fail(how='no')", limited=True)
def fail(how: str) -> str:
    """Fail in some way."""
    if how == "answer":
        raise CallError(ErrorType.WRONG_ARGUMENT, "No, not so.")
    if how == "error":
        raise LookupError("nothing there")
    if how == "silence":
        raise RecursionError
    if how == "abort":
        os.abort()
    if how == "exit":
        raise SystemExit
    return how
