"""What a teacher is told when it is hired, and what it may have to say."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.agent.functions import FunctionSet
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


def refused(teacher: str, error: Exception) -> UserError:
    """Returns what to say when a model's chat template, which anyone may have written, cannot show a conversation."""
    reason = " ".join(str(error).split())[:200]
    return UserError(
        f"params.yaml: `teachers.{teacher}`: the model's chat template refuses the conversation ({reason}); "
        f"`teachers.{teacher}.tools: text` asks without tools"
    )
