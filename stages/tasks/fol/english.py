"""What the readers of template English share: sentences, the base forms of words, and what clauses mean."""

import re
from collections.abc import Callable

from stages.tasks.fol.formula import Atom, Binary, Formula, Not, Operator, Quantified, Quantifier, Term

ANYTHING = Term("x")
_MAX_LENGTH = 1000
_WORD = re.compile(r"\w+")
_END = re.compile(r"\.(?:\s+|$)")


def formulas(theory: str, statement: str, sentence: Callable[[str, frozenset[str]], Formula]) -> list[Formula] | None:
    """Returns what the sentences of a theory mean and, last, what a statement means; None if one cannot be read.

    Args:
        theory: Sentences that end with full stops.
        statement: One sentence.
        sentence: Reads one, given all words there are in lower case; raises ValueError if it is not in its grammar.
    """
    words = frozenset(_WORD.findall(f"{theory} {statement}".lower()))
    texts = [*_END.split(theory.strip()), statement.removesuffix(".")]
    if max(map(len, texts)) > _MAX_LENGTH:
        return None
    try:
        return [sentence(text, words) for text in texts if text]
    except ValueError:
        return None


def base(word: str, words: frozenset[str]) -> str:
    """Takes the ending of a plural or of the third person off a word, where the text has the word without it as well.

    Where it has not, nothing in the text can be meant to be the same, and the word stays as it is.
    """
    if word.endswith("s"):
        bare = (word[:-1], word.removesuffix("es"), f"{word.removesuffix('ies')}y")
        return next((form for form in bare if form in words), word)
    return word


def every(condition: Formula, result: Formula) -> Formula:
    """Returns that all that meets a condition on `ANYTHING` meets the result."""
    return Quantified(Quantifier.FORALL, ANYTHING.name, Binary(Operator.IMPLIES, condition, result))


def says(denied: object, predicate: str, *terms: Term) -> Formula:
    """Returns an atom, or what denies it."""
    atom = Atom(predicate, terms)
    return Not(atom) if denied else atom
