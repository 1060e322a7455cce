"""Stage `evaluation`: base, control and DPO adapter attempt the same held-out problems."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field
from tqdm import tqdm

from stages.agent.episode import Episode
from stages.agent.error_types import CORRECT
from stages.agent.loop import Attempt
from stages.agent.loop import run as run_attempts
from stages.files import Row, write_jsonl
from stages.parameters import Parameters, section
from stages.student.model import load_arm, require
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.references import execute_reference, outcome
from stages.tasks.task import Problem

if TYPE_CHECKING:
    from stages.student.rollout import Student

FOLDER, ADAPTERS, BASE = Path("data/evaluations"), Path("models/adapters"), Path("models/base")
ARMS = ("base", "sft", "dpo")


class EvaluationParameters(Parameters):
    """`evaluation` of params.yaml.

    Attributes:
        samples: Attempts at each problem.
        temperature: 0 for greedy decoding, which needs one sample.
        max_steps: Steps after which an attempt ends.
        max_tokens: The longest completion, in tokens.
        batch_size: Attempts that go on together.
        seed: Seed of sampling.
        threads: CPU threads.
    """

    samples: Annotated[int, Field(ge=1)]
    temperature: Annotated[float, Field(ge=0)]
    max_steps: Annotated[int, Field(ge=1)]
    max_tokens: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    seed: int
    threads: Annotated[int, Field(ge=1)]


def run(task: str) -> None:
    """Writes data/evaluations/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters = section("evaluation", EvaluationParameters)
    setting, problems = configured(task), read_problems(task, "test")
    for arm in ARMS:
        require(*_folders(task, arm))
    results = {arm: list(_attempt(setting, problems, arm, parameters)) for arm in ARMS}
    rows = (_row(problem, {arm: results[arm][place] for arm in ARMS}) for place, problem in enumerate(problems))
    write_jsonl(FOLDER / f"{task}.jsonl", rows)
    for arm in ARMS:
        right = sum(sample["outcome"] == CORRECT for samples in results[arm] for sample in samples)
        print(
            f"evaluation {task} {arm}: {right / (len(problems) * parameters.samples):.3f} of {len(problems)} problems"
        )


def _attempt(
    setting: Configured, problems: Sequence[Problem], arm: str, parameters: EvaluationParameters
) -> Iterator[list[Row]]:
    """Yields the samples of each problem for one arm."""
    model = student(setting.task.name, arm, parameters)
    attempts = (
        Attempt(item.id, sample, Episode(setting.task.prompt(item.question), setting.functions, parameters.max_steps))
        for item in problems
        for sample in range(parameters.samples)
    )
    done = run_attempts(model, attempts, parameters.batch_size)
    total = len(problems) * parameters.samples
    shown = iter(tqdm(done, f"evaluation {setting.task.name} {arm}", total, disable=None))
    for problem in problems:
        gold = execute_reference(problem.reference or (), setting.functions).steps
        yield [_sample(setting, problem, next(shown), gold) for _ in range(parameters.samples)]


def student(task: str, arm: str, parameters: EvaluationParameters) -> "Student":
    """Returns one arm of the trained student, ready to complete conversations.

    Raises:
        UserError: If its models have not been built.
    """
    import torch

    from stages.student.rollout import Student

    torch.set_num_threads(parameters.threads)
    model, tokenizer = load_arm(*_folders(task, arm))
    return Student(model, tokenizer, parameters.max_tokens, parameters.temperature, parameters.seed)


def _folders(task: str, arm: str) -> tuple[Path, Path | None]:
    return BASE / task, None if arm == "base" else ADAPTERS / task / arm


def _sample(setting: Configured, problem: Problem, attempt: Attempt, gold: Sequence[Any]) -> Row:
    result = outcome(setting.task, problem, attempt.episode, gold)
    return {
        "sample": attempt.sample,
        "outcome": result,
        "error_type": None if result == CORRECT else result,
        "steps": [step.record() for step in attempt.episode.steps],
    }


def _row(problem: Problem, arms: dict[str, list[Row]]) -> Row:
    return {
        "problem_id": problem.id,
        "question": problem.question,
        "answer": problem.answer,
        "family": problem.family,
        "depth": problem.depth,
        "arms": arms,
    }
