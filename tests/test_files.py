import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from stages.agent.episode import Episode
from stages.errors import UserError
from stages.files import published, read_jsonl, read_records, read_rows, write_jsonl
from stages.tasks import load_functions


def test_rows_come_back_as_they_were_written(tmp_path):
    rows = [{"b": 1, "a": "ünï 1/3"}, {"b": [None, 0.5], "a": {}}]
    assert write_jsonl(tmp_path / "folder/rows.jsonl", rows) == 2
    assert list(read_jsonl(tmp_path / "folder/rows.jsonl")) == rows
    assert (tmp_path / "folder/rows.jsonl").read_text(encoding="utf-8").startswith('{"a": "ünï 1/3", "b": 1}\n')


def test_the_order_of_arguments_and_parameters_survives(tmp_path):
    """What an adapter is trained on has to read as what rollouts show."""
    episode = Episode("Go.", load_functions("fol", ["formulas"]), max_steps=1)
    episode.receive('forall("x", "cat(x)")')
    row = {"tools": episode.functions.schemas, "messages": episode.messages}
    write_jsonl(tmp_path / "rows.jsonl", [row])
    (back,) = read_jsonl(tmp_path / "rows.jsonl")
    assert json.dumps(back["messages"]) == json.dumps(row["messages"])
    assert json.dumps(back["tools"]) == json.dumps(row["tools"])


def test_what_fails_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_jsonl(path, [{"a": 1}])

    def rows():
        yield {"a": 2}
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_jsonl(path, rows())
    assert path.read_text() == '{"a": 1}\n'
    assert list(tmp_path.iterdir()) == [path]


def test_a_folder_is_replaced_as_a_whole(tmp_path):
    for name in ("first", "second"):
        with published(tmp_path / "out") as folder:
            folder.mkdir()
            (folder / name).touch()
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["second"]
    with pytest.raises(KeyError), published(tmp_path / "out") as folder:
        folder.mkdir()
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    assert (tmp_path / "out/second").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full, whose disk is always full")
def test_a_full_disk_is_said_with_the_remedy_and_the_old_file_stays(tmp_path):
    path = tmp_path / "rows.jsonl"
    write_jsonl(path, [{"a": 1}])
    said = pytest.raises(UserError, match=r"rows\.jsonl: No space left on device; free some disk space and run again")
    with said, published(path) as scratch:
        scratch.symlink_to("/dev/full")
        scratch.write_text("x" * 100_000)
    assert list(read_jsonl(path)) == [{"a": 1}]
    assert list(tmp_path.iterdir()) == [path]


def test_numbers_that_json_lacks_are_refused(tmp_path):
    with pytest.raises(ValueError, match="JSON"):
        write_jsonl(tmp_path / "rows.jsonl", [{"a": float("nan")}])
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'{"a": 1}\n\n{"a": }\n', r"rows\.jsonl:3: not valid JSON .*mend or remove this line"),
        (b"[1]\n", r"rows\.jsonl:1: expected a JSON object, found list"),
        (b'{"a": "\xff"}\n', r"rows\.jsonl: cannot be read as UTF-8"),
        (b'{"b": 1}\n', r"rows\.jsonl:1: 'a' is missing; mend or remove this line"),
    ],
)
def test_bad_lines_are_named(tmp_path, content, message):
    path = tmp_path / "rows.jsonl"
    path.write_bytes(content)
    with pytest.raises(UserError, match=message):
        list(read_records(path, lambda row: row["a"]))


def test_missing_files_are_named(tmp_path):
    with pytest.raises(UserError, match=r"absent\.jsonl: no such file"):
        list(read_jsonl(tmp_path / "absent.jsonl"))
    with pytest.raises(UserError, match="cannot be read"):
        list(read_jsonl(tmp_path))


@pytest.mark.parametrize(
    "written", ['[{"a": 1}, {"a": 2}]', '\n[\n {"a": 1},\n\n {"a": 2}\n]\n', '{"a": 1}\n\n{"a": 2}\n']
)
def test_rows_are_lines_or_one_array(tmp_path, written):
    (tmp_path / "rows").write_text(written)
    assert list(read_rows(tmp_path / "rows")) == [{"a": 1}, {"a": 2}]


@pytest.mark.parametrize(
    ("written", "message"),
    [
        ('\n[{"a": 1},\n{"a" 2}]', r"rows:3: not valid JSON .*; mend this line"),
        ('[{"a": 1}', r"rows:1: not valid JSON"),
        ("[" * 100_000, r"rows:1: not valid JSON"),
        ('{"a": ' + "[" * 100_000, r"rows:1: not valid JSON"),
        ('[{"a": 1}, 2]', r"rows: row 2: expected a JSON object, found int; mend or remove it"),
    ],
)
def test_a_bad_array_is_named_with_its_place(tmp_path, written, message):
    (tmp_path / "rows").write_text(written)
    with pytest.raises(UserError, match=message):
        list(read_rows(tmp_path / "rows"))


def test_what_a_killed_process_had_begun_is_removed_by_the_next(tmp_path):
    killed = subprocess.Popen(["true"])
    killed.wait()
    for name in (f".out.{killed.pid}.part", f".out.{os.getppid()}.part", f".other.{killed.pid}.part"):
        (tmp_path / name).mkdir()
    with published(tmp_path / "out") as scratch:
        scratch.mkdir()
    left = {f".out.{os.getppid()}.part", f".other.{killed.pid}.part", "out"}
    assert {path.name for path in tmp_path.iterdir()} == left, "a process that runs may still need its own"


def test_what_a_zombie_had_begun_is_removed_too(tmp_path):
    """Whoever was killed is listed until its parent looks, which may be after the next run has begun."""
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as killed:
        killed.kill()
        os.waitid(os.P_PID, killed.pid, os.WEXITED | os.WNOWAIT)  # it has ended, and nobody has taken note
        (tmp_path / f".out.{killed.pid}.part").touch()
        with published(tmp_path / "out") as scratch:
            scratch.touch()
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


def test_what_a_process_that_may_not_be_looked_at_has_begun_is_left_alone(tmp_path, monkeypatch):
    def denied(process):
        raise psutil.AccessDenied(process.pid)

    monkeypatch.setattr(psutil.Process, "status", denied)
    begun = tmp_path / f".out.{os.getppid()}.part"
    begun.touch()
    with published(tmp_path / "out") as scratch:
        scratch.touch()
    assert begun.exists()
