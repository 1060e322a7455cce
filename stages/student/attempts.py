"""A student's own attempts: it is sampled on problems, and what it does is judged and written down as chains are."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import Field
from tqdm import tqdm

from stages.agent.loop import run
from stages.agent.model import Model
from stages.files import Row
from stages.parameters import Parameters
from stages.student.model import load_arm
from stages.tasks.attempts import begin, judge
from stages.tasks.configured import Configured
from stages.tasks.task import Problem

if TYPE_CHECKING:
    from stages.student.rollout import Student


class Sampling(Parameters):
    """How a student attempts problems.

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


def load_student(base: Path, adapter: Path | None, sampling: Sampling) -> "Student":
    """Returns a base model, with an adapter if one is given, ready to complete conversations.

    Raises:
        UserError: If one of them has not been built.
    """
    import torch

    from stages.student.rollout import Student

    torch.set_num_threads(sampling.threads)
    model, tokenizer = load_arm(base, adapter)
    return Student(model, tokenizer, sampling.max_tokens, sampling.temperature, sampling.seed)


def attempt(
    student: Model, setting: Configured, problems: Sequence[Problem], sampling: Sampling, title: str
) -> Iterator[Row]:
    """Yields the student's attempts at each problem, as rows of data/chains without the keys of a store.

    Args:
        student: Completes the conversations, such as `load_student` returns it.
        setting: The task.
        problems: What is attempted, in this order.
        sampling: How.
        title: Of the progress bar.
    """
    task, functions, samples = setting.task, setting.functions, sampling.samples
    ended = run(student, begin(task, functions, problems, samples, sampling.max_steps), sampling.batch_size)
    shown = tqdm(ended, title, len(problems) * samples, disable=None)
    for _, _, row in judge(task, functions, problems, samples, iter(shown)):
        yield row
