"""What a computed string is known to look like."""

import ast
from collections.abc import Callable

from .scopes import Lines

# Known only where the file's place is known.
MODULE, PACKAGE = "<module>", "<package>"
_PLACES = {"__name__": MODULE, "__package__": PACKAGE}

Known = Callable[[str], str | None]


def shape(node: ast.expr | None, known: Known) -> str | None:
    """Returns a string expression's value with `*` for each part that can't be told; None if nothing can.

    Args:
        node: The expression.
        known: Returns the shape of what a name holds, None if unknown.
    """
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.Name(id=name):
            return _PLACES.get(name) or known(name)
        case ast.JoinedStr(values=parts):
            return "".join(shape(part, known) or "*" for part in parts)
        case ast.FormattedValue(value=value, conversion=-1, format_spec=None):
            return shape(value, known) or "*"
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            ends = shape(left, known), shape(right, known)
            return "".join(end or "*" for end in ends) if any(ends) else None
        case ast.BinOp(left=ast.Constant(value=str(text)), op=ast.Mod()):
            return "*".join(text.split("%s"))
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str(text)), attr="format")):
            return "*".join(
                piece.partition("}")[2] if position else piece for position, piece in enumerate(text.split("{"))
            )
    return None


class Names:
    """The names of one module, as far as one look at its file tells."""

    def __init__(
        self, aliases: dict[str, list[str]], bound: set[str], constants: dict[str, str], *, walrus: Lines
    ) -> None:
        self.walrus = walrus  # the lines on which expressions may bind names
        self.aliases = aliases
        self.bound = bound
        self.constants = constants

    def dotted(self, root: str, chain: tuple[str, ...]) -> str:
        """Returns what a global name and attributes of it stand for outside the file; empty for the file's own."""
        if root in self.aliases:
            root = self.aliases[root][0].replace(":", ".")
        elif root in self.bound:
            return ""
        return ".".join([root, *chain]) if chain else root
