"""Walks the syntax tree of one unit and records its text, what it refers to, and what it does beyond that."""

import ast
import inspect
import re
from collections.abc import Callable, Iterable
from typing import Any

from .lookups import Lookups
from .scopes import Scope, all_arguments, function_scope, import_specs, loaded_modules, type_scope
from .shapes import Names, shape
from .text import Text, atom, digest, fields, joined
from .unit import (
    BASE,
    CALL,
    DECORATE,
    EFFECT,
    EXECUTED,
    LOAD,
    READ,
    READERS,
    VALUE,
    WRITE,
    Unit,
)

_PLACES = frozenset({"__file__", "__path__", "__spec__"})
# Built-in functions that keep no argument and change none.
_LOOKING = frozenset(
    "len sorted list dict set frozenset tuple str repr min max sum any all enumerate zip isinstance issubclass range "
    "reversed print format bool int float hash id type callable abs round".split()
)
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
_NAMING = re.compile(r"[\w./*?\-:]{1,200}")


class Recorder(Lookups):
    """Records one unit of a module.

    Args:
        names: What is known of the module's names.
        scope: The scope around the unit; None for the module itself.
    """

    def __init__(self, names: Names, scope: Scope | None = None) -> None:
        super().__init__()
        self.names = names
        self.scope = scope
        self.body, self.annotations = Text(), Text()
        self.text = self.body
        self.depth = 0  # of functions around the code at hand: it isn't executed when the unit is defined
        self.doc = ""
        self.inner_docs: list[str] = []
        self.strings: set[str] = set()
        self.imports: list[str] = []
        self.constants: dict[str, str | None] = {}
        self.first_parameter: str | None = None
        self.reads = 0
        self.locates = self.nested = self.writes_self = False
        self.acts = 0
        self._visitors: dict[type[ast.AST], Callable[[Any, int], None]] = {}

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

    # Walking

    def visit(self, node: ast.AST, use: int = VALUE) -> None:
        """Records a node; `use` is what the code around it does with its value."""
        kind = type(node)
        visitor = self._visitors.get(kind)
        if visitor is None:
            visitor = self._visitors[kind] = getattr(self, f"visit_{kind.__name__.lower()}", self.generic)
        visitor(node, use)

    def generic(self, node: ast.AST, use: int = VALUE) -> None:
        """Writes a node as its name and those of its fields that say something."""
        looked_at = _LOOKED_AT.get(type(node), frozenset())
        self.write(type(node).__name__, "(")
        for name, value in fields(node):
            self.write(name, "=")
            if name in _BLOCKS and isinstance(value, list):
                self.statements(value)
            else:
                for item in value if isinstance(value, list) else [value]:
                    self.item(item, READ if name in looked_at else VALUE)
        self.write(")")

    def item(self, value: object, use: int) -> None:
        if isinstance(value, ast.AST):
            self.visit(value, use)
        else:
            self.write(atom(value))

    def write(self, *parts: str) -> None:
        self.text.parts.extend(parts)

    def statements(self, nodes: Iterable[ast.stmt]) -> None:
        """Writes statements; a bare constant does nothing, but may be documentation."""
        self.write("[")
        for node in nodes:
            if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)):
                self.visit(node)
            elif isinstance(node.value.value, str):
                self.inner_docs.append(inspect.cleandoc(node.value.value))
        self.write("]")

    # Names

    def visit_name(self, node: ast.Name, use: int) -> None:
        self.name(node, (), use if isinstance(node.ctx, ast.Load) else WRITE)

    def visit_attribute(self, node: ast.Attribute, use: int) -> None:
        if not isinstance(node.ctx, ast.Load):
            use = WRITE | EFFECT
        chain: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            chain.append(inner.attr)
            inner = inner.value
        chain.reverse()
        if isinstance(inner, ast.Name):
            self.name(inner, tuple(chain), use)
        else:
            self.note_attributes(chain, use)
            self.write("Attribute(", " ".join(chain), " of ")
            self.visit(inner, use if isinstance(inner, ast.Subscript) else CALL)
            self.write(")")
            self.read_from_call(inner, chain[0])

    def name(self, node: ast.Name, chain: tuple[str, ...], use: int) -> None:
        """Writes a name and the attributes that are read from it."""
        self.read_from_name(node.id, chain, use)
        is_global, specs = self.origin(node.id)
        for spec in specs:
            self.refer(f"={spec}", chain, use)
        own = use == WRITE and not chain and self.scope is not None and self.scope.binds_as_class(node.id)
        if own or not is_global:
            self.local(node.id, chain, use)
        elif self.scope is None and not chain and use == WRITE:
            self.write("Name(", node.id, ")")  # bound by the unit itself
        else:
            self.refer(node.id, chain, use)

    def local(self, name: str, chain: tuple[str, ...], use: int) -> None:
        self.write("Name(", name, *(f".{attribute}" for attribute in chain), ")")
        if chain:
            self.note_attributes(chain, use)
            if name == self.first_parameter and (use & (WRITE | CALL) or len(chain) > 1):
                self.writes_self = True

    def note_attributes(self, chain: Iterable[str], use: int) -> None:
        last = ""
        for last in chain:
            self.attributes.add(last)
            self.reads |= READERS.get(last, 0)
            self.any_attribute = self.any_attribute or last == "__dict__"
        if not use & CALL:
            self.values.add(last)

    def refer(self, root: str, chain: tuple[str, ...], use: int) -> None:
        """Writes a reference to something outside the unit."""
        dotted = root[1:].replace(":", ".") if root[0] == "=" else self.names.dotted(root, ())
        for name in (dotted.rpartition(".")[2], *chain):
            self.reads |= READERS.get(name, 0)
        if root in _PLACES or dotted.startswith("importlib.resources"):
            self.locates = True
        self.text.refer(root, chain, use | (0 if self.depth else EXECUTED))

    def origin(self, name: str) -> tuple[bool, list[str]]:
        """Returns whether a name is global here, and what local imports may have bound it to."""
        return self.scope.origin(name) if self.scope else (True, [])

    def known(self, name: str) -> str | None:
        """Returns the shape of the string that a name holds, None if unknown."""
        if self.origin(name)[0]:
            return self.names.constants.get(name)
        return self.constants.get(name) if self.scope and self.scope.bindings(name) == 1 else None

    # Definitions

    def definition(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, body: list[ast.stmt]) -> None:
        """Records the unit's own definition with a part of its body; its docstring is kept apart."""
        self.doc = ast.get_docstring(node) or ""
        if isinstance(node, ast.ClassDef):
            self.class_definition(node, body)
        else:
            if node.args.posonlyargs or node.args.args:
                self.first_parameter = (*node.args.posonlyargs, *node.args.args)[0].arg
            self.function(node, body[1:] if self.doc and body is node.body else body)
        self.inner_docs = [doc for doc in self.inner_docs if doc != self.doc]

    def visit_functiondef(self, node: ast.FunctionDef | ast.AsyncFunctionDef, use: int) -> None:
        self.nested = True
        self.function(node, node.body)

    visit_asyncfunctiondef = visit_functiondef

    def visit_classdef(self, node: ast.ClassDef, use: int) -> None:
        self.nested = True
        self.class_definition(node, node.body)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, body: list[ast.stmt]) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, DECORATE)
        self.write(type(node).__name__, "(", node.name, " ")
        self.type_parameters(node)
        self.arguments(node.args)
        self.annotate(node.returns)
        self.inside(function_scope(node, self.scope), body)

    def visit_lambda(self, node: ast.Lambda, use: int) -> None:
        self.write("Lambda(")
        self.arguments(node.args)
        self.inside(function_scope(node, self.scope), [ast.Return(node.body)])

    def inside(self, scope: Scope, body: list[ast.stmt]) -> None:
        outer, self.scope = self.scope, scope
        self.depth += 1
        self.statements(body)
        self.depth -= 1
        self.scope = outer
        self.write(")")

    def arguments(self, node: ast.arguments) -> None:
        for name, value in fields(node):
            self.write(name, "=")
            for item in value if isinstance(value, list) else [value]:
                if isinstance(item, ast.arg):
                    self.write(item.arg, " ")
                else:
                    self.item(item, VALUE)
        for argument in all_arguments(node):
            self.annotate(argument.annotation)

    def annotate(self, node: ast.expr | None) -> None:
        """Records an annotation apart: it is data only for those who read it."""
        outer, self.text = self.text, self.annotations
        if node is None:
            self.write("-")
        else:
            self.visit(unquoted(node), READ)
        self.text = outer

    def type_parameters(self, node: ast.AST) -> None:
        for parameter in getattr(node, "type_params", []):
            self.write(type(parameter).__name__, " ", parameter.name, " ")
            self.annotate(getattr(parameter, "bound", None))
            self.annotate(getattr(parameter, "default_value", None))

    def class_definition(self, node: ast.ClassDef, body: list[ast.stmt]) -> None:
        for decorator in node.decorator_list:
            self.visit(decorator, DECORATE)
        self.write("ClassDef(", node.name, " ")
        self.type_parameters(node)
        outer = self.scope
        self.scope = type_scope(node, outer)
        for base in node.bases:
            self.visit(base, BASE)
        for keyword in node.keywords:
            self.visit(keyword, BASE)
        self.scope = Scope(self.scope, is_class=True).add(node.body)
        self.statements(body)
        self.scope = outer
        self.write(")")

    def comprehension(self, node: Any, use: int) -> None:
        outer = self.scope
        inner = Scope(outer).add(generator.target for generator in node.generators)
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

    visit_listcomp = visit_setcomp = visit_dictcomp = visit_generatorexp = comprehension

    # Statements

    def visit_import(self, node: ast.Import | ast.ImportFrom, use: int) -> None:
        self.imports.extend(loaded_modules(node))
        for name, spec in import_specs(node):
            if not spec.endswith(":*") and not spec.startswith("__future__:"):
                self.refer(f"={spec}" if self.scope else name, (), LOAD)

    visit_importfrom = visit_import

    def visit_expr(self, node: ast.Expr, use: int) -> None:
        self.write("Expr(")
        self.visit(node.value, EFFECT)
        self.write(")")
        self.read_from_call(node.value, None)

    def visit_annassign(self, node: ast.AnnAssign, use: int) -> None:
        in_class = self.scope is not None and self.scope.is_class
        self.write("Assign(")
        if in_class:  # a field: its annotation is data
            self.visit(unquoted(node.annotation))
        elif not self.depth:
            self.annotate(node.annotation)
        if in_class or node.value is not None:
            self.visit(node.target)
        if node.value is not None:
            self.write("=")
            self.visit(node.value)
        self.write(")")

    def visit_assign(self, node: ast.Assign, use: int) -> None:
        self.generic(node)
        match node.targets:
            case [ast.Name(id=name)]:
                self.constants[name] = shape(node.value, self.known)
                if self.depth:
                    self.hold_module(name, node.value)

    def visit_global(self, node: ast.Global, use: int) -> None:
        self.write("Global(", " ".join(sorted(node.names)), ")")

    # Expressions

    def visit_constant(self, node: ast.Constant, use: int) -> None:
        self.write(atom(node.value))
        if isinstance(node.value, str) and _NAMING.fullmatch(node.value):
            self.strings.add(node.value)

    def visit_joinedstr(self, node: ast.JoinedStr, use: int) -> None:
        self.write("JoinedStr(")
        for value in joined(node.values):
            self.visit(value)
        self.write(")")
        known = shape(node, self.known)
        if known and known.strip("*./") and _NAMING.fullmatch(known):
            self.strings.add(known)

    def visit_subscript(self, node: ast.Subscript, use: int) -> None:
        if not isinstance(node.ctx, ast.Load):
            use = EFFECT
        self.write("Subscript(")
        inner = WRITE | EFFECT if use & (EFFECT | WRITE) else VALUE if use & CALL else use & BASE or READ
        self.visit(node.value, inner)
        self.write("at ")
        self.visit(node.slice, READ)
        self.write(")")
        if self.dotted(node.value) == "sys.modules":
            self.module_table(node.slice, node)

    def visit_call(self, node: ast.Call, use: int) -> None:
        dotted = self.dotted(node.func)
        self.write("Call(")
        self.visit(node.func, CALL | (use & (EFFECT | DECORATE | BASE)))
        if use & EFFECT and not _rooted_in_name(node.func):
            self.acts |= CALL if self.depth else EXECUTED
        first = self.special_call(node, dotted)
        strings = set(self.strings)
        for position, argument in enumerate(node.args):
            self.visit(argument, first if first and not position else READ if dotted in _LOOKING else VALUE)
        for keyword in node.keywords:
            self.visit(keyword)
        if self.is_import(node):  # its strings are followed more closely than others
            self.strings = strings
        self.finish_call(node, dotted)
        self.write(")")

    def dotted(self, node: ast.expr) -> str:
        """Returns what an expression names in other modules or among the built-ins; empty if nothing."""
        chain: list[str] = []
        while isinstance(node, ast.Attribute):
            chain.append(node.attr)
            node = node.value
        if not isinstance(node, ast.Name):
            return ""
        is_global, specs = self.origin(node.id)
        chain.reverse()
        if specs:
            return ".".join([specs[0].replace(":", "."), *chain])
        return self.names.dotted(node.id, tuple(chain)) if is_global else ""


def _rooted_in_name(node: ast.expr) -> bool:
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
    is_super = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "super"
    return is_super or isinstance(node, ast.Name)


def unquoted(node: ast.expr) -> ast.expr:
    """Returns the expression in a quoted annotation, any other as it is."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        try:
            return ast.parse(node.value, mode="eval").body
        except SyntaxError:
            pass
    return node
