import json

import pytest

from stages.agent.episode import MAX_REPEATS, STOP, Episode
from stages.agent.error_types import ErrorType
from stages.tasks import load_functions

FUNCTIONS = load_functions("math", ["arithmetic"])


def attempt(*completions, max_steps=9, functions=FUNCTIONS):
    episode = Episode("Solve.", functions, max_steps)
    for completion in completions:
        episode.receive(completion)
    return episode


def test_results_are_fed_back_until_stop():
    episode = attempt("add(2, 3)", "So far 5.\nmultiply(a=5, b=4)", "stop(answer=20)")
    assert (episode.ended, episode.answer) == (STOP, "20")
    assert [step.result for step in episode.steps] == ["5", "20", "20"]
    assert episode.steps[0].record() == {
        "completion": "add(2, 3)",
        "call": "add(a=2, b=3)",
        "result": "5",
        "error": None,
    }


def test_messages_are_native_tool_calls():
    user, assistant, tool = attempt("add(2, 3)").messages
    call = {"id": "call00000", "type": "function", "function": {"name": "add", "arguments": {"a": 2, "b": 3}}}
    assert user == {"role": "user", "content": "Solve."}
    assert assistant == {"role": "assistant", "tool_calls": [call]}
    assert tool == {"role": "tool", "tool_call_id": "call00000", "name": "add", "content": "5"}


def test_ids_of_calls_are_distinct_and_as_mistral_wants_them():
    messages = attempt("add(2, 3)", "add(2, 4)", "add(2, 5)").messages
    ids = [message["tool_calls"][0]["id"] for message in messages if "tool_calls" in message]
    assert len(set(ids)) == 3
    assert all(len(item) == 9 and item.isalnum() for item in ids)
    assert [message["tool_call_id"] for message in messages if message["role"] == "tool"] == ids


def test_what_is_no_call_stays_text_and_is_answered_by_the_user():
    _, assistant, answer = attempt("the sum is 5").messages
    assert assistant == {"role": "assistant", "content": "the sum is 5"}
    assert answer == {"role": "user", "content": "Error: No complete call was found. "
                      "Answer with exactly one call, such as add(a=2, b=3)"}  # fmt: skip


@pytest.mark.parametrize(
    ("completion", "error", "call"),
    [
        ("add(2, 3", "malformed", None),
        ("sum(2, 3)", "unknown_function", "sum(2, 3)"),
        ("add(2)", "wrong_argument", "add(2)"),
        ("add(2, 'x')", "wrong_argument", 'add(a=2, b="x")'),
        ("divide(2, 0)", "execution_error", "divide(a=2, b=0)"),
        ("stop()", "wrong_argument", "stop()"),
        ("stop(answer=[1])", "wrong_argument", "stop(answer=[1])"),
    ],
)
def test_failed_calls_are_kept_with_their_error_and_the_attempt_goes_on(completion, error, call):
    episode = attempt(completion)
    record = episode.steps[0].record()
    assert (record["error"], record["call"], record["completion"]) == (error, call, completion)
    assert record["result"].startswith("Error: ")
    assert episode.ended is None
    assert episode.answer is None
    json.dumps(episode.messages)


def test_positional_arguments_that_fit_nowhere_are_numbered_in_messages():
    function = attempt("add(1, 2, 3)").messages[1]["tool_calls"][0]["function"]
    assert function["arguments"] == {"arg0": 1, "arg1": 2, "arg2": 3}


def test_the_same_text_again_and_again_is_a_loop():
    episode = attempt(*["add(2, 3)"] * (MAX_REPEATS - 1), " add(2, 3) \n")
    assert (episode.ended, episode.answer) == (ErrorType.LOOP, None)
    assert attempt("add(2, 3)", "add(2, 3)", "add(2, 4)", "add(2, 3)").ended is None


def test_the_step_limit_ends_an_attempt_that_has_not_stopped():
    assert attempt("add(2, 3)", "add(2, 4)", max_steps=2).ended == ErrorType.STEP_LIMIT
    assert attempt("add(2, 3)", "stop(5)", max_steps=2).ended == STOP


def test_each_attempt_has_a_state_of_its_own():
    functions = load_functions("fol", ["formulas"])
    assert [attempt('negate("p")', functions=functions).steps[0].result for _ in range(2)] == ["f1", "f1"]
    episode = attempt('negate("p")', 'negate("f1")', functions=functions)
    assert episode.steps[1].result == "f2"


def test_stop_is_always_offered():
    assert [schema["function"]["name"] for schema in attempt().functions.schemas][-1] == "stop"


def test_text_that_no_file_can_hold_is_replaced():
    step = attempt("add(\ud800").steps[0]
    assert step.completion == "add(?"
    json.dumps(step.record(), ensure_ascii=False).encode()
