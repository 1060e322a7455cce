from random import Random

import pytest

from stages.tasks.fol import sentences
from stages.tasks.fol.formula import Operator


@pytest.mark.parametrize(
    ("sentence", "text", "formula"),
    [
        (sentences.only("cat", "furry"), "Only a cat is furry.", "forall x (furry(x) -> cat(x))"),
        (sentences.no("cat", "dog"), "No cat is a dog.", "forall x (cat(x) -> not dog(x))"),
        (
            sentences.conditional("Tom", "furry", "Mia", "cat"),
            "If Tom is furry then Mia is a cat.",
            "furry(Tom) -> cat(Mia)",
        ),
        (sentences.holds("Tom", "cat"), "Tom is a cat.", "cat(Tom)"),
        (sentences.fails("Tom", "furry"), "Tom is not furry.", "not furry(Tom)"),
        (
            sentences.joined("Tom", "cat", Operator.OR, "kind"),
            "Tom is a cat or kind.",
            "cat(Tom) or kind(Tom)",
        ),
        (sentences.is_it("Tom", "furry"), "Is Tom furry?", "furry(Tom)"),
        (sentences.is_it_not("Tom", "cat"), "Is it true that Tom is not a cat?", "not cat(Tom)"),
        (
            sentences.is_joined("Tom", "cat", Operator.AND, "kind"),
            "Is Tom a cat and kind?",
            "cat(Tom) and kind(Tom)",
        ),
        (sentences.is_every("cat", "kind"), "Is every cat kind?", "forall x (cat(x) -> kind(x))"),
        (sentences.is_some("cat", "kind"), "Is some cat kind?", "exists x (cat(x) and kind(x))"),
    ],
)
def test_sentences_mean_what_they_say(sentence, text, formula):
    assert (sentence.text, str(sentence.formula)) == (text, formula)


@pytest.mark.parametrize(
    ("kind", "starts", "formula"),
    [
        (sentences.every, {"Every", "Each"}, "forall x (cat(x) -> kind(x))"),
        (sentences.some, {"Some", "At least one"}, "exists x (cat(x) and kind(x))"),
    ],
)
def test_phrasings_mean_the_same(kind, starts, formula):
    made = [kind(Random(seed), "cat", "kind") for seed in range(20)]
    assert {str(sentence.formula) for sentence in made} == {formula}
    assert {sentence.text for sentence in made} == {f"{start} cat is kind." for start in starts}


def test_words_differ():
    assert len({*sentences.WORDS, *sentences.NAMES}) == len(sentences.WORDS) + len(sentences.NAMES) == 56
    assert not any(word[0] in "aeiou" for word in sentences.NOUNS)
