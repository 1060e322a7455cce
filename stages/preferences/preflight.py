"""Preflight: what a trainer would silently cut, drop or misread in a set of pairs, on the student's real tokenizer."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.files import Row
from stages.student.rendering import tokenize

SHOWN = 3


def preflight(pairs: Sequence[Row], tokenizer: Any, max_length: int, path: Path) -> None:
    """Refuses pairs that a trainer would not train on as they stand.

    Args:
        pairs: Rows of data/pairs.
        tokenizer: The student's tokenizer, with its chat template.
        max_length: The longest conversation in tokens.
        path: Where the pairs stand, for the message.

    Raises:
        UserError: If there is any such pair; counts them by reason and names the first of each.
    """
    found: dict[str, list[str]] = defaultdict(list)
    for number, pair in enumerate(pairs, start=1):
        for reason in _faults(pair, tokenizer, max_length):
            found[reason].append(f"row {number} ({pair['problem_id']})")
    if found:
        lines = [f"  {len(rows)} × {reason}: {', '.join(rows[:SHOWN])}" for reason, rows in sorted(found.items())]
        raise UserError("\n".join([f"{path}: these pairs cannot be trained on as they stand:", *lines]))


def _faults(pair: Row, tokenizer: Any, max_length: int) -> Iterator[str]:
    prompt = tokenize(tokenizer, pair["prompt"], pair["tools"], add_generation_prompt=True)
    chosen = tokenize(tokenizer, pair["prompt"] + pair["chosen"], pair["tools"])
    rejected = tokenize(tokenizer, pair["prompt"] + pair["rejected"], pair["tools"])
    if chosen == rejected:
        yield "chosen and rejected are equal to the model"
    if max(len(chosen), len(rejected)) > max_length:
        yield f"longer than adapter.max_length = {max_length} tokens"
    for side in (chosen, rejected):
        if side[: len(prompt)] != prompt:
            yield "the chat template does not render the prompt alone as it does before an answer"
        elif len(side) == len(prompt):
            yield "the chat template renders an answer as nothing"
