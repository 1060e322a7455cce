"""Every edit that the bench makes, one at a time: the whole text of one file of the package, changed in one place."""

import ast
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Whether it is frozen shows only where somebody writes to a field: no stage does, so no run can tell.
EQUIVALENT = ("dataclass(frozen=True)",)
NULL = ("format", "comment", "move", "rename")


@dataclass(frozen=True)
class Mutant:
    """One edit.

    Attributes:
        kind: What was changed.
        name: `PATH: QUALIFIED NAME` of it.
        files: New text of each changed file, by its path in the package; None for a file that is gone.
        code: Of a changed function body: its path in the package and its first line, by which a run is traced.
        harder: The same with a value that fails when it is used, as a changed body does: where a slightly other value
            changes nothing in the problems at hand, this tells whether it is used at all.
    """

    kind: str
    name: str
    files: dict[str, str | None]
    code: tuple[str, int] | None = None
    harder: dict[str, str | None] | None = None


def mutants(package: Path, skipped: tuple[str, ...]) -> Iterator[Mutant]:
    """Yields every mutant of a package; files whose path starts with one of `skipped` are left alone."""
    for path in sorted(package.rglob("*")):
        name = path.relative_to(package).as_posix()
        if path.is_dir() or "__pycache__" in name or name.startswith(skipped):
            continue
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            yield from _File(name, text).mutants()
        else:
            yield Mutant("data file", name, {name: text + "mutant"})


class _File:
    def __init__(self, path: str, text: str) -> None:
        self.path, self.text = path, text

    def mutants(self) -> Iterator[Mutant]:
        tree = ast.parse(self.text)
        for index, node in enumerate(ast.walk(tree)):
            if isinstance(node, FUNCTIONS):
                yield from self._function(index, node)
            if isinstance(node, ast.ClassDef):
                yield from self._decorators(index, node)
        for owner, kind in ((tree, "constant"), *((node, "class attribute") for node in tree.body)):
            if owner is tree or isinstance(owner, ast.ClassDef):
                for place, node in enumerate(owner.body):
                    if isinstance(node, ast.Assign | ast.AnnAssign):
                        yield from self._binding(tree, owner, place, kind)
        yield Mutant("format", self.path, {self.path: ast.unparse(tree) + "\n"})
        yield Mutant("comment", self.path, {self.path: _commented(self.text)})
        yield from self._moved(tree)

    def _moved(self, tree: ast.Module) -> Iterator[Mutant]:
        """The last function but one that stands before nothing but functions, at the end of the file."""
        definitions = [node for node in tree.body if isinstance(node, FUNCTIONS) and not node.decorator_list]
        if len(definitions) > 1 and tree.body[-2:] == definitions[-2:]:
            text = ast.unparse(ast.Module([*tree.body[:-2], *reversed(definitions[-2:])], []))
            yield Mutant("move", f"{self.path}:{definitions[-2].lineno}: {definitions[-2].name}", {self.path: text})

    def _function(self, index: int, node: ast.FunctionDef) -> Iterator[Mutant]:
        first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
        kind = "method" if node.args.args and node.args.args[0].arg in ("self", "cls") else "function"
        yield self._edited(index, kind, node.name, _raise, (self.path, first))
        for place in range(len(node.args.defaults)):
            yield self._default(index, f"{node.name} #{place}", "defaults", place)
        for place, default in enumerate(node.args.kw_defaults):
            if default is not None:
                yield self._default(index, f"{node.name} *{place}", "kw_defaults", place)
        if ast.get_docstring(node) and "/functions/" in self.path:
            yield self._edited(index, "tool docstring", node.name, _redocument)
        yield from self._decorators(index, node)

    def _decorators(self, index: int, node: ast.FunctionDef | ast.ClassDef) -> Iterator[Mutant]:
        for place, decorator in enumerate(node.decorator_list):
            if ast.unparse(decorator) in EQUIVALENT:
                continue
            constants = [inner for inner in ast.walk(decorator) if isinstance(inner, ast.Constant)]
            for number in range(len(constants)):
                change = lambda n, p=place, i=number: _change_nth(n.decorator_list[p], i)  # noqa: E731
                yield self._edited(index, "decorator argument", f"{node.name} #{number}", change)

    def _default(self, index: int, name: str, group: str, place: int) -> Mutant:
        mild = self._edited(index, "default", name, lambda node: _change(getattr(node.args, group), place))
        harder = self._edited(index, "default", name, lambda node: _spoil(getattr(node.args, group), place))
        return replace(mild, harder=harder.files)

    def _edited(self, index, kind, name, change, code=None) -> Mutant:
        tree = ast.parse(self.text)
        node = list(ast.walk(tree))[index]
        change(node)
        text = ast.unparse(ast.fix_missing_locations(tree))
        return Mutant(kind, f"{self.path}:{node.lineno}: {name}", {self.path: text}, code)

    def _binding(self, tree: ast.Module, owner: ast.AST, place: int, kind: str) -> Iterator[Mutant]:
        changed = copy.deepcopy(tree)
        body = changed.body if owner is tree else changed.body[tree.body.index(owner)].body
        node = body[place]
        harder = None
        if node.value is not None:
            mild, node.value = node.value, _unusable()
            harder = {self.path: ast.unparse(ast.fix_missing_locations(changed))}
            node.value = mild
        target = node.targets[0] if isinstance(node, ast.Assign) else node.target
        if node.value is None:
            del body[place]
            body.append(ast.Pass())
        elif not _change_nth(node.value, 0) and not isinstance(node.value, ast.Constant):
            node.value = _unusable()
        elif isinstance(node.value, ast.Constant):
            node.value = _other(node.value)
        name = ast.unparse(target) if owner is tree else f"{owner.name}.{ast.unparse(target)}"
        text = ast.unparse(ast.fix_missing_locations(changed))
        yield Mutant(kind, f"{self.path}:{node.lineno}: {name}", {self.path: text}, harder=harder)


def _unusable() -> ast.expr:
    return ast.parse("object()", mode="eval").body


def _spoil(items: list[ast.expr], place: int) -> None:
    items[place] = _unusable()


def _raise(node: ast.FunctionDef) -> None:
    at = 1 if ast.get_docstring(node) is not None else 0
    node.body.insert(at, ast.parse("raise RuntimeError('mutant')").body[0])


def _redocument(node: ast.FunctionDef) -> None:
    node.body[0] = ast.Expr(ast.Constant(ast.get_docstring(node).replace(".", " indeed.", 1)))


def _change(items: list[ast.expr], place: int) -> None:
    if not _change_nth(items[place], 0):
        items[place] = _other(items[place]) if isinstance(items[place], ast.Constant) else ast.Constant(0)


def _change_nth(root: ast.AST, number: int) -> bool:
    """Changes one of the constants below a node in place; returns whether there is one."""
    found = [node for node in ast.walk(root) if isinstance(node, ast.Constant) and node is not root]
    if number >= len(found):
        return False
    found[number].value = _other(found[number]).value
    return True


def _other(node: ast.Constant) -> ast.Constant:
    match node.value:
        case bool(value):
            return ast.Constant(not value)
        case int(value):
            return ast.Constant(value + 1)
        case float(value):
            return ast.Constant(value * 1.5 + 0.1)
        case str(value):
            return ast.Constant(f"{value}x")
        case bytes(value):
            return ast.Constant(value + b"x")
    return ast.Constant(0)


def _commented(text: str) -> str:
    """Puts a comment and an empty line before every definition at the top of a file."""
    lines = text.splitlines()
    starts = {node.lineno for node in ast.parse(text).body if isinstance(node, (*FUNCTIONS, ast.ClassDef))}
    return "".join(f"\n# mutant\n{line}\n" if number in starts else f"{line}\n" for number, line in enumerate(lines, 1))


def renamed(package: Path, names: list[str]) -> Iterator[Mutant]:
    """Yields modules (paths in the package) under another name, with every import of the old one changed."""
    files = {path.relative_to(package).as_posix(): ast.parse(path.read_text("utf-8")) for path in package.rglob("*.py")}
    for name in names:
        room, _, module = f"{package.name}/{name.removesuffix('.py')}".replace("/", ".").rpartition(".")
        edited = {other: _mention(tree, room, module) for other, tree in files.items()}
        gone: dict[str, str | None] = {name: None}
        gone[name.replace(".py", "_renamed.py")] = edited.pop(name) or ast.unparse(files[name])
        yield Mutant("rename", name, gone | {other: text for other, text in edited.items() if text})


def _mention(tree: ast.Module, room: str, module: str) -> str | None:
    """Returns a file's text with a renamed module in its imports; None if it has no such import."""
    changed = copy.deepcopy(tree)
    found = False
    for node in ast.walk(changed):
        if isinstance(node, ast.ImportFrom) and node.module == f"{room}.{module}":
            node.module, found = f"{node.module}_renamed", True
        elif isinstance(node, ast.ImportFrom) and node.module == room:
            for alias in node.names:
                if alias.name == module:
                    alias.asname, alias.name, found = alias.asname or module, f"{module}_renamed", True
    return ast.unparse(changed) if found else None
