"""Attempts at problems: begun with the task's prompt, and judged by what each problem has as reference and answer."""

from collections.abc import Iterable, Iterator
from itertools import islice

from stages.agent.episode import Episode
from stages.agent.functions import FunctionSet
from stages.agent.loop import Attempt
from stages.files import Row
from stages.tasks.references import execute_reference, outcome
from stages.tasks.task import Problem, Task


def begin(
    task: Task, functions: FunctionSet, problems: Iterable[Problem], samples: int, max_steps: int
) -> Iterator[Attempt]:
    """Yields fresh attempts, those at one problem after another."""
    for problem in problems:
        prompt = task.prompt(problem.question)
        for sample in range(samples):
            yield Attempt(problem.id, sample, Episode(prompt, functions, max_steps))


def judge(
    task: Task, functions: FunctionSet, problems: Iterable[Problem], samples: int, ended: Iterator[Attempt]
) -> Iterator[tuple[Problem, Attempt, Row]]:
    """Yields each problem with its attempts, once they have ended, and with their rows as data/chains has them.

    Args:
        task: Checks answers.
        functions: What the references call.
        problems: As they were given to `begin`.
        samples: How many attempts there are at each.
        ended: The attempts, in the order of `begin`.
    """
    for problem in problems:
        gold = execute_reference(problem.reference or (), functions).steps
        for attempt in islice(ended, samples):
            row = {
                "problem_id": problem.id,
                "sample": attempt.sample,
                "steps": [step.record() for step in attempt.episode.steps],
                "outcome": outcome(task, problem, attempt.episode, gold),
            }
            yield problem, attempt, row
