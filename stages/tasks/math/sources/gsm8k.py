"""GSM8K (Cobbe et al. 2021, arXiv 2110.14168): its calculator marks, compiled into calls.

A mark such as `<<48/2=24>>` is an expression and what its author's calculator showed. Every operation of every
expression becomes one call, in order; the exact result counts, not what was shown. Rows whose marks do not lead to
the gold answer are read again with the equations that stand unmarked in the text (`40 / 10 = 4 days`), where those
hold. Whatever is left has no reference: `stop` is only added where a call returned the gold answer.
"""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

from stages.agent.calls import Call
from stages.agent.values import exact, literal, result_text
from stages.tasks.math.checking import amount
from stages.tasks.math.operations import OPERATIONS, call_of
from stages.tasks.rows import NO_QUESTION, text_of, training_rows
from stages.tasks.task import NO_ANSWER, Draft, Rejection

PUBLISHED = ("openai/gsm8k", "main", "train")
_MAX_LENGTH = 200
_MAX_POWER = 8
_MAX_NUMBER = 10**30
_FUNCTIONS = {ast.Add: "add", ast.Sub: "subtract", ast.Mult: "multiply", ast.Div: "divide"}
_SIGNS = str.maketrans("×·÷−–[]", "**/--()", "$,")
_NUMBER = r"(?:\d[\d,]*(?:\.\d+)?|\.\d+)"
_UNIT = r"(?:[ -](?!x )[A-Za-z]+(?:/[A-Za-z]+)?){0,3}"
_TERM = rf"\(?[$-]?{_NUMBER}%?{_UNIT}\)?"
_MARK = r"<<(?P<mark>[^<>=]*)=[^<>]*>>"
_EQUATION = rf"(?P<equation>{_TERM}(?: ?[-−–+*×x·/÷] ?{_TERM}|\({_NUMBER}\))+) ?=(?= ?\$?(?P<shown>{_NUMBER}%?))"
_READINGS = (re.compile(_MARK), re.compile(f"{_MARK}|(?<![^\\s(]){_EQUATION}"))
_REWRITES = [
    (re.compile(r"(?<=[\d)%\s])x\s*(?=[\d(.])"), "*"),  # 2 boxes x 16
    (re.compile(r"(?<!\d)[A-Za-z]+(?:/[A-Za-z]+)?"), " "),  # units
    (re.compile(r"(?<![\d./])(\d+) (\d+/\d+)"), r"(\1+\2)"),  # 1 1/2
    (re.compile(r"(\d*\.?\d+)\s*%"), r"(\1/100)"),  # 40%
    (re.compile(r"(?<=[\d)])\s*\("), "*("),  # 4(7)
    (re.compile(r"\)\s*(?=[\d.])"), ")*"),  # (7)4
    (re.compile(r"(?<![\d.])0+(?=\d)"), ""),  # 05, no number in Python
]
_ARITHMETIC = re.compile(r"[-+*/(). \d]+")


@dataclass(frozen=True)
class _Step:
    call: Call
    value: Fraction


def load(path: Path) -> Iterator[Draft | Rejection]:
    """Yields the problems of a GSM8K file, or of the training split in a folder.

    Raises:
        UserError: If the file is missing, or a row is not a JSON object.
    """
    for where, row in training_rows(path):
        question, solution = text_of(row, "question"), text_of(row, "answer")
        if not question:
            yield Rejection(where, NO_QUESTION)
        elif not solution.partition("####")[2].strip():
            yield Rejection(where, NO_ANSWER)
        else:
            yield _draft(where, question, *solution.rsplit("####", 1))


def _draft(where: str, question: str, solution: str, answer: str) -> Draft | Rejection:
    try:
        gold = amount(answer)
    except ValueError:
        return Rejection(where, "the answer is not a number")
    reference = _reference(solution, gold)
    depth = len(reference) - 1 if reference else solution.count("<<")
    return Draft(question, result_text(gold), reference, family="gsm8k", depth=depth)


def _reference(solution: str, gold: Fraction) -> tuple[str, ...] | None:
    for reading in _READINGS:
        steps = _read(solution, reading)
        while steps and steps[-1].value != gold:
            steps.pop()
        if steps:
            stop = Call("stop", {"answer": literal(gold)})
            return (*(str(step.call) for step in steps), str(stop))
    return None


def _read(solution: str, reading: re.Pattern[str]) -> list[_Step]:
    """Returns the calls of what a reading finds, in order; no call is made twice."""
    read: list[_Step] = []
    for match in reading.finditer(solution):
        found = match.groupdict()
        try:
            steps = _marked(found["mark"]) if found["mark"] is not None else _shown(found["equation"], found["shown"])
        except (SyntaxError, ValueError, ZeroDivisionError):
            continue
        read += [step for step in steps if step not in read]
    return read


def _marked(expression: str) -> list[_Step]:
    steps: list[_Step] = []
    _value(_parse(expression), steps)
    return steps


def _shown(expression: str, shown: str) -> list[_Step]:
    """Returns the calls of an unmarked equation, if it holds; a ratio shown as a percentage takes one more call."""
    steps: list[_Step] = []
    value = _value(_parse(expression), steps)
    if shown.endswith("%"):
        value = _apply("multiply", value, Fraction(100), steps)
    return steps if value == amount(shown) else []


def _parse(expression: str) -> ast.expr:
    """Reads people's arithmetic (units, `4(7)`, `1 1/2`, `40%`) as Python's, without evaluating it.

    Raises:
        ValueError: If it is too long or holds anything but arithmetic.
        SyntaxError: If it is incomplete.
    """
    plain = expression.translate(_SIGNS).replace("^", "**")
    for pattern, replacement in _REWRITES:
        plain = pattern.sub(replacement, plain)
    if len(plain) > _MAX_LENGTH or not _ARITHMETIC.fullmatch(plain):
        raise ValueError("not arithmetic")
    return ast.parse(plain.strip(), mode="eval").body


def _value(node: ast.expr, steps: list[_Step]) -> Fraction:
    """Computes an expression call by call, appends the calls, and returns its value."""
    match node:
        case ast.Constant(value=int() | float() as number):
            return exact(number)
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return -exact(number)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return _apply("subtract", Fraction(0), _value(operand, steps), steps)
        case ast.BinOp(left=left, op=ast.Pow(), right=ast.Constant(value=int() as power)) if 1 < power <= _MAX_POWER:
            return _power(_value(left, steps), power, steps)
        case ast.BinOp(ast.BinOp(ast.Constant(), ast.Div(), ast.Constant(100)) as share, ast.Mult(), of):
            return _apply("percent", _value(of, steps), _value(share.left, steps), steps)
        case ast.BinOp(left=left, op=operator, right=right) if type(operator) in _FUNCTIONS:
            return _apply(_FUNCTIONS[type(operator)], _value(left, steps), _value(right, steps), steps)
    raise ValueError("not arithmetic")


def _power(base: Fraction, power: int, steps: list[_Step]) -> Fraction:
    value = base
    for _ in range(power - 1):
        value = _apply("multiply", value, base, steps)
    return value


def _apply(function: str, a: Fraction, b: Fraction, steps: list[_Step]) -> Fraction:
    value = OPERATIONS[function](a, b)
    if max(abs(value.numerator), value.denominator) >= _MAX_NUMBER:
        raise ValueError("too large")
    steps.append(_Step(call_of(function, a, b), value))
    return value
