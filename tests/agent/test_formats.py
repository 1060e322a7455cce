import contextlib
import json
import threading
import warnings

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.agent.calls import Call, _read, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.formats import _plain, _python

ADD = Call("add", {"a": 2, "b": 3})
ARGUMENTS = '{"a": 2, "b": 3}'
JSON = f'{{"name": "add", "arguments": {ARGUMENTS}}}'
LLAMA = f'{{"name": "add", "parameters": {ARGUMENTS}}}'
OPENAI = json.dumps({"id": "1", "type": "function", "function": {"name": "add", "arguments": ARGUMENTS}})
CODER = "<function=add>\n<parameter=a>\n2\n</parameter>\n<parameter=b>\n3\n</parameter>\n</function>"
UNMARKED = [
    "add(a=2, b=3)",
    "[add(a=2, b=3)]",
    JSON,
    LLAMA,
    f'{{"type": "function", "name": "add", "parameters": {ARGUMENTS}}}',
    f"[{JSON}]",
    f"add{ARGUMENTS}",
    f"add {ARGUMENTS}",
    OPENAI,
    f"[{OPENAI}]",
    f'{{"role": "assistant", "content": null, "tool_calls": [{OPENAI}]}}',
]
MARKED = [
    f"[TOOL_CALLS][{JSON}]",
    f"[TOOL_CALLS] [{JSON}]</s>",
    f"[TOOL_CALLS]{JSON}",
    f"[TOOL_CALLS]add[ARGS]{ARGUMENTS}",
    f"[TOOL_CALLS]add[CALL_ID]abc012345[ARGS]{ARGUMENTS}</s>",
    f"[TOOL_CALLS]add{ARGUMENTS}",
    f"<|python_tag|>{LLAMA}<|eom_id|>",
    f"<function=add>{ARGUMENTS}</function>",
    f"<function=add>{ARGUMENTS}",
    f"<|python_tag|><function=add>{ARGUMENTS}</function><|eot_id|>",
    f"<tool_call>\n{JSON}\n</tool_call>",
    f"<tool_call>{JSON}",
    f"<tool_call>\n```json\n{JSON}\n```\n</tool_call><|im_end|>",
    CODER,
    f"<tool_call>\n{CODER}\n</tool_call>",
]


@pytest.mark.parametrize("written", [*UNMARKED, *MARKED])
def test_every_form_is_read_alone_in_fences_and_beside_prose(written):
    for text in (written, f"```\n{written}\n```", f"I add them (both).\n\n{written}\n", f"{written}\nSo that is 5."):
        assert parse(text) == ADD


@pytest.mark.parametrize("written", MARKED)
def test_a_mark_wins_over_what_stands_around_it(written):
    assert parse(f"As in subtract(a=1, b=1): {written}") == ADD
    assert parse(f"subtract(a=1, b=1)\n{written}\n{{}}\nsubtract(a=1, b=1)") == ADD


@pytest.mark.parametrize(
    "written",
    [
        "[add(a=2, b=3), add(a=2, b=3)]",
        f"[{JSON}, {JSON}]",
        f'{{"tool_calls": [{OPENAI}, {OPENAI}]}}',
        f"{JSON}\nadd(a=2, b=3)",
        f"[TOOL_CALLS][{JSON}, {JSON}]",
        f"[TOOL_CALLS]add[ARGS]{ARGUMENTS}[TOOL_CALLS]add[ARGS]{ARGUMENTS}",
        f"<|python_tag|>{LLAMA}; <|python_tag|>{LLAMA}",
        f"<tool_call>{JSON}</tool_call>\n<tool_call>{JSON}</tool_call>",
        f"{CODER}\n<tool_call>{JSON}</tool_call>",
    ],
)
def test_more_than_one_call_is_said(written):
    with pytest.raises(CallError, match=r"^More than one call was found\. Answer with exactly one call") as caught:
        parse(written)
    assert caught.value.error == ErrorType.MALFORMED


@pytest.mark.parametrize(
    "written",
    [
        "[]",
        "[3]",
        "[[{}]]",
        '{"tool_calls": []}',
        '{"tool_calls": 3}',
        '{"function": "add", "arguments": {}}',
        '{"function": {"arguments": {}}}',
        '{"name": "add", "arguments": []}',
        '{"name": "add", "arguments": 0}',
        '{"name": "add", "arguments": {"a": 1, "a": 2}}',
        f'{JSON} {{"name"',
        "add{a: 2}",
        "add{} ()",
        "[add(a=2), 3]",
        "[TOOL_CALLS]",
        "[TOOL_CALLS][]",
        "[TOOL_CALLS]add[ARGS]",
        "[TOOL_CALLS]add(a=2, b=3)",
        "[TOOL_CALLS][{",
        "<|python_tag|>add.call(a=2)",
        "<tool_call>add</tool_call>",
        "<tool_call>nothing</tool_call>\nadd(a=2, b=3)",
        "<function=add>",
        "<function=add><parameter=a>2</parameter>",
        "<function=add><parameter=a>2</function>",
        "<function=add><parameter=a>2</parameter> or so</function>",
        "<function=add><parameter=a>2</parameter><parameter=a>3</parameter></function>",
        "<function=add>{'a': 2}</function>",
        "f(x={'a': 1, 'a': 2})",
        "<tool_call>" * 360,
        "[TOOL_CALLS]" + "[" * 3900,
        "<function=f><parameter=a>" + "[" * 3900 + "</parameter></function>",
    ],
)
def test_what_cannot_be_read_is_malformed(written):
    with pytest.raises(CallError, match=r"^No complete call was found\.") as caught:
        parse(written)
    assert caught.value.error == ErrorType.MALFORMED


def test_marks_inside_of_arguments_are_text():
    for text in (*MARKED, "</function>", "</tool_call>", '"\\'):
        call = Call("stop", {"answer": text})
        assert parse(str(call)) == call
        written = json.dumps({"name": "stop", "arguments": {"answer": text}})
        assert parse(f"[TOOL_CALLS][{written}]") == parse(f"<tool_call>{written}</tool_call>") == call


def test_no_arguments_are_none():
    for written in ('{"name": "f"}', '{"name": "f", "arguments": ""}', '{"name": "f", "arguments": null}'):
        assert parse(written) == parse(f"<tool_call>{written}</tool_call>") == Call("f")
    assert parse("<function=f>\n</function>") == parse("<function=f>{}") == parse("f{}") == Call("f")


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("-3", -3),
        ("0.5", 0.5),
        ("[1, [2]]", [1, [2]]),
        ('{"k": null}', {"k": None}),
        ("007", "007"),
        ("1e5", "1e5"),
        ("1.50", "1.50"),
        ("true", "true"),
        ("NaN", "NaN"),
        ('"quoted"', '"quoted"'),
        ("two\nlines", "two\nlines"),
        ("", ""),
        ("a < b", "a < b"),
    ],
)
def test_bare_parameters_are_numbers_and_lists_where_nothing_is_lost(written, value):
    (read,) = parse(f"<function=f>\n<parameter=x>\n{written}\n</parameter>\n</function>").keywords.values()
    assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "written", [r"f('\d')", "f(1or 2)", "f(0x1for x in y)", "f(1_0if x else 3)", "f(1.0and 2)", "f(1.or 2)"]
)
def test_nothing_is_said_about_odd_literals_but_to_the_model(written):
    with warnings.catch_warnings(record=True, action="always") as said:
        with contextlib.suppress(CallError):
            parse(written)
        assert not said


def test_unknown_escapes_are_read_alike_by_all_threads_and_leave_the_filters_of_warnings():
    before = list(warnings.filters)
    read = []
    threads = [threading.Thread(target=lambda: read.extend(parse(r"f(x='\d')") for _ in range(200))) for _ in range(4)]
    with warnings.catch_warnings(action="error"):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert read == [Call("f", {"x": r"\d"})] * 800
    assert warnings.filters == before


PIECES = [*UNMARKED, *MARKED, "[TOOL_CALLS]", "<tool_call>", "</tool_call>", "<function=f>", "</function>", "[ARGS]"]
PIECES += [
    "<parameter=a>",
    "</parameter>",
    "<|python_tag|>",
    "{",
    "}",
    "[",
    "]",
    '"',
    "f",
    "(",
    ")",
    ",",
    ":",
    "\n",
    "\\",
]


@given(st.lists(st.sampled_from(PIECES), max_size=8).map("".join))
@example("<function=f><parameter=a>[" + "9" * 3900 + "]</parameter></function>")
def test_any_mixture_is_a_call_or_malformed(text):
    try:
        str(parse(text)).encode()
    except CallError as error:
        assert error.error == ErrorType.MALFORMED


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(), max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("ab", max_size=1), inner, max_size=2),
    max_leaves=4,
)
WRITTEN = JSON_VALUES.map(json.dumps) | JSON_VALUES.map(lambda value: json.dumps(value, ensure_ascii=False))
VALUES = WRITTEN | JSON_VALUES.map(repr) | st.sampled_from(["1_0", "01", "1.", "-0", "7/2", "x", "1 # a", "NaN", "'a'"])
NAMES = st.sampled_from(["a", "b", "if", "None", "match", "é", "ﬁ", "_", "__debug__", "a1", "1a", "a b", ""])
SIGNS = st.sampled_from(["=", "=", "=", " = ", "==", ":=", "", ":", "=\n"])
BETWEEN = st.sampled_from([", ", ", ", ",", " , ", ",\n", ",,", ")", "), ", ";", " ", ""])
PARTS = st.tuples(NAMES, SIGNS, VALUES).map("".join)


@given(
    NAMES,
    st.lists(st.tuples(PARTS, BETWEEN).map("".join), max_size=3),
    PARTS,
    st.sampled_from([")", "))", ",)", "", ") #"]),
)
@example("f", ["a=1)"], "b=2", ")")
@example("f", [], "a=\ud800", ")")
def test_what_is_read_quickly_is_what_pythons_parser_reads(name, before, last, end):
    text = f"{name}({''.join(before)}{last}{end}"
    if (plain := _plain(text)) is not None:
        assert repr(_read(lambda _: [plain], text)) == repr(_read(_python, text))


def test_ordinary_calls_are_read_quickly():
    for text in (
        "add(a=2, b=3)",
        'forall(variable="x", formula="f1")',
        'f(\n    a=[1, -2.5, "x"],\n    b=null)',
        "stop(answer=-1)",
    ):
        assert [_plain(text)] == _python(text)
