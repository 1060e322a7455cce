import copy
from pathlib import Path

import pytest

from stages.errors import UserError
from stages.preferences.preflight import preflight
from tests import tiny
from tests.preferences.test_pairs import Setting

TEMPLATES = Path(__file__).with_name("templates")
KINDS = sorted(path.stem for path in TEMPLATES.glob("*.jinja"))
PATH = Path("data/pairs/math/train.jsonl")


@pytest.fixture(scope="module")
def pairs():
    return [pair.record() for pair in Setting("math", ["arithmetic"], [1, 2]).pairs[:20]]


@pytest.fixture
def tokenizer(monkeypatch):
    """One whose chat template a test may break."""
    tokenizer = tiny.tokenizer()
    monkeypatch.setattr(tokenizer, "chat_template", tokenizer.chat_template)
    return tokenizer


def test_sound_pairs_pass(pairs, tokenizer):
    preflight(pairs, tokenizer, 2048, PATH)


def test_what_would_be_cut_is_counted_and_named(pairs, tokenizer):
    with pytest.raises(UserError, match=r"20 × longer than adapter\.max_length = 30 tokens: row 1 .*row 3") as error:
        preflight(pairs, tokenizer, 30, PATH)
    assert str(error.value).startswith(f"{PATH}: these pairs cannot be trained on as they stand:\n")


def test_equal_turns_are_named(pairs, tokenizer):
    equal = {**pairs[3], "rejected": pairs[3]["chosen"]}
    with pytest.raises(
        UserError, match=rf"1 × chosen and rejected are equal to the model: row 2 \({equal['problem_id']}\)"
    ):
        preflight([pairs[0], equal], tokenizer, 2048, PATH)


def test_a_template_that_renders_no_calls_is_found(pairs, tokenizer):
    tokenizer.chat_template = (
        "{% for message in messages %}{{ message.content }}{% endfor %}{% if add_generation_prompt %}{% endif %}"
    )
    calls = [pair for pair in pairs if "tool_calls" in pair["rejected"][0]]
    with pytest.raises(UserError, match=rf"{2 * len(calls)} × the chat template renders an answer as nothing"):
        preflight(calls, tokenizer, 2048, PATH)


def test_a_template_that_changes_the_prompt_is_found(pairs, tokenizer):
    tokenizer.chat_template = "{{ messages | length }}" + tokenizer.chat_template
    with pytest.raises(UserError, match="does not render the prompt alone as it does before an answer"):
        preflight(pairs, tokenizer, 2048, PATH)


@pytest.fixture(scope="module")
def of_both():
    """Pairs of both tasks, of every error type."""
    fol = [pair.record() for pair in Setting("fol", ["formulas"], [1]).pairs]
    math = [pair.record() for pair in Setting("math", ["arithmetic"], [1, 2, 3]).pairs]
    return [row for rows in (fol, math) for row in rows[:120]]


@pytest.fixture(params=KINDS)
def kind(request, tokenizer):
    tokenizer.chat_template = (TEMPLATES / f"{request.param}.jinja").read_text(encoding="utf-8")
    return request.param


def test_there_are_templates_of_four_kinds():
    assert KINDS == ["chatml", "llama3", "mistral_v3", "qwen"]


def test_sound_pairs_of_both_tasks_pass_with_every_kind_of_template(of_both, tokenizer, kind):
    assert len({pair["error_type"] for pair in of_both}) == 10
    preflight(of_both, tokenizer, 8192, PATH)


def _ids(pair, identity):
    """Gives the calls of a pair and their results another id."""
    for message in (*pair["prompt"], *pair["chosen"], *pair["rejected"]):
        for call in message.get("tool_calls", []):
            call["id"] = identity(call["id"])
        if "tool_call_id" in message:
            message["tool_call_id"] = identity(message["tool_call_id"])


def _short_ids(pair):
    _ids(pair, lambda identity: identity[-3:])


def _signs_in_ids(pair):
    _ids(pair, lambda identity: "call-" + identity[-4:])


def _no_id(pair):
    _ids(pair, lambda _: None)


def _another_result(pair):
    pair["prompt"][-1]["tool_call_id"] = "call00009"


def _no_result(pair):
    pair["prompt"][-1] = {"role": "user", "content": "Go on."}


def _two_questions(pair):
    pair["prompt"].insert(0, {"role": "user", "content": "Listen."})


def _two_calls(pair):
    extra = {**pair["chosen"][0]["tool_calls"][0], "id": "call00008"}
    pair["chosen"][0]["tool_calls"].append(extra)


def _wrong_role(pair):
    pair["prompt"][0]["role"] = "human"


def _begun(pair):
    pair["prompt"].append({"role": "assistant", "content": "I think"})


def _answered_by_user(pair):
    pair["rejected"] = [{"role": "user", "content": "Yes."}]


def _nothing_chosen(pair):
    pair["chosen"] = [{"role": "assistant", "content": " "}]


def _nothing_rejected(pair):
    pair["rejected"] = [{"role": "assistant"}]


def _empty_text_rejected(pair):
    pair["rejected"] = [{"role": "assistant", "content": ""}]


def _no_name(pair):
    del pair["rejected"][0]["tool_calls"][0]["function"]["name"]


@pytest.mark.parametrize(
    ("spoil", "reasons"),
    [
        (_short_ids, {"mistral_v3": "an id must be nine letters and digits"}),
        (_signs_in_ids, {"mistral_v3": "an id must be nine letters and digits"}),
        (_no_id, {"mistral_v3": "an id must be nine letters and digits"}),
        (_two_questions, {"mistral_v3": "user and assistant must take turns"}),
        (_two_calls, {"llama3": "only one call a turn is possible"}),
        (_another_result, dict.fromkeys(KINDS, "a result has not the id of a call before it")),
        (_no_result, dict.fromkeys(KINDS, "a call has no result before the next turn")),
        (_wrong_role, dict.fromkeys(KINDS, "a role is none of system, user, assistant, tool")),
        (_begun, dict.fromkeys(KINDS, "the prompt ends with neither a user's turn nor a result")),
        (_answered_by_user, dict.fromkeys(KINDS, "an answer does not begin with an assistant's turn")),
        (_nothing_chosen, dict.fromkeys(KINDS, "a chosen turn has neither text nor call")),
        (_nothing_rejected, dict.fromkeys(KINDS, "a rejected turn has neither text nor call")),
        (_empty_text_rejected, {}),
        (_no_name, dict.fromkeys(KINDS, "the chat template cannot render it")),
    ],
)
def test_wrong_roles_and_ids_are_found_by_each_kind_that_minds(of_both, tokenizer, kind, spoil, reasons):
    sound = [pair for pair in of_both if len(pair["prompt"]) == 5 and "tool_calls" in pair["rejected"][0]][:3]
    spoilt = copy.deepcopy(sound[1])
    spoil(spoilt)
    if reasons.get(kind) is None:
        preflight([sound[0], spoilt, sound[2]], tokenizer, 8192, PATH)
    else:
        with pytest.raises(UserError, match=rf"1 × .*{reasons[kind]}.*: row 2 \({spoilt['problem_id']}\)") as error:
            preflight([sound[0], spoilt, sound[2]], tokenizer, 8192, PATH)
        assert "row 1" not in str(error.value) and "row 3" not in str(error.value)


@pytest.mark.parametrize("cut", ["{%- set tools = none %}", "{%- set tools = tools[1:] %}"])
def test_functions_that_are_not_shown_are_named(of_both, tokenizer, kind, cut):
    tokenizer.chat_template = cut + tokenizer.chat_template
    names = [tool["function"]["name"] for tool in of_both[0]["tools"]]
    shown = names if "none" in cut else names[:1]
    with pytest.raises(UserError, match=rf"20 × the chat template does not render the functions {', '.join(shown)}:"):
        preflight(of_both[:20], tokenizer, 8192, PATH)


def test_functions_shown_to_the_first_turn_alone_are_found(of_both, tokenizer, kind):
    tokenizer.chat_template = (
        "{%- if messages | length > 2 %}{% set tools = none %}{% endif %}" + tokenizer.chat_template
    )
    later = sum(len(pair["prompt"]) > 2 for pair in of_both[:20])
    with pytest.raises(UserError, match=rf"{later} × the chat template does not render the functions"):
        preflight(of_both[:20], tokenizer, 8192, PATH)
