"""Stage `evaluation`: every arm attempts the same held-out problems."""

from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from stages.agent.error_types import CORRECT
from stages.files import Row, write_jsonl
from stages.parameters import section
from stages.student.arms import ARMS, folders
from stages.student.attempts import Sampling, attempt, load_student
from stages.student.model import require
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.task import Problem

if TYPE_CHECKING:
    from stages.student.rollout import Student

FOLDER = Path("data/evaluations")


def run(task: str) -> None:
    """Writes data/evaluations/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters = section("evaluation", Sampling)
    setting, problems = configured(task), read_problems(task, "test")
    require_arms(task)
    rows = evaluate(setting, problems, parameters)
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


def evaluate(setting: Configured, problems: Sequence[Problem], sampling: Sampling) -> list[Row]:
    """Lets every arm attempt the same problems, and returns a row a problem."""
    results = {arm: list(_attempt(setting, problems, arm, sampling)) for arm in ARMS}
    return [_row(problem, {arm: results[arm][place] for arm in ARMS}) for place, problem in enumerate(problems)]


def _attempt(setting: Configured, problems: Sequence[Problem], arm: str, sampling: Sampling) -> Iterator[list[Row]]:
    """Yields the samples of each problem for one arm."""
    task = setting.task.name
    rows = attempt(student(task, arm, sampling), setting, problems, sampling, f"evaluation {task} {arm}")
    for _ in problems:
        yield [_sample(row) for row in islice(rows, sampling.samples)]


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
