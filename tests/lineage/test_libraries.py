"""Third-party code counts by its locked version, where the closure imports it."""

from pathlib import Path

import pytest

from stages.lineage import LineageError, read_project
from stages.lineage.libraries import Libraries, differing, installed
from stages.lineage.snapshot import take_snapshot
from tests.lineage.toy import Toy

FILES = {
    "main.py": """
    import json
    import sympy.core as core
    from toy.tools import small

    def run():
        import numpy
        return core, small(), json
    """,
    "tools.py": "import yaml\nfrom attr import define\ndef small(): return yaml.load\ndef other(): return define",
}


def test_only_what_the_closure_imports(tmp_path: Path):
    toy = Toy(tmp_path, FILES)
    assert toy.of().libraries == {"numpy": "2.0", "pyyaml": "6.0", "sympy": "1.14.0"}


def test_a_changed_pin_changes_only_the_roots_that_import_it(tmp_path: Path):
    roots = {"root": "toy.main:run", "small": "toy.tools:small"}
    toy = Toy(tmp_path, FILES, roots)
    before = toy.all()
    toy.lock = toy.lock.replace("sympy==1.14.0", "sympy==1.15.0")
    toy.write({})
    after = toy.all()
    assert after["small"] == before["small"]
    assert after["root"].libraries["sympy"] == "1.15.0"
    assert after["root"].code == before["root"].code


def test_an_import_for_its_effects_counts(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "import numpy\nimport sympy\ndef run(): return sympy"})
    assert set(toy.of().libraries) == {"numpy", "sympy"}


def test_an_unpinned_library_is_refused_with_its_place(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "\n\ndef run():\n    import unheard_of\n    return unheard_of"})
    with pytest.raises(
        LineageError, match=r"^toy/main\.py:3 imports `unheard_of`, which no line of requirements\.lock pins"
    ):
        toy.of()


def test_lock_lines(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "def run(): pass"})
    lines = [
        "# comment",
        "A_b.C==1.0 --hash=sha256:0",
        "with-extra[x,y]==2.0",
        'optional==3.0 ; extra == "later"',
        "-e .",
        "loose>=1",
    ]
    toy.lock = "\n".join(lines)
    toy.write({})
    assert Libraries(take_snapshot(read_project(tmp_path))).locked == {
        "a-b-c": "1.0",
        "with-extra": "2.0",
        "optional": "3.0",
    }


def test_names_are_found_in_the_table_the_configuration_or_the_installed_files(tmp_path: Path):
    toy = Toy(tmp_path, {"main.py": "def run(): pass"})
    toy.lock += "setuptools==1\npytest==2\n"
    toy.write({})
    with (tmp_path / "pyproject.toml").open("a") as file:
        file.write('[tool.lineage.distributions]\nfoo = "sympy"\n')
    libraries = Libraries(take_snapshot(read_project(tmp_path)))
    assert libraries.version("yaml", "") == ("pyyaml", "6.0")
    assert libraries.version("foo", "") == ("sympy", "1.14.0")
    assert libraries.version("_pytest", "") == ("pytest", "2")
    assert libraries.version("json", "") is None


def test_installed_versions_are_held_against_the_locked_ones():
    found = installed()
    assert differing([("pytest", found["pytest"])]) == []
    assert differing([("pytest", "0.0")]) == [f"pytest {found['pytest']} is installed, 0.0 is locked"]
    assert differing([("nowhere", "1")]) == ["nowhere 1 is locked but not installed"]
