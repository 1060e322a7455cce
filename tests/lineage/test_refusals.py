"""What can't be told is refused, with the place and the remedy."""

import re
from pathlib import Path

import pytest

from stages.lineage import LineageError, read_project
from tests.lineage.toy import Toy

UNTOLD = {
    "import of a parameter": "import importlib\ndef run(name): return importlib.import_module(name).x",
    "import of anything": "import importlib\ndef run(name): return importlib.import_module(f'{name}').x",
    "undeclared pattern": """from importlib import import_module
def run(name): return import_module(f'toy.parts.{name}').f()""",
    "rebound name": """import importlib
def run(names):
    name = 'toy.a'
    for name in names: pass
    return importlib.import_module(name)""",
    "shadowed constant": "import importlib\nNAME = 'toy.a'\ndef run(NAME): return importlib.import_module(NAME)",
    "eval": "def run(text): return eval(text)",
    "exec": "def run(text): exec(text)",
    "code of a file": "import runpy\ndef run(path): return runpy.run_path(path)",
    "any module": "import sys\ndef run(name): return sys.modules[name]",
    "source text": "import inspect\ndef run(f): return inspect.getsource(f)",
}
CULPRIT = re.compile(r"import_module\(|eval\(|exec\(|run_path\(|modules\[|source\(")


@pytest.mark.parametrize("text", UNTOLD.values(), ids=UNTOLD.keys())
def test_a_lookup_that_cannot_be_told(text: str, tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": text, "a.py": "", "parts/__init__.py": "", "parts/a.py": "def f(): pass"})
    line = 1 + next(number for number, each in enumerate(text.splitlines()) if CULPRIT.search(each))
    with pytest.raises(LineageError, match=rf"^toy/main\.py:{line}: `.*\[tool\.lineage\.roots\]"):
        toy.of()


def test_unreached_lookups_do_no_harm(tmp_path: Path):
    Toy(tmp_path, {"main.py": "def run(): return 1\ndef other(text): return eval(text)"}).of()


@pytest.mark.parametrize(
    ("use", "message"),
    [
        ("return module.OTHER", "no root stands for its `OTHER`"),
        ("return keep(module)", "handed on whole"),
        ("return vars(module)", "handed on whole"),
    ],
)
def test_a_root_stands_for_one_attribute_only(use: str, message: str, tmp_path: Path):
    text = f"import importlib\ndef run(name):\n    module = importlib.import_module(f'toy.parts.{{name}}')\n    {use}\n"
    roots = {"root": "toy.main:run", "parts.*": "toy.parts.*:TASK"}
    toy = Toy(tmp_path, {"main.py": text, "parts/__init__.py": "", "parts/a.py": "TASK = 1"}, roots)
    with pytest.raises(LineageError, match=message):
        toy.of()


@pytest.mark.parametrize(
    ("roots", "message"),
    [
        ({"root": "toy.main:missing"}, "`root`: there is no toy.main:missing"),
        ({"root": "toy.nowhere:run"}, "`root`: there is no toy.nowhere:run"),
        ({"parts.*": "toy.*:TASK"}, r"`parts\.\*`: nothing fits toy\.\*:TASK"),
        ({"root": "toy.main"}, '`root`: expected "module:attribute"'),
        ({"parts": "toy.*:run"}, r"`parts`: needs as many `\*` parts"),
        ({"parts.*": "toy.m*:run"}, r"needs as many `\*` parts"),
    ],
)
def test_roots_that_lead_nowhere(roots, message: str, tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "def run(): pass"}, roots)
    with pytest.raises(LineageError, match=rf"^pyproject\.toml: .*{message}"):
        toy.all()


def test_a_pattern_takes_only_the_modules_that_define_its_attribute(tmp_path: Path):
    files = {
        "parts/__init__.py": "",
        "parts/a.py": "TASK = 1",
        "parts/b.py": "OTHER = 1",
        "parts/c/__init__.py": "from toy.parts.c.task import TASK",
        "parts/c/task.py": "TASK = 2",
        "parts/c/functions/__init__.py": "",
        "parts/c/functions/x.py": "FUNCTIONS = []",
    }
    toy = Toy(tmp_path, files, {"parts.*": "toy.parts.*:TASK", "functions.*.*": "toy.parts.*.functions.*:FUNCTIONS"})
    assert list(toy.all()) == ["functions.c.x", "parts.a", "parts.c"]


def test_broken_python_and_configuration(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "def run(:\n"})
    with pytest.raises(LineageError, match=r"^toy/main\.py:1: not valid Python"):
        toy.of()
    (tmp_path / "pyproject.toml").write_text("[tool.lineage\n")
    with pytest.raises(LineageError, match=r"^pyproject\.toml: not valid TOML"):
        read_project(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool.lineage]\n")
    with pytest.raises(LineageError, match="needs `package` as a text"):
        read_project(tmp_path)
    (tmp_path / "pyproject.toml").write_text("[tool]\n")
    with pytest.raises(LineageError, match=r"no \[tool\.lineage\] section"):
        read_project(tmp_path)
    (tmp_path / "pyproject.toml").unlink()
    with pytest.raises(LineageError, match="no such file"):
        read_project(tmp_path)
