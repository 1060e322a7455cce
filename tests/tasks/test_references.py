import pytest

from stages.agent.calls import parse
from stages.agent.episode import Episode
from stages.tasks import load_functions, load_task
from stages.tasks.references import carry, deviation, execute_reference, outcome
from stages.tasks.task import Problem

FUNCTIONS = load_functions("math", ["arithmetic"])
FORMULAS = load_functions("fol", ["formulas"])
GOLD = ["add(a=2, b=3)", "multiply(a=5, b=4)", "subtract(a=20, b=1)", "stop(answer=19)"]
PROBLEM = Problem("math-test-00000", "What?", "19", "collecting", 3, GOLD)


def attempt(*completions, max_steps=6, functions=FUNCTIONS):
    episode = Episode("What?", functions, max_steps)
    for completion in completions:
        if episode.ended is None:
            episode.receive(completion)
    return episode


def result_of(*completions, **options):
    gold = execute_reference(GOLD, FUNCTIONS).steps
    return outcome(load_task("math"), PROBLEM, attempt(*completions, **options), gold)


def test_a_reference_is_executed_as_an_attempt():
    episode = execute_reference(GOLD, FUNCTIONS)
    assert episode.answer == "19"
    assert [step.result for step in episode.steps] == ["5", "20", "19", "19"]


@pytest.mark.parametrize(
    ("completions", "expected"),
    [
        (GOLD, "correct"),
        (["multiply(a=5, b=4)", "add(a=2, b=3)", "subtract(20, 1)", "stop('19.0')"], "correct"),
        (["add(a=3, b=2)", *GOLD[1:]], "correct"),
        (["add(a=2, b=2)", *GOLD], "correct"),
        (["add(2, 3"] * 3, "malformed"),
        (["plus(a=2, b=3)"] * 3, "unknown_function"),
        (["multiply(a=2, b=3)", "multiply(a=6, b=4)", "subtract(a=24, b=1)", "stop(answer=23)"], "wrong_function"),
        (["add(a=2, b=4)", "multiply(a=6, b=4)", "subtract(a=24, b=1)", "stop(answer=23)"], "wrong_argument"),
        (["add(a=2)", "stop(answer=2)"], "wrong_argument"),
        (["multiply(a=2, b=4)", "add(a=8, b=3)", "subtract(a=11, b=1)", "stop(answer=10)"], "wrong_order"),
        (["add(a=2, b=3)", "stop(answer=5)"], "premature_stop"),
        ([*GOLD[:3], "stop(answer=20)"], "wrong_answer"),
        (["add(a=2, b=3)"] * 3, "loop"),
        (["add(a=2, b=3)", "multiply(a=5, b=4)"] * 3, "step_limit"),
        (["divide(a=2, b=0)", "stop(answer=2)"], "execution_error"),
    ],
)
def test_an_attempt_is_named_after_its_first_wrong_step(completions, expected):
    assert result_of(*completions) == expected


@pytest.mark.parametrize(
    ("completions", "expected"),
    [
        (["stop(answer=3)"], "wrong_answer"),
        (["divide(a=2, b=0)", "stop(answer=3)"], "execution_error"),
        (["add(a=2, b=3)"] * 3, "loop"),
        (["add(a=2, b=3)", "add(a=2, b=4)"], "step_limit"),
        (["stop(answer=19)"], "correct"),
    ],
)
def test_without_a_reference_the_end_decides(completions, expected):
    episode = attempt(*completions, max_steps=len(completions))
    assert outcome(load_task("math"), PROBLEM, episode, []) == expected


def test_a_deviation_says_where_and_what_was_still_to_be_made():
    gold = execute_reference(GOLD, FUNCTIONS).steps
    found = deviation(attempt("add(a=2, b=3)", "add(a=5, b=4)"), gold)
    assert found is not None
    assert (found.index, [str(step.call) for step in found.expected]) == (1, GOLD[1:])
    assert deviation(attempt(*GOLD), gold) is None


def test_functions_with_state_are_compared_by_their_calls():
    """Equal results, such as `ok`, do not make two assumptions the same."""
    gold = execute_reference(['assume("p")', 'assume("q")', "stop('Unknown')"], FORMULAS).steps
    found = deviation(attempt('assume("r")', functions=FORMULAS), gold)
    assert found is not None
    assert found.error == "wrong_argument"
    assert deviation(attempt('assume("q")', 'assume("p")', functions=FORMULAS), gold) is None


def test_what_came_back_wrong_is_carried_into_later_calls():
    call = parse("multiply(a=5, b=4)")
    assert str(carry(call, {"5": "6"})) == "multiply(a=6, b=4)"
    assert str(carry(call, {"5": "1/3"})) == 'multiply(a="1/3", b=4)'
    assert str(carry(call, {"5": "Error: no"})) == 'multiply(a="Error: no", b=4)'
    assert str(carry(call, {"50": "6"})) == str(call)
    assert str(carry(parse('assume(formula="f1")'), {"f1": "f2"})) == 'assume(formula="f2")'


def test_results_that_are_names_are_carried_into_longer_arguments():
    call = parse('assume(formula="forall x (f1 -> f12(x)) and f2")')
    assert str(carry(call, {"f1": "f2", "f2": "f1"})) == 'assume(formula="forall x (f2 -> f12(x)) and f1")'
    assert str(carry(parse('add(a=12, b="1/2")'), {"1": "7", "12": "8"})) == 'add(a=8, b="1/2")'
