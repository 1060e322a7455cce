"""Reads linear equations as people write them, such as `2x + 3 = 7`; nothing is evaluated, everything is exact.

    equation    = sum "=" sum
    sum         = product {("+" | "-") product}
    product     = factor {("*" | "/" | nothing) factor}
    factor      = {"+" | "-"} (number | unknown | "(" sum ")")

| meaning | signs |
|---|---|
| times | `*` `×` `·` `⋅`, or nothing before an unknown or bracket: `2x`, `3(x + 1)` |
| divided by | `/` `÷` |
| minus | `-` `−` `–` |

Products group to the left: `1/2x` is half of x. Numbers are written like `1,200`, `0.5`, `.5` or `40%` (0.4). Unknowns
are names of letters, digits and `_`, a letter first. Of the factors of a product at most one has an unknown, and no
divisor has one.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from stages.agent.values import exact

MAX_LENGTH = 400
MAX_NAME = 30
MAX_DEPTH = 50
_SIGNS = {"×": "*", "·": "*", "⋅": "*", "÷": "/", "−": "-", "–": "-"}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d*)?%?|\.\d+%?)"
    r"|(?P<unknown>[^\W\d_⁰¹²³⁴-⁹][^\W⁰¹²³⁴-⁹]*)|(?P<end>\Z)|(?P<sign>.))",
    re.DOTALL,
)


@dataclass(frozen=True)
class Linear:
    """A sum: each unknown times its factor, which may be zero, and a constant."""

    constant: Fraction = Fraction()
    factors: Mapping[str, Fraction] = field(default_factory=dict)

    def factor(self, name: str) -> Fraction:
        """Returns the factor of an unknown."""
        return self.factors.get(name, Fraction())

    def plus(self, other: "Linear", times: Fraction | int = 1) -> "Linear":
        """Adds so many times another sum."""
        names = dict.fromkeys([*self.factors, *other.factors])
        factors = {name: self.factor(name) + times * other.factor(name) for name in names}
        return Linear(self.constant + times * other.constant, factors)

    def times(self, number: Fraction) -> "Linear":
        """Multiplies by a number."""
        return Linear(self.constant * number, {name: factor * number for name, factor in self.factors.items()})


def read(text: str) -> Linear:
    """Reads an equation.

    Returns:
        Its left side minus its right side: the sum that is to be zero.

    Raises:
        ValueError: If the text is no linear equation; the message says at which column, and what was expected there.
    """
    if len(text) > MAX_LENGTH:
        raise _mistake(MAX_LENGTH + 1, f"expected the end, at most {MAX_LENGTH} characters are read")
    return _Reader([_token(match) for match in _TOKEN.finditer(text)]).equation()


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        return "the end" if self.kind == "end" else f"`{self.text}`"


def _token(match: re.Match[str]) -> _Token:
    group = match.lastgroup or "end"
    written = match[group]
    return _Token(_SIGNS.get(written, written) if group == "sign" else group, written, match.start(group) + 1)


class _Reader:
    def __init__(self, tokens: list[_Token]) -> None:
        self._tokens = iter(tokens)
        self._next = next(self._tokens)
        self._depth = 0

    def equation(self) -> Linear:
        left = self._sum()
        self._expect("=", "an operator or `=`")
        difference = left.plus(self._sum(), -1)
        self._expect("end", "an operator or the end")
        return difference

    def _take(self) -> _Token:
        token = self._next
        self._next = next(self._tokens, token)
        return token

    def _expect(self, kind: str, described: str) -> _Token:
        if self._next.kind != kind:
            raise _mistake(self._next.column, f"expected {described}, found {self._next}")
        return self._take()

    def _sum(self) -> Linear:
        total = self._product()
        while self._next.kind in ("+", "-"):
            sign = -1 if self._take().kind == "-" else 1
            total = total.plus(self._product(), sign)
        return total

    def _product(self) -> Linear:
        product = self._factor()
        while self._next.kind in ("*", "/", "unknown", "("):
            operator = self._take().kind if self._next.kind in ("*", "/") else "*"
            column = self._next.column
            factor = self._factor()
            if factor.factors and (product.factors or operator == "/"):
                raise _mistake(column, "expected a number, since the equation must be linear")
            if operator == "/" and factor.constant == 0:
                raise _mistake(column, "cannot divide by zero")
            if factor.factors:
                product, factor = factor, product
            product = product.times(1 / factor.constant if operator == "/" else factor.constant)
        return product

    def _factor(self) -> Linear:
        sign = 1
        while self._next.kind in ("+", "-"):
            sign = -sign if self._take().kind == "-" else sign
        return self._operand().times(Fraction(sign))

    def _operand(self) -> Linear:
        if self._next.kind == "unknown":
            return self._unknown()
        if self._next.kind == "(":
            return self._bracket()
        number = self._expect("number", "a number, an unknown or `(`")
        try:
            return Linear(exact(number.text))
        except ValueError as error:
            raise _mistake(number.column, f"the number {error}") from None

    def _unknown(self) -> Linear:
        name = self._take()
        if len(name.text) > MAX_NAME:
            raise _mistake(name.column, f"expected an unknown of at most {MAX_NAME} characters")
        return Linear(factors={name.text: Fraction(1)})

    def _bracket(self) -> Linear:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise _mistake(self._next.column, f"expected a number, brackets are nested at most {MAX_DEPTH} deep")
        self._take()
        inner = self._sum()
        self._expect(")", "an operator or `)`")
        self._depth -= 1
        return inner


def _mistake(column: int, problem: str) -> ValueError:
    return ValueError(f"column {column}: {problem}")
