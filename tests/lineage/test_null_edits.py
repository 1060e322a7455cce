"""Edits that can't change what code does leave the fingerprint as it is: the same bytes of the same value."""

import ast
from pathlib import Path

import pytest

from tests.lineage.constructs import CASES
from tests.lineage.toy import Toy

FILES = {
    "main.py": """
    import toy.tools
    from toy import constants
    from toy.tools import Helper, helper as aid

    def run(x):
        constants.TABLE["a"]
        return aid(x) + Helper().work() + toy.tools.second() + constants.LIMIT
    """,
    "tools.py": """
    import numpy as np
    from .constants import LIMIT

    class Helper:
        def work(self):
            return self.rest() + LIMIT

        def rest(self):
            return np.zeros(3)

    def helper(x):
        return second() + x

    def second():
        return helper(0)
    """,
    "constants.py": "LIMIT = 3\nTABLE = {'a': LIMIT}\n",
}


@pytest.fixture
def toy(tmp_path: Path) -> Toy:
    return Toy(tmp_path, FILES)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_formatting_and_comments(case, tmp_path: Path):
    toy = Toy(
        tmp_path,
        {name: text.replace("LIVE", "1").replace("DEAD", "2") for name, text in case.files.items()},
        case.roots,
    )
    before = toy.code()
    for name in case.files:
        path = tmp_path / "toy" / name
        if name.endswith(".py"):
            path.write_text(
                "# a comment\n\n" + ast.unparse(ast.parse(path.read_text())) + "\n\n# another\n", encoding="utf-8"
            )
    assert toy.code() == before


def test_quotes_numbers_and_joined_texts(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "def run(x):\n    return f'a{x}b' 'c', 1000, 'd', (1.0), 0x10, u'e'\n"})
    before = toy.code()
    toy.write({"main.py": 'def run(x):\n    return (\n        f"a{x}" "bc", 1_000, """d""", 1.00, 16, "e",)\n'})
    assert toy.code() == before


def test_a_moved_function(toy: Toy):
    before = toy.of()
    text = (toy.folder / "toy/tools.py").read_text()
    moved = text[text.index("def helper") :]
    toy.write({"tools.py": text.replace(moved, "") + "from .moved import helper, second\n", "moved.py": moved})
    assert toy.of().value == before.value


def test_a_moved_class_with_another_import_style(toy: Toy):
    before = toy.code()
    text = (toy.folder / "toy/tools.py").read_text()
    end = text.index("def helper")
    moved, rest = text[:end], text[end:]
    toy.write(
        {
            "tools.py": rest,
            "deep/__init__.py": "",
            "deep/moved.py": moved.replace("import numpy as np", "import numpy")
            .replace("np.zeros", "numpy.zeros")
            .replace("from .constants", "from ..constants"),
        }
    )
    toy.replace(
        "main.py",
        "from toy.tools import Helper, helper as aid",
        "from toy.deep.moved import Helper\nfrom toy.tools import helper as aid",
    )
    assert toy.code() == before


def test_a_renamed_module(toy: Toy):
    before = toy.code()
    for old, new in (("tools", "utilities"), ("constants", "numbers")):
        path = toy.folder / "toy" / f"{old}.py"
        path.rename(path.with_stem(new))
        for file in (toy.folder / "toy").glob("*.py"):
            file.write_text(file.read_text().replace(old, new))
    assert toy.code() == before


def test_a_renamed_root_module(toy: Toy):
    before = toy.code()
    (toy.folder / "toy/main.py").rename(toy.folder / "toy/start.py")
    toy.roots = {"root": "toy.start:run"}
    toy.write({})
    assert toy.code() == before


def test_reordered_definitions(toy: Toy):
    before = toy.code()
    text = (toy.folder / "toy/tools.py").read_text()
    start = text.index("def helper")
    head, body = text[: text.index("class")], text[text.index("class") : start]
    work, rest = body.split("    def rest")
    toy.write(
        {"tools.py": head + text[start:] + "\n" + work.replace("    def work", f"    def rest{rest}\n    def work")}
    )
    assert toy.code() == before


def test_an_unused_module_and_function(toy: Toy):
    before = toy.all()
    toy.write({"other.py": "import sympy\ndef unused(): return sympy.S(1)\n"})
    toy.write({"tools.py": (toy.folder / "toy/tools.py").read_text() + "\ndef unused(): return 3\n"})
    assert toy.all() == before


def test_edits_that_only_look_alike_are_told_apart(tmp_path: Path):
    """Same texts, other meanings: each variant of the program has a fingerprint of its own."""
    variants = [
        {
            "main.py": "from toy.a import f\ndef run(): return f()",
            "a.py": "def f(): return 1",
            "b.py": "def f(): return 2",
        },
        {
            "main.py": "from toy.b import f\ndef run(): return f()",
            "a.py": "def f(): return 1",
            "b.py": "def f(): return 2",
        },
        {
            "main.py": "from toy.a import f, g\ndef run(): return f(), g()",
            "a.py": "def f(): return 1\ndef g(): return 2",
        },
        {
            "main.py": "from toy.a import f, g\ndef run(): return g(), f()",
            "a.py": "def f(): return 1\ndef g(): return 2",
        },
        {
            "main.py": "from toy.a import f as g, g as f\ndef run(): return f(), g()",
            "a.py": "def f(): return 1\ndef g(): return 2",
        },
        {"main.py": "from math import floor as f\ndef run(): return f(2.5)"},
        {"main.py": "from math import ceil as f\ndef run(): return f(2.5)"},
        {"main.py": "import math as m\ndef run(): return m.floor(2.5)"},
        {"main.py": "def run(x): return (x, 1)"},
        {"main.py": "def run(x): return [x, 1]"},
        {"main.py": "def run(x): return x, True"},
        {"main.py": "def run(x): return x, 1.0"},
        {"main.py": "def run(x, *, y=1): return x"},
        {"main.py": "def run(x, y=1): return x"},
        {"main.py": "def run(x, y=1, /): return x"},
        {"main.py": "def run(x):\n for a in x:\n  pass\n else:\n  return 1"},
        {"main.py": "def run(x):\n for a in x:\n  pass\n return 1"},
        {"main.py": "def run(x):\n try:\n  f()\n except E: return 1\n else: return 2"},
        {"main.py": "def run(x):\n try:\n  f()\n except E: return 1\n finally: return 2"},
    ]
    codes = []
    for number, files in enumerate(variants):
        codes.append(Toy(tmp_path / str(number), files).code())
    assert codes[3] == codes[4], "which function is called counts, not under which name"
    assert codes[5] == codes[7], "`floor as f` and `m.floor` are one and the same"
    assert len(set(codes)) == len(codes) - 2
