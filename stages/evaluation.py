"""Stage `evaluation`: every arm attempts the same held-out problems."""

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from stages.agent.error_types import CORRECT
from stages.agent.model import Model
from stages.files import Row, write_jsonl
from stages.parameters import section
from stages.student.arms import ARMS, folders, side_by_side
from stages.student.attempts import Sampling, attempt, load_student
from stages.student.model import require
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.task import Problem

if TYPE_CHECKING:
    from stages.student.rollout import Student

FOLDER = Path("data/evaluations")
WORKERS = "evaluation.workers"


class EvaluationParameters(Sampling):
    """`evaluation` of params.yaml.

    Attributes:
        workers: Processes; each lets one arm after the other attempt all problems.
    """

    workers: Annotated[int, Field(ge=1)]


def run(task: str) -> None:
    """Writes data/evaluations/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters = section("evaluation", EvaluationParameters)
    require_arms(configured(task).task.name)
    problems = read_problems(task, "test")
    found = side_by_side(partial(_attempts, task), ARMS, parameters.workers, WORKERS)
    rows = list(joined(problems, dict(zip(ARMS, found))))
    write_jsonl(FOLDER / f"{task}.jsonl", rows)
    for arm in ARMS:
        right = sum(sample["outcome"] == CORRECT for row in rows for sample in row["arms"][arm])
        print(
            f"evaluation {task} {arm}: {right / (len(problems) * parameters.samples):.3f} of {len(problems)} problems"
        )


def require_arms(task: str) -> None:
    """Looks whether all arms have been built.

    Raises:
        UserError: If one has not.
    """
    for arm in ARMS:
        require(*folders(task, arm))


def _attempts(task: str, arm: str) -> list[list[Row]]:
    parameters = section("evaluation", EvaluationParameters)
    problems = read_problems(task, "test")
    return attempts(student(task, arm, parameters), configured(task), problems, parameters, f"evaluation {task} {arm}")


def attempts(
    model: Model, setting: Configured, problems: Sequence[Problem], sampling: Sampling, title: str
) -> list[list[Row]]:
    """Lets a student attempt problems, and returns its samples at each."""
    rows = attempt(model, setting, problems, sampling, title)
    return [[_sample(row) for row in islice(rows, sampling.samples)] for _ in problems]


def joined(problems: Sequence[Problem], arms: Mapping[str, Sequence[list[Row]]]) -> Iterator[Row]:
    """Yields a row a problem, with the samples of every arm."""
    for place, problem in enumerate(problems):
        yield _row(problem, {arm: found[place] for arm, found in arms.items()})


def student(task: str, arm: str, sampling: Sampling) -> "Student":
    """Returns one arm of the trained student, ready to complete conversations.

    Raises:
        UserError: If its models have not been built.
    """
    return load_student(*folders(task, arm), sampling)


def _sample(row: Row) -> Row:
    error = None if row["outcome"] == CORRECT else row["outcome"]
    return {"sample": row["sample"], "outcome": row["outcome"], "error_type": error, "steps": row["steps"]}


def _row(problem: Problem, arms: dict[str, list[Row]]) -> Row:
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "answer": problem.answer,
        "family": problem.family,
        "depth": problem.depth,
        "arms": arms,
    }
