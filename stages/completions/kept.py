"""Teachers whose completions are kept: asked only for what the store does not have, each answer kept as it arrives."""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from stages.agent.model import Request
from stages.completions.claims import Claims
from stages.completions.seeds import from_seed
from stages.completions.store import Store
from stages.completions.usage import Budget, Completion, Usage
from stages.errors import UserError

_POLL = 0.02  # seconds until one looks again for what has been asked for elsewhere


class Paid(Protocol):
    """A model whose completions are worth keeping.

    Attributes:
        identity: All that shapes its completions apart from the request.
        budget: What a run may spend.
    """

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes the model's completions apart from the request."""
        ...

    @property
    def budget(self) -> Budget:
        """What a run may spend."""
        ...

    def read(self, response: str) -> Completion:
        """Reads a raw response, as the teacher returned it."""
        ...


class Local(Paid, Protocol):
    """Computes completions in this process, in batches."""

    @property
    def batch_size(self) -> int | None:
        """How many conversations it takes at once; None for as many as there are."""
        ...

    def respond_all(self, requests: Sequence[Request]) -> Iterator[str]:
        """Yields the raw response to each request, in order, as soon as it is there."""
        ...


class Served(Paid, Protocol):
    """Has completions served from elsewhere, many at a time."""

    @property
    def in_flight(self) -> int:
        """How many requests may wait for their answers at once."""
        ...

    async def respond(self, request: Request) -> str:
        """Returns the raw response to a request."""
        ...

    def stop(self) -> None:
        """Gives up what would be tried again."""
        ...

    async def close(self) -> None:
        """Closes the connections."""
        ...


class KeptBatches:
    """The agent's model for a teacher that computes here.

    Args:
        teacher: Is asked for what is missing.
        store: Keeps every response.
        usage: Counts what is asked for.
    """

    def __init__(self, teacher: Local, store: Store, usage: Usage) -> None:
        self.identity = teacher.identity
        self._teacher, self._store, self._usage = teacher, store, usage

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """Returns one completion for each request, in order.

        Raises:
            UserError: If the budget is spent or the store fails.
        """
        known = {request.key: self._store.get(request.key) for request in requests}
        missing = list({item.key: item for item in requests if known[item.key] is None}.values())
        self._usage.reused += len(requests) - len(missing)
        if missing:
            self._usage.check()
        for request, response in zip(missing, self._teacher.respond_all(missing)):
            self._usage.count(self._teacher.read(response))
            known[request.key] = self._store.put(request.key, response)
        return [text(self._teacher, known[request.key] or "") for request in requests]


class KeptAnswers:
    """The agent's model for a teacher that is served from elsewhere.

    Args:
        teacher: Is asked for what is missing.
        store: Keeps every response.
        usage: Counts what is asked for.
    """

    def __init__(self, teacher: Served, store: Store, usage: Usage) -> None:
        self.identity, self.in_flight = teacher.identity, teacher.in_flight
        self._teacher, self._store, self._usage = teacher, store, usage
        self._claims = Claims(store.path.parent)
        self._failure: UserError | None = None

    async def answer(self, request: Request) -> str:
        """Returns the completion of a request.

        Raises:
            UserError: If the budget is spent, the server cannot be used, the store fails, or all is to stop.
        """
        while (known := self._known(request)) is None:
            if self._failure is not None:  # nothing more is paid for once the run is bound to end
                raise self._failure
            self._usage.check()
            if self._claims.take(request.key):
                return await self._ask(request)
            await asyncio.sleep(_POLL)  # it is asked for already, in this run or another one
        return known

    def _known(self, request: Request) -> str | None:
        response = self._store.get(request.key)
        if response is None:
            return None
        self._usage.reused += 1
        return text(self._teacher, response)

    async def _ask(self, request: Request) -> str:
        try:
            known = self._known(request)  # its last claim may just have ended
            return await self._asked(request) if known is None else known
        except UserError as error:
            self._failure = error
            raise
        finally:
            self._claims.release(request.key)

    async def _asked(self, request: Request) -> str:
        response = await self._teacher.respond(request)
        completion = self._teacher.read(response)
        self._usage.count(completion)
        kept = self._store.put(request.key, response)
        return completion.text if kept == response else text(self._teacher, kept)

    def stop(self) -> None:
        """Asks for nothing more, and gives up what would be tried again."""
        self._failure = self._failure or UserError("stopped")
        self._teacher.stop()

    async def close(self) -> None:
        """Closes the connections."""
        self._claims.close()
        await self._teacher.close()


def text(teacher: Paid, response: str) -> str:
    """Returns the completion of a response that the store keeps: a raw one, or a seed."""
    seed = from_seed(response)
    return teacher.read(response).text if seed is None else seed
