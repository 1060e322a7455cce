"""What a teacher is told when it is hired, and what it may have to say."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from stages.agent.functions import FunctionSet
from stages.agent.loop import Attempt
from stages.agent.model import Identified
from stages.errors import UserError
from stages.tasks.task import Problem, Task


@dataclass(frozen=True)
class Assignment:
    """What a teacher is hired for.

    Attributes:
        task: The task.
        functions: The functions that chains may call.
        problems: The problems that requests will be about.
        max_steps: The agent's step limit.
        seed: Seed of everything that the teacher draws.
    """

    task: Task
    functions: FunctionSet
    problems: Sequence[Problem]
    max_steps: int
    seed: int


@dataclass(frozen=True)
class Hired:
    """A teacher at work.

    Attributes:
        model: What completes conversations.
        run: Runs fresh attempts, so many together at most, to their ends, and yields them in order.
        usage: What was asked for, as text that may grow; None if completions cost nothing and are not kept.
    """

    model: Identified
    run: Callable[[Iterable[Attempt], int], Iterator[Attempt]]
    usage: object | None = None


class Teacher(Protocol):
    """Whoever writes chains."""

    @property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes its completions apart from the request."""
        ...

    def can_attempt(self, problem: Problem) -> bool:
        """Whether it can make something of a problem."""
        ...

    def hired(self, earlier: Path) -> Hired:
        """Returns the teacher at work.

        Args:
            earlier: Chains of an earlier build, which need not be there: what they know need not be asked again.
        """
        ...

    def recall(self, earlier: Path) -> Callable[[str], str | None] | None:
        """Returns what it is known to have completed, by key; None if its completions are not worth keeping."""
        ...


def refused(teacher: str, error: Exception) -> UserError:
    """Returns what to say when a model's chat template, which anyone may have written, cannot show a conversation."""
    reason = " ".join(str(error).split())[:200]
    return UserError(
        f"params.yaml: `teachers.{teacher}`: the model's chat template refuses the conversation ({reason}); "
        f"`teachers.{teacher}.tools: text` asks without tools"
    )
