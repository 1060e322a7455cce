"""Pairs that earlier runs made: never others than would be made now, and only what is new is made."""

import json
import shutil
import sqlite3
import time
from pathlib import Path

import pytest
import yaml

from stages import pairs
from stages.__main__ import main
from stages.preferences import kept
from stages.preferences.kept import FILE, KeptPairs
from stages.preferences.making import Maker
from tests.workspace import ROOT, lay_out, overlaid, parameters, pretend_attempts, snapshot

CODE = {"code": "1", "libs": {}}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = lay_out(tmp_path_factory.mktemp("kept"), parameters())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for stage in ("problems", "chains"):
            assert main([stage, "math"]) == 0
        pretend_attempts("math")
    return folder


@pytest.fixture
def run(built, tmp_path, monkeypatch):
    """Runs the stage as DVC does, and returns of which problems it made pairs."""
    folder, made = tmp_path / "work", []
    shutil.copytree(built, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("DVC_STAGE", "pairs@math")
    monkeypatch.setenv("CALLSMITH_STORE", str(tmp_path / "store"))
    make = Maker.make
    monkeypatch.setattr(Maker, "make", lambda self, version: made.append(version.problem.id) or make(self, version))
    fingerprint()

    def stage():
        made.clear()
        pairs.run("math")
        return list(made)

    return stage


def fingerprint(**changes):
    values = {"pairs": CODE, "tasks": {"math": CODE}, "functions": {"math": {"arithmetic": CODE}}}
    values |= {"augmentations": {"math": CODE}} | changes
    Path("data/fingerprints.json").write_text(json.dumps(values))


def test_a_second_run_makes_nothing_and_writes_the_same(run):
    assert len(run()) == 56
    before = snapshot(Path("data/pairs"))
    assert run() == []
    assert snapshot(Path("data/pairs")) == before


@pytest.mark.parametrize("source", ["chains", "attempts"])
def test_only_problems_with_other_chains_are_made_again(run, source):
    run()
    path = Path(f"data/{source}/math.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    more = {**rows[5], "outcome": "malformed", "steps": [{"completion": "What?"}]}
    path.write_text("".join(json.dumps(row) + "\n" for row in [*rows[:6], more, *rows[6:]]))
    assert run() == [rows[5]["problem_id"]]
    texts = [json.loads(line) for line in Path("data/pairs/math/train.jsonl").read_text().splitlines()]
    assert any(row["rejected"] == [{"role": "assistant", "content": "What?"}] for row in texts)


@pytest.mark.parametrize(
    "changes",
    [
        {"pairs": {"code": "2", "libs": {}}},
        {"pairs": {"code": "1", "libs": {"pydantic": "9"}}},
        {"tasks": {"math": {"code": "2", "libs": {}}}},
        {"functions": {"math": {"arithmetic": {"code": "2", "libs": {}}}}},
        {"augmentations": {"math": {"code": "2", "libs": {}}}},
    ],
)
def test_other_code_makes_all_anew(run, changes):
    run()
    fingerprint(**changes)
    assert len(run()) == 56


def test_another_tasks_code_makes_nothing_anew(run):
    run()
    fingerprint(tasks={"math": CODE, "fol": {"code": "2", "libs": {}}})
    assert run() == []


@pytest.mark.parametrize("changes", [{"mix": {"constructed": 2}}, {"mistakes": {"loop": 0.0}}, {"seed": 1}])
def test_other_parameters_make_all_anew(run, changes):
    run()
    set_pairs(changes)
    assert len(run()) == 56


@pytest.mark.parametrize("changes", [{"caps": {"problem": 1}}, {"difficulty": [0.5, 1.0]}, {"near_duplicate": 0.5}])
def test_a_choice_among_pairs_makes_none_anew(run, changes):
    run()
    set_pairs(changes)
    assert run() == []


def test_variants_are_all_that_is_made_where_they_are_asked_for(run):
    run()
    set_pairs({"augment": {"rename": 1}})
    assert all("~rename0" in name for name in run())
    set_pairs({"augment": {"prefix": 1}})
    assert len(run()) == 40, "further pairs of every training problem"


def set_pairs(changes):
    Path("params.yaml").write_text(yaml.safe_dump(overlaid(parameters(), {"pairs": changes})))


def test_other_questions_and_answers_are_made_anew(run):
    run()
    path = Path("data/problems/math/train.jsonl")
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    rows[7]["question"] += " Really?"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    assert run() == [rows[7]["id"]]


def test_nothing_is_kept_where_the_fingerprints_may_be_those_of_other_code(run, monkeypatch, tmp_path):
    monkeypatch.delenv("DVC_STAGE")
    run()
    assert not (tmp_path / "store").exists()


@pytest.mark.parametrize("content", [b"no database at all", b"SQLite format 3\x00" + bytes(2000)])
def test_a_damaged_file_is_as_good_as_none(run, tmp_path, content):
    run()
    before = snapshot(Path("data/pairs"))
    (tmp_path / "store" / FILE).write_bytes(content)
    assert len(run()) == 56
    assert snapshot(Path("data/pairs")) == before


def test_a_damaged_entry_is_made_again(run, tmp_path):
    run()
    with sqlite3.connect(tmp_path / "store" / FILE) as connection:
        connection.execute("UPDATE pairs SET rows = substr(rows, 1, length(rows) - 1) || x'00' WHERE rowid <= 3")
    assert len(run()) == 3
    assert run() == []


def test_a_folder_that_cannot_be_made_is_no_failure(run, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CALLSMITH_STORE", str(tmp_path / "file"))
    assert len(run()) == 56
    assert len(run()) == 56


def store(tmp_path, identity="i"):
    code = tmp_path / "code"
    code.mkdir(exist_ok=True)
    return KeptPairs(tmp_path / "store", identity, code)


def made(there, asked, rows=({"a": 1},)):
    """Returns the rows and whether they were made."""
    calls = []
    found = there.rows(asked, lambda: calls.append(1) or list(rows))
    there.flush()
    return list(found), bool(calls)


def test_the_order_of_arguments_is_kept(tmp_path):
    rows = [{"arguments": {"percent": 12.5, "of": 8, "list": ["é", None, True]}}]
    made(store(tmp_path), 1, rows)
    found, anew = made(store(tmp_path), 1)
    assert not anew
    assert json.dumps(found) == json.dumps(rows)


def test_edits_while_it_runs_end_the_keeping(tmp_path):
    there = store(tmp_path)
    (tmp_path / "code/late.py").write_text("x = 1")
    assert made(there, 1)[1]
    assert made(store(tmp_path), 1)[1], "it was not kept"
    assert not made(store(tmp_path), 1)[1]


def test_what_is_not_needed_for_long_is_removed(tmp_path, monkeypatch):
    for asked in (1, 2):
        made(store(tmp_path), asked)
    later = time.time() + 20 * 24 * 60 * 60
    monkeypatch.setattr(kept.time, "time", lambda: later)
    assert not made(store(tmp_path), 1)[1]
    monkeypatch.setattr(kept.time, "time", lambda: later + 20 * 24 * 60 * 60)
    assert not made(store(tmp_path), 1)[1], "it was needed meanwhile"
    assert made(store(tmp_path), 2)[1]


def test_another_process_that_holds_the_file_is_waited_for_and_then_done_without(tmp_path, monkeypatch):
    monkeypatch.setattr(kept, "_WAIT", 0.1)
    there = store(tmp_path)
    with sqlite3.connect(tmp_path / "store" / FILE, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        assert made(there, 1)[1]
        other.execute("COMMIT")
    assert made(there, 1)[1]
    assert not made(there, 1)[1]


def test_the_code_in_the_key_is_all_that_dvc_knows_the_stage_to_run():
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]["pairs"]["params"]
    (keys,) = (item["data/fingerprints.json"] for item in declared if "data/fingerprints.json" in item)
    assert sorted(key.partition(".")[0] for key in keys) == sorted(pairs.ROOTS)
