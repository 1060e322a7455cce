import types
from fractions import Fraction
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from transformers.utils.chat_template_utils import _parse_type_hint

from stages.agent.values import MAX_DIGITS, MAX_RESULT, coerce, exact, json_schema, literal, result_text, text


@pytest.mark.parametrize(
    ("annotation", "schema"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (int, {"type": "integer"}),
        (float, {"type": "number"}),
        (Fraction, {"type": "number"}),
        (list[list[int]], {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}}),
        (str | int, {"type": ["integer", "string"]}),
        (float | Fraction, {"type": "number"}),
        (int | None, {"type": "integer", "nullable": True}),
        (str | int | None, {"type": ["integer", "string"], "nullable": True}),
        (list[int] | None, {"type": "array", "items": {"type": "integer"}, "nullable": True}),
        (Literal["up", "down"], {"type": "string", "enum": ["up", "down"]}),
        (Literal["all", 3], {"type": ["string", "integer"], "enum": ["all", 3]}),
        (list[int] | str, {"anyOf": [{"type": "array", "items": {"type": "integer"}}, {"type": "string"}]}),
    ],
)
def test_schemas_say_the_type(annotation, schema):
    assert json_schema(annotation) == schema
    if annotation not in (Fraction, float | Fraction):
        assert _parse_type_hint(annotation) == schema, "as transformers has it"


@pytest.mark.parametrize("annotation", [bytes, list, dict[str, int], types.NoneType, int | bytes, Literal[None], "int"])
def test_annotations_that_no_argument_can_have_are_refused(annotation):
    with pytest.raises(TypeError, match="is not one of"):
        json_schema(annotation)


@pytest.mark.parametrize(
    ("written", "number"),
    [
        (3, Fraction(3)),
        (-0.5, Fraction(-1, 2)),
        (0.1, Fraction(1, 10)),
        (1e-7, Fraction(1, 10**7)),
        ("1,200", Fraction(1200)),
        ("-1,234.50", Fraction(-2469, 2)),
        (" 7/2 ", Fraction(7, 2)),
        ("-7 / 2", Fraction(-7, 2)),
        ("40%", Fraction(2, 5)),
        (".5", Fraction(1, 2)),
        ("5.", Fraction(5)),
        ("+2e3", Fraction(2000)),
        ("1E-2 %", Fraction(1, 10000)),
    ],
)
def test_numbers_are_read_exactly_as_written(written, number):
    assert exact(written) == number


@pytest.mark.parametrize(
    ("written", "message"),
    [
        (True, "must be a number, not True"),
        (None, "must be a number, not None"),
        ([1], r"must be a number, not \[1\]"),
        ("", 'must be a number, not ""'),
        ("six", 'must be a number, not "six"'),
        ("1 2", "must be a number"),
        ("0x10", "must be a number"),
        ("1/0", "zero denominator"),
        ("1/2/3", "must be a number"),
        ("inf", "must be a number"),
        ("1e999", "must be a number"),
        (10**MAX_DIGITS, "too many digits"),
        ("9" * (MAX_DIGITS + 1), "too many digits"),
    ],
)
def test_what_is_no_number_is_said(written, message):
    with pytest.raises(ValueError, match=message):
        exact(written)


@pytest.mark.parametrize(
    ("value", "annotation", "result"),
    [
        ("Tom", str, "Tom"),
        (3, str, "3"),
        (True, str, "True"),
        (True, bool, True),
        (" false ", bool, False),
        ("3", int, 3),
        (4.0, int, 4),
        (3, float, 3.0),
        (0.1, Fraction, Fraction(1, 10)),
        (["1/2", 3], list[Fraction], [Fraction(1, 2), 3]),
        ([[1], []], list[list[int]], [[1], []]),
        (3, int | str, 3),
        ("3", int | str, "3"),
        (0.5, int | str, "0.5"),
        ("x", int | str, "x"),
        (None, int | None, None),
        ("3", int | None, 3),
        ([], list[int] | None, []),
        ("up", Literal["up", "down"], "up"),
        ("3", Literal["all", 3], 3),
    ],
)
def test_arguments_are_converted_to_their_annotation(value, annotation, result):
    converted = coerce(value, annotation)
    assert (converted, type(converted)) == (result, type(result))


@pytest.mark.parametrize(
    ("value", "annotation", "message"),
    [
        ([1], str, "must be a string"),
        (None, str, "must be a string"),
        (1, bool, "must be True or False"),
        (0.5, int, "must be a whole number, not 0.5"),
        (True, int, "must be a number"),
        (3, list[int], "must be a list, not 3"),
        ([1, "x"], list[int], 'must be a number, not "x"'),
        ([1], int | bool, r"does not accept \[1\]"),
        ({}, Fraction, "must be a number, not {}"),
        ("x", int | None, 'does not accept "x"'),
        ("left", Literal["up", "down"], 'must be "up" or "down", not "left"'),
        (True, Literal[1], "must be 1, not True"),
    ],
)
def test_arguments_that_do_not_fit_are_said(value, annotation, message):
    with pytest.raises(ValueError, match=message):
        coerce(value, annotation)


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("Tom", "Tom"),
        ('say "hi"', 'say "hi"'),
        (True, "True"),
        (Fraction(6, 2), "3"),
        (Fraction(1, 2), "0.5"),
        (Fraction(1, 3), "1/3"),
        ([1, "a"], '[1, "a"]'),
        ({"k": ["é"]}, '{"k": ["é"]}'),
        (None, "None"),
    ],
)
def test_results_read_the_way_people_write_them(value, written):
    assert result_text(value) == written


def test_results_are_no_longer_than_a_conversation_can_hold():
    assert result_text("a" * MAX_RESULT) == "a" * MAX_RESULT
    for value in ("a" * (MAX_RESULT + 1), [0] * MAX_RESULT):
        with pytest.raises(ValueError, match="the result is too long"):
            result_text(value)


def test_texts_in_calls_are_quoted():
    assert text('a "b"\n') == r'"a \"b\"\n"'


@given(st.fractions())
def test_every_number_is_written_so_that_it_reads_back_equal(number):
    written = literal(number)
    assert not isinstance(written, str) or "/" in written
    assert exact(written) == number


@given(st.floats(min_value=1e-80, max_value=1e80) | st.just(0.0), st.sampled_from([1, -1]))
def test_floats_are_read_as_their_shortest_decimal(number, sign):
    assert float(exact(sign * number)) == sign * number


@given(st.text() | st.text("0123456789.,/%eE+- ٣²", max_size=12))
def test_any_text_is_a_number_or_a_value_error(written):
    try:
        assert isinstance(exact(written), Fraction)
    except ValueError as error:
        assert str(error).startswith(("must", "has too many digits"))
