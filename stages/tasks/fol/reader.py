r"""Reads formulas as people and models write them.

    text        = formula ["."]
    formula     = unit { operator formula }       operators, tightest first: and, or, xor, ->, <->
    unit        = not unit | quantifier variable {[","] variable} [scope] | "(" formula ")" | atom
    scope       = "." formula | ":" formula | unit
    atom        = term | term "=" term | term "!=" term
    term        = name [ "(" term {"," term} ")" ]

| meaning | signs |
|---|---|
| not | `not` `¬` `-` `~` `!` |
| and | `and` `∧` `&` `&&` `/\` |
| or | `or` `∨` `|` `||` `\/` |
| exclusive or | `xor` `⊕` `⊻` |
| if … then | `implies` `→` `->` `=>` `⇒` `⟶` `⟹` `⊃` |
| if and only if | `iff` `↔` `<->` `<=>` `⇔` `⟷` `⟺` `≡` |
| for all | `forall` `all` `every` `∀` |
| there is | `exists` `some` `∃` |
| equal, unequal | `=` `==`, `!=` `≠` |

`->` groups to the right, the others to the left. A quantifier takes the next unit, as negation does; it takes what
follows too where that uses its variable (`all x cat(x) -> furry(x)`), and after a dot or colon in any case. A second
name is a variable too if it looks like one (`all x y1 …`), if what comes next could not follow a proposition
(`all a b likes(a, b)`), or if it is a term in brackets that it stands apart from (`all a b (likes(a, b))`). Words are
operators in lower or upper case. Names are letters, digits and `_`, with `-`, `'` and decimal points inside; a word for
a quantifier that stands before `(` is a name. Square brackets and braces are round ones.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

from stages.tasks.fol.formula import (
    MAX_DEPTH,
    MAX_SIZE,
    VARIABLE,
    Atom,
    Binary,
    Equal,
    Formula,
    Not,
    Operator,
    Quantified,
    Quantifier,
    Term,
    check_size,
    free_names,
)

MAX_LENGTH = 2000
MAX_QUOTED = 30

_SIGNS = {
    "not": "¬ - ~ ! not NOT",
    "and": "∧ & && /\\ and AND",
    "or": "∨ | || \\/ or OR",
    "xor": "⊕ ⊻ xor XOR",
    "->": "→ -> => ⇒ ⟶ ⟹ ⊃ implies IMPLIES",
    "<->": "↔ <-> <=> ⇔ ⟷ ⟺ ≡ iff IFF",
    "forall": "∀ forall all every",
    "exists": "∃ exists some",
    "=": "= ==",
    "!=": "≠ !=",
    "(": "( [ {",
    ")": ") ] }",
    ",": ",",
    ".": ". :",
}
NAME = re.compile(r"\w+(?:(?:[-'’]|(?<=\d)\.(?=\d))\w+)*")
_KINDS = {sign: kind for kind, signs in _SIGNS.items() for sign in signs.split()}
_SYMBOLS = sorted((sign for sign in _KINDS if not sign.isalpha()), key=len, reverse=True)
_TOKEN = re.compile(
    r"\s*(?:"
    r"(?P<quantifier>(?i:forall|exists|every|some|all)(?=\s+\w))"
    f"|(?P<name>{NAME.pattern})"
    f"|(?P<symbol>{'|'.join(map(re.escape, _SYMBOLS))})"
    r"|(?P<end>\Z)|(?P<other>.))",
    re.DOTALL,
)
_QUANTIFIERS = {item.value for item in Quantifier}
_NEVER_AFTER_A_PROPOSITION = {"name", "not", ",", ".", *_QUANTIFIERS}
_STRENGTH = {Operator.IFF: 1, Operator.IMPLIES: 2, Operator.XOR: 3, Operator.OR: 4, Operator.AND: 5}
_OPERATORS = {operator.value: operator for operator in Operator}


class ReadError(ValueError):
    """Text that is no formula; the message says at which column, and what was expected there.

    Attributes:
        column: Where it stands, from 1.
    """

    def __init__(self, column: int, problem: str) -> None:
        super().__init__(f"column {column}: {problem}")
        self.column = column


def read(text: str, definitions: Mapping[str, Formula] | None = None) -> Formula:
    """Reads one formula.

    Args:
        text: Any text at all.
        definitions: What propositions of these names stand for.

    Raises:
        ReadError: If the text is no formula in the grammar above.
        ValueError: If the text or the formula is too large.
    """
    if len(text) > MAX_LENGTH:
        raise ReadError(MAX_LENGTH + 1, f"the formula is too long (at most {MAX_LENGTH} characters)")
    formula = _Reader(_tokens(text), definitions or {}).read()
    check_size(formula)
    return formula


@dataclass(frozen=True)
class _Token:
    kind: str
    text: str
    column: int

    def __str__(self) -> str:
        text = self.text if len(self.text) <= MAX_QUOTED else f"{self.text[:MAX_QUOTED]}…"
        return "the end" if self.kind == "end" else f"`{text}`"


def _tokens(text: str) -> list[_Token]:
    tokens = []
    for match in _TOKEN.finditer(text):
        group = match.lastgroup or "end"
        written = match[group]
        kind = _KINDS.get(written.lower() if group == "quantifier" else written, group)
        if group == "name" and kind in _QUANTIFIERS and written.isalpha():
            kind = "name"
        tokens.append(_Token(kind, written, match.start(group) + 1))
    return tokens


class _Reader:
    def __init__(self, tokens: list[_Token], definitions: Mapping[str, Formula]) -> None:
        self._tokens = tokens
        self._definitions = definitions
        self._position = 0
        self._brackets = 0  # how deep the reader is in brackets, negations and scopes
        self._depth = 0  # how deep the formula will be at least, for operators and variables alone
        self._size = 0  # how many parts have come from definitions

    def read(self) -> Formula:
        formula = self._formula()
        self._accept(".")
        self._expect("end", "an operator or the end")
        return formula

    @property
    def _next(self) -> _Token:
        return self._tokens[self._position]

    def _take(self) -> _Token:
        token = self._next
        self._position += token.kind != "end"
        return token

    def _accept(self, *kinds: str) -> bool:
        if found := self._next.kind in kinds:
            self._take()
        return found

    def _expect(self, kind: str, described: str) -> _Token:
        if self._next.kind != kind:
            raise ReadError(self._next.column, f"expected {described}, found {self._next}")
        return self._take()

    def _formula(self, strength: int = 1) -> Formula:
        reaching = self._next.kind in _QUANTIFIERS
        left = self._unit()
        while (operator := _OPERATORS.get(self._next.kind)) and _STRENGTH[operator] >= strength:
            self._take()
            self._descend(1)
            right = self._formula(_STRENGTH[operator] + (operator is not Operator.IMPLIES))
            self._depth -= 1
            left = _extend(left, operator, right) if reaching else Binary(operator, left, right)
        return left

    def _descend(self, levels: int = 0, brackets: int = 0) -> None:
        self._depth += levels
        self._brackets += brackets
        if max(self._depth, self._brackets) > MAX_DEPTH:
            raise ReadError(self._next.column, f"the formula is nested too deeply (at most {MAX_DEPTH})")

    def _unit(self) -> Formula:
        self._descend(brackets=1)
        token = self._next
        if self._accept("not"):
            unit: Formula = Not(self._unit())
        elif self._accept(*_QUANTIFIERS):
            unit = self._quantified(Quantifier(token.kind))
        elif self._accept("("):
            unit = self._formula()
            self._expect(")", "an operator or `)`")
        else:
            unit = self._atom()
        self._brackets -= 1
        return unit

    def _quantified(self, quantifier: Quantifier) -> Formula:
        variables = [self._expect("name", "a variable").text]
        while self._accept(",") or self._at_variable():
            variables.append(self._expect("name", "a variable").text)
        self._descend(len(variables))
        formula = self._formula() if self._accept(".") else self._unit()
        self._depth -= len(variables)
        for variable in reversed(variables):
            formula = Quantified(quantifier, variable, formula)
        return formula

    def _at_variable(self) -> bool:
        if self._next.kind != "name":
            return False
        after = self._tokens[self._position + 1]
        if VARIABLE.fullmatch(self._next.text):
            return after.kind not in ("=", "!=")
        return after.kind in _NEVER_AFTER_A_PROPOSITION or self._stands_before_its_scope()

    def _stands_before_its_scope(self) -> bool:
        """Whether the next name is a term in the brackets that it stands apart from."""
        name, bracket = self._tokens[self._position : self._position + 2]
        depth = int(bracket.kind == "(" and bracket.column > name.column + len(name.text))
        for token, after in pairwise(self._tokens[self._position + 2 :]):
            if depth == 0 or (token.text == name.text and after.kind != "("):
                return depth > 0
            depth += (token.kind == "(") - (token.kind == ")")
        return False

    def _atom(self) -> Formula:
        term = self._term("a formula")
        if self._accept("="):
            return Equal(term, self._term("a term"))
        if self._accept("!="):
            return Not(Equal(term, self._term("a term")))
        if not term.arguments and term.name in self._definitions:
            return self._defined(self._definitions[term.name])
        return Atom(term.name, term.arguments)

    def _defined(self, formula: Formula) -> Formula:
        """Counts the parts of a definition each time that it is used: a few of them make a text short and huge."""
        self._size += check_size(formula, MAX_SIZE - self._size)
        return formula

    def _term(self, described: str) -> Term:
        name = self._expect("name", described).text
        if not self._accept("("):
            return Term(name)
        self._descend(brackets=1)
        terms = [] if self._next.kind == ")" else [self._term("a term")]
        while self._accept(","):
            terms.append(self._term("a term"))
        self._expect(")", "`,` or `)`")
        self._brackets -= 1
        return Term(name, tuple(terms))


def _extend(left: Formula, operator: Operator, right: Formula) -> Formula:
    """Joins two formulas; the right one comes under those of the left one's quantifiers whose variables it uses."""
    free, quantifiers = free_names(right), list(_prefix(left))
    while quantifiers and quantifiers[-1].variable not in free:
        quantifiers.pop()
    joined: Formula = Binary(operator, quantifiers[-1].body if quantifiers else left, right)
    for item in reversed(quantifiers):
        joined = Quantified(item.quantifier, item.variable, joined)
    return joined


def _prefix(formula: Formula) -> Iterator[Quantified]:
    while isinstance(formula, Quantified):
        yield formula
        formula = formula.body
