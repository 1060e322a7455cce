"""ProofWriter, open world (Tafjord et al. 2021, arXiv 2012.13048): its template English, read as formulas.

    sentence  = clauses | "If" clauses "then" clauses
              | ["All"] quality {joint quality} ("people" | "things") "are" ["not"] quality
    clauses   = clause {joint (clause | predicate | ["not"] quality)}
    joint     = "and" | "," | ", and"
    clause    = thing predicate
    predicate = ("is" | "are") ["not"] ["a" | "an"] quality | [("does" | "do") "not"] verb thing
    thing     = "the" word {word} | name | "someone" | "something" | pronoun

`someone` and `something` are whatever there is, and bound by their rule; `it`, `they` and other pronouns are the same
where a sentence has one, else what it speaks of first. A predicate without a subject has that of the clause before it.
The forms `likes` and `like` are one predicate; `the bald eagle` is the constant `bald_eagle`.

A row with a sentence outside of this grammar has no reference.
"""

import re
from collections.abc import Iterator
from functools import reduce
from pathlib import Path

from stages.files import Row
from stages.tasks.fol.english import ANYTHING, base, every, formulas, says
from stages.tasks.fol.formula import Binary, Formula, Operator, Term
from stages.tasks.fol.stories import chosen, draft_of
from stages.tasks.rows import text_of, training_rows
from stages.tasks.task import Draft, Rejection

PUBLISHED = ("renma/ProofWriter", "default", "validation")
_NAME = re.compile(r"(?P<family>(?:Att|Rel)(?:Noneg|Neg))\b.*?-D(?P<depth>\d+)")
_JOINT = re.compile(r", and |,? and |, ")
_RULE = re.compile(r"If (?P<condition>.+) then (?P<result>.+)")
_KINDS = re.compile(
    rf"(?:All )?(?P<kinds>\w+(?:(?:{_JOINT.pattern})\w+)*) (?:people|things) are (?P<denied>not )?(?P<quality>\w+)"
)
_WORD = r"(?!(?:the|is|are|does|do|not|if|then|and)\b)\w+"
_THING = rf"the {_WORD}(?: {_WORD})*?|{_WORD}"
_CLAUSE = re.compile(
    rf"(?:(?P<subject>{_THING}) )?(?:"
    rf"(?:is|are) (?P<denied>not )?(?:an? )?(?P<quality>{_WORD})"
    rf"|(?P<denying>(?:does|do) not )?(?P<verb>{_WORD}) (?P<object>{_THING}))"
    rf"|(?P<lacking>not )?(?P<more>{_WORD})",
    re.IGNORECASE,
)
_ANYTHING = {"someone", "something"}
_PRONOUNS = {"it", "they", "them", "he", "him", "she", "her"}


def load(path: Path) -> Iterator[Draft | Rejection]:
    """Yields the problems of a ProofWriter file, or of the training split in a folder.

    A row has `context`, `question` (which ends with the statement in question), `answer` (a letter of `options`) and
    `id`, as Logic-LM samples it, or `theory`, `question`, `answer` (in words) and `QDep`, the depth of the proof.

    Raises:
        UserError: If the file is missing, or a row is not a JSON object.
    """
    for where, row in training_rows(path):
        theory, statement = text_of(row, "context", "theory"), text_of(row, "question").rpartition("?")[2].strip()
        family, depth = _kind(row, theory)
        yield draft_of(where, theory, statement, chosen(row), formulas(theory, statement, _sentence), family, depth)


def _kind(row: Row, theory: str) -> tuple[str, int]:
    """Returns the family and depth that the row or its id states, else the set's name and the number of sentences."""
    name, depth = _NAME.search(text_of(row, "id")), row.get("QDep")
    if type(depth) is not int:
        depth = int(name["depth"]) if name else theory.count(".")
    return name["family"] if name else "proofwriter", depth


def _sentence(text: str, words: frozenset[str]) -> Formula:
    if kinds := _KINDS.fullmatch(text):
        condition = _all(says(False, kind.lower(), ANYTHING) for kind in _JOINT.split(kinds["kinds"]))
        return every(condition, says(kinds["denied"], kinds["quality"], ANYTHING))
    speech = _Speech(text, words)
    if not (rule := _RULE.fullmatch(text)):
        if speech.of_anything:
            raise ValueError("no rule binds whom the sentence speaks of")
        return speech.formula(text)
    condition, result = speech.formula(rule["condition"]), speech.formula(rule["result"])
    return every(condition, result) if speech.of_anything else Binary(Operator.IMPLIES, condition, result)


def _all(parts: Iterator[Formula]) -> Formula:
    return reduce(lambda left, right: Binary(Operator.AND, left, right), parts)


class _Speech:
    """One sentence and what it has spoken of so far."""

    def __init__(self, text: str, words: frozenset[str]) -> None:
        self.of_anything = not _ANYTHING.isdisjoint(text.lower().split())
        self._words = words
        self._first = ANYTHING if self.of_anything else None
        self._last: Term | None = None

    def formula(self, clauses: str) -> Formula:
        return _all(self._clause(text) for text in _JOINT.split(clauses))

    def _clause(self, text: str) -> Formula:
        """Reads a clause.

        Raises:
            ValueError: If it is not in the grammar, or speaks of nothing.
        """
        if not (clause := _CLAUSE.fullmatch(text)):
            raise ValueError("no clause")
        if clause["subject"]:
            self._last = self._thing(clause["subject"])
            self._first = self._first or self._last
        if self._last is None:
            raise ValueError("no subject")
        if clause["verb"]:
            verb = base(clause["verb"].lower(), self._words)
            return says(clause["denying"], verb, self._last, self._thing(clause["object"]))
        quality = clause["quality"] or clause["more"]
        return says(clause["denied"] or clause["lacking"], quality.lower(), self._last)

    def _thing(self, text: str) -> Term:
        lower = text.lower()
        if lower in _ANYTHING:
            return ANYTHING
        if lower in _PRONOUNS:
            if self._first is None:
                raise ValueError("a pronoun for nothing")
            return self._first
        return Term(lower.removeprefix("the ").replace(" ", "_") if lower.startswith("the ") else text)
