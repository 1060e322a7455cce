"""The base: a student trained from scratch on the reference teacher's chains, its mistakes included."""

from random import Random
from typing import Annotated, Any

from pydantic import Field, model_validator

from stages.parameters import Parameters
from stages.student.corpus import Conversation, conversations
from stages.student.model import Architecture, build
from stages.student.pretraining import Schedule, encode, render, train
from stages.student.tokenizer import described, train_tokenizer
from stages.tasks import load_families
from stages.tasks.configured import Configured
from stages.tasks.problem_sets import BASE, generate
from stages.teachers.reference import ReferenceParameters

SAMPLE = 2000
RIGHT = ReferenceParameters(rates={}, consistency=0.0)


class BaseParameters(Parameters):
    """`base.TASK` of params.yaml.

    Attributes:
        model: A model of the Hugging Face hub or a local folder to take instead of training one; null to train.
        problems: How many problems the training chains are about; none of them is in any split of the task.
        max_steps: The agent's step limit in the training chains.
        mistakes: How often those chains are wrong; they keep the base imperfect.
        vocabulary: The largest number of tokens.
        architecture: Shape of the model.
        schedule: How it is trained.
        seed: Decides problems, mistakes, initial weights and order.
        threads: CPU threads that share each batch; other numbers give other roundings.
    """

    model: str | None = None
    problems: Annotated[int, Field(ge=1)]
    max_steps: Annotated[int, Field(ge=1)]
    mistakes: ReferenceParameters
    vocabulary: Annotated[int, Field(ge=300)]
    architecture: Architecture
    schedule: Schedule
    seed: int
    threads: Annotated[int, Field(ge=1)]

    @model_validator(mode="after")
    def _has_chains_for_both_phases(self) -> "BaseParameters":
        if 0 < self.schedule.right < 1 and not 0 < self.right_problems < self.problems:
            raise ValueError(f"`problems` ({self.problems}) are too few to share them by `schedule.right`")
        return self

    @property
    def right_problems(self) -> int:
        """How many problems are for the first phase, that of right chains."""
        return round(self.schedule.right * self.problems)


def train_base(setting: Configured, parameters: BaseParameters) -> tuple[Any, Any, float]:
    """Trains a base and returns it with its tokenizer and its last loss."""
    right, mistaken = _chains(setting, parameters)
    tokenizer = _tokenizer([*right, *mistaken], parameters)
    first, second = (encode([render(chain, tokenizer) for chain in chains], tokenizer) for chains in (right, mistaken))
    model = build(parameters.architecture, tokenizer, parameters.seed)
    loss = train(model, first, second, parameters.schedule, parameters.seed, parameters.threads)
    return model, tokenizer, loss


def _chains(setting: Configured, parameters: BaseParameters) -> tuple[list[Conversation], list[Conversation]]:
    """Returns right chains for the first phase of training, and chains with mistakes for the second."""
    task, functions, shape = setting.task, setting.functions, setting.parameters
    families = load_families(task.name, shape.families)
    drawn = generate(task, functions, families, shape.depths, {BASE: parameters.problems}, parameters.seed)
    problems = [problem for _, problem in drawn]
    first = parameters.right_problems
    options = (task, functions, parameters.max_steps, parameters.seed)
    right = conversations(problems[:first], RIGHT, *options)
    mistaken = conversations(problems[first:], parameters.mistakes, *options)
    return list(right), list(mistaken)


def _tokenizer(chains: list[Conversation], parameters: BaseParameters) -> Any:
    blank = train_tokenizer([], parameters.vocabulary)
    sample = Random(parameters.seed).sample(chains, min(SAMPLE, len(chains)))
    texts = (render(chain, blank) for chain in sample)
    return train_tokenizer(texts, parameters.vocabulary, described(chains[0].tools, blank))
