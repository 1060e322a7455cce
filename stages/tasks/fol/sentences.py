"""The English of procedural problems: every kind of sentence with the formula that it means.

Words are the same in text and formula, and no noun needs `an` or a plural.
"""

from dataclasses import dataclass
from random import Random

from stages.tasks.fol.formula import Atom, Binary, Formula, Not, Operator, Quantified, Quantifier, Term

NOUNS = (
    "baker",
    "cat",
    "doctor",
    "dog",
    "dragon",
    "farmer",
    "giant",
    "hunter",
    "knight",
    "miner",
    "painter",
    "pirate",
    "poet",
    "rabbit",
    "robot",
    "sailor",
    "singer",
    "teacher",
    "tiger",
    "wizard",
)
ADJECTIVES = (
    "bold",
    "brave",
    "calm",
    "clever",
    "furry",
    "gentle",
    "happy",
    "kind",
    "lazy",
    "merry",
    "noble",
    "proud",
    "quick",
    "quiet",
    "rich",
    "shy",
    "strong",
    "tall",
    "wild",
    "young",
)
NAMES = (
    "Anna",
    "Bob",
    "Cora",
    "Dan",
    "Eva",
    "Finn",
    "Gina",
    "Hugo",
    "Ida",
    "Jack",
    "Kara",
    "Leo",
    "Mia",
    "Noah",
    "Ruth",
    "Tom",
)

WORDS = (*NOUNS, *ADJECTIVES)


@dataclass(frozen=True)
class Sentence:
    """A statement or question and the formula that it states or asks for."""

    text: str
    formula: Formula


def phrase(word: str) -> str:
    """Returns what follows `is`: `a cat` or `furry`."""
    return f"a {word}" if word in NOUNS else word


def every(random: Random, noun: str, word: str) -> Sentence:
    """Every cat is furry."""
    return Sentence(f"{random.choice(('Every', 'Each'))} {noun} is {phrase(word)}.", _every(noun, word))


def only(noun: str, word: str) -> Sentence:
    """Only a cat is furry: whoever is furry is a cat."""
    return Sentence(f"Only a {noun} is {phrase(word)}.", _every(word, noun))


def no(noun: str, word: str) -> Sentence:
    """No cat is furry."""
    rule = Binary(Operator.IMPLIES, _of(noun, "x"), Not(_of(word, "x")))
    return Sentence(f"No {noun} is {phrase(word)}.", Quantified(Quantifier.FORALL, "x", rule))


def some(random: Random, noun: str, word: str) -> Sentence:
    """Some cat is furry."""
    return Sentence(f"{random.choice(('Some', 'At least one'))} {noun} is {phrase(word)}.", _some(noun, word))


def conditional(name: str, word: str, other_name: str, other_word: str) -> Sentence:
    """If Tom is furry then Mia is kind."""
    text = f"If {name} is {phrase(word)} then {other_name} is {phrase(other_word)}."
    return Sentence(text, Binary(Operator.IMPLIES, _of(word, name), _of(other_word, other_name)))


def holds(name: str, word: str) -> Sentence:
    """Tom is furry."""
    return Sentence(f"{name} is {phrase(word)}.", _of(word, name))


def fails(name: str, word: str) -> Sentence:
    """Tom is not furry."""
    return Sentence(f"{name} is not {phrase(word)}.", Not(_of(word, name)))


def joined(name: str, word: str, operator: Operator, other: str) -> Sentence:
    """Tom is furry and kind, or: Tom is furry or kind."""
    formula = Binary(operator, _of(word, name), _of(other, name))
    return Sentence(f"{name} is {phrase(word)} {operator} {phrase(other)}.", formula)


def is_it(name: str, word: str) -> Sentence:
    """Is Tom furry?"""
    return Sentence(f"Is {name} {phrase(word)}?", _of(word, name))


def is_it_not(name: str, word: str) -> Sentence:
    """Is it true that Tom is not furry?"""
    return Sentence(f"Is it true that {name} is not {phrase(word)}?", Not(_of(word, name)))


def is_joined(name: str, word: str, operator: Operator, other: str) -> Sentence:
    """Is Tom furry and kind?"""
    formula = Binary(operator, _of(word, name), _of(other, name))
    return Sentence(f"Is {name} {phrase(word)} {operator} {phrase(other)}?", formula)


def is_every(noun: str, word: str) -> Sentence:
    """Is every cat furry?"""
    return Sentence(f"Is every {noun} {phrase(word)}?", _every(noun, word))


def is_some(noun: str, word: str) -> Sentence:
    """Is some cat furry?"""
    return Sentence(f"Is some {noun} {phrase(word)}?", _some(noun, word))


def _of(word: str, name: str) -> Atom:
    return Atom(word, (Term(name),))


def _every(noun: str, word: str) -> Formula:
    return Quantified(Quantifier.FORALL, "x", Binary(Operator.IMPLIES, _of(noun, "x"), _of(word, "x")))


def _some(noun: str, word: str) -> Formula:
    return Quantified(Quantifier.EXISTS, "x", Binary(Operator.AND, _of(noun, "x"), _of(word, "x")))
