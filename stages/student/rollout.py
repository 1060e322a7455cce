"""Rollouts: a student as the agent's model, with its KV cache kept across the steps of a batch.

Every token is computed once: the prompt prefix that all conversations share once for the whole batch, and in each
step only what is new. Rows have different lengths, so the cache has holes; the attention mask hides them and position
ids count real tokens only.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import torch

from stages.agent.model import Request
from stages.student.growing_cache import growing_cache
from stages.student.rendering import tokenize


@dataclass
class _Row:
    """One conversation in the batch: its tokens so far, and the cache column of each."""

    tokens: list[int] = field(default_factory=list)
    columns: list[int] = field(default_factory=list)

    def fork(self) -> "_Row":
        return _Row(list(self.tokens), list(self.columns))


class Student:
    """A causal language model that completes conversations.

    Args:
        model: A `transformers` causal language model.
        tokenizer: Its tokenizer, with a chat template.
        max_tokens: The longest completion, in tokens.
        temperature: 0 for greedy decoding.
        seed: Seed of sampling.
        plain: Whether special tokens are left out of completions; in some formats they mark the call.
    """

    def __init__(
        self,
        model: Any,
        tokenizer: Any,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        *,
        plain: bool = True,
    ) -> None:
        self._plain = plain
        self._model = model.eval()
        self._tokenizer = tokenizer
        self._max_tokens = max_tokens
        self._temperature = temperature
        self._seed = seed
        self._rows: dict[tuple[str, int], _Row] = {}
        self._cache: Any = None
        self._mask = torch.zeros(0, 0, dtype=torch.long)
        self.identity: Mapping[str, Any] = {
            "name": "student",
            "max_tokens": max_tokens,
            "temperature": temperature,
            "seed": seed,
        }

    def complete(self, requests: Sequence[Request]) -> list[str]:
        """Returns one completion for each conversation; those of the last batch go on from their cached tokens."""
        prompts = [self._encode(request) for request in requests]
        with torch.inference_mode():
            self._take(requests, prompts)
            rows = list(self._rows.values())
            logits = self._extend(rows, [self._news(place, prompt) for place, prompt in enumerate(prompts)])
            return [self._decode(tokens) for tokens in self._generate(rows, logits, list(map(self._dice, requests)))]

    def _dice(self, request: Request) -> torch.Generator:
        """Returns a step's own generator: what is drawn for it is the same in whatever batch it stands."""
        name = f"{self._seed}/{request.problem_id}/{request.sample}/{len(request.messages)}"
        return torch.Generator().manual_seed(int(hashlib.sha256(name.encode()).hexdigest()[:15], 16))

    def _encode(self, request: Request) -> list[int]:
        return tokenize(self._tokenizer, request.messages, request.tools, add_generation_prompt=True)

    def _decode(self, tokens: Sequence[int]) -> str:
        text: str = self._tokenizer.decode(tokens, skip_special_tokens=self._plain)
        return text if self._plain else text.removesuffix(self._tokenizer.eos_token)

    def _take(self, requests: Sequence[Request], prompts: Sequence[list[int]]) -> None:
        """Keeps the rows of conversations that go on, or starts afresh if there is any new one."""
        keys = [(request.problem_id, request.sample) for request in requests]
        if self._cache is None or any(key not in self._rows for key in keys):
            self._start(keys, prompts)
        elif len(keys) < len(self._rows):
            places = {key: place for place, key in enumerate(self._rows)}
            kept = torch.tensor([places[key] for key in keys])
            self._cache.batch_select_indices(kept)
            self._mask = self._mask[kept]
            self._rows = {key: self._rows[key] for key in keys}

    def _start(self, keys: Sequence[tuple[str, int]], prompts: Sequence[list[int]]) -> None:
        self._cache = growing_cache(self._model)
        self._mask = torch.zeros(1, 0, dtype=torch.long)
        shared = _common_prefix(prompts)
        row = _Row()
        if shared:
            self._extend([row], [shared])
        self._cache.batch_repeat_interleave(len(keys))
        self._mask = self._mask.repeat(len(keys), 1)
        self._rows = {key: row.fork() for key in keys}

    def _news(self, place: int, prompt: Sequence[int]) -> list[int]:
        """Returns the tokens of a prompt that are not cached, after hiding cached ones that the prompt does not have.

        At least one token is returned, since the next one is predicted from it.
        """
        row = list(self._rows.values())[place]
        limit = min(len(row.tokens), len(prompt) - 1)
        same = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(row.tokens[:limit], prompt)))
        if same < len(row.tokens):
            self._mask[place, row.columns[same:]] = 0
            del row.tokens[same:], row.columns[same:]
        return list(prompt[same:])

    def _extend(self, rows: Sequence[_Row], news: Sequence[Sequence[int]]) -> torch.Tensor:
        """Appends new tokens (left-padded to one width) to the cache and returns the logits after the last one."""
        start, width = self._mask.shape[1], max(map(len, news))
        ids = torch.zeros(len(rows), width, dtype=torch.long)
        mask = torch.zeros_like(ids)
        positions = torch.zeros_like(ids)
        for place, (row, tokens) in enumerate(zip(rows, news)):
            if tokens:
                ids[place, -len(tokens) :] = torch.tensor(tokens)
                mask[place, -len(tokens) :] = 1
                positions[place, -len(tokens) :] = torch.arange(len(row.tokens), len(row.tokens) + len(tokens))
                row.columns.extend(range(start + width - len(tokens), start + width))
                row.tokens.extend(tokens)
        self._mask = torch.cat([self._mask, mask], dim=1)
        device = self._model.device
        output = self._model(
            input_ids=ids.to(device),
            attention_mask=self._mask.to(device),
            position_ids=positions.to(device),
            cache=self._cache,
            use_cache=True,
            logits_to_keep=1,
        )
        logits: torch.Tensor = output.logits[:, -1].float().cpu()
        return logits

    def _generate(self, rows: Sequence[_Row], logits: torch.Tensor, dice: Sequence[torch.Generator]) -> list[list[int]]:
        """Decodes token by token until every row has ended; ended rows get padding that the mask hides."""
        written: list[list[int]] = [[] for _ in rows]
        running = set(range(len(rows)))
        for count in range(1, self._max_tokens + 1):
            choice = self._choose(logits, dice)
            for place in running:
                written[place].append(choice[place])
            running = {place for place in running if choice[place] != self._tokenizer.eos_token_id}
            if not running or count == self._max_tokens:
                break
            logits = self._extend(rows, [[choice[place]] if place in running else [] for place in range(len(rows))])
        return written

    def _choose(self, logits: torch.Tensor, dice: Sequence[torch.Generator]) -> list[int]:
        if self._temperature == 0:
            greedy: list[int] = logits.argmax(dim=-1).tolist()
            return greedy
        chances = torch.softmax(logits / self._temperature, dim=-1)
        return [int(torch.multinomial(row, 1, generator=each)) for row, each in zip(chances, dice)]


def _common_prefix(prompts: Sequence[Sequence[int]]) -> list[int]:
    """Returns the tokens that all prompts start with, leaving at least one token of each out."""
    columns = zip(*(prompt[:-1] for prompt in prompts))
    return [column[0] for column in takewhile(lambda column: len(set(column)) == 1, columns)]
