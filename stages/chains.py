"""Stage `chains`: a teacher attempts the training and validation problems, rightly and wrongly."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

from pydantic import Field
from tqdm import tqdm

from stages.agent.episode import Episode
from stages.agent.loop import Attempt
from stages.agent.loop import run as run_attempts
from stages.errors import UserError
from stages.files import Row, write_jsonl
from stages.parameters import Parameters, section
from stages.tasks.configured import Configured, configured, read_problems
from stages.tasks.references import execute_reference, outcome
from stages.tasks.task import Problem
from stages.teachers import hire
from stages.teachers.teacher import Assignment

FOLDER = Path("data/chains")
SPLITS = ("train", "validation")


class ChainParameters(Parameters):
    """`chains` of params.yaml.

    Attributes:
        teacher: Who attempts the problems; one of `teachers`.
        samples: Attempts at each problem.
        max_steps: Steps after which an attempt ends.
        batch_size: Attempts that go on together.
        seed: Seed of everything that the teacher draws.
    """

    teacher: str
    samples: Annotated[int, Field(ge=1)]
    max_steps: Annotated[int, Field(ge=1)]
    batch_size: Annotated[int, Field(ge=1)]
    seed: int


def run(task: str) -> None:
    """Writes data/chains/TASK.jsonl.

    Raises:
        UserError: If parameters or problems are unusable.
    """
    parameters, setting = section("chains", ChainParameters), configured(task)
    problems = [item for split in SPLITS for item in read_problems(task, split) if item.reference is not None]
    if not problems:
        raise UserError(f"data/problems/{task}: no problem has a reference; choose another `problems.{task}.source`")
    counts: Counter[str] = Counter()
    write_jsonl(FOLDER / f"{task}.jsonl", _rows(setting, problems, parameters, counts))
    print(f"chains {task}: " + ", ".join(f"{count} {name}" for name, count in counts.most_common()))


def _rows(
    setting: Configured, problems: list[Problem], parameters: ChainParameters, counts: Counter[str]
) -> Iterator[Row]:
    definition, functions = setting.task, setting.functions
    teacher = hire(
        parameters.teacher, Assignment(definition, functions, problems, parameters.max_steps, parameters.seed)
    )
    attempts = (
        Attempt(problem.id, sample, Episode(definition.prompt(problem.question), functions, parameters.max_steps))
        for problem in problems
        for sample in range(parameters.samples)
    )
    known = {problem.id: problem for problem in problems}
    done = run_attempts(teacher, attempts, parameters.batch_size)
    for attempt in tqdm(done, f"chains {definition.name}", len(problems) * parameters.samples, disable=None):
        problem = known[attempt.problem_id]
        gold = execute_reference(problem.reference or (), functions).steps
        result = outcome(definition, problem, attempt.episode, gold)
        counts[result] += 1
        yield {
            "problem_id": problem.id,
            "sample": attempt.sample,
            "steps": [step.record() for step in attempt.episode.steps],
            "outcome": result,
            "requests": attempt.requests,
        }
