import json

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from stages.agent.calls import MAX_LENGTH, Call, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.values import MAX_DIGITS


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("3", 3),
        ("-3", -3),
        ("+3", 3),
        ("0x1F", 31),
        ("1_000", 1000),
        ("2.5", 2.5),
        ("-1e3", -1000.0),
        ("'a'", "a"),
        (r'"a\n\"b\" é"', 'a\n"b" é'),
        ('"a" "b"', "ab"),
        ("True", True),
        ("False", False),
        ("None", None),
        ("true", True),
        ("false", False),
        ("null", None),
        ("7/2", "7/2"),
        ("-7/2", "-7/2"),
        ("[" * 5 + "]" * 5, [[[[[]]]]]),
        ("[1, [2.5, 'x'], []]", [1, [2.5, "x"], []]),
        ("(1, 2)", [1, 2]),
        ("{'a': 1, 2: [None]}", {"a": 1, "2": [None]}),
        (f"{10**MAX_DIGITS - 1}", 10**MAX_DIGITS - 1),
    ],
)
def test_every_literal_is_read(written, value):
    for call in (parse(f"f(x={written})"), parse(f"f({written})")):
        (read,) = (*call.positional, *call.keywords.values())
        assert (read, type(read)) == (value, type(value))


@pytest.mark.parametrize(
    "written",
    [
        "x",
        "g(1)",
        "1 + 2",
        "2 ** 9",
        "--3",
        "not True",
        "7 / 2.0",
        "1.5 / 2",
        "1 / 2 / 3",
        "True / 2",
        "-'a'",
        "-True",
        "[i for i in y]",
        "{1, 2}",
        "{**a}",
        "{(1,): 2}",
        "lambda: 1",
        "f'{x}'",
        "b'bytes'",
        "1j",
        "...",
        "a.b",
        "a[0]",
        "*a",
        "**a",
        "1e999",
        "x if y else z",
        "(y := 3)",
        "__import__('os').system('true')",
        f"{10**MAX_DIGITS}",
        "9" * 3000,
    ],
)
def test_what_is_no_literal_is_malformed(written):
    for text in (f"f(x={written})", f"f({written})"):
        with pytest.raises(CallError) as error:
            parse(text)
        assert error.value.error == ErrorType.MALFORMED


ADD = Call("add", {"a": 2, "b": 3})


@pytest.mark.parametrize(
    "completion",
    [
        "add(a=2, b=3)",
        "  add (a=2,b=3)\n",
        "add(\n    a=2,\n    b=3,\n)",
        "```python\nadd(a=2, b=3)\n```",
        "```\nadd(a=2, b=3)",
        "I have to add the two numbers.\n\nadd(a=2, b=3)\n",
        "add(a=2, b=3)\nThat gives the sum (I hope).",
        "First: add. Then (maybe) more.\nadd(a=2, b=3)",
        '{"name": "add", "arguments": {"a": 2, "b": 3}}',
        '{"name": "add", "parameters": {"a": 2, "b": 3}}',
        '{"name": "add", "arguments": "{\\"a\\": 2, \\"b\\": 3}"}',
        '```json\n{\n  "name": "add",\n  "arguments": {"a": 2, "b": 3}\n}\n```',
        'The call:\n{"name": "add", "arguments": {"a": 2, "b": 3}}',
    ],
)
def test_the_one_call_is_found_in_prose_fences_and_json(completion):
    assert parse(completion) == ADD


def test_positions_and_names_are_kept_apart():
    assert parse('f(1, "x", k=None)') == Call("f", {"k": None}, (1, "x"))
    assert parse("f()") == Call("f")
    assert parse('{"name": "f"}') == Call("f")
    assert parse("größe(länge=1)") == Call("größe", {"länge": 1})


@pytest.mark.parametrize(
    ("completion", "problem"),
    [
        ("", "No complete call"),
        ("five", "No complete call"),
        ("add(a=2, b=3", "No complete call"),
        ("add(a=2, b=3))", "No complete call"),
        ("add a=2, b=3)", "No complete call"),
        ("add(a=2, a=3)", "No complete call"),
        ("The sum is add(a=2, b=3).", "No complete call"),
        ("math.add(a=2, b=3)", "No complete call"),
        ("add(1)(2)", "No complete call"),
        ("x = add(a=2, b=3)", "No complete call"),
        ("add(a=2, b=3); add(a=1, b=1)", "No complete call"),
        ("add(a=2, b=3)\nadd(a=3, b=4)", "More than one call"),
        ("add(a=2, b=3)\nadd(a=2, b=3)", "More than one call"),
        ('{"name": "add", "arguments": [2, 3]}', "No complete call"),
        ('{"name": "add", "arguments": "2, 3"}', "No complete call"),
        ('{"name": 3, "arguments": {}}', "No complete call"),
        ('{"name": "add", "arguments": {"a": NaN}}', "No complete call"),
        ('{"arguments": {"a": 2}}', "No complete call"),
        ("f(" * 1300 + ")" * 1300, "No complete call"),
        ("f(" + "[" * 1900 + "]" * 1900 + ")", "No complete call"),
        ("f(x=" + "-" * 3900 + "1)", "No complete call"),
        ('{"a":' * 600 + "1" + "}" * 600, "No complete call"),
        (f'{{"name": "f", "arguments": {{"a": {"[" * 400}{"]" * 400}}}}}', "No complete call"),
        (f"f({'[' * 21}{']' * 21})", "No complete call"),
        ("add(a=2, b=3)".ljust(MAX_LENGTH + 1), "The answer is too long"),
        ("f(x='\0')", "No complete call"),
        ("f(x='\ud800')", "No complete call"),
        (r"f(x='\ud800')", "No complete call"),
        (r'{"name": "\ud800"}', "No complete call"),
        ('{"name": "f", "arguments": {"<|end|>": 1}}', "No complete call"),
        ('{"name": "f", "arguments": {"a": [{"[INST]": 1}]}}', "No complete call"),
        ("f(a={'</s>': 1})", "No complete call"),
        (r'{"name": "f", "arguments": {"\ud800": [{"\ud800": "\ud800"}]}}', "No complete call"),
    ],
)
def test_anything_else_is_malformed_and_says_what_to_write(completion, problem):
    with pytest.raises(CallError) as error:
        parse(completion, example="add(a=1, b=1)")
    assert error.value.error == ErrorType.MALFORMED
    assert str(error.value).startswith(problem)
    assert str(error.value).endswith("Answer with exactly one call, such as add(a=1, b=1)")


LITERALS = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**MAX_DIGITS) + 1, 10**MAX_DIGITS - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", max_size=3), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.sampled_from(["a", "b", "size", "x1"]), LITERALS, max_size=4), st.lists(LITERALS, max_size=3))
def test_a_call_that_is_written_is_read_back_equal(keywords, positional):
    call = Call("add", keywords, tuple(positional))
    assert parse(str(call)) == call


@given(st.dictionaries(st.from_regex(r"[\w .-]{0,5}", fullmatch=True), LITERALS, max_size=4))
def test_a_json_call_carries_every_value(arguments):
    assert parse(json.dumps({"name": "f", "arguments": arguments})) == Call("f", arguments)


PIECES = [
    "f(",
    "add",
    ")",
    "(",
    "a=",
    "=",
    ",",
    '"',
    "'",
    "[",
    "]",
    "{",
    "}",
    ":",
    "1",
    "-",
    "/",
    "**",
    "*",
    ".",
    "```",
    "\\",
    "lambda",
    "True",
    '"name"',
    '"arguments"',
    "if",
    "#",
    "é",
    ";",
]
PIECES += ["\n", "\t", "\r", "\f", "\0", "\x85", "\ud800", r"\ud800", " "]


@given(st.text(st.characters(), max_size=60) | st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
@example("f(x=1\x0c)")
@example("f(x='\\N{DIGIT ONE}')")
@example("f(x=1_)")
@example("f(0777)")
@example('{"name": "f", "arguments": ' + "[" * 1500)
@example('{"name": "f", "arguments": {"a": 1e999}}')
@example('{"name": "f", "arguments": {"a": ' + "9" * 3950 + "}}")
def test_any_text_is_a_call_or_a_call_error(text):
    try:
        call = parse(text)
    except CallError as error:
        assert error.error == ErrorType.MALFORMED
    else:
        assert "{" in text or parse(str(call)) == call
        str(call).encode()
