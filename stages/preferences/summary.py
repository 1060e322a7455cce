"""What is in a data set that is written row by row: counted for its card, never held."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from stages.agent.episode import Message
from stages.files import Row, dump

STEPS = "steps"
_TYPES = {bool: "bool", int: "int64", float: "float64", str: "string"}


@dataclass
class Summary:
    """Counts of a data set.

    Attributes:
        rows: Rows by configuration and split.
        errors: Step-level pairs by family and error type.
        origins: Step-level pairs by whose mistake they are about, and by the method of augmentation.
        lengths: Step-level pairs by length: the characters of the conversation with the longer of both sides.
        features: Of each configuration, its columns as `datasets` describes them in a card.
    """

    rows: Counter[tuple[str, str]] = field(default_factory=Counter)
    errors: Counter[tuple[str, str]] = field(default_factory=Counter)
    origins: Counter[tuple[str, str]] = field(default_factory=Counter)
    lengths: Counter[int] = field(default_factory=Counter)
    features: dict[str, dict[str, Row]] = field(default_factory=lambda: defaultdict(dict))

    def add(self, configuration: str, split: str, row: Row, family: str) -> None:
        """Counts a row.

        Args:
            configuration: The format that it is in.
            split: Its split.
            row: What is written.
            family: Of its problem.
        """
        self.rows[configuration, split] += 1
        for name, value in row.items():
            if feature := _feature(value):
                self.features[configuration].setdefault(name, feature)
        if configuration == STEPS:
            self.errors[family, row["error_type"]] += 1
            self.origins[row["origin"], row["augmentation"]] += 1
            self.lengths[max(_length(row["prompt"] + row[side]) for side in ("chosen", "rejected"))] += 1


def _feature(value: Any) -> Row:
    """Returns a column's type; objects are JSON, since calls of different functions have different arguments."""
    if isinstance(value, list):
        return {"list": _TYPES.get(type(value[0]), "json")} if value else {}
    return {} if value is None else {"dtype": _TYPES.get(type(value), "json")}


def _length(messages: Sequence[Message]) -> int:
    return sum(len(_text(message)) for message in messages)


def _text(message: Message) -> str:
    return (message.get("content") or "") + "".join(dump(call["function"]) for call in message.get("tool_calls") or [])
