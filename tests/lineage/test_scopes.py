"""The compiler's own symbol tables are the judge of which names are global."""

import ast
import symtable
import sysconfig
from pathlib import Path

import pytest

from stages.lineage.analysis import analyse
from stages.lineage.scopes import FUNCTIONS, evaluated_outside

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
FILES = sorted([*LIBRARY.glob("*.py"), *LIBRARY.glob("asyncio/*.py"), *LIBRARY.glob("email/*.py")])


def _globals(table: symtable.SymbolTable) -> set[str]:
    own = {symbol.get_name() for symbol in table.get_symbols() if symbol.is_global()}
    return own.union(*(_globals(inner) for inner in table.get_children()))


def _outside(tree: ast.Module) -> dict[tuple[str, int], set[str]]:
    """Names in the decorators and defaults of each function, which are looked up outside of it."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, FUNCTIONS):
            parts = [inner for part in evaluated_outside(node) for inner in ast.walk(part)]
            found[node.name, node.lineno] = {name.id for name in parts if isinstance(name, ast.Name)}
    return found


def _unevaluated(tree: ast.AST) -> set[str]:
    """Names in annotations of local variables, which are never evaluated."""
    notes = [node.annotation for node in ast.walk(tree) if isinstance(node, ast.AnnAssign)]
    return {name.id for note in notes for name in ast.walk(note) if isinstance(name, ast.Name)}


@pytest.mark.parametrize("part", range(4))
def test_global_names_are_those_of_the_compiler(part: int):
    wrong, checked = [], 0
    for path in FILES[part::4]:
        text = path.read_text(encoding="utf-8")
        top = symtable.symtable(text, path.name, "exec")
        tables = {(table.get_name(), table.get_lineno()): table for table in top.get_children()}
        tree = ast.parse(text)
        unevaluated, outside = _unevaluated(tree) | {"__class__"}, _outside(tree)
        for unit in analyse(text.encode()).units:
            table = tables.get((unit.name, unit.line))
            if unit.kind != "function" or table is None:
                continue
            checked += 1
            names = [reference for reference in unit.references if not reference.root.startswith("=")]
            annotated = {reference.root for reference in unit.signature_references}
            missing = _globals(table) - {reference.root for reference in names} - annotated - unevaluated
            beyond = {reference.root for reference in names} - _globals(table) - outside[unit.name, unit.line]
            if missing or beyond:
                wrong.append((path.name, unit.name, missing, beyond))
    assert checked > 300
    assert not wrong
