"""Running many attempts with one model, in batches that go step by step together."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

from stages.agent.episode import Episode
from stages.agent.functions import Schema
from stages.agent.model import Model, Request, request_key


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


def run(model: Model, attempts: Iterable[Attempt], batch_size: int) -> Iterator[Attempt]:
    """Runs attempts to their ends and yields them in order.

    Args:
        model: Completes the conversations.
        attempts: Fresh attempts; drawn one batch at a time.
        batch_size: How many go on together.
    """
    pending = iter(attempts)
    while batch := list(islice(pending, batch_size)):
        tools = batch[0].episode.functions.schemas
        while active := [attempt for attempt in batch if attempt.episode.ended is None]:
            _step(model, active, tools)
        yield from batch


def _step(model: Model, active: Sequence[Attempt], tools: Sequence[Schema]) -> None:
    requests = [Request(item.problem_id, item.sample, item.episode.messages, tools) for item in active]
    for attempt, request, completion in zip(active, requests, model.complete(requests)):
        attempt.requests.append(request_key(model.identity, request))
        attempt.episode.receive(completion)
