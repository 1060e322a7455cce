"""Whether a question is, but for small things, one that is held out.

Two measures: the same text, whatever its blanks, case and punctuation; and the similarity of two texts, which is
Jaccard's coefficient of their sets of word trigrams (Broder, 1997, "On the resemblance and containment of documents"),
taken sentence by sentence, so that the order of sentences does not count, and with one mark for all individuals, so
that their names do not. Held-out sets are small enough to compute it exactly, by an index from trigrams to texts.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path

from stages.errors import UserError
from stages.tasks.task import Problem

Trigram = tuple[str, str, str]
_SENTENCE = re.compile(r"[.?!]+(?:\s+|$)|\n")
_WORD = re.compile(r"\d+(?:[.,/]\d+)*|\w+")
_INDIVIDUAL = re.compile(r"(?:(?<=\w )|(?<=, ))[A-Z][a-z]+")  # capitalised within a sentence
_SHOWN = 3
_ANYBODY, _BEGINNING, _END = "#", "^", "$"


def plain(text: str) -> str:
    """Returns what two texts have in common that are the same."""
    return " ".join(_WORD.findall(text.casefold()))


def trigrams(text: str) -> frozenset[Trigram]:
    """Returns the word trigrams of a text's sentences, each sentence with a mark at both ends."""
    individuals = set(_INDIVIDUAL.findall(text))
    found: set[Trigram] = set()
    for sentence in _SENTENCE.split(text):
        words = [_ANYBODY if word in individuals else word.casefold() for word in _WORD.findall(sentence)]
        marked = [_BEGINNING, *words, _END]
        found.update(zip(marked, marked[1:], marked[2:]))
    return frozenset(found)


class HeldOut:
    """Questions that no other may be like.

    Args:
        questions: By the ids of their problems.
        threshold: The similarity from which two questions are near-duplicates, in (0, 1].
    """

    def __init__(self, questions: Mapping[str, str], threshold: float) -> None:
        self.threshold = threshold
        self._same = {plain(text): name for name, text in questions.items()}
        self._sizes: dict[str, int] = {}
        self._index: defaultdict[Trigram, list[str]] = defaultdict(list)
        for name, text in questions.items():
            found = trigrams(text)
            self._sizes[name] = len(found)
            for trigram in found:
                self._index[trigram].append(name)

    def same(self, question: str) -> str | None:
        """Returns the id of a held-out question with the same text."""
        return self._same.get(plain(question))

    def near(self, question: str) -> str | None:
        """Returns the id of the held-out question that is most similar, if it is a near-duplicate."""
        found = trigrams(question)
        common = Counter(name for trigram in found for name in self._index.get(trigram, ()))
        alike = ((shared / (len(found) + self._sizes[name] - shared), name) for name, shared in common.items())
        best, name = max(alike, default=(0.0, ""))
        return name if best >= self.threshold else None

    def near_duplicates(self, problems: Iterable[Problem], path: Path) -> set[str]:
        """Returns the ids of the problems that are near-duplicates.

        Args:
            problems: Those that are trained on.
            path: Where they stand, for the message.

        Raises:
            UserError: If any of them has a held-out question's text; names the first ones.
        """
        problems = list(problems)
        same = [(problem.id, other) for problem in problems if (other := self.same(problem.question))]
        if same:
            shown = ", ".join(f"{name} = {other}" for name, other in same[:_SHOWN])
            raise UserError(f"{path}: {len(same)} questions are held out, too ({shown}); remove them from one side")
        return {problem.id for problem in problems if self.near(problem.question)}
