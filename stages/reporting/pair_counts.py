"""What is in a set of pairs: counted row by row, never held."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

from stages.errors import UserError
from stages.files import Row, read_jsonl

_TEXTS = ("family", "error_type", "origin", "augmentation")


@dataclass(frozen=True)
class PairCounts:
    """Counts of the pairs of one split.

    Attributes:
        errors: By error type of the rejected call.
        cells: By family and error type.
        origins: By method of augmentation, and by whose mistake it is.
        difficulties: By the share of wrong chains of their problem; pairs of problems without chains are left out.
    """

    errors: Counter[str] = field(default_factory=Counter)
    cells: Counter[tuple[str, str]] = field(default_factory=Counter)
    origins: Counter[tuple[str, str]] = field(default_factory=Counter)
    difficulties: Counter[float] = field(default_factory=Counter)

    def add(self, row: Row) -> None:
        """Counts a row of data/pairs."""
        self.errors[row["error_type"]] += 1
        self.cells[row["family"], row["error_type"]] += 1
        self.origins[row["augmentation"], row["origin"]] += 1
        if row["difficulty"] is not None:
            self.difficulties[row["difficulty"]] += 1


def count_pairs(path: Path) -> PairCounts:
    """Counts a file of pairs.

    Raises:
        UserError: If the file is missing or malformed, or a row lacks what is counted; names file and line.
    """
    counts = PairCounts()
    for number, row in enumerate(read_jsonl(path), start=1):
        wrong = [key for key in _TEXTS if not isinstance(row.get(key), str)]
        if not isinstance(row.get("difficulty", ""), float | int | None):
            wrong.append("difficulty")
        if wrong:
            raise UserError(f"{path}:{number}: `{wrong[0]}` is missing; rebuild the file with `dvc repro`")
        counts.add(row)
    return counts
