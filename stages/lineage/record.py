"""What is known of a unit while its syntax tree is walked: its text, its references, what it reads of others."""

import ast
from collections.abc import Iterable

from .scopes import Scope
from .shapes import Names
from .tables import PLACES, READERS
from .text import Text, digest
from .unit import CALL, EXECUTED, WRITE, Lookup, Unit


class Record:
    """Collects what makes a `Unit`.

    Args:
        names: What is known of the module's names.
        scope: The scope around the unit; None for the module itself.
    """

    def __init__(self, names: Names, scope: Scope | None = None) -> None:
        self.names = names
        self.scope = scope
        self.body, self.annotations = Text(), Text()
        self.text = self.body
        self.in_data_class = False
        self.depth = 0  # of functions around the code at hand: it isn't executed when the unit is defined
        self.doc = ""
        self.inner_docs: list[str] = []
        self.attributes: set[str] = set()
        self.values: set[str] = set()
        self.strings: set[str] = set()
        self.imports: list[str] = []
        self.lookups: list[Lookup] = []
        self.constants: dict[str, str | None] = {}
        self.first_parameter: str | None = None
        self.reads = self.acts = 0
        self.any_attribute = self.own_module = self.locates = self.nested = self.writes_self = False

    def unit(self, name: str, kind: str, line: int, binds: list[str], *, mutable: bool = False) -> Unit:
        """Returns what was recorded."""
        return Unit(
            name=name,
            kind=kind,
            line=line,
            binds=binds,
            text=self.body.digest(),
            doc=digest(self.doc) if self.doc else "",
            inner_doc=digest("\0".join(self.inner_docs)) if self.inner_docs else "",
            signature=self.annotations.digest(),
            references=self.body.references(),
            signature_references=self.annotations.references(),
            attributes=sorted(self.attributes),
            values=sorted(self.values),
            strings=sorted(self.strings),
            imports=self.imports,
            lookups=self.lookups,
            reads=self.reads,
            any_attribute=self.any_attribute,
            own_module=self.own_module,
            locates=self.locates,
            nested=self.nested,
            mutable=mutable,
            writes_self=self.writes_self,
            acts=self.acts,
        )

    def write(self, *parts: str) -> None:
        """Adds to the text."""
        self.text.parts.extend(parts)

    def name(self, name: str, chain: tuple[str, ...], use: int) -> None:
        """Writes a name and the attributes that are read from it; a reference if it comes from outside the unit."""
        is_global, specs = self.origin(name)
        for spec in specs:
            self._refer(f"={spec}", chain, use)
        bound = use == WRITE and not chain
        if not is_global or (bound and self.scope is not None and self.scope.binds_as_class(name)):
            self._local(name, chain, use)
        elif bound and self.scope is None:
            self.write("Name(", name, ")")
        else:
            self._refer(name, chain, use)

    def load(self, name: str, spec: str, use: int) -> None:
        """Writes what an import statement brings."""
        self._refer(f"={spec}" if self.scope else name, (), use)

    def note_attributes(self, chain: Iterable[str], use: int) -> None:
        """Notes attributes that are read one from another, the first from anything."""
        last = ""
        for last in chain:
            self.attributes.add(last)
            self.reads |= READERS.get(last, 0)
            self.any_attribute = self.any_attribute or last == "__dict__"
        if not use & CALL:
            self.values.add(last)

    def _local(self, name: str, chain: tuple[str, ...], use: int) -> None:
        self.write("Name(", name, *(f".{attribute}" for attribute in chain), ")")
        if chain:
            self.note_attributes(chain, use)
            if name == self.first_parameter and (use & (WRITE | CALL) or len(chain) > 1):
                self.writes_self = True

    def _refer(self, root: str, chain: tuple[str, ...], use: int) -> None:
        dotted = root[1:].replace(":", ".") if root[0] == "=" else self.names.dotted(root, ())
        for name in (dotted.rpartition(".")[2], *chain):
            self.reads |= READERS.get(name, 0)
        if root in PLACES or dotted.startswith("importlib.resources"):
            self.locates = True
        self.text.refer(root, chain, use | (0 if self.depth else EXECUTED))

    # What names stand for here

    def origin(self, name: str) -> tuple[bool, list[str]]:
        """Returns whether a name is global here, and what local imports may have bound it to."""
        return self.scope.origin(name) if self.scope else (True, [])

    def known(self, name: str) -> str | None:
        """Returns the shape of the string that a name holds, None if unknown."""
        if self.origin(name)[0]:
            return self.names.constants.get(name)
        return self.constants.get(name) if self.scope and self.scope.bindings(name) == 1 else None

    def dotted(self, node: ast.expr) -> str:
        """Returns what an expression names in other modules or among the built-ins; empty if nothing."""
        root, chain = unchained(node)
        if not isinstance(root, ast.Name):
            return ""
        is_global, specs = self.origin(root.id)
        if specs:
            return ".".join([specs[0].replace(":", "."), *chain])
        return self.names.dotted(root.id, chain) if is_global else ""


def unchained(node: ast.expr) -> tuple[ast.expr, tuple[str, ...]]:
    """Returns what a chain of attributes starts from, and the attributes."""
    chain: list[str] = []
    while isinstance(node, ast.Attribute):
        chain.append(node.attr)
        node = node.value
    return node, tuple(reversed(chain))
