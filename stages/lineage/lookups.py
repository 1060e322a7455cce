"""Imports and look-ups by computed names: what they may reach, or that it can't be told."""

import ast

from .record import Record, unchained
from .scopes import Scope
from .shapes import Names, shape
from .tables import REFUSED_CALLS
from .unit import EFFECT, PEEK, READ, WIDE, WRITE, Lookup

_IMPORTS = frozenset({"importlib.import_module", "__import__"})
_ATTRIBUTE_CALLS = frozenset({"getattr", "hasattr", "setattr", "delattr"})
_MEMBERS = frozenset({"vars", "dir", "inspect.getmembers", "inspect.getmembers_static"})


class Lookups(Record):
    """The part of a recorder that follows names which the code computes."""

    def __init__(self, names: Names, scope: Scope | None = None) -> None:
        super().__init__(names, scope)
        self._held: dict[str, int] = {}  # local name -> index of the look-up whose module it holds
        self._calls: dict[int, int] = {}  # id of a call's node -> index of its look-up

    def begin_call(self, node: ast.Call, dotted: str) -> int:
        """Records what a call does beyond calling; returns how it uses its first argument, 0 for as usual."""
        if dotted in _ATTRIBUTE_CALLS and len(node.args) > 1:
            return self._attribute_call(node, dotted)
        if dotted in _MEMBERS and node.args:
            return self._wide(node.args[0])
        if dotted in _IMPORTS:
            self._import(node)
        elif dotted in REFUSED_CALLS:
            self.lookups.append(Lookup(node.lineno, ast.unparse(node), None, None, None))
        elif dotted == "globals":
            self.own_module = True
        elif dotted == "sys.modules.get" and node.args:
            self.module_table(node.args[0], node)
        elif dotted in ("operator.attrgetter", "operator.methodcaller"):
            self._named_attributes(node.args if dotted.endswith("attrgetter") else node.args[:1])
        return 0

    def finish_call(self, node: ast.Call, dotted: str) -> None:
        """Notes what a call reads of a module that its first argument imports."""
        match node.args:
            case [target, ast.Constant(value=str(name)), *_] if dotted in ("getattr", "hasattr"):
                self.read_from_call(target, name)

    def module_table(self, key: ast.expr, node: ast.expr) -> None:
        """Records a look-up in `sys.modules` (a constant key is found as a string that names a module)."""
        if isinstance(key, ast.Name) and key.id == "__name__":
            self.own_module = True
        elif not isinstance(key, ast.Constant):
            self.lookups.append(Lookup(node.lineno, ast.unparse(node), None, None, None))

    def _attribute_call(self, node: ast.Call, dotted: str) -> int:
        target, name = node.args[:2]
        reading = dotted in ("getattr", "hasattr")
        if not isinstance(name, ast.Constant):
            return self._wide(target) if reading else WRITE | EFFECT
        self._named_attributes([name])
        if not reading:
            return WRITE | EFFECT
        root, chain = unchained(target)
        if isinstance(root, ast.Name):
            self.name(root.id, (*chain, str(name.value)), READ)
        return READ | PEEK

    def _named_attributes(self, nodes: list[ast.expr]) -> None:
        for node in nodes:
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                self.note_attributes(node.value.split("."), READ)
            else:
                self.any_attribute = True

    def _wide(self, target: ast.expr) -> int:
        root, _ = unchained(target)
        if not isinstance(root, ast.Name) or self.origin(root.id) == (False, []):
            self.any_attribute = True
        return WIDE | READ

    # Dynamic imports

    def _import(self, node: ast.Call) -> None:
        named = {keyword.arg: keyword.value for keyword in node.keywords}
        name = node.args[0] if node.args else named.get("name")
        package = node.args[1] if len(node.args) > 1 else named.get("package")
        self._calls[id(node)] = len(self.lookups)
        lookup = Lookup(node.lineno, ast.unparse(node), shape(name, self.known), shape(package, self.known), None)
        self.lookups.append(lookup)

    def is_import(self, node: ast.expr) -> bool:
        """Returns whether a call was recorded as an import."""
        return id(node) in self._calls

    def hold_module(self, name: str, value: ast.expr) -> None:
        """Notes that a local name now holds what an expression returns, if that is an import."""
        if id(value) in self._calls:
            self._held[name] = self._calls[id(value)]
            self._replace(self._held[name], [])

    def read_from_call(self, node: ast.expr, attribute: str | None) -> None:
        """Notes what is read of the module that a call imports; None for nothing."""
        if id(node) in self._calls:
            self._replace(self._calls[id(node)], [attribute] if attribute else [])

    def name(self, name: str, chain: tuple[str, ...], use: int) -> None:
        """Writes a name, and notes what is read of the module that it holds, or that the module is handed on."""
        super().name(name, chain, use)
        if name in self._held and not use & (WRITE | PEEK):
            index = self._held[name]
            if chain:
                self._replace(index, [*(self.lookups[index].attributes or []), chain[0]])
            else:
                self._replace(self._held.pop(name), None)

    def _replace(self, index: int, attributes: list[str] | None) -> None:
        self.lookups[index] = self.lookups[index]._replace(attributes=attributes)
