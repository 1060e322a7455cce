"""What a case of `test_constructs` is."""

from collections.abc import Mapping
from typing import NamedTuple

from tests.lineage.toy import DEFAULT_ROOTS


class Case(NamedTuple):
    name: str
    files: Mapping[str, str]
    roots: Mapping[str, str] = DEFAULT_ROOTS


def case(name: str, main: str, roots: Mapping[str, str] = DEFAULT_ROOTS, /, **others: str) -> Case:
    """A case whose other files are named by keyword: `a__b` is `a/b.py`."""
    files = {f"{key.replace('__', '/', 1)}.py": text for key, text in others.items()}
    packages = {f"{path.rpartition('/')[0]}/__init__.py": "" for path in files if "/" in path}
    return Case(name, {**packages, **files, "main.py": main}, roots)
