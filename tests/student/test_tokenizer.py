import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.student.model import load
from stages.student.pretraining import render
from stages.student.tokenizer import SPECIAL_TOKENS, described, train_tokenizer
from tests import tiny

TASKS = ("fol", "math")


def ids(text):
    return tiny.tokenizer()(text, add_special_tokens=False)["input_ids"]


PIECES = ["Add", "(", " ", ",", "a=", '"', "12", "x", "\n", "\t", "é", "日", "🙂", *SPECIAL_TOKENS]


@given(st.text(max_size=40) | st.lists(st.sampled_from(PIECES)).map("".join))
def test_any_text_can_be_written(text):
    assert tiny.tokenizer().decode(ids(text)) == text


@pytest.mark.parametrize("task", TASKS)
def test_conversations_can_be_written(task):
    for chain in tiny.chains(task):
        text = render(chain, tiny.tokenizer())
        assert tiny.tokenizer().decode(ids(text)) == text


def test_small_numbers_are_single_tokens_wherever_they_stand():
    for number in range(1000):
        (token,) = ids(str(number))
        for text in (f"Tom has {number} nuts.", f"add(a={number}, b=2)", f"add(a=2, b={number})"):
            assert ids(text).count(token) >= 1, text


def test_what_surrounds_arguments_is_one_token():
    tokens = tiny.tokenizer().convert_ids_to_tokens(ids("<|assistant|>subtract(a=17, b=4)<|end|>"))
    assert tokens == ["<|assistant|>", "subtract(a=", "17", ",Ġb=", "4", ")", "<|end|>"]


def test_special_tokens_come_first_and_are_whole():
    assert tiny.tokenizer().convert_tokens_to_ids(SPECIAL_TOKENS) == list(range(len(SPECIAL_TOKENS)))
    assert ids("".join(SPECIAL_TOKENS)) == list(range(len(SPECIAL_TOKENS)))


@pytest.mark.parametrize("task", TASKS)
def test_a_prompt_is_a_token_prefix_of_prompt_and_completion(task):
    """TRL slices completions off by the number of the prompt's tokens."""
    tokenizer = tiny.tokenizer()
    for chain in tiny.chains(task)[:20]:
        tools = list(chain.tools)
        for place, message in enumerate(chain.messages):
            if message["role"] == "assistant":
                prompt = tokenizer.apply_chat_template(
                    list(chain.messages[:place]), tools=tools, add_generation_prompt=True, return_dict=False
                )
                whole = tokenizer.apply_chat_template(list(chain.messages[: place + 1]), tools=tools, return_dict=False)
                assert whole[: len(prompt)] == prompt
                assert whole[-1] == tokenizer.eos_token_id
                assert len(whole) > len(prompt) + 1


def test_calls_are_rendered_as_they_are_written():
    messages = [
        {"role": "user", "content": "Go."},
        {"role": "assistant", "tool_calls": [{"function": {"name": "f", "arguments": {"b": 'x "y"', "a": 1.5}}}]},
        {"role": "tool", "content": "3"},
        {"role": "assistant", "tool_calls": [{"function": {"name": "g", "arguments": {"c": [1, "é"], "d": True}}}]},
        {"role": "user", "content": "Error"},
        {"role": "assistant", "content": "h(1"},
    ]
    assert tiny.tokenizer().apply_chat_template(messages, tokenize=False) == (
        '<|user|>Go.<|assistant|>f(b="x \\"y\\"", a=1.5)<|end|><|tool|>3'
        '<|assistant|>g(c=[1, "é"], d=True)<|end|><|user|>Error<|assistant|>h(1<|end|>'
    )


def test_functions_are_described_once_before_the_conversation():
    (chain, *_) = tiny.chains("fol")
    text = render(chain, tiny.tokenizer())
    assert text.startswith(
        '<|functions|>implies(left: string, right: string): If left then right. Example: implies(left="cat(x)"'
    )
    assert text.count("forall(variable: string, formula: string): ") == 1
    assert text.index("<|user|>") > text.index("forall(variable: string")


def test_each_functions_line_is_one_token():
    (chain, *_) = tiny.chains("fol")
    lines = described(chain.tools, tiny.tokenizer())
    assert [line.partition("(")[0] for line in lines] == [tool["function"]["name"] for tool in chain.tools]
    assert [len(ids(line)) for line in lines] == [1] * len(lines)
    assert len(ids(lines[0].replace(": ", ": Really. "))) > 1


def test_lines_of_their_own_count_among_the_tokens():
    assert len(train_tokenizer(["a b"] * 9, 300, ["a b\n"])) <= 300


def test_equal_texts_give_equal_tokenizers():
    texts = [render(chain, tiny.tokenizer()) for chain in tiny.chains("math")]
    first, second = (train_tokenizer(texts, 600).backend_tokenizer.to_str() for _ in range(2))
    assert first == second
    assert len(train_tokenizer(texts, 600)) == 600


def test_a_saved_tokenizer_is_the_same(tmp_path):
    tiny.tokenizer().save_pretrained(tmp_path)
    tiny.model().save_pretrained(tmp_path)
    _, loaded = load(tmp_path)
    text = render(tiny.chains("fol")[0], tiny.tokenizer())
    assert render(tiny.chains("fol")[0], loaded) == text
    assert loaded(text)["input_ids"] == ids(text)
    assert (loaded.eos_token_id, loaded.pad_token_id) == (tiny.tokenizer().eos_token_id, tiny.tokenizer().pad_token_id)
