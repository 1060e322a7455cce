from random import Random

import pytest

from stages.agent.calls import parse
from stages.agent.error_types import CallError
from stages.tasks import load_functions, load_task
from stages.tasks.math.families import FAMILIES
from stages.tasks.problem_sets import reference_fault

TASK = load_task("math")
FUNCTIONS = load_functions("math", ["arithmetic"])
CASES = [(family, depth) for family in FAMILIES for depth in range(1, 5)]


def call(text):
    return FUNCTIONS.execute(parse(text), {})


@pytest.mark.parametrize(("family", "depth"), CASES)
def test_every_family_leads_to_its_gold_answer_at_every_depth(family, depth):
    for seed in range(40):
        draft = FAMILIES[family](Random(seed), depth)
        assert reference_fault(draft, TASK, FUNCTIONS) is None, draft
        assert len(draft.reference) == depth + 1
        assert draft.question.endswith("?")
        assert "{" not in draft.question


@pytest.mark.parametrize(("family", "depth"), CASES)
def test_references_are_written_as_the_agent_writes_calls(family, depth):
    draft = FAMILIES[family](Random(depth), depth)
    for text in draft.reference[:-1]:
        assert str(FUNCTIONS.normalize(parse(text))) == text


def test_equal_seeds_give_equal_problems_and_others_differ():
    first, again, other = (FAMILIES["sharing"](Random(seed), 3) for seed in (1, 1, 2))
    assert first == again
    assert first.question != other.question


def test_operands_stand_in_the_question_or_were_computed():
    for family, depth in CASES:
        draft = FAMILIES[family](Random(7), depth)
        seen = set(draft.question.replace(".", " ").replace(",", " ").split())
        for text in draft.reference[:-1]:
            values = {str(value) for value in parse(text).keywords.values()}
            assert values <= seen, (draft, text)
            seen.add(call(text))


def test_every_function_and_some_fractions_occur():
    drafts = [FAMILIES[family](Random(seed), depth) for family, depth in CASES for seed in range(30)]
    names = {text.partition("(")[0] for draft in drafts for text in draft.reference}
    assert names == {function.name for function in FUNCTIONS} | {"stop"}
    assert any("." in draft.answer for draft in drafts)
    assert len({draft.question for draft in drafts}) == len(drafts)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("add(a=0.1, b=0.2)", "0.3"),
        ("subtract(a=3, b=5)", "-2"),
        ("multiply(a='1/3', b=3)", "1"),
        ("divide(a=2, b=3)", "2/3"),
        ("percent(percent=20, of=50)", "10"),
        ("percent(percent=12.5, of='2/3')", "1/12"),
    ],
)
def test_arithmetic_is_exact(text, result):
    assert call(text) == result


@pytest.mark.parametrize("text", ["divide(a=1, b=0)", f"multiply(a={'9' * 30}, b={'9' * 30})", TASK.failing_call])
def test_what_cannot_be_computed_is_answered_in_one_line(text):
    with pytest.raises(CallError) as error:
        call(text)
    assert error.value.error == "execution_error"
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("answer", "gold", "correct"),
    [
        ("72", "72", True),
        ("72.0", "72", True),
        ("$1,200.50", "1200.5", True),
        ("-$5", "-5", True),
        ("40%", "40", True),
        ("7/2", "3.5", True),
        ("0.3333", "1/3", False),
        ("73", "72", False),
        ("72 apples", "72", False),
        ("7 2", "72", False),
        ("", "0", False),
        ("True", "1", False),
        ("9" * 500, "9", False),
    ],
)
def test_checker(answer, gold, correct):
    assert TASK.check(answer, gold) is correct


def test_confusions_name_functions():
    names = {function.name for function in FUNCTIONS}
    assert set(TASK.confusions) == names
    assert set(TASK.confusions.values()) | TASK.ordered <= names
    assert all(name != other for name, other in TASK.confusions.items())
