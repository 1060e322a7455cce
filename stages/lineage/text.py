"""A syntax tree as text: equal for equal code, in every Python version, wherever the code stands."""

import ast
from hashlib import sha256

from .unit import Reference

# Left out: load/store marks and type comments say nothing that the rest doesn't; `u''` equals `''`; a template
# string's source text is repeated by its parts.
_SILENT = frozenset({"ctx", "type_comment", "type_ignores", "kind", "str"})
_NAMES: dict[type[ast.AST], list[str]] = {}  # of the fields that say something


class Text:
    """A growing text with numbered places for the names that come from outside."""

    def __init__(self) -> None:
        self.parts: list[str] = []
        self._uses: dict[tuple[str, tuple[str, ...]], int] = {}
        self._places: dict[tuple[str, tuple[str, ...]], str] = {}

    def refer(self, root: str, chain: tuple[str, ...], use: int) -> None:
        """Puts a numbered place for a reference."""
        key = (root, chain)
        if key not in self._places:
            self._places[key] = f"@{len(self._places)} "
            self._uses[key] = 0
        self._uses[key] |= use
        self.parts.append(self._places[key])

    def references(self) -> list[Reference]:
        """Returns the references in the order of their numbers."""
        return [Reference(root, list(chain), use) for (root, chain), use in self._uses.items()]

    def digest(self) -> str:
        """Returns the digest of the text; empty for an empty one."""
        return digest("".join(self.parts)) if self.parts else ""


def digest(text: str) -> str:
    """Returns a digest of 32 hexadecimal digits (128 bits: no two texts meet by chance)."""
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def atom(value: object) -> str:
    """Writes a constant; unlike `repr`, independent of Python's tables of printable characters and number limits."""
    if isinstance(value, int) and not isinstance(value, bool):
        return f"int {value:x} "
    return f"{type(value).__name__} {value!a} "


def fields(node: ast.AST) -> list[tuple[str, object]]:
    """Returns the fields of a node that say something; a field that an older Python lacks is empty in a newer one."""
    found, kind = node.__dict__, type(node)
    if (names := _NAMES.get(kind)) is None:
        names = _NAMES[kind] = [name for name in kind._fields if name not in _SILENT]
    return [(name, value) for name in names if (value := found.get(name)) is not None and value != []]


def joined(values: list[ast.expr]) -> list[ast.expr]:
    """Merges neighbouring constants of an f-string and drops empty ones: versions split them differently."""
    merged: list[ast.expr] = []
    for value in values:
        if isinstance(value, ast.Constant) and merged and isinstance(merged[-1], ast.Constant):
            merged[-1] = ast.Constant(str(merged[-1].value) + str(value.value))
        else:
            merged.append(value)
    return [value for value in merged if not (isinstance(value, ast.Constant) and value.value == "")]
