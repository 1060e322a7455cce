"""The page on how to use the room elsewhere, taken at its word: its files are made, its claims are tried."""

import re
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.lineage.dvc import REPOSITORY, Workspace, ran

PAGE = (REPOSITORY / "docs/lineage.md").read_text(encoding="utf-8")
FILES = dict(re.findall(r"^`([\w./]+)`\n```\w+\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL))
CONSOLE = re.search(r"\$ python -m lineage explain\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    folder = tmp_path_factory.mktemp("press")
    shutil.copytree(REPOSITORY / "stages/lineage", folder / "lineage", ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in FILES.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    workspace = Workspace(folder)
    workspace.initialise()
    done = workspace.dvc("repro")
    assert done.returncode == 0, done.stdout + done.stderr
    workspace.commit()
    return workspace


@pytest.fixture
def press(made: Workspace, tmp_path: Path) -> Workspace:
    shutil.copytree(made.folder, tmp_path, dirs_exist_ok=True)
    return Workspace(tmp_path)


def edit(name: str, old: str, new: str) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new))

    return apply


def move(folder: Path) -> None:
    text = (folder / "press/texts.py").read_text()
    start, end = text.index("def cleaned"), text.index("def shouted")
    (folder / "press/moved.py").write_text(text[start:end])
    (folder / "press/texts.py").write_text("from press.moved import cleaned\n" + text[:start] + text[end:])


EDITS = {
    "docstring": (edit("press/texts.py", "Drops what isn't a letter.", "Keeps letters.  "), set()),
    "unused": (edit("press/texts.py", "text.upper()", "text.upper() + '!'"), set()),
    "moved": (move, set()),
    "function": (edit("press/texts.py", ".isalpha()", ".isalnum()"), {"words"}),
    "constant": (edit("press/texts.py", "not to be", "not to be that"), {"words", "page"}),
    "chosen counter": (edit("press/counters/all.py", "len(text.split())", "len(text.split()) + 1"), {"words", "page"}),
    "other counter": (edit("press/counters/different.py", "set(", "frozenset("), set()),
    "template": (edit("press/page.txt", "COUNT words", "COUNT words!"), {"page"}),
    "library": (edit("requirements.lock", "6.0.2", "6.0.3"), set()),
}


def test_the_page_has_what_it_needs():
    assert {"pyproject.toml", "dvc.yaml", "press/words.py", "press/page.txt"} <= FILES.keys()
    assert not [line for text in FILES.values() for line in text.splitlines() if "stages.lineage" in line]


@pytest.mark.parametrize(("apply", "stages"), EDITS.values(), ids=EDITS.keys())
def test_edits_rerun_what_the_page_says(press: Workspace, apply: Callable[[Path], None], stages: set[str]):
    apply(press.folder)
    done = press.dvc("repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == {"fingerprint", *stages}


def test_the_explanation_on_the_page(press: Workspace):
    edit("press/texts.py", ".isalpha()", ".isalnum()")(press.folder)
    done = press.run(sys.executable, "-m", "lineage", "explain")
    assert CONSOLE is not None
    assert done.stdout == CONSOLE[1], done.stderr


def test_the_guard_on_the_page(press: Workspace):
    edit("press/page.py", "str(count)", "f'{count}'")(press.folder)
    done = press.dvc("repro", "-f", "--single-item", "page")
    assert done.returncode != 0
    assert "run plain `dvc repro`" in done.stderr
    assert press.run(sys.executable, "-m", "lineage", "run", "press.page").returncode == 0
