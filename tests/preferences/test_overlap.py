from pathlib import Path

import pytest

from stages.errors import UserError
from stages.preferences.overlap import HeldOut, plain, trigrams
from stages.tasks.task import Problem

QUESTION = "Tom has 30 eggs to share. Tom finds 12 more. How many eggs are left for Tom?"


@pytest.mark.parametrize(
    "same",
    [
        "tom has 30 eggs to share; Tom finds 12 more; how many eggs are left for tom",
        f"  {QUESTION}\n",
        QUESTION.upper(),
    ],
)
def test_blanks_case_and_punctuation_make_no_other_text(same):
    assert HeldOut({"t": QUESTION}, 1.0).same(same) == "t"


def test_other_numbers_make_another_text():
    held_out = HeldOut({"t": QUESTION}, 0.9)
    other = QUESTION.replace("12", "13")
    assert held_out.same(other) is None
    assert held_out.near(other) is None


@pytest.mark.parametrize(
    "near",
    [
        QUESTION.replace("Tom", "Ann"),
        "Tom finds 12 more. Tom has 30 eggs to share. How many eggs are left for Tom?",
    ],
)
def test_other_names_and_another_order_are_near_duplicates(near):
    held_out = HeldOut({"other": "Who is there?", "t": QUESTION}, 1.0)
    assert held_out.same(near) is None
    assert held_out.near(near) == "t"


def test_the_similarity_is_that_of_jaccard():
    first, second = "a b c d e f g h i j", "a b c d e f g h i x"
    shared, every = trigrams(first) & trigrams(second), trigrams(first) | trigrams(second)
    assert (len(shared), len(every)) == (8, 12)
    assert HeldOut({"t": first}, 8 / 12).near(second) == "t"
    assert HeldOut({"t": first}, 8 / 12 + 0.01).near(second) is None


def test_the_most_similar_is_named():
    texts = {"far": "one two three four five six seven", "close": "one two three four five six eight nine"}
    assert HeldOut(texts, 0.1).near("one two three four five six eight") == "close"


def test_numbers_stay_whole():
    assert plain("He pays $1,200.50!") == "he pays 1,200.50"


def test_training_problems_that_are_held_out_are_refused_by_their_ids():
    problems = [Problem(f"p{number}", f"Question {number}?", "1", "f", 1) for number in range(9)]
    held_out = HeldOut({f"t{number}": f"question {number}" for number in range(2, 7)}, 0.9)
    with pytest.raises(UserError, match=r"^x: 5 questions are held out, too \(p2 = t2, p3 = t3, p4 = t4\); remove"):
        held_out.near_duplicates(problems, Path("x"))


def test_near_duplicates_are_named():
    problems = [Problem("p", QUESTION.replace("Tom", "Ann"), "1", "f", 1), Problem("q", "What?", "1", "f", 1)]
    assert HeldOut({"t": QUESTION}, 0.9).near_duplicates(problems, Path("x")) == {"p"}
    assert HeldOut({}, 0.9).near_duplicates(problems, Path("x")) == set()
