"""Running many attempts with one model, each on its own, many at once."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice

from stages.agent.loop import Attempt, prepared
from stages.agent.model import Responder

# How many attempts are begun before the one that is due has ended, for each in flight: a slow one stops no other.
AHEAD = 16


def stream(model: Responder, attempts: Iterable[Attempt]) -> Iterator[Attempt]:
    """Runs attempts to their ends and yields them in order.

    Args:
        model: Completes the conversations.
        attempts: Fresh attempts that offer the same functions; drawn as they are needed.
    """
    keys, tools, pending = prepared(model, attempts)
    slots, window, ending = asyncio.Semaphore(model.in_flight), deque[asyncio.Task[Attempt]](), asyncio.Event()

    async def carry_out(attempt: Attempt) -> Attempt:
        async with slots:
            while attempt.episode.ended is None and not ending.is_set():
                attempt.episode.receive(await model.answer(attempt.request(keys, tools)))
            return attempt

    async def advance() -> list[Attempt]:
        """Waits for the attempt that is due, and returns it with those after it that have ended as well."""
        new, done = islice(pending, AHEAD * model.in_flight - len(window)), list[Attempt]()
        window.extend(asyncio.create_task(carry_out(each)) for each in new)
        if window:
            await asyncio.wait([window[0]])  # whoever interrupts this wait does not interrupt the attempt
        while window and window[0].done():
            done.append(window.popleft().result())
        return done

    async def end() -> None:
        """Waits for what has been asked, since it is paid for."""
        ending.set()
        model.stop()
        await asyncio.gather(*window, return_exceptions=True)
        await model.close()

    with asyncio.Runner() as runner:
        try:
            while attempts := runner.run(advance()):
                yield from attempts
        finally:
            runner.run(end())
