"""ProntoQA (Saparov and He 2023, arXiv 2210.01240): its template English, read as formulas.

    sentence   = ("Every" | "Each" | "All") kind be ["not"] complement | kind "are" ["not"] complement
               | name "is" ["not"] complement
    be         = "is" | "are"
    complement = "a" kind | "an" kind | kind | quality
    kind       = {word} noun

A noun is the same in singular and plural, as far as the text has both. A row with a sentence outside of this grammar
has no reference.
"""

import re
from collections.abc import Iterator
from pathlib import Path

from stages.files import Row
from stages.tasks.fol.english import ANYTHING, base, every, formulas, says
from stages.tasks.fol.formula import Formula, Term
from stages.tasks.fol.stories import chosen, draft_of
from stages.tasks.rows import text_of, training_rows
from stages.tasks.task import Draft, Rejection

PUBLISHED = ("renma/ProntoQA", "default", "validation")
_SENTENCE = re.compile(
    r"(?:(?P<every>Every|Each|All) )?(?P<subject>.+?) (?P<be>is|are) (?P<denied>not )?(?:an? )?(?P<complement>[\w ]+)"
)


def load(path: Path) -> Iterator[Draft | Rejection]:
    """Yields the problems of a ProntoQA file, or of the training split in a folder.

    A row has `context`, `question` (which ends with the statement in question), `answer` (a letter of `options`) and
    `explanation` (a fact, then by turns a rule and what follows with it), as Logic-LM samples it.

    Raises:
        UserError: If the file is missing, or a row is not a JSON object.
    """
    for where, row in training_rows(path):
        theory, statement = text_of(row, "context"), text_of(row, "question").rpartition("?")[2].strip()
        statements = formulas(theory, statement, _sentence)
        yield draft_of(where, theory, statement, chosen(row), statements, "prontoqa", _depth(row, theory))


def _depth(row: Row, theory: str) -> int:
    """Returns the number of rules that the explanation takes; without one, the number of sentences."""
    explanation = row.get("explanation")
    return len(explanation) // 2 if isinstance(explanation, list) else theory.count(".")


def _sentence(text: str, words: frozenset[str]) -> Formula:
    if not (sentence := _SENTENCE.fullmatch(text)):
        raise ValueError("no sentence")
    denied, complement = sentence["denied"], _predicate(sentence["complement"], words)
    if sentence["every"] or sentence["be"] == "are":
        kind = says(False, _predicate(sentence["subject"], words), ANYTHING)
        return every(kind, says(denied, complement, ANYTHING))
    return says(denied, complement, Term(sentence["subject"].replace(" ", "_")))


def _predicate(text: str, words: frozenset[str]) -> str:
    *before, noun = text.lower().split()
    return "_".join([*before, base(noun, words)])
