"""FOLIO (Han et al. 2022, arXiv 2209.00840): its annotation in first-order logic, read as formulas.

A reference assumes the annotated premises and asks for the annotated conclusion. Some annotations are not formulas by
any grammar; what can be meant in one way only is mended, by these rules and no others:

- Names in a list of arguments may have several words (`captain america`), dots (`mr.smith`) and plus signs (`a+`).
- Names of a row that differ only in upper and lower case are the same (`RacingCar`, `Racingcar`).
- `^` is `∧`, and so is a comma between formulas.
- A `)` that closes nothing is dropped, and what is open at the end is closed there.
- A quantifier that repeats the variable of the one before it binds the only variable that is left free
  (`∀x ∀x (Near(x, y) → Near(y, x))`).

Whatever is still no formula leaves its row without a reference. Whether the formulas bear out the label is no concern
of the reader's: `check` executes them.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from stages.files import Row
from stages.tasks.fol.formula import VARIABLE, Formula, Quantified, free_variables
from stages.tasks.fol.reader import NAME, ReadError, read
from stages.tasks.fol.stories import draft_of
from stages.tasks.rows import text_of, training_rows
from stages.tasks.task import Draft, Rejection

PUBLISHED = ("tasksource/folio", "default", "train")
_MAX_SLIPS = 4
_ARGUMENTS = re.compile(r"(?<=\w)\(([\w\s.,+'’-]+)\)")


def load(path: Path) -> Iterator[Draft | Rejection]:
    """Yields the problems of a FOLIO file, or of the training split in a folder.

    Premises may be a list, as in the repository of the data set, or one text with a premise a line, as on the hub.

    Raises:
        UserError: If the file is missing, or a row is not a JSON object.
    """
    for where, row in training_rows(path):
        premises, conclusion = _lines(row, "premises"), text_of(row, "conclusion")
        label, depth = text_of(row, "label"), len(premises)
        yield draft_of(where, " ".join(premises), conclusion, label, _statements(row), "folio", depth)


def _lines(row: Row, name: str) -> list[str]:
    value = row.get(name)
    lines = value.splitlines() if isinstance(value, str) else value if isinstance(value, list) else []
    return [line.strip() for line in lines if isinstance(line, str) and line.strip()]


def _statements(row: Row) -> list[Formula] | None:
    """Returns the formulas of the premises and of the conclusion; None if one of them is missing or cannot be read."""
    premises, conclusion = _lines(row, "premises-FOL"), text_of(row, "conclusion-FOL")
    if not premises or not conclusion:
        return None
    spelling: dict[str, str] = {}
    try:
        return [_bind(_read(_plain(text, spelling))) for text in (*premises, conclusion)]
    except ValueError:
        return None


def _plain(text: str, spelling: dict[str, str]) -> str:
    """Returns a formula's text with plain signs and names; `spelling` has names as first written, by lower case."""
    text = _ARGUMENTS.sub(_plain_names, text.replace("^", "∧"))
    return NAME.sub(lambda name: _spelled(name[0], spelling), text)


def _spelled(name: str, spelling: dict[str, str]) -> str:
    return name if VARIABLE.fullmatch(name) else spelling.setdefault(name.lower(), name)


def _plain_names(arguments: re.Match[str]) -> str:
    names = (re.sub(r"[\s.]+", "_", name.strip()).replace("+", "_plus") for name in arguments[1].split(","))
    return f"({', '.join(names)})"


def _read(text: str) -> Formula:
    for _ in range(_MAX_SLIPS):
        try:
            return read(text)
        except ReadError as error:
            text = _mended(text, error.column - 1)
    return read(text)


def _mended(text: str, slip: int) -> str:
    """Mends the place that the reader stopped at.

    Raises:
        ValueError: If there is no rule for it.
    """
    match text[slip : slip + 1]:
        case ")":
            return text[:slip] + text[slip + 1 :]
        case ",":
            return f"{text[:slip]}∧{text[slip + 1 :]}"
        case "":
            return text + ")"
    raise ValueError("no slip that can be mended")


def _bind(formula: Formula) -> Formula:
    """Lets a quantifier that repeats the variable of the one before it bind the only free variable."""
    match formula, free_variables(formula):
        case Quantified(outer, variable, Quantified(inner, repeated, body)), [free] if repeated == variable:
            return Quantified(outer, variable, Quantified(inner, free, body))
    return formula
