"""Running many attempts with one model, in batches that go step by step together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain, islice

from stages.agent.episode import Episode
from stages.agent.functions import Schema
from stages.agent.model import GrowingKey, Identified, Keys, Model, Request


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


def run(model: Model, attempts: Iterable[Attempt], batch_size: int) -> Iterator[Attempt]:
    """Runs attempts to their ends and yields them in order.

    Args:
        model: Completes the conversations.
        attempts: Fresh attempts that offer the same functions; drawn as they are needed.
        batch_size: How many go on together.
    """
    keys, tools, pending = prepared(model, attempts)
    while batch := list(islice(pending, batch_size)):
        while active := [attempt for attempt in batch if attempt.episode.ended is None]:
            completions = model.complete([attempt.request(keys, tools) for attempt in active])
            for attempt, completion in zip(active, completions):
                attempt.episode.receive(completion)
        yield from batch


def prepared(model: Identified, attempts: Iterable[Attempt]) -> tuple[Keys, Sequence[Schema], Iterator[Attempt]]:
    """Returns what makes the keys of attempts' requests, the functions that all of them offer, and the attempts."""
    pending = iter(attempts)
    first = list(islice(pending, 1))
    tools = first[0].episode.functions.schemas if first else []
    return Keys(model.identity, tools), tools, chain(first, pending)
