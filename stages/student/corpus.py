"""What the base is trained on: chains of the reference teacher, with its mistakes, on problems of its own."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from stages.agent.episode import Episode, Message
from stages.agent.functions import FunctionSet, Schema
from stages.agent.loop import Attempt, run
from stages.tasks.task import Problem, Task
from stages.teachers.reference import ReferenceParameters, ReferenceTeacher
from stages.teachers.teacher import Assignment

BATCH = 256


@dataclass(frozen=True)
class Conversation:
    """A finished chain as messages, and the functions it could call."""

    messages: Sequence[Message]
    tools: Sequence[Schema]


def conversations(
    problems: Sequence[Problem],
    mistakes: ReferenceParameters,
    task: Task,
    functions: FunctionSet,
    max_steps: int,
    seed: int,
) -> Iterator[Conversation]:
    """Yields one chain of the reference teacher for each problem."""
    teacher = ReferenceTeacher(Assignment(task, functions, problems, max_steps, seed), mistakes)
    attempts = (Attempt(item.id, 0, Episode(task.prompt(item.question), functions, max_steps)) for item in problems)
    for attempt in run(teacher, attempts, BATCH):
        yield Conversation(attempt.episode.messages, attempt.episode.functions.schemas)
