"""From the text of one file to its units."""

import ast

from .recorder import Recorder
from .scopes import FUNCTIONS, Lines, Scope, function_scope, import_specs, loaded_modules, own_nodes, type_scope
from .shapes import Names
from .tables import IMMUTABLE_CALLS
from .unit import Source, Unit


def analyse(text: bytes) -> Source:
    """Returns the units of a file and the names it binds.

    Raises:
        SyntaxError: If it is not valid Python.
    """
    walrus = frozenset(number for number, line in enumerate(text.splitlines(), start=1) if b":=" in line)
    return _Analysis(ast.parse(text), has_globals=b"global" in text, walrus=walrus).source()


class _Analysis:
    def __init__(self, tree: ast.Module, *, has_globals: bool, walrus: Lines) -> None:
        self.tree = tree
        self.has_globals = has_globals
        self.scope = Scope().add(tree.body, walrus=walrus)
        self.names = Names(self._aliases(), set(self.scope.rebound), self._constants(), walrus=walrus)
        self.units: list[Unit] = []
        self.imports: list[str] = []
        self.plain: dict[str, str] = {}  # name -> module of `import module`

    def source(self) -> Source:
        doc = ast.get_docstring(self.tree)
        if doc:
            self._doc(doc)
        self._statements(self.tree.body)
        used = {reference.root for unit in self.units for reference in unit.references + unit.signature_references}
        return Source(
            units=self.units,
            aliases=self.names.aliases,
            stars=[spec[:-2] for spec in self.scope.imports.get("*", [])],
            imports=list(dict.fromkeys(self.imports)),
            unused=[module for name, module in self.plain.items() if name not in used],
            exported=self._exported(),
        )

    def _aliases(self) -> dict[str, list[str]]:
        found = {name: specs for name, specs in self.scope.imports.items() if name != "*"}
        for node in ast.walk(self.tree) if self.has_globals else ():
            if isinstance(node, FUNCTIONS):
                inner = function_scope(node, None)
                for name in inner.globals & inner.imports.keys():
                    found.setdefault(name, []).extend(inner.imports[name])
        return {name: list(dict.fromkeys(specs)) for name, specs in found.items()}

    def _constants(self) -> dict[str, str]:
        found = {}
        for node in self.tree.body:
            match node:
                case (
                    ast.Assign(targets=[ast.Name(id=name)], value=ast.Constant(value=str(text)))
                    | ast.AnnAssign(target=ast.Name(id=name), value=ast.Constant(value=str(text)))
                ) if self.scope.rebound[name] == 1:
                    found[name] = text
        return found

    def _exported(self) -> list[str] | None:
        for node in self.tree.body:
            match node:
                case ast.Assign(targets=[ast.Name(id="__all__")], value=ast.List() | ast.Tuple() as names):
                    if self.scope.rebound["__all__"] == 1 and all(
                        isinstance(name, ast.Constant) for name in names.elts
                    ):
                        return [str(name.value) for name in names.elts if isinstance(name, ast.Constant)]
        return None

    def _statements(self, nodes: list[ast.stmt]) -> None:
        for node in nodes:
            if isinstance(node, FUNCTIONS):
                self._function(node, node.name, "function", None)
            elif isinstance(node, ast.ClassDef):
                self._class(node)
            elif isinstance(node, ast.Import | ast.ImportFrom):
                self._import(node)
            elif isinstance(node, ast.If) and _is_typing(node.test):
                self._statements(node.orelse)
            elif not _does_nothing(node):
                self._statement(node)

    def _import(self, node: ast.Import | ast.ImportFrom) -> None:
        self.imports.extend(loaded_modules(node))
        if isinstance(node, ast.Import):
            self.plain.update(
                {name: alias.name for (name, _), alias in zip(import_specs(node), node.names, strict=True)}
            )

    def _function(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef, name: str, kind: str, scope: Scope | None
    ) -> None:
        recorder = Recorder(self.names, scope)
        recorder.definition(node, node.body)
        self.units.append(recorder.unit(name, kind, node.lineno, [node.name] if kind == "function" else []))

    def _class(self, node: ast.ClassDef) -> None:
        methods = [item for item in node.body if isinstance(item, FUNCTIONS)]
        recorder = Recorder(self.names)
        recorder.definition(node, [item for item in node.body if item not in methods])
        self.units.append(recorder.unit(node.name, "class", node.lineno, [node.name]))
        for method in methods:
            self._function(method, f"{node.name}.{method.name}", "method", type_scope(node, None))

    def _statement(self, node: ast.stmt) -> None:
        bound = Scope().add([node], walrus=self.names.walrus)
        binds = sorted({*bound.rebound, *bound.imports} - {"*"})
        main = isinstance(node, ast.If) and _is_main(node.test)
        if not main:
            for inner in own_nodes([node], walrus=self.names.walrus):
                if isinstance(inner, ast.Import | ast.ImportFrom):
                    self.imports.extend(loaded_modules(inner))
        recorder = Recorder(self.names)
        recorder.visit(node)
        kind = "main" if main else "binding" if binds else "statement"
        name = ",".join(binds) or f"<{type(node).__name__} {ast.unparse(node).splitlines()[0][:60]}>"
        self.units.append(recorder.unit(name, kind, node.lineno, binds, mutable=self._mutable(node)))

    def _doc(self, doc: str) -> None:
        recorder = Recorder(self.names)
        recorder.visit(ast.Constant(doc))
        self.units.append(recorder.unit("__doc__", "binding", 1, ["__doc__"]))

    def _mutable(self, node: ast.stmt) -> bool:
        match node:
            case ast.Assign(value=value) | ast.AnnAssign(value=ast.expr() as value):
                return not self._constant(value)
        return True

    def _constant(self, node: ast.expr) -> bool:
        match node:
            case ast.Constant() | ast.JoinedStr() | ast.Lambda() | ast.Compare():
                return True
            case ast.Tuple(elts=parts):
                return all(self._constant(part) for part in parts)
            case ast.UnaryOp(operand=operand):
                return self._constant(operand)
            case ast.BinOp(left=left, right=right):
                return self._constant(left) and self._constant(right)
            case ast.Call(func=ast.Name() | ast.Attribute() as function):
                return Recorder(self.names).dotted(function) in IMMUTABLE_CALLS
        return False


def _is_typing(test: ast.expr) -> bool:
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
    return False


def _is_main(test: ast.expr) -> bool:
    match test:
        case ast.Compare(left=ast.Name(id="__name__"), ops=[ast.Eq()], comparators=[ast.Constant(value="__main__")]):
            return True
    return False


def _does_nothing(node: ast.stmt) -> bool:
    return isinstance(node, ast.Pass) or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant))
