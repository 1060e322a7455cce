"""The transformers teacher: any causal language model of the hub or of a folder, in this process, batched."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import TemplateError
from pydantic import Field

from stages.agent.model import Request
from stages.agent.plain_text import PROBE, plain_messages
from stages.completions.usage import Budget, Completion
from stages.errors import UserError
from stages.files import content_digest
from stages.parameters import Parameters, section
from stages.teachers.paid import LocalTeacher
from stages.teachers.teacher import Assignment, refused

_Count = Annotated[int, Field(ge=1)]


class TransformersParameters(Parameters):
    """Parameters of `teachers.transformers`.

    Attributes:
        model: Name on the hub, or a folder; `{task}` stands for the task's name.
        revision: Branch, tag or commit on the hub. Completions are kept under this text: name a commit.
        tools: `native` hands the functions to the chat template; `text` writes them into the question.
        temperature: Of sampling; 0 for the likeliest token.
        max_tokens: The longest completion.
        batch_size: Conversations that are completed together.
    """

    model: Annotated[str, Field(min_length=1)]
    revision: str
    tools: Literal["native", "text"]
    temperature: Annotated[float, Field(ge=0)]
    max_tokens: _Count
    batch_size: _Count


class TransformersTeacher(LocalTeacher):
    """Samples completions in batches whose cache is kept from step to step.

    Args:
        parameters: The model and how it is sampled.
        assignment: What it is hired for.
    """

    budget = Budget()

    def __init__(self, parameters: TransformersParameters, assignment: Assignment) -> None:
        self._parameters, self._seed = parameters, assignment.seed
        self._name = parameters.model.replace("{task}", assignment.task.name)
        self.batch_size = parameters.batch_size

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes a completion: the model, the prompt's form, sampling."""
        given = self._parameters.model_dump(exclude={"batch_size"}) | {"model": self._name}
        if Path(self._name).is_dir():
            given["content"] = content_digest(Path(self._name))
        return {"name": "transformers", "seed": self._seed, "probe": plain_messages(PROBE, ()), **given}

    def respond_all(self, requests: Sequence[Request]) -> Iterator[str]:
        """Yields the completion of each request as JSON.

        Raises:
            UserError: If the model cannot be had, or its chat template refuses the conversation.
        """
        native = self._parameters.tools == "native"
        asked = requests if native else [_plain(request) for request in requests]
        try:
            texts = self._student.complete(asked)
        except (TemplateError, ValueError) as error:
            raise refused("transformers", error) from None
        return (json.dumps({"text": text}, ensure_ascii=False) for text in texts)

    def read(self, response: str) -> Completion:
        """Returns what a response says."""
        return Completion(**json.loads(response))

    @cached_property
    def _student(self) -> Any:
        from stages.student.model import first_line, pretrained
        from stages.student.rollout import Student

        given = self._parameters
        try:
            model, tokenizer = pretrained(self._name, given.revision)
        except Exception as error:  # each loader raises exceptions of its own for what is missing or damaged
            raise UserError(
                f"params.yaml: `teachers.transformers.model`: cannot load {self._name} ({first_line(error)})"
            ) from None
        return Student(model, tokenizer, given.max_tokens, given.temperature, self._seed, plain=False)


def _plain(request: Request) -> Request:
    return replace(request, messages=plain_messages(request.messages, request.tools), tools=())


def create(assignment: Assignment) -> TransformersTeacher:
    """Returns the teacher, with its parameters from `teachers.transformers` of params.yaml."""
    return TransformersTeacher(section("teachers.transformers", TransformersParameters), assignment)
