"""Which names a piece of code binds, and where a name that it uses comes from.

The rules are the language's own. They are written here on the syntax tree, because `symtable` cannot say which of two
scopes on one line is which and nests its tables differently from version to version; the tests hold every global name
found here against `symtable` over the whole standard library.
"""

import ast
from collections import Counter
from collections.abc import Iterable, Iterator

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
DEFINITIONS = (*FUNCTIONS, ast.ClassDef)
_MARKS = (ast.expr_context, ast.operator, ast.unaryop, ast.boolop)
_LEAVES = (ast.Name, ast.Constant)
_TARGETS = (ast.Tuple, ast.List, ast.Starred)
Lines = frozenset[int] | None
# The parts of a statement that can bind names, if no expression in it does; of other kinds, all parts are looked at.
_BINDING: dict[type[ast.AST], tuple[str, ...]] = {
    **dict.fromkeys((ast.Expr, ast.Return, ast.Raise, ast.Assert), ()),
    **dict.fromkeys((ast.AnnAssign, ast.AugAssign), ("target",)),
    **dict.fromkeys((ast.If, ast.While), ("body", "orelse")),
    **dict.fromkeys((ast.For, ast.AsyncFor), ("target", "body", "orelse")),
    ast.Assign: ("targets",),
}
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


class Scope:
    """The names that one function, lambda, comprehension or class body binds.

    Attributes:
        imports: Names bound here by import statements, each with what it may stand for (see `import_specs`).
        rebound: Names bound here by something other than an import, and how often.
        globals: Names declared `global`.
        nonlocals: Names declared `nonlocal`.
    """

    def __init__(self, parent: "Scope | None" = None, *, is_class: bool = False) -> None:
        self.parent = parent
        self.is_class = is_class
        self.imports: dict[str, list[str]] = {}
        self.rebound: Counter[str] = Counter()
        self.globals: set[str] = set()
        self.nonlocals: set[str] = set()

    def bind(self, *names: str | None) -> None:
        """Adds names that are bound by something other than an import."""
        self.rebound.update(name for name in names if name)

    def add(self, statements: Iterable[ast.AST], *, walrus: Lines = None) -> "Scope":
        """Adds everything that statements (or target expressions) bind in this scope.

        Args:
            statements: The statements.
            walrus: The lines on which expressions may bind names, too; None for all (to look into each takes long).
        """
        for node in own_nodes(statements, walrus=walrus):
            match node:
                case ast.Name():
                    if not isinstance(node.ctx, ast.Load):
                        self.bind(node.id)
                case ast.expr():
                    pass
                case ast.Import() | ast.ImportFrom():
                    for name, spec in import_specs(node):
                        self.imports.setdefault(name, []).append(spec)
                case ast.Global():
                    self.globals.update(node.names)
                case ast.Nonlocal():
                    self.nonlocals.update(node.names)
                case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                    self.bind(node.name)
                case ast.ExceptHandler() | ast.MatchAs() | ast.MatchStar():
                    self.bind(node.name)
                case ast.MatchMapping():
                    self.bind(node.rest)
        return self

    def bindings(self, name: str) -> int:
        """Returns how often the nearest scope that binds a name binds it; 0 if no scope does."""
        scope: Scope | None = self
        while scope is not None and name not in scope.rebound:
            scope = scope.parent
        return scope.rebound[name] if scope else 0

    def binds_as_class(self, name: str) -> bool:
        """Returns whether this is a class body and binds a name as an attribute of the class."""
        return self.is_class and name not in self.globals and name not in self.nonlocals

    def origin(self, name: str) -> tuple[bool, list[str]]:
        """Returns whether a name used in this scope is global, and what local imports may have bound it to.

        A name that a class body binds is reported as global inside that body: it may be read before it is bound.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.globals:
                return True, []
            visible = scope is self or not scope.is_class
            if visible and name not in scope.nonlocals and (name in scope.rebound or name in scope.imports):
                specs = scope.imports.get(name, [])
                return scope.is_class and not specs, specs
            scope = scope.parent
        return True, []


def own_nodes(nodes: Iterable[ast.AST], *, walrus: Lines = None) -> Iterator[ast.AST]:
    """Yields the nodes whose bindings belong to the scope the given nodes stand in; inner scopes are left out."""
    stack = list(nodes)
    while stack:
        node = stack.pop()
        yield node
        if isinstance(node, ast.expr) and not isinstance(node, _TARGETS) and not _meets(node, walrus):
            continue
        if isinstance(node, DEFINITIONS):
            stack.extend(evaluated_outside(node))
        elif isinstance(node, ast.Lambda):
            stack.extend(_defaults(node.args))
        elif isinstance(node, COMPREHENSIONS):
            stack.append(node.generators[0].iter)
            stack.extend(_walrus_targets(node))
        else:
            stack.extend(_children(node, walrus))


def _meets(node: ast.expr | ast.stmt, lines: Lines) -> bool:
    if not lines:
        return lines is None
    return not lines.isdisjoint(range(node.lineno, (node.end_lineno or node.lineno) + 1))


def _children(node: ast.AST, walrus: Lines = None) -> Iterator[ast.AST]:
    """Yields what `ast.iter_child_nodes` does, as far as it can bind names, in a third of the time."""
    if isinstance(node, _LEAVES):
        return
    parts = _BINDING.get(type(node)) if isinstance(node, ast.stmt) and not _meets(node, walrus) else None
    for value in node.__dict__.values() if parts is None else [getattr(node, part) for part in parts]:
        if isinstance(value, list):
            yield from (item for item in value if isinstance(item, ast.AST))
        elif isinstance(value, ast.AST) and not isinstance(value, _MARKS):
            yield value


def evaluated_outside(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> list[ast.expr]:
    """Returns the parts of a definition that are evaluated in the scope it stands in, annotations left out."""
    if isinstance(node, ast.ClassDef):
        return [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]
    return [*node.decorator_list, *_defaults(node.args)]


def _defaults(arguments: ast.arguments) -> list[ast.expr]:
    return [default for default in (*arguments.defaults, *arguments.kw_defaults) if default is not None]


def _walrus_targets(comprehension: ast.AST) -> Iterator[ast.AST]:
    stack = list(_children(comprehension))
    while stack:
        node = stack.pop()
        if isinstance(node, ast.NamedExpr):
            yield node.target
        if not isinstance(node, ast.Lambda):
            stack.extend(_children(node))


def type_scope(node: ast.AST, parent: Scope | None) -> Scope | None:
    """Returns the scope that holds a definition's type parameters, or the parent if it has none."""
    parameters = getattr(node, "type_params", [])
    if not parameters:
        return parent
    scope = Scope(parent)
    scope.bind(*(parameter.name for parameter in parameters))
    return scope


def function_scope(
    node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda, parent: Scope | None, *, walrus: Lines = None
) -> Scope:
    """Returns the scope of a function's or lambda's body."""
    scope = Scope(type_scope(node, parent))
    scope.bind(*(argument.arg for argument in all_arguments(node.args)))
    return scope.add([node.body] if isinstance(node, ast.Lambda) else node.body, walrus=walrus)


def all_arguments(arguments: ast.arguments) -> list[ast.arg]:
    """Returns every parameter of a function."""
    several = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs]
    return several + [argument for argument in (arguments.vararg, arguments.kwarg) if argument]


def import_specs(node: ast.Import | ast.ImportFrom) -> Iterator[tuple[str, str]]:
    """Yields each name that an import statement binds, and a text for what it stands for.

    `import a.b` gives `a` → `a`, `import a.b as c` gives `c` → `a.b`, `from ..a import b` gives `b` → `..a:b`.
    """
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else alias.name.split(".")[0]
        else:
            yield alias.asname or alias.name, f"{'.' * node.level}{node.module or ''}:{alias.name}"


def loaded_modules(node: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """Yields a text for each module (or attribute of one) that an import statement loads."""
    for alias in node.names:
        if isinstance(node, ast.Import):
            yield alias.name
        else:
            yield f"{'.' * node.level}{node.module or ''}:{alias.name}"
