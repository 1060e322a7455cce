"""What teachers that are language models have in common: their completions are kept in the completion store."""

from collections.abc import Callable, Iterator
from pathlib import Path

from stages.agent.loop import run
from stages.agent.streaming import stream
from stages.completions.kept import KeptAnswers, KeptBatches, Local, Paid, Served, text
from stages.completions.seeds import seeds
from stages.completions.store import Store, folder
from stages.completions.usage import Usage
from stages.tasks.task import Problem
from stages.teachers.teacher import Hired


class _PaidTeacher:
    def can_attempt(self, problem: Problem) -> bool:  # noqa: ARG002
        """Whether it can make something of a problem: a model can, of any."""
        return True

    def recall(self: Paid, earlier: Path) -> Callable[[str], str | None]:
        """Returns what the teacher is known to have completed, by key, without asking it or writing anything."""
        store, seeded = Store.existing(), dict(_seeds(earlier))

        def completion(key: str) -> str | None:
            response = (store.get(key) if store else None) or seeded.get(key)
            return None if response is None else text(self, response)

        return completion


class LocalTeacher(_PaidTeacher):
    """A teacher that computes in this process; see `stages.completions.kept.Local` for what it has to offer."""

    def hired(self: Local, earlier: Path) -> Hired:
        """Returns the teacher at work, its completions kept.

        Raises:
            UserError: If the store cannot be used.
        """
        usage = Usage(self.budget)
        model = KeptBatches(self, _store(earlier), usage)
        return Hired(model, lambda attempts, most: run(model, attempts, min(most, self.batch_size or most)), usage)


class ServedTeacher(_PaidTeacher):
    """A teacher that is asked over the network; see `stages.completions.kept.Served` for what it has to offer."""

    def hired(self: Served, earlier: Path) -> Hired:
        """Returns the teacher at work, its completions kept.

        Raises:
            UserError: If the store cannot be used.
        """
        usage = Usage(self.budget)
        model = KeptAnswers(self, _store(earlier), usage)
        return Hired(model, lambda attempts, _: stream(model, attempts), usage)


def _store(earlier: Path) -> Store:
    """Returns the completion store, with what earlier chains know."""
    store = Store(folder())
    store.add_missing(_seeds(earlier))
    return store


def _seeds(earlier: Path) -> Iterator[tuple[str, str]]:
    return seeds(earlier) if earlier.exists() else iter(())
