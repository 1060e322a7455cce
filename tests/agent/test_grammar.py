from typing import Literal

from stages.agent.functions import FunctionSet
from stages.agent.grammar import grammar

FUNCTIONS = FunctionSet()


@FUNCTIONS.register(example='two_words(text="a")')
def two_words(text: str, numbers: list[int] = [], exact: bool = False) -> str:  # noqa: B006
    """Does something."""
    return text


@FUNCTIONS.register(example='choose(way="up")')
def choose(way: Literal["up", "down"], steps: int | None = None) -> str:
    """Goes somewhere."""
    return way


@FUNCTIONS.register(example="nothing()")
def nothing() -> str:
    """Does nothing."""
    return ""


def test_calls_have_their_arguments_in_order_and_optional_ones_at_the_end():
    lines = grammar(FUNCTIONS.schemas).splitlines()
    assert lines[0] == "root ::= call-two-words | call-choose | call-nothing"
    array = '"[" (integer (", " integer){0,30})? "]"'
    optional = f'(", numbers=" {array} (", exact=" boolean)?)?'
    assert lines[1] == f'call-two-words ::= "two_words(" "text=" string {optional} ")"'
    choice = r'("\"up\"" | "\"down\"")'
    assert lines[2] == f'call-choose ::= "choose(" "way=" {choice} (", steps=" (integer | "None"))? ")"'
    assert lines[3] == 'call-nothing ::= "nothing(" ")"'
