"""Rows of published data sets, as the readers of all tasks want them."""

from collections.abc import Iterator
from pathlib import Path

from stages.files import Row, read_rows

NO_QUESTION = "no question"
_TRAINING = ("train.jsonl", "train.json")


def training_rows(path: Path) -> Iterator[tuple[str, Row]]:
    """Yields the rows of a file, or of the training split in a folder, each with its place, such as `row 7`.

    Raises:
        UserError: If the file is missing, or is neither JSON Lines nor a JSON array of objects.
    """
    if path.is_dir():
        path = next((path / name for name in _TRAINING if (path / name).exists()), path / _TRAINING[0])
    for number, row in enumerate(read_rows(path), start=1):
        yield f"row {number}", row


def text_of(row: Row, *names: str) -> str:
    """Returns the first of a row's fields that is a text and not blank, without the blanks around it; else ""."""
    texts = (row[name].strip() for name in names if isinstance(row.get(name), str))
    return next((text for text in texts if text), "")
