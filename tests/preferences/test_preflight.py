from pathlib import Path

import pytest

from stages.errors import UserError
from stages.preferences.preflight import preflight
from tests import tiny
from tests.preferences.test_pairs import Setting

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
