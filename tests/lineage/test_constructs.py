"""For every construct: an edit that can change the root's result changes its fingerprint, any other does not.

A case is a package; in it, `LIVE` marks constants that the root's result depends on, `DEAD` those that it doesn't.
Each mark in turn is changed, and the fingerprint must follow, or stay.
"""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.lineage.constructs import CASES
from tests.lineage.toy import Toy

MARK = re.compile(r"\b(LIVE|DEAD)(\d+)\b")


def _marks(files: Mapping[str, str]) -> list[tuple[str, str, str]]:
    return [(name, mark[1], mark[0]) for name, text in files.items() for mark in MARK.finditer(text)]


def _numbered(files: Mapping[str, str], changed: str = "") -> dict[str, str]:
    """Returns the files with each mark as a number; the changed one as another number."""
    return {
        name: MARK.sub(lambda mark: f"{mark[2]}9" if mark[0] == changed else f"{mark[2]}0", text)
        for name, text in files.items()
    }


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_fingerprint_follows_exactly_what_the_root_depends_on(case, tmp_path: Path):
    toy = Toy(tmp_path, _numbered(case.files), case.roots)
    before = toy.code()
    marks = _marks(case.files)
    assert len({mark for _, _, mark in marks}) == len(marks), "marks must be unique"
    assert any(kind == "LIVE" for _, kind, _ in marks)
    wrong = []
    for name, kind, mark in marks:
        toy.write({name: _numbered(case.files, mark)[name]})
        if (toy.code() != before) != (kind == "LIVE"):
            wrong.append(f"{mark} in {name}")
        toy.write({name: _numbered(case.files)[name]})
    assert not wrong
    assert toy.code() == before
