import functools
import inspect
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stages.agent.calls import Call, parse
from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet
from stages.agent.microchain import register_microchain
from stages.tasks import load_functions

SETS = {
    "math": load_functions("math", ["arithmetic"]),
    "algebra": load_functions("math", ["algebra"]),
    "fol": load_functions("fol", ["formulas"]),
    "statements": load_functions("fol", ["statements"]),
}


def define(body, example):
    functions = FunctionSet()
    functions.register(example)(body)
    return functions


def describe(x: int, names: list[str], *, exactly: bool = False) -> str:
    """Say something about x,
    in more than one line.

    Args:
        x: A whole number.
        names: What it is called.
        exactly: Whether to round.
    """
    return f"{x} {names} {exactly}"


def measure(size: str | float | int, rows: list[list[int | str]], note: list[str] | bool = False) -> str:
    """Measure it.

    Args:
        size (number or text): How large it is,
            in units: any will do.

        rows: The rows.
        note: What else
          there is to say.

    Returns:
        what: it is.

    Raises:
        size: Never.
    """
    return f"{size} {rows} {note}"


def nothing() -> str:
    """Return nothing.

    Returns:
        Nothing.
    """
    return ""


@pytest.mark.parametrize(
    ("body", "example", "description"),
    [
        (describe, 'describe(x=1, names=["a"])', "Say something about x, in more than one line."),
        (measure, 'measure(size=1, rows=[[1, "a"]])', "Measure it."),
        (nothing, "nothing()", "Return nothing."),
    ],
)
def test_schemas_are_those_of_transformers_and_the_example(body, example, description):
    transformers = pytest.importorskip("transformers")
    (function,) = define(body, example)
    ours, theirs = function.schema, transformers.utils.get_json_schema(body)
    assert ours["function"].pop("description") == f"{description} Example: {example}"
    theirs["function"].pop("description"), theirs["function"].pop("return", None)
    assert ours == theirs


def test_parameters_keep_their_order():
    (function,) = define(describe, "describe(1, [])")
    assert list(function.schema["function"]["parameters"]["properties"]) == ["x", "names", "exactly"]


def no_docstring(x: int) -> int:
    return x


def no_annotation(x) -> int:
    """Return x."""
    return x


def odd_annotation(x: dict[str, int]) -> int:
    """Return x."""
    return x


def many(*x: int) -> int:
    """Return the sum."""
    return sum(x)


def _hidden(x: int) -> int:
    """Return x."""
    return x


def négative(x: int) -> int:
    """Return x."""
    return x


def negative(x: int) -> int:
    """Return the root of x."""
    if x < 0:
        raise ValueError("x is negative")
    return x


@pytest.mark.parametrize(
    ("body", "example", "message"),
    [
        (no_docstring, "no_docstring(x=1)", "`no_docstring` has no docstring"),
        (no_annotation, "no_annotation(x=1)", "parameter `x` of `no_annotation` has no annotation"),
        (odd_annotation, "odd_annotation(x=1)", "parameter `x` of `odd_annotation`: annotation .* is not one of"),
        (many, "many(1)", "parameter `x` of `many` stands for many"),
        (_hidden, "_hidden(x=1)", "`_hidden` is no name for a function"),
        (négative, "négative(x=1)", "`négative` is no name for a function"),
        (functools.lru_cache(negative), "negative(x=-1)", "negative failed: x is negative"),
        (negative, "negative(x=-1)", r"the example `negative\(x=-1\)` fails: negative failed: x is negative"),
        (negative, "negative(x=1", "fails: No complete call was found"),
        (negative, "negative()", "fails: negative needs the argument `x`"),
        (negative, 'negative(x="one")', "fails: negative argument `x` must be a number"),
        (negative, "other(x=1)", "fails: it does not call `negative`"),
    ],
)
def test_mistakes_in_a_definition_name_its_line(body, example, message):
    line = inspect.getsourcelines(body)[1]
    with pytest.raises(TypeError, match=rf"test_functions\.py:{line}: .*{message}"):
        define(body, example)


def test_a_name_is_given_once():
    functions = define(negative, "negative(x=1)")
    with pytest.raises(TypeError, match=r"test_functions\.py:\d+: a function named `negative` exists already"):
        functions.register("negative(x=1)")(negative)


def test_joined_sets_have_no_name_in_common():
    functions = define(negative, "negative(x=1)")
    with pytest.raises(TypeError, match=r"test_functions\.py:\d+: a function named `negative` exists already"):
        functions | define(negative, "negative(x=1)")
    assert list(functions | functions) == list(functions)


def test_a_decorator_without_an_example_is_refused():
    with pytest.raises(TypeError, match=r"test_functions\.py:\d+: `register` needs an example call"):
        FunctionSet().register(negative)


class Function:
    """As much of Microchain's class of this name as its subclasses rely on."""

    state = engine = None


class Remember(Function):
    description = "Remember a word,\nand count"
    example_args = ["a"]

    def __call__(self, word: str):
        self.state[word] = self.state.get(word, 0) + 1
        return self.state[word]


class Sum(Function):
    @property
    def description(self):
        return "Use this function to compute the sum of two numbers"

    @property
    def example_args(self):
        return [2, 2.5]

    def __call__(self, a: float, b: float):
        return a + b


class Bare(Sum):
    def __call__(self, a, b: float):
        return b


class Short(Sum):
    example_args = [2]


class Stop(Function):
    description = "Use this function to stop the program"
    example_args = []

    def __call__(self):
        self.engine.stop()


def test_a_microchain_function_is_registered_as_it_is():
    functions = FunctionSet()
    register_microchain(functions, Sum())
    register_microchain(functions, Remember())
    number = {"type": "number"}
    assert functions.schemas[0]["function"] == {
        "name": "Sum",
        "description": "Use this function to compute the sum of two numbers Example: Sum(a=2, b=2.5)",
        "parameters": {"type": "object", "properties": {"a": number, "b": number}, "required": ["a", "b"]},
    }
    first, second = functions.state(), functions.state()
    calls = [
        ("Sum(a=-2, b='7/2')", first),
        ("Remember('a')", first),
        ("Remember('a')", second),
        ("Remember('a')", first),
    ]
    assert [functions.execute(parse(call), state) for call, state in calls] == ["1.5", "1", "1", "2"]


@pytest.mark.parametrize(
    ("function", "message"),
    [
        (Bare(), "parameter `a` of `Bare` has no annotation"),
        (Short(), "`Short` has 2 parameters and 1 example arguments"),
        (Stop(), r"the example `Stop\(\)` fails: Stop failed: 'NoneType'"),
        (type("Mute", (Sum,), {"description": ""})(), "`Mute` has no docstring"),
        (type("_Odd", (Sum,), {})(), "`_Odd` is no name"),
    ],
)
def test_mistakes_in_a_microchain_function_name_its_line(function, message):
    line = inspect.getsourcelines(function.__call__)[1]
    with pytest.raises(TypeError, match=rf"test_functions\.py:{line}: .*{message}"):
        register_microchain(FunctionSet(), function)


def test_the_example_of_another_function_is_refused():
    functions = define(negative, "negative(x=1)")
    with pytest.raises(TypeError, match="does not call `describe`"):
        functions.register("negative(x=1)")(describe)


@pytest.mark.parametrize("name", SETS)
def test_every_example_is_executed_on_a_fresh_state(name):
    for function in SETS[name]:
        assert SETS[name].execute(parse(function.example), SETS[name].state())


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        ("ad(a=1, b=2)", "unknown_function", "There is no function ad; did you mean add?"),
        ("sqrt(1)", "unknown_function", "There is no function sqrt; there are add, subtract, multiply"),
        ("add(1)", "wrong_argument", "add needs the argument `b`. Call it like add(a=2, b=3)"),
        ("add(1, 2, 3)", "wrong_argument", "add takes at most 2 arguments."),
        ("add(1, a=2)", "wrong_argument", "add got `a` twice."),
        ("add(a=1, b=2, c=3)", "wrong_argument", "add has no argument `c`."),
        ("add(a=1, b='two')", "wrong_argument", 'add argument `b` must be a number, not "two".'),
        ("add(a=1, b=[2])", "wrong_argument", "add argument `b` must be a number, not [2]."),
        ("divide(a=1, b=0)", "execution_error", "divide failed: cannot divide by zero"),
        (f"multiply(a={10**90}, b={10**90})", "execution_error", "multiply failed: the result has more than 40 digits"),
    ],
)
def test_wrong_calls_are_answered_in_one_line(call, error, message):
    with pytest.raises(CallError) as caught:
        SETS["math"].execute(parse(call), {})
    assert (caught.value.error, str(caught.value)[: len(message)]) == (error, message)


def test_calls_are_normalized_to_the_order_of_the_parameters():
    functions = SETS["math"]
    for written in ("subtract(7, 4)", "subtract(b=4, a=7)", "subtract(7, b=4)"):
        assert str(functions.normalize(parse(written))) == "subtract(a=7, b=4)"


def test_results_are_exact():
    assert SETS["math"].execute(parse("divide(a=1, b=3)"), {}) == "1/3"
    assert SETS["math"].execute(parse('add(a="1/3", b="2/3")'), {}) == "1"
    assert SETS["math"].execute(parse("add(a=0.1, b=0.2)"), {}) == "0.3"


def test_state_is_shared_within_a_chain_and_fresh_for_each():
    functions = FunctionSet(list)

    @functions.register("push(item=1)")
    def push(state: list[int], item: int) -> int:
        """Put an item on the pile and count."""
        state.append(item)
        return len(state)

    first, second = functions.state(), functions.state()
    assert [functions.execute(Call("push", {"item": 5}), first) for _ in range(2)] == ["1", "2"]
    assert functions.execute(Call("push", {"item": 5}), second) == "1"
    assert "state" not in functions.schemas[0]["function"]["parameters"]["properties"]
    assert functions.uses_state("push")
    assert not SETS["math"].uses_state("add")


def test_whatever_a_function_raises_is_an_answer():
    functions = FunctionSet()

    @functions.register("crash(how=0)")
    def crash(how: int) -> int:
        """Fail in some way."""
        if how == 1:
            raise RecursionError
        if how == 2:
            raise KeyError("x" * 1000)
        return 10**5000 if how == 3 else 0

    for how, message in enumerate(["crash failed: RecursionError", "crash failed: 'xxx", "crash failed: Exceeds"], 1):
        with pytest.raises(CallError) as caught:
            functions.execute(Call("crash", {"how": how}), {})
        assert caught.value.error == ErrorType.EXECUTION_ERROR
        assert str(caught.value).startswith(message)
        assert len(str(caught.value)) < 250


def test_joined_sets_have_all_functions_and_the_first_ones_state():
    joined = SETS["fol"] | SETS["math"]
    assert len(joined.schemas) == len(SETS["fol"].schemas) + len(SETS["math"].schemas)
    assert type(joined.state()) is type(SETS["fol"].state())
    assert joined.execute(parse("add(1, 2)"), joined.state()) == "3"


HOSTILE = st.sampled_from(
    [
        10**99,
        -(10**99),
        "9" * 100,
        "9e99",
        "1e-99",
        "1/" + "9" * 90,
        1e300,
        5e-324,
        "f1",
        "f99",
        "forall x " * 400,
        "(" * 3000,
        "not " * 1000 + "p",
        "p & " * 900 + "p",
        "forall x exists y forall z (r(x, y) -> r(y, z))",
        "x",
        "cat(Tom)",
        "a" * 4000,
        "__import__('os').system('true')",
        "",
        "∀∃",
        "2x + 3 = 7",
        "((((" * 60 + "x",
        "9" * 90 + "*x/7 = 1%",
        ["x + y = 1", "x - y = 1/" + "7" * 90],
        [[[]]],
        {"a": [None]},
        None,
        True,
    ]
)


@pytest.mark.parametrize("name", SETS)
@settings(max_examples=150, deadline=5000)
@given(data=st.data())
def test_hostile_calls_never_raise_anything_else(name, data):
    functions = SETS[name]
    state = functions.state()
    values = HOSTILE | st.text(max_size=30) | st.integers() | st.floats() | st.fractions().map(str)
    for _ in range(data.draw(st.integers(1, 4))):
        function = data.draw(st.sampled_from(list(functions)))
        arguments = {parameter: data.draw(values) for parameter in function.parameters}
        try:
            result = functions.execute(Call(function.name, arguments), state)
        except CallError as error:
            assert error.error in (ErrorType.WRONG_ARGUMENT, ErrorType.EXECUTION_ERROR)
            assert len(str(error)) < 300
        else:
            assert isinstance(result, str)
            assert len(result) < 200


def test_a_result_can_be_an_argument_again():
    result = SETS["math"].execute(Call("divide", {"a": 10**38, "b": 10**39 + 1}), {})
    assert SETS["math"].execute(Call("add", {"a": result, "b": 0}), {}) == result
    assert Fraction(result) == Fraction(10**38, 10**39 + 1)
