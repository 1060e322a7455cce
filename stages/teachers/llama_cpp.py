"""The llama.cpp teacher: any GGUF, in this process (optional: `pip install llama-cpp-python`)."""

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Literal

from jinja2 import TemplateError
from pydantic import Field

from stages.agent.episode import STOPPING, Message
from stages.agent.grammar import grammar
from stages.agent.model import Request
from stages.agent.plain_text import PROBE, plain_messages
from stages.completions.usage import Budget, Completion
from stages.errors import UserError
from stages.files import content_digest
from stages.parameters import Parameters, section
from stages.student.rendering import tokenize
from stages.teachers.paid import LocalTeacher
from stages.teachers.teacher import Assignment, refused

_Count = Annotated[int, Field(ge=1)]
_TEMPLATE = "tokenizer.chat_template"


class LlamaCppParameters(Parameters):
    """Parameters of `teachers.llama_cpp`.

    Attributes:
        path: The GGUF; `{task}` stands for the task's name.
        tokenizer: Folder of a Hugging Face tokenizer to take in place of the GGUF's own; `{task}` as above.
        chat_template: File of a Jinja template to take in place of the GGUF's own.
        tools: `native` hands the functions to the chat template; `text` writes them into the question.
        grammar: Whether only calls of the functions can be written, by a grammar that follows from their schemas.
        stop: Texts that end a completion, besides the model's own end.
        temperature: Of sampling; 0 for the likeliest token.
        top_p: Of sampling.
        top_k: Of sampling.
        min_p: Of sampling.
        max_tokens: The longest completion.
        context: The longest conversation, in tokens.
        threads: CPU threads.
        gpu_layers: Layers on the GPU; -1 for all.
    """

    path: str
    tokenizer: str | None
    chat_template: str | None
    tools: Literal["native", "text"]
    grammar: bool
    stop: list[str]
    temperature: Annotated[float, Field(ge=0)]
    top_p: Annotated[float, Field(gt=0, le=1)]
    top_k: Annotated[int, Field(ge=0)]
    min_p: Annotated[float, Field(ge=0, le=1)]
    max_tokens: _Count
    context: _Count
    threads: _Count
    gpu_layers: Annotated[int, Field(ge=-1)]


class LlamaCppTeacher(LocalTeacher):
    """Samples completions of a GGUF, one conversation after the other; what they share is computed once.

    Args:
        parameters: The model and how it is sampled.
        assignment: What it is hired for.

    Raises:
        UserError: If the library or a file is missing.
    """

    batch_size = 1  # a conversation goes on from what is cached of its last step
    budget = Budget()

    def __init__(self, parameters: LlamaCppParameters, assignment: Assignment) -> None:
        self._parameters = parameters
        self._task, self._seed = assignment.task.name, assignment.seed
        self._path = _file(parameters.path.replace("{task}", self._task), "path")
        self._schemas = (assignment.functions | STOPPING).schemas

    @cached_property
    def identity(self) -> Mapping[str, Any]:
        """All that shapes a completion: the file's content, the prompt's form, sampling."""
        given = self._parameters
        sampling = given.model_dump(exclude={"path", "tokenizer", "chat_template", "context", "threads", "gpu_layers"})
        probe = self._tokens(Request("", 0, PROBE, self._schemas))
        return {"name": "llama_cpp", "gguf": content_digest(self._path), "seed": self._seed, "probe": probe, **sampling}

    def respond_all(self, requests: Sequence[Request]) -> Iterator[str]:
        """Yields the completion of each request, with the number of tokens that were read and written, as JSON.

        Raises:
            UserError: If a conversation does not fit into the context.
        """
        return map(self._respond, requests)

    def _respond(self, request: Request) -> str:
        given, prompt = self._parameters, self._tokens(request)
        room = given.context - len(prompt)
        if room < 1:
            raise UserError(
                f"params.yaml: `teachers.llama_cpp.context` is {given.context}, but problem {request.problem_id} has "
                f"come to {len(prompt)} tokens; raise it"
            )
        written = list(self._sample(prompt, int(request.key[:8], 16) ^ self._seed, min(room, given.max_tokens)))
        text = self._text(written)
        return json.dumps({"text": text, "prompt_tokens": len(prompt), "completion_tokens": len(written)})

    def _sample(self, prompt: list[int], seed: int, limit: int) -> Iterator[int]:
        given, model = self._parameters, self._model
        model.set_seed(seed & 0xFFFFFFFF)
        sampling = {"temp": given.temperature, "top_p": given.top_p, "top_k": given.top_k, "min_p": given.min_p}
        drawn = model.generate(prompt, **sampling, repeat_penalty=1.0, grammar=self._grammar)
        written: list[int] = []
        for token in drawn:
            if token in self._ends or len(written) == limit:
                return
            written.append(token)
            yield token
            if given.stop and any(stop in self._decode(written) for stop in given.stop):
                return

    def _text(self, tokens: list[int]) -> str:
        text = self._decode(tokens)
        places = [text.find(stop) for stop in self._parameters.stop if stop in text]
        return text[: min(places)] if places else text

    def read(self, response: str) -> Completion:
        """Returns what a response says."""
        return Completion(**json.loads(response))

    @cached_property
    def _model(self) -> Any:
        given = self._parameters
        try:
            from llama_cpp import Llama
        except ImportError:
            raise UserError(
                "params.yaml: `chains.teacher`: llama_cpp needs a library; run `pip install llama-cpp-python`"
            ) from None
        try:
            return Llama(
                model_path=str(self._path),
                n_ctx=given.context,
                n_threads=given.threads,
                n_gpu_layers=given.gpu_layers,
                verbose=False,
            )
        except (ValueError, OSError) as error:
            raise UserError(f"{self._path}: llama.cpp cannot load it ({error})") from None

    @cached_property
    def _tokenizer(self) -> Any:
        if self._parameters.tokenizer is None:
            return None
        from transformers import AutoTokenizer

        folder = self._parameters.tokenizer.replace("{task}", self._task)
        try:
            return AutoTokenizer.from_pretrained(folder)
        except Exception as error:  # each loader raises exceptions of its own for what is missing or damaged
            raise UserError(f"params.yaml: `teachers.llama_cpp.tokenizer`: cannot load {folder} ({error})") from None

    @cached_property
    def _template(self) -> str | None:
        named = self._parameters.chat_template
        return None if named is None else _file(named, "chat_template").read_text(encoding="utf-8")

    @cached_property
    def _formatter(self) -> Any:
        """The chat template, with the texts of the model's first and last tokens."""
        from llama_cpp.llama_chat_format import Jinja2ChatFormatter

        model = self._model
        template = self._template or model.metadata.get(_TEMPLATE)
        if not template:
            raise UserError(f"{self._path}: has no chat template; name one in `teachers.llama_cpp.chat_template`")
        first, last = (self._special(token) for token in (model.token_bos(), model.token_eos()))
        return Jinja2ChatFormatter(template, eos_token=last, bos_token=first)

    def _special(self, token: int) -> str:
        return "" if token < 0 else bytes(self._model.detokenize([token], special=True)).decode(errors="replace")

    def _tokens(self, request: Request) -> list[int]:
        try:
            return self._rendered(request)
        except (TemplateError, ValueError) as error:
            raise refused("llama_cpp", error) from None

    def _rendered(self, request: Request) -> list[int]:
        native = self._parameters.tools == "native"
        messages = list(request.messages) if native else plain_messages(request.messages, request.tools)
        tools = list(request.tools) if native else []
        if self._tokenizer is not None:
            return tokenize(self._tokenizer, messages, tools, add_generation_prompt=True, chat_template=self._template)
        prompt: str = self._formatter(messages=self._harmless(messages), tools=tools or None).prompt
        return list(self._model.tokenize(prompt.encode(), add_bos=False, special=True))

    def _harmless(self, messages: list[Message]) -> list[Message]:
        """Puts a space into what looks like a control token: only the chat template writes those."""
        written = json.dumps(messages, ensure_ascii=False)
        for token in self._controls:
            written = written.replace(token, f"{token[0]} {token[1:]}")
        cleaned: list[Message] = json.loads(written)
        return cleaned

    @cached_property
    def _controls(self) -> list[str]:
        from llama_cpp import LLAMA_TOKEN_ATTR_CONTROL

        inner = self._model._model
        controls = (n for n in range(inner.n_vocab()) if inner.token_get_attr(n) & LLAMA_TOKEN_ATTR_CONTROL)
        return [text for text in map(self._special, controls) if len(text) > 1]

    def _decode(self, tokens: list[int]) -> str:
        if self._tokenizer is not None:
            return str(self._tokenizer.decode(tokens))
        return bytes(self._model.detokenize(tokens, special=True)).decode(errors="replace")

    @cached_property
    def _ends(self) -> set[int]:
        model = self._model
        tokens = {model.token_eos(), model._model.token_eot()}
        return tokens if self._tokenizer is None else tokens | {self._tokenizer.eos_token_id}

    @cached_property
    def _grammar(self) -> Any:
        if not self._parameters.grammar:
            return None
        from llama_cpp import LlamaGrammar

        return LlamaGrammar.from_string(grammar(self._schemas), verbose=False)


def _file(name: str, key: str) -> Path:
    path = Path(name)
    if not path.is_file():
        raise UserError(f"params.yaml: `teachers.llama_cpp.{key}`: there is no file {path}")
    return path


def create(assignment: Assignment) -> LlamaCppTeacher:
    """Returns the teacher, with its parameters from `teachers.llama_cpp` of params.yaml."""
    return LlamaCppTeacher(section("teachers.llama_cpp", LlamaCppParameters), assignment)
