"""The reference teacher: writes reference solutions with seeded, systematic mistakes.

It is embedded, needs no weights, and is no language model: it reads the problem's reference, not its question.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from pydantic import field_validator

from stages.agent.episode import Episode, Step
from stages.agent.error_types import ErrorType
from stages.agent.loop import run
from stages.agent.model import Request
from stages.parameters import section
from stages.tasks.references import execute_reference
from stages.tasks.task import Problem
from stages.teachers.mistakes import (
    Mistake,
    MistakeParameters,
    Script,
    Setting,
    draw,
    few_answers,
    follow,
    kind,
    perform,
    places,
    plans,
    uniform,
)
from stages.teachers.teacher import Assignment, Hired


class ReferenceParameters(MistakeParameters):
    """Parameters of `teachers.reference`."""

    @field_validator("rates")
    @classmethod
    def _known(cls, rates: dict[str, float]) -> dict[str, float]:
        if unknown := set(rates) - set(ErrorType):
            raise ValueError(f"unknown error types {sorted(unknown)}; there are {', '.join(ErrorType)}")
        if min(rates.values(), default=0) < 0 or sum(rates.values()) > 1:
            raise ValueError("rates must not be negative nor exceed 1 in all")
        return rates


class ReferenceTeacher:
    """Writes the calls of a problem's reference, going wrong where and how often it is told to.

    Args:
        assignment: The task, its functions and problems.
        parameters: How often and how it errs.
    """

    def __init__(self, assignment: Assignment, parameters: ReferenceParameters) -> None:
        self.identity: Mapping[str, Any] = {"name": "reference", "seed": assignment.seed, **parameters.model_dump()}
        self._assignment = assignment
        self._parameters = parameters
        self._problems = {problem.id: problem for problem in assignment.problems if self.can_attempt(problem)}
        self._answers = few_answers(self._problems.values())
        self._places = places(self._problems.values(), assignment.seed)
        self._scripts: dict[tuple[str, int], Script] = {}

    def can_attempt(self, problem: Problem) -> bool:
        """Whether a problem has a reference to follow."""
        return problem.reference is not None

    def hired(self, earlier: Path) -> Hired:  # noqa: ARG002  # what it writes costs nothing
        """Returns the teacher at work."""
        return Hired(self, partial(run, self))

    def recall(self, earlier: Path) -> None:
        """Returns None: what it writes costs nothing."""

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """Returns the next line of each attempt's script."""
        return [self._next(request) for request in requests]

    def _next(self, request: Request) -> str:
        key = (request.problem_id, request.sample)
        if len(request.messages) == 1:
            self._scripts[key] = self._write(self._problems[request.problem_id], request.sample)
            return next(self._scripts[key])
        return self._scripts[key].send(request.messages[-1]["content"])

    def _write(self, problem: Problem, sample: int) -> Script:
        gold = execute_reference(problem.reference or (), self._assignment.functions).steps
        setting = Setting(self._assignment.task, problem, gold, self._assignment.max_steps, self._answers)
        types = draw(self._parameters.rates, self._number(problem, sample))
        planned = (mistake for error in types for mistake in plans(error, setting, self._assignment.seed))
        return follow(gold, next((mistake for mistake in planned if self._fails(gold, mistake, problem)), None))

    def _number(self, problem: Problem, sample: int) -> float:
        """Draws for one chain alone or, as often as mistakes hang together, for all problems of its kind."""
        seed, own = self._assignment.seed, (problem.id, sample)
        shared = uniform(seed, "consistent", *own) < self._parameters.consistency
        return self._places[kind(problem, seed)] if shared else uniform(seed, "type", *own)

    def _fails(self, gold: Sequence[Step], mistake: Mistake, problem: Problem) -> bool:
        """Executes a script; whether a mistake misses the gold answer depends on what it changes further on."""
        episode = Episode("", self._assignment.functions, self._assignment.max_steps)
        perform(gold, mistake, episode)
        return episode.answer is None or not self._assignment.task.check(episode.answer, problem.answer)


def create(assignment: Assignment) -> ReferenceTeacher:
    """Returns the teacher, with its parameters from `teachers.reference` of params.yaml."""
    return ReferenceTeacher(assignment, section("teachers.reference", ReferenceParameters))
