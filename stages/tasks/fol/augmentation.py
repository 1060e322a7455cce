"""Problems told in other words, about others, or in another order; the formulas stay what they were.

All of it works on the words themselves, so that problems of data sets are changed too where that is safe.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import accumulate
from random import Random

from stages.tasks.fol.sentences import ADJECTIVES, NAMES, NOUNS
from stages.tasks.rewording import GENDERED, Rewording, joined, renaming, replaced, split, words_of
from stages.tasks.task import Method, Problem, Variant

_PREDICATE = re.compile(r"\b(\w+)\(")
_CONSTANT = re.compile(r"\b([A-Z][a-z]+)\b(?!\()")
_REFERS = re.compile(r"(He|She|It|They|This|That|These|Those|His|Her|Its|Their)\b(?! is not true that)")
_ID = re.compile(r"\bf(\d+)\b")
_ANSWERS = {"True", "False", "Unknown"}
_REWORDING = Rewording(
    groups=[
        ("Every {noun} is {what}.", "Each {noun} is {what}.", "Whoever is a {noun} is {what}."),
        ("Some {noun} is {what}.", "At least one {noun} is {what}.", "There is a {noun} that is {what}."),
        ("No {noun} is {what}.", "Whoever is a {noun} is not {what}."),
        ("If {name} is {what} then {other} is {that}.", "{other} is {that} if {name} is {what}."),
        ("{name} is not {what}.", "It is not true that {name} is {what}."),
        ("Is {name} {what}?", "Is it true that {name} is {what}?"),
        ("Is every {noun} {what}?", "Is it true that every {noun} is {what}?"),
        ("Is some {noun} {what}?", "Is it true that some {noun} is {what}?"),
    ],
    fields={
        "name": "[A-Z][a-z]+",
        "other": "[A-Z][a-z]+",
        "noun": "[b-df-hj-np-tv-z][a-z]*",  # no template has an `an`
        "what": "(?:a )?(?!not)[a-z]+",
        "that": "(?:a )?(?!not)[a-z]+",
    },
)


def rename(problem: Problem, random: Random) -> Variant | None:
    """Gives individuals other names, and predicates other words where text and formulas have the same word."""
    calls = "\n".join(problem.reference or ())
    taken = words_of(problem.question) | words_of(calls)
    words: dict[str, str] = {}
    if not GENDERED & set(map(str.lower, taken)):
        words |= renaming(set(_CONSTANT.findall(calls)) & words_of(problem.question) - _ANSWERS, NAMES, taken, random)
    for vocabulary in (NOUNS, ADJECTIVES):
        found = set(_PREDICATE.findall(calls)) & set(vocabulary)
        words |= renaming({word for word in found if _stands_alone(word, taken)}, vocabulary, taken, random)
    question, *reference = (replaced(text, words) for text in (problem.question, *(problem.reference or ())))
    return Variant(question, problem.answer, reference, words) if words else None


def _stands_alone(word: str, taken: set[str]) -> bool:
    """Whether a text has a word in one form only, and not as the plural or the beginning of another one."""
    return not any(other != word and other.lower().startswith(word) for other in taken)


def paraphrase(problem: Problem, random: Random) -> Variant | None:
    """Says in other sentences what can be said in other sentences."""
    question = _REWORDING.reworded(problem.question, random)
    return Variant(question, problem.answer, problem.reference or (), {})


def premises(problem: Problem, random: Random) -> Variant | None:
    """Tells and assumes the premises in another order, if every sentence is one premise."""
    sentences, blanks = split(problem.question)
    *groups, last = _groups(problem.reference or ())
    if len(groups) != len(sentences) - 1 or any(_REFERS.match(sentence) for sentence in sentences):
        return None
    order = random.sample(range(len(groups)), len(groups))
    question = joined([*(sentences[place] for place in order), sentences[-1]], blanks)
    return Variant(question, problem.answer, [*_in_order(groups, order), *last])


def _groups(reference: Sequence[str]) -> list[list[str]]:
    """Returns the calls that each premise takes, the last of them its `assume`, and the calls after all premises."""
    groups: list[list[str]] = [[]]
    for call in reference:
        groups[-1].append(call)
        if call.startswith("assume("):
            groups.append([])
    return groups


def _in_order(groups: Sequence[Sequence[str]], order: Sequence[int]) -> Iterator[str]:
    """Yields the calls of groups in another order; what they build gets the ids that come of it."""
    starts = list(accumulate((len(group) - 1 for group in groups), initial=0))
    built = 0
    for place in order:
        shift = built - starts[place]
        yield from (_shifted(call, shift) for call in groups[place])
        built += len(groups[place]) - 1


def _shifted(call: str, by: int) -> str:
    return _ID.sub(lambda name: f"f{int(name[1]) + by}", call)


METHODS: dict[str, Method] = {"rename": rename, "paraphrase": paraphrase, "premises": premises}
