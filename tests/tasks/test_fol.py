from collections import Counter
from random import Random

import pytest

from stages.agent.calls import parse
from stages.agent.error_types import CallError, ErrorType
from stages.errors import UserError
from stages.tasks import load_functions, load_task
from stages.tasks.fol import TASK
from stages.tasks.fol.families import FAMILIES
from stages.tasks.fol.functions import statements
from stages.tasks.fol.functions.formulas import FUNCTIONS
from stages.tasks.fol.prover import satisfiable_by_z3
from stages.tasks.references import called, execute_reference, offered

KINDS = [(family, depth) for family in FAMILIES for depth in (1, 2, 3)]


def run(*calls, functions=FUNCTIONS):
    state = functions.state()
    return [functions.execute(parse(call), state) for call in calls]


def test_formulas_are_built_call_by_call_or_written():
    built = run(
        'implies(left="cat(x)", right="furry(x)")',
        'forall(variable="x", formula="f1")',
        'assume(formula="f2")',
        'assume(formula="cat(Tom)")',
        'entails(formula="furry(Tom)")',
    )
    written = run(
        'assume("∀x (cat(x) → furry(x))")',
        'assume("cat(Tom)")',
        'entails("furry(Tom) and not exists x (cat(x) & -furry(x))")',
    )
    assert built == ["f1", "f2", "ok", "ok", "True"]
    assert written == ["ok", "ok", "True"]


def test_whole_statements_are_written_in_any_notation():
    results = run(
        'assume("∀x (Cat(x) → Furry(x))")',
        'assume("all x.(Furry(x) -> -Wet-Nose(x))")',
        'assume(formula="Cat(Tom) & Tom = Thomas")',
        'entails("Furry(Thomas) ⊕ Wet-Nose(Tom)")',
        'entails("∃x Wet-Nose(x)")',
        'entails("exists x1 (Cat(x1) and Wet-Nose(x1))")',
        functions=statements.FUNCTIONS,
    )
    assert results == ["ok", "ok", "ok", "True", "Unknown", "False"]


def test_every_function_means_what_it_says():
    results = run(
        'both(left="p", right="q")',
        'either(left="f1", right="r")',
        'negate(formula="f2")',
        'exists(variable="x", formula="s(x) | f1")',
        'assume(formula="f3")',
        'entails(formula="r")',
        'entails(formula="not f1")',
        'entails(formula="p")',
        'entails(formula="f4 -> exists x s(x)")',
    )
    assert results == ["f1", "f2", "f3", "f4", "ok", "False", "True", "Unknown", "True"]


@pytest.mark.parametrize("functions", [FUNCTIONS, statements.FUNCTIONS])
def test_contradictory_premises_are_said(functions):
    said, calls = "The premises contradict each other", ('assume("cat(Tom)")', 'assume("not cat(Tom)")')
    assert run(*calls, 'entails("dog(Tom)")', functions=functions) == ["ok", said, said]


@pytest.mark.parametrize("functions", [FUNCTIONS, statements.FUNCTIONS])
def test_running_out_of_time_is_said(functions, monkeypatch):
    from stages.tasks.fol import prover

    monkeypatch.setattr(prover, "satisfiable", lambda formulas: satisfiable_by_z3(formulas, resource_limit=20_000))
    infinite = ("all x some y R(x, y)", "all x -R(x, x)", "all x, y, z (R(x, y) & R(y, z) -> R(x, z))")
    calls = [f'assume("{formula}")' for formula in infinite]
    assert run(*calls, 'entails("P(a)")', functions=functions) == ["ok", "ok", "ok", "Out of time"]


@pytest.mark.parametrize(
    ("calls", "message"),
    [
        (['assume(formula="f7")'], "There is no f7 yet; nothing has been built"),
        (['negate(formula="p")', 'negate(formula="p & f2")'], "There is no f2 yet; the last one is f1"),
    ],
)
def test_an_id_that_nothing_has_yet_is_an_execution_error(calls, message):
    with pytest.raises(CallError) as error:
        run(*calls)
    assert (error.value.error, str(error.value)) == (ErrorType.EXECUTION_ERROR, message)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ('assume(formula="cat(x)")', "x is not bound; use forall or exists"),
        ('entails(formula="forall x likes(x, y)")', "y is not bound; use forall or exists"),
        ('assume(formula="cat(Tom")', "`cat(Tom` is no formula: column 8: expected `,` or `)`, found the end"),
        ('forall(variable="x y", formula="cat(x)")', "`x y` is no variable, such as x"),
    ],
)
def test_mistakes_are_answered_in_one_clear_line(call, message):
    with pytest.raises(CallError) as error:
        run(call)
    assert (error.value.error, str(error.value)) == (ErrorType.WRONG_ARGUMENT, message)


def test_doubling_ends_at_the_size_limit():
    state = FUNCTIONS.state()
    with pytest.raises(CallError, match="too large"):
        for number in range(60):
            FUNCTIONS.execute(parse(f'both("f{number}", "f{number}")' if number else 'both("p", "q")'), state)


@pytest.mark.parametrize(("family", "depth"), KINDS)
def test_references_lead_to_the_gold_answer(family, depth):
    random = Random(3)
    for _ in range(25):
        draft = FAMILIES[family](random, depth)
        episode = execute_reference(draft.reference, FUNCTIONS)
        assert (episode.answer, episode.steps[-2].result) == (draft.answer, draft.answer)
        assert not any(step.error for step in episode.steps)
        assert [str(step.call) for step in episode.steps] == draft.reference
        assert len(draft.reference) <= 3 * depth + 5


@pytest.mark.parametrize(("family", "depth"), KINDS)
def test_references_follow_the_functions_that_are_offered(family, depth):
    draft = FAMILIES[family](Random(3), depth)
    whole = offered(draft, statements.FUNCTIONS)
    episode = execute_reference(whole.reference, statements.FUNCTIONS)
    assert offered(draft, FUNCTIONS).reference == draft.reference
    assert (whole.question, episode.answer, episode.steps[-2].result) == (draft.question, draft.answer, draft.answer)
    assert called(whole.reference) == {"assume", "entails"}
    assert len(whole.reference) == sum(call.startswith("assume") for call in draft.reference) + 2


def test_gold_answers_agree_with_z3(monkeypatch):
    from stages.tasks.fol import prover

    monkeypatch.setattr(prover, "satisfiable", satisfiable_by_z3)
    drafts = [FAMILIES[family](Random(seed), depth) for family, depth in KINDS for seed in range(20)]
    for draft in drafts:
        assert execute_reference(draft.reference, FUNCTIONS).steps[-2].result == draft.answer


@pytest.mark.parametrize(("family", "depth"), KINDS)
def test_problems_are_repeatable_varied_and_balanced(family, depth):
    generate = FAMILIES[family]
    first, again, other = (_drafts(generate, seed, depth) for seed in (1, 1, 2))
    assert first == again != other
    assert len({draft.question for draft in first}) > 0.98 * len(first)
    assert min(Counter(draft.answer for draft in first).values()) > len(first) / 4
    assert max(len(draft.question.split()) for draft in first) <= 15 * depth + 20


def _drafts(generate, seed, depth, count=240):
    random = Random(seed)
    return [generate(random, depth) for _ in range(count)]


def test_negation_problems_negate():
    assert all(
        any(call.startswith("negate") for call in draft.reference) for draft in _drafts(FAMILIES["negation"], 1, 2)
    )


@pytest.mark.parametrize("depth", [0, -1, 5])
def test_impossible_depth_is_refused(depth):
    with pytest.raises(UserError, match="between 1 and 4"):
        FAMILIES["universal"](Random(1), depth)


@pytest.mark.parametrize(
    ("answer", "gold", "same"),
    [
        ("True", "True", True),
        (" false.", "False", True),
        ("Uncertain", "Unknown", True),
        ("unknown", "Uncertain", True),
        ("True", "False", False),
        ("", "Unknown", False),
        ("True or False", "True", False),
    ],
)
def test_check(answer, gold, same):
    assert TASK.check(answer, gold) is same


def test_the_task_is_found_by_name_and_is_whole():
    functions = load_functions("fol", ["formulas"])
    names = {function.name for function in functions}
    assert load_task("fol") is TASK
    assert set(TASK.confusions) <= names
    assert set(TASK.confusions.values()) <= names
    assert TASK.ordered <= names
    for name in ("formulas", "statements"):
        with pytest.raises(CallError) as error:
            run(TASK.failing_call, functions=load_functions("fol", [name]))
        assert error.value.error == ErrorType.EXECUTION_ERROR


def test_sets_with_common_names_are_not_joined():
    with pytest.raises(UserError, match=r"`problems\.fol\.functions`: .*py:\d+: .*`assume` exists already; leave one"):
        load_functions("fol", ["formulas", "statements"])
