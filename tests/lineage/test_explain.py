"""`explain` says before a run what `dvc repro` then does, and names what changed."""

import json
import shutil
import sys
from collections.abc import Callable
from typing import NamedTuple

import pytest

from stages.lineage.changes import differences
from tests.lineage.dvc import Project, ran


class Edit(NamedTuple):
    name: str
    apply: Callable[[Project], object]
    runs: set[str]
    may_run: set[str]
    reasons: dict[str, list[tuple[str, str, str, str]]]  # stage -> (kind, root, what, change)
    says: str


def _text(name: str, old: str, new: str) -> Callable[[Project], object]:
    def apply(project: Project) -> None:
        path = project.folder / name
        path.write_text(path.read_text().replace(old, new))

    return apply


def _both(*edits: Callable[[Project], object]) -> Callable[[Project], object]:
    return lambda project: [edit(project) for edit in edits]


MOVED = """
from pathlib import Path

def join(*paths):
    return " ".join(Path(path).read_text() for path in paths)
"""
EDITS = [
    Edit(
        "comment",
        _text("toy/common.py", "Writes a text.", "Writes a short text."),
        {"fingerprint"},
        set(),
        {"fingerprint": [("data", "", "toy", "modified")]},
        "toy modified",
    ),
    Edit(
        "function",
        _text("toy/parts/a.py", "a1", "a2"),
        {"fingerprint", "make@a"},
        {"total"},
        {"make@a": [("code", "parts.a", "toy.parts.a.PART", "changed")], "total": [("upstream", "", "make@a", "runs")]},
        "parts.a: function toy.parts.a.PART changed",
    ),
    Edit(
        "shared function and a new one",
        _both(
            _text("toy/common.py", "write_text(text)", "write_text(neat(text))"),
            _text("toy/common.py", "def publish", "def neat(text):\n    return text\n\ndef publish"),
        ),
        {"fingerprint", "make@a", "make@b", "total"},
        set(),
        {
            "make@b": [
                ("code", "make", "toy.common.neat", "added"),
                ("code", "make", "toy.common.publish", "changed"),
            ],
        },
        "total: function toy.common.neat added (by way of run → publish → neat)",
    ),
    Edit(
        "constant and a moved function",
        _both(
            _text(
                "toy/total.py",
                "def join(*paths):\n    return",
                "from toy.moved import join\n\nSEPARATOR = '-'\nUNUSED =",
            ),
            _text("toy/total.py", 'UNUSED = " ".join(Path(path).read_text() for path in paths)', "UNUSED = 1"),
            lambda project: project.write({"moved.py": MOVED}),
            _text("toy/total.py", '"total.txt", join("out/a.txt"', '"total.txt", SEPARATOR + join("out/a.txt"'),
        ),
        {"fingerprint", "total"},
        set(),
        {"total": [("code", "total", "toy.total.SEPARATOR", "added"), ("code", "total", "toy.total.run", "changed")]},
        "total: constant toy.total.SEPARATOR added",
    ),
    Edit(
        "parameter",
        _text("params.yaml", "size: 1", "size: 2"),
        {"make@a", "make@b"},
        {"total"},
        {"make@a": [("parameter", "params.yaml", "size", "changed")]},
        "parameter size of params.yaml: 1 → 2",
    ),
    Edit(
        "data",
        lambda project: (project.folder / "out/a.txt").write_text("by hand"),
        {"make@a"},
        {"total"},
        {"make@a": [("data", "", "out/a.txt", "modified")]},
        "out/a.txt modified",
    ),
    Edit(
        "command and what is done with its result",
        _both(_text("dvc.yaml", "run toy.total", "run  toy.total"), _text("toy/total.py", '" ".join', '"+".join')),
        {"fingerprint", "total"},
        set(),
        {"total": [("code", "total", "toy.total.join", "changed"), ("command", "", "", "changed")]},
        "its command changed",
    ),
    Edit("nothing", lambda project: None, set(), set(), {}, "0 runs, 0 may run, 4 skipped"),
]


def _explain(project: Project, *options: str) -> str:
    done = project.run(sys.executable, "-m", "stages.lineage", "explain", *options)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("edit", EDITS, ids=lambda edit: edit.name)
def test_what_it_says_is_what_happens(project: Project, edit: Edit):
    edit.apply(project)
    stages = {stage["name"]: stage for stage in json.loads(_explain(project, "--json"))["stages"]}
    assert {name for name, stage in stages.items() if stage["state"] == "runs"} == edit.runs
    assert {name for name, stage in stages.items() if stage["state"] == "may run"} == edit.may_run
    for name, expected in edit.reasons.items():
        found = [
            (r["kind"], r["root"], r["what"] if r["kind"] != "command" else "", r["change"])
            for r in stages[name]["reasons"]
        ]
        assert sorted(found) == sorted(expected)
    assert edit.says in _explain(project)
    done = project.dvc("repro")
    assert done.returncode == 0, done.stderr
    happened = ran(done.stdout) | {
        line.split("'")[1] for line in done.stdout.splitlines() if "is cached - skipping run" in line
    }
    assert edit.runs <= happened <= edit.runs | edit.may_run
    assert "0 runs, 0 may run, 4 skipped" in _explain(project)


def test_a_library_and_a_stage_that_never_ran(project: Project):
    project.replace("total.py", "from pathlib import Path", "from pathlib import Path\nimport sympy")
    project.replace("total.py", '" ".join', "sympy.S(1) and ' '.join")
    project.lock = "sympy==1.0\n"
    project.write({})
    project.repro()
    project.lock = "sympy==1.1\n"
    project.write({})
    path = project.folder / "dvc.yaml"
    path.write_text(path.read_text() + "  later:\n    cmd: echo\n    deps: [total.txt]\n    outs: [later.txt]\n")
    text = _explain(project)
    assert "total: library sympy 1.0 → 1.1" in text
    assert "runs      later\n          ← never ran\n          ← total, which runs\n" in text


def test_without_the_cache_the_last_commit_tells_what_changed(project: Project):
    shutil.rmtree(project.folder / ".dvc/tmp/lineage")
    project.replace("parts/a.py", "a1", "a2")
    assert "parts.a: function toy.parts.a.PART changed" in _explain(project)
    project.commit()
    shutil.rmtree(project.folder / ".dvc/tmp/lineage")
    assert "parts.a: changed (what of it is not on record)" in _explain(project)


def test_without_git_it_still_says_which_stages(project: Project):
    shutil.rmtree(project.folder / ".git")
    shutil.rmtree(project.folder / ".dvc/tmp/lineage")
    (project.folder / ".dvc/config").write_text("[core]\n    no_scm = True\n")
    project.replace("parts/a.py", "a1", "a2")
    assert "parts.a: changed (what of it is not on record)" in _explain(project)


def test_graph(project: Project):
    project.replace("parts/a.py", "a1", "a2")
    graph = _explain(project, "--graph")
    lines = {line.strip() for line in graph.splitlines()}
    names = {
        line.partition('"')[2].partition('"')[0]: line[: line.index("[") if "[" in line else 0].rstrip("(")
        for line in lines
        if '"' in line
    }
    for start, end in [("toy.parts.a.PART", "parts.a"), ("parts.a", "make@a"), ("make@a", "total")]:
        assert f"{names[start]} --> {names[end]}" in lines
    assert "toy.parts.b.PART" not in names
    assert f'{names["make@a"]}[["make@a"]]:::runs' in lines
    assert f'{names["total"]}[["total"]]:::mayrun' in lines
    named = _explain(project, "--graph", "toy.common.publish")
    assert '"make"' in named
    assert '"total"' in named
    assert "parts" not in named
    done = project.run(sys.executable, "-m", "stages.lineage", "explain", "--graph", "nothing.like.it")
    assert done.returncode == 1
    assert done.stderr.startswith("error: no root reaches `nothing.like.it`")


def test_usage(project: Project):
    assert project.run(sys.executable, "-m", "stages.lineage", "explain", "--help").stdout.startswith("usage: explain")
    assert project.run(sys.executable, "-m", "stages.lineage", "explain", "--nonsense").returncode == 2
    assert project.run(sys.executable, "-m", "stages.lineage").returncode == 2


def test_differences_leave_out_what_only_moved():
    old = {"m.f": "function 1", "m.g": "function 2", "m.h": "function 3", "m.k": "function 4"}
    new = {"m.f": "function 1", "n.g": "function 2", "m.h": "function 5", "m.new": "function 6"}
    assert list(differences(old, new)) == [("m.h", "changed"), ("m.k", "removed"), ("m.new", "added")]
