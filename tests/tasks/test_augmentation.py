"""Methods of augmentation: every variant is another question with an answer that executing its reference gives."""

import re
from random import Random

import pytest

from stages.tasks import load_augmentation, load_families, load_functions, load_task
from stages.tasks.fol.reader import read as formula
from stages.tasks.fol.solution import written
from stages.tasks.problem_sets import generate, reference_fault
from stages.tasks.references import execute_reference
from stages.tasks.rewording import replaced
from stages.tasks.task import Draft, Problem

KINDS = {"fol": ["formulas", [1, 2]], "fol in statements": ["statements", [1, 2]], "math": ["arithmetic", [1, 2, 3, 4]]}
# The smallest share of procedural problems that a method must work on.
SHARES = {
    "fol": {"rename": 1.0, "paraphrase": 0.95, "premises": 1.0},
    "math": {"rename": 1.0, "paraphrase": 0.95, "premises": 0.2, "numbers": 0.9},
}


@pytest.fixture(scope="module", params=KINDS)
def made(request):
    """A task, its functions, and problems with the variants that each method makes."""
    functions, depths = KINDS[request.param]
    name = request.param.split()[0]
    task, functions = load_task(name), load_functions(name, [functions])
    problems = [item for _, item in generate(task, functions, load_families(name), depths, {"train": 120}, 3)]
    methods = load_augmentation(name)
    variants = {key: [(item, method(item, Random(item.id))) for item in problems] for key, method in methods.items()}
    return task, functions, variants


def test_every_method_works_on_its_share(made):
    task, _, variants = made
    assert variants.keys() == SHARES[task.name].keys()
    for name, items in variants.items():
        share = sum(variant is not None for _, variant in items) / len(items)
        assert share >= SHARES[task.name][name], name


def test_references_lead_to_the_answers(made):
    task, functions, variants = made
    for items in variants.values():
        for _, variant in items:
            if variant:
                draft = Draft(variant.question, variant.answer, variant.reference)
                assert reference_fault(draft, task, functions) is None, variant


def test_equal_seeds_give_equal_variants_and_others_differ(made):
    task, _, variants = made
    for name, method in load_augmentation(task.name).items():
        item, variant = next(pair for pair in variants[name] if pair[1] is not None)
        assert method(item, Random(item.id)) == variant
    items = variants["rename"][:20]
    assert any(method_of(task, "rename")(item, Random("other")) != variant for item, variant in items)


def method_of(task, name):
    return load_augmentation(task.name)[name]


def test_only_numbers_change_the_answer(made):
    task, _, variants = made
    for name, items in variants.items():
        if name != "numbers":
            assert all(variant is None or variant.answer == item.answer for item, variant in items)
    if task.name == "math":
        assert sum(variant.answer != item.answer for item, variant in variants["numbers"] if variant) > 80


def test_renaming_keeps_all_but_names(made):
    _, _, variants = made
    for item, variant in variants["rename"]:
        assert variant.words
        assert not set(variant.words) & set(variant.words.values())
        assert len(set(variant.words.values())) == len(variant.words)
        assert not set(variant.words.values()) & set(re.findall(r"\w+", item.question))
        back = {new: old for old, new in variant.words.items()}
        assert replaced(variant.question, back) == item.question


def test_a_chain_about_the_original_becomes_one_about_the_renamed(made):
    _, functions, variants = made
    for item, variant in variants["rename"]:
        other = [replaced(call, variant.words) for call in item.reference]
        assert [step.result for step in execute_reference(other, functions).steps[:-1]] == [
            step.result for step in execute_reference(item.reference, functions).steps[:-1]
        ]


def test_reordered_premises_are_the_same_sentences(made):
    _, _, variants = made
    for item, variant in variants["premises"]:
        if variant:
            old, new = (re.findall(r"[^.?]+[.?]", text) for text in (item.question, variant.question))
            assert sorted(part.strip() for part in old) == sorted(part.strip() for part in new)
            assert old[-1] == new[-1]
            assert len(variant.reference) == len(item.reference)


def test_premises_are_assumed_in_the_order_in_which_they_are_told():
    functions = load_functions("fol", ["statements"])
    texts = ["Bob is kind.", "Every cat is furry.", "Tom is a cat."]
    formulas = ["kind(Bob)", "forall x (cat(x) -> furry(x))", "cat(Tom)"]
    reference = written([formula(text) for text in formulas], formula("furry(Tom)"), "True")
    item = Problem("p", f"{' '.join(texts)} Is Tom furry?", "True", "f", 1, reference)
    for seed in range(10):
        variant = load_augmentation("fol")["premises"](item, Random(seed))
        order = [texts.index(text) for text in re.findall(r"[^.?]+\.", variant.question.replace(". ", ".")) if text]
        assert [call for call in variant.reference if call.startswith("assume")] == [reference[at] for at in order]
        assert execute_reference(variant.reference, functions).answer == "True"


def test_sentences_that_refer_to_those_before_keep_their_place():
    reference = written([formula("kind(Bob)"), formula("tall(Bob)")], formula("kind(Bob)"), "True")
    reorder = load_augmentation("fol")["premises"]
    for text, works in (("Bob is kind. Bob is tall.", True), ("Bob is kind. He is tall.", False)):
        assert (reorder(problem(f"{text} Is Bob kind?", reference, "True"), Random(1)) is not None) == works


def test_no_template_is_filled_so_that_its_article_is_wrong():
    reference = written([formula("forall x (impus(x) -> tall(x))")], formula("tall(Bob)"), "Unknown")
    paraphrase = load_augmentation("fol")["paraphrase"]
    for seed in range(20):
        made = paraphrase(
            problem("Every impus is tall. Every dog is an impus. Is Bob tall?", reference, ""), Random(seed)
        )
        assert made.question.startswith("Every impus is tall. Every dog is an impus.")


def problem(question, reference, answer, family="gsm8k"):
    return Problem("p", question, answer, family, len(reference) - 1, reference)


NUMBERS = ["subtract(a=30, b=12)", "multiply(a=18, b=3)", "stop(answer=54)"]


@pytest.mark.parametrize(
    ("question", "works"),
    [
        ("Ann had 30 eggs and broke 12. She sells the rest at 3 dollars each. How much does she get?", True),
        ("Ann had 30 eggs and broke 12. Two thirds of the 18 left sell at 3 dollars each.", False),
        ("Ann had 30.0 eggs and broke 12. The rest sells at 3 dollars.", False),
        ("Ann had 12 eggs too few for 30. The rest sells at 3 dollars.", False),
        ("Ann had 30 eggs and broke a dozen. The rest sells at 3 dollars.", False),
    ],
)
def test_numbers_of_data_sets_change_only_where_they_are_those_of_the_calls(question, works):
    variant = load_augmentation("math")["numbers"](problem(question, NUMBERS, "54"), Random(1))
    assert (variant is not None) == works
    if variant:
        first, second, third = re.findall(r"\d+", variant.question)
        assert variant.answer == str((int(first) - int(second)) * int(third))


def test_names_of_data_sets_change_only_without_pronouns():
    rename = load_augmentation("math")["rename"]
    variant = rename(problem("Tom has 30 eggs. Tom loses 12, and pays 3.", NUMBERS, "54"), Random(1))
    assert "Tom" not in variant.question
    assert "eggs" in variant.question
    variant = rename(problem("Tom has 30 eggs. He loses 12, and pays 3.", NUMBERS, "54"), Random(1))
    assert variant is None or variant.question.startswith("Tom has 30 eggs.")


def test_words_that_stand_in_another_form_too_are_not_renamed():
    reference = ['assume(formula="cat(Tom)")', 'entails(formula="cat(Tom)")', 'stop(answer="True")']
    rename = load_augmentation("fol")["rename"]
    assert "cat" not in rename(problem("Tom is a cat. Is Tom a cat?", reference, "True"), Random(0)).question
    variant = rename(problem("Tom is a cat. All cats are here. Is Tom a cat?", reference, "True"), Random(0))
    assert variant.question.count("cat") == 3
    assert "Tom" not in variant.question


def test_a_task_need_not_offer_any(monkeypatch, tmp_path):
    monkeypatch.setattr("stages.tasks._FOLDER", tmp_path)
    assert load_augmentation("anything") == {}
