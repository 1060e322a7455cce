"""Running many attempts with one model: in batches that go step by step together, or each on its own, many at once."""

import asyncio
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from stages.agent.episode import Episode
from stages.agent.functions import Schema
from stages.agent.model import GrowingKey, Keys, Model, Request, Responder

# How many attempts are begun before the one that is due has ended, for each in flight: a slow one stops no other.
AHEAD = 16


@dataclass
class Attempt:
    """One attempt at one problem, and the keys of the completions that it took.

    Attributes:
        problem_id: The problem.
        sample: Which attempt at it.
        episode: What happened.
        requests: Key of every step's completion.
    """

    problem_id: str
    sample: int
    episode: Episode
    requests: list[str] = field(default_factory=list)
    _key: GrowingKey | None = None

    def request(self, keys: Keys, tools: Sequence[Schema]) -> Request:
        """Returns the request for the next completion, and notes its key."""
        messages = self.episode.messages
        self._key = self._key or keys.begin(self.sample)
        self.requests.append(self._key.after(messages))
        return Request(self.problem_id, self.sample, messages, tools, self.requests[-1])


def run(model: Model | Responder, attempts: Iterable[Attempt], batch_size: int) -> Iterator[Attempt]:
    """Runs attempts to their ends and yields them in order.

    Args:
        model: Completes the conversations.
        attempts: Fresh attempts that offer the same functions; drawn as they are needed.
        batch_size: How many go on together, if the model completes batches.
    """
    pending = iter(attempts)
    if (first := next(pending, None)) is None:
        return
    tools = first.episode.functions.schemas
    keys, pending = Keys(model.identity, tools), chain([first], pending)
    if isinstance(model, Responder):
        yield from _one_by_one(model, pending, keys, tools)
        return
    while batch := list(islice(pending, batch_size)):
        while active := [attempt for attempt in batch if attempt.episode.ended is None]:
            completions = model.complete([attempt.request(keys, tools) for attempt in active])
            for attempt, completion in zip(active, completions):
                attempt.episode.receive(completion)
        yield from batch


def _one_by_one(model: Responder, pending: Iterator[Attempt], keys: Keys, tools: Sequence[Schema]) -> Iterator[Attempt]:
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
