"""What a teacher is told when it is hired."""

from collections.abc import Sequence
from dataclasses import dataclass

from stages.agent.functions import FunctionSet
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
