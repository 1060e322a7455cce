"""A pattern's modules may be missing where the configuration says so; the keys are there all the same."""

from pathlib import Path

import pytest

from stages.lineage import LineageError, read_project
from tests.lineage.toy import Toy

MAIN = """
import importlib
def run(name):
    return importlib.import_module(f"toy.{name}.extra").EXTRA
"""
FILES = {f"{name}/__init__.py": "BIRD = 1" for name in ("crow", "wren")}
ROOTS = {"root": "toy.main:run", "birds.*": "toy.*:BIRD", "extras.*": "toy.*.extra:EXTRA"}


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    made = Toy(tmp_path, {"main.py": MAIN, **FILES}, ROOTS)
    make_optional(made, '"extras.*" = "birds.*"')
    return made


def make_optional(toy: Toy, line: str) -> None:
    path = toy.folder / "pyproject.toml"
    path.write_text(path.read_text() + f"\n[tool.lineage.optional]\n{line}\n")


def test_what_is_missing_has_a_key(toy: Toy) -> None:
    assert set(toy.all()) == {"root", "birds.crow", "birds.wren", "extras.crow", "extras.wren"}
    assert toy.all()["extras.crow"] == toy.all()["extras.wren"]


def test_the_key_changes_when_the_module_comes_and_when_it_changes(toy: Toy) -> None:
    before = toy.all()
    (toy.folder / "toy/crow/extra.py").write_text("EXTRA = 1")
    come = toy.all()
    assert {key for key in before if come[key] != before[key]} == {"extras.crow"}
    (toy.folder / "toy/crow/extra.py").write_text("EXTRA = 2")
    assert {key for key in before if toy.all()[key] != come[key]} == {"extras.crow"}


@pytest.mark.parametrize("line", ['"extras.*" = "none.*"', '"none.*" = "birds.*"', '"extras.*" = "root"'])
def test_what_does_not_fit_is_named(tmp_path: Path, line: str) -> None:
    toy = Toy(tmp_path, {"main.py": MAIN, **FILES}, ROOTS)
    make_optional(toy, line)
    with pytest.raises(LineageError, match=r"\[tool\.lineage\.optional\] `.*`: expected two keys of"):
        read_project(toy.folder)
