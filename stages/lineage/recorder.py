"""Walks the syntax tree of one unit and records it."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any, ClassVar

from .lookups import Lookups
from .record import unchained
from .scopes import Scope, all_arguments, function_scope, import_specs, loaded_modules, type_scope
from .shapes import shape
from .tables import FIELD_KINDS, LOOKING_FUNCTIONS
from .text import atom, fields, joined
from .unit import BASE, CALL, DECORATE, EFFECT, EXECUTED, LOAD, READ, VALUE, WRITE

# Fields whose value is looked at, not handed on.
_LOOKED_AT: dict[type[ast.AST], frozenset[str]] = {
    ast.Compare: frozenset({"left", "comparators"}),
    ast.BinOp: frozenset({"left", "right"}),
    ast.UnaryOp: frozenset({"operand"}),
    ast.FormattedValue: frozenset({"value"}),
    ast.For: frozenset({"iter"}),
    ast.AsyncFor: frozenset({"iter"}),
    ast.If: frozenset({"test"}),
    ast.While: frozenset({"test"}),
    ast.Assert: frozenset({"test"}),
    ast.Starred: frozenset({"value"}),
}
_BLOCKS = frozenset({"body", "orelse", "finalbody"})
_NAMING = re.compile(r"[\w./*?\-:\[\]!]{1,200}")


class Recorder(Lookups):
    """Records one unit of a module. A method `_on_KIND` records nodes of that kind, `_on_any` those without one.

    `use` is, throughout, what the code around an expression does with its value.
    """

    _visitors: ClassVar[dict[type[ast.AST], Callable[["Recorder", Any, int], None]]] = {}

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, body: list[ast.stmt]) -> None:
        """Records the unit's own definition with a part of its body; its docstring is kept apart."""
        self.doc = ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            self._class(node, body)
        else:
            parameters = [*node.args.posonlyargs, *node.args.args]
            self.first_parameter = parameters[0].arg if parameters else None
            self._function(node, body)
        if self.doc:
            self.inner_docs.remove(self.doc)

    def visit(self, node: ast.AST, use: int = VALUE) -> None:
        """Records a node."""
        kind = type(node)
        visitor = self._visitors.get(kind)
        if visitor is None:
            visitor = self._visitors[kind] = getattr(Recorder, f"_on_{kind.__name__.lower()}", Recorder._on_any)
        visitor(self, node, use)

    def _on_any(self, node: ast.AST, _use: int) -> None:
        looked_at = _LOOKED_AT.get(type(node), frozenset())
        self.write(type(node).__name__, "(")
        for name, value in fields(node):
            self.write(name, "=")
            if name in _BLOCKS and isinstance(value, list):
                self._statements(value)
            else:
                for item in value if isinstance(value, list) else [value]:
                    self._item(item, READ if name in looked_at else VALUE)
        self.write(")")

    def _item(self, value: object, use: int) -> None:
        if isinstance(value, ast.AST):
            self.visit(value, use)
        else:
            self.write(atom(value))

    def _statements(self, nodes: Iterable[ast.stmt]) -> None:
        """Records statements; a bare constant does nothing, but may be documentation."""
        self.write("[")
        for node in nodes:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                self.visit(node)
            elif isinstance(node.value.value, str):
                self.inner_docs.append(inspect.cleandoc(node.value.value))
        self.write("]")

    # Definitions

    def _on_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, _use: int) -> None:
        self.nested = True
        self._function(node, node.body)

    _on_asyncfunctiondef = _on_functiondef

    def _on_classdef(self, node: ast.ClassDef, _use: int) -> None:
        self.nested = True
        self._class(node, node.body)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt]) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, DECORATE)
        self.write(type(node).__name__, "(", node.name, " ")
        self._type_parameters(node)
        outer, self.scope = self.scope, type_scope(node, self.scope)
        self._arguments(node.args)
        self._annotate(node.returns)
        self.scope = outer
        self._inside(function_scope(node, self.scope, walrus=self.names.walrus), body)

    def _on_lambda(self, node: ast.Lambda, _use: int) -> None:
        self.write("Lambda(")
        self._arguments(node.args)
        self._inside(function_scope(node, self.scope, walrus=self.names.walrus), [ast.Return(node.body)])

    def _inside(self, scope: Scope, body: list[ast.stmt]) -> None:
        outer, self.scope = self.scope, scope
        self.depth += 1
        self._statements(body)
        self.depth -= 1
        self.scope = outer
        self.write(")")

    def _arguments(self, node: ast.arguments) -> None:
        for name, value in fields(node):
            self.write(name, "=")
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.arg):
                    self.write(item.arg, " ")
                else:
                    self._item(item, VALUE)
        for argument in all_arguments(node):
            self._annotate(argument.annotation)

    def _annotate(self, node: ast.expr | None) -> None:
        """Records an annotation apart: it is data only for those who read it."""
        outer, self.text = self.text, self.annotations
        if node is None:
            self.write("-")
        else:
            self.visit(unquoted(node), READ)
        self.text = outer

    def _type_parameters(self, node: ast.AST) -> None:
        for parameter in getattr(node, "type_params", []):
            self.write(type(parameter).__name__, " ", parameter.name, " ")
            self._annotate(getattr(parameter, "bound", None))
            self._annotate(getattr(parameter, "default_value", None))

    def _on_typealias(self, node: Any, _use: int) -> None:
        self.write("TypeAlias(")
        self.visit(node.name)
        self._type_parameters(node)
        outer, self.scope = self.scope, type_scope(node, self.scope)
        self.visit(node.value)
        self.scope = outer
        self.write(")")

    def _class(self, node: ast.ClassDef, body: list[ast.stmt]) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, DECORATE)
        self.write("ClassDef(", node.name, " ")
        self._type_parameters(node)
        outer = self.scope
        self.scope = type_scope(node, outer)
        for base in node.bases:
            self.visit(base, BASE)
        for keyword in node.keywords:
            self.visit(keyword, BASE)
        self.scope = Scope(self.scope, is_class=True).add(node.body, walrus=self.names.walrus)
        around, self.in_data_class = self.in_data_class, self._is_data_class(node)
        self._statements(body)
        self.scope, self.in_data_class = outer, around
        self.write(")")

    def _is_data_class(self, node: ast.ClassDef) -> bool:
        """Returns whether nothing but `dataclasses.dataclass` makes a class out of its body."""
        if node.bases or node.keywords or len(node.decorator_list) != 1:
            return False
        decorator = node.decorator_list[0]
        root, chain = unchained(decorator.func if isinstance(decorator, ast.Call) else decorator)
        return isinstance(root, ast.Name) and self.names.dotted(root.id, chain) == "dataclasses.dataclass"

    # Statements

    def _on_import(self, node: ast.Import | ast.ImportFrom, _use: int) -> None:
        self.imports.extend(loaded_modules(node))
        for name, spec in import_specs(node):
            if not spec.endswith(":*") and not spec.startswith("__future__:"):
                self.load(name, spec, LOAD)

    _on_importfrom = _on_import

    def _on_expr(self, node: ast.Expr, _use: int) -> None:
        self.write("Expr(")
        self.visit(node.value, EFFECT)
        self.write(")")
        self.read_from_call(node.value, None)

    def _on_annassign(self, node: ast.AnnAssign, _use: int) -> None:
        in_class = self.scope is not None and self.scope.is_class
        self.write("Assign(")
        if in_class and not (self.in_data_class and _is_plain(node.annotation)):  # a field: its annotation is data
            self.visit(unquoted(node.annotation))
        elif in_class or not self.depth:
            self.write(":")
            self._annotate(node.annotation)
        if in_class or node.value is not None:
            self.visit(node.target)
        if node.value is not None:
            self.write("=")
            self.visit(node.value)
        self.write(")")

    def _on_assign(self, node: ast.Assign, use: int) -> None:
        self._on_any(node, use)
        match node.targets:
            case [ast.Name(id=name)]:
                self.constants[name] = shape(node.value, self.known)
                if self.depth:
                    self.hold_module(name, node.value)

    def _on_global(self, node: ast.Global, _use: int) -> None:
        self.write("Global(", " ".join(sorted(node.names)), ")")

    # Expressions

    def _on_name(self, node: ast.Name, use: int) -> None:
        self.name(node.id, (), use if isinstance(node.ctx, ast.Load) else WRITE)

    def _on_attribute(self, node: ast.Attribute, use: int) -> None:
        if not isinstance(node.ctx, ast.Load):
            use = WRITE | EFFECT
        root, chain = unchained(node)
        if isinstance(root, ast.Name):
            self.name(root.id, chain, use)
        else:
            self.note_attributes(chain, use)
            self.write("Attribute(", " ".join(chain), " of ")
            self.visit(root, use if isinstance(root, ast.Subscript) else CALL)
            self.write(")")
            self.read_from_call(root, chain[0])

    def _on_constant(self, node: ast.Constant, _use: int) -> None:
        self.write(atom(node.value))
        if isinstance(node.value, str) and _NAMING.fullmatch(node.value):
            self.strings.add(node.value)

    def _on_joinedstr(self, node: ast.JoinedStr, _use: int) -> None:
        self.write("JoinedStr(")
        for value in joined(node.values):
            self.visit(value)
        self.write(")")
        known = shape(node, self.known)
        if known and known.strip("*./") and _NAMING.fullmatch(known):
            self.strings.add(known)

    def _on_subscript(self, node: ast.Subscript, use: int) -> None:
        changed = not isinstance(node.ctx, ast.Load) or use & (EFFECT | WRITE)
        self.write("Subscript(")
        self.visit(node.value, WRITE | EFFECT if changed else VALUE if use & CALL else use & BASE or READ)
        self.write("at ")
        self.visit(node.slice, use & VALUE or READ)
        self.write(")")
        if self.dotted(node.value) == "sys.modules":
            self.module_table(node.slice, node)

    def _on_call(self, node: ast.Call, use: int) -> None:
        dotted = self.dotted(node.func)
        self.write("Call(")
        self.visit(node.func, CALL | (use & (EFFECT | DECORATE | BASE)))
        if use & EFFECT and not _acts_on_a_name(node.func):
            self.acts |= CALL if self.depth else EXECUTED
        first = self.begin_call(node, dotted)
        strings = set(self.strings)
        for position, argument in enumerate(node.args):
            self.visit(argument, first if first and not position else READ if dotted in LOOKING_FUNCTIONS else VALUE)
        for keyword in node.keywords:
            self.visit(keyword)
        if self.is_import(node):  # its strings are followed more closely than others
            self.strings = strings
        self.finish_call(node, dotted)
        self.write(")")

    def _on_comprehension(self, node: Any, _use: int) -> None:
        outer = self.scope
        inner = Scope(outer).add((generator.target for generator in node.generators), walrus=self.names.walrus)
        self.write(type(node).__name__, "(")
        for generator in node.generators:
            self.visit(generator.iter, READ)
            self.scope = inner
            self.write("async for " if generator.is_async else "for ")
            self.visit(generator.target)
            for condition in generator.ifs:
                self.write("if ")
                self.visit(condition, READ)
        for name in ("key", "value", "elt"):
            if hasattr(node, name):
                self.visit(getattr(node, name))
        self.scope = outer
        self.write(")")

    _on_listcomp = _on_setcomp = _on_dictcomp = _on_generatorexp = _on_comprehension


def _acts_on_a_name(node: ast.expr) -> bool:
    """Returns whether what is called belongs to a name, a part of it, or `super()`: its effect is noted there."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    is_super = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    return is_super or isinstance(node, ast.Name)


def _is_plain(annotation: ast.expr) -> bool:
    """Returns whether a field's annotation says nothing to `dataclasses.dataclass`."""
    names = {getattr(node, "id", "") or getattr(node, "attr", "") for node in ast.walk(unquoted(annotation))}
    return names.isdisjoint(FIELD_KINDS)


def unquoted(node: ast.expr) -> ast.expr:
    """Returns the expression in a quoted annotation, any other as it is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            pass
    return node
