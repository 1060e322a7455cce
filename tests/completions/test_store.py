import json
import os
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress

import pytest
from filelock import FileLock

from stages.__main__ import main
from stages.completions import store as store_module
from stages.completions.seeds import as_seed, from_seed
from stages.completions.store import VARIABLE, Store
from stages.errors import UserError
from tests.workspace import ROOT

KEYS = [f"{number:064x}" for number in range(300)]


@pytest.fixture
def place(tmp_path, monkeypatch):
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    return tmp_path / "store"


def filled(place, count=300):
    store = Store(place)
    for key in KEYS[:count]:
        store.put(key, json.dumps({"answer": key * 10}))
    return store


def test_the_first_writer_wins(place):
    one, other = Store(place), Store(place)
    assert one.put(KEYS[0], "first") == other.put(KEYS[0], "second") == other.get(KEYS[0]) == "first"
    assert one.get(KEYS[1]) is None
    assert len(other) == 1


WRITER = """
import sys, hashlib
from pathlib import Path
from stages.completions.store import Store
store = Store(Path(sys.argv[1]))
for number in range(100000):
    key = hashlib.sha256(f"{sys.argv[2]}{number}".encode()).hexdigest()
    store.put(key, key)
    print(key, flush=True)
"""


OPENER = """
import sys
from pathlib import Path
from stages.completions.store import Store
for place in map(Path, sys.argv[1:]):
    print(flush=True)
    sys.stdin.readline()
    Store(place)
"""


def test_several_can_make_the_same_new_store_at_the_same_moment(tmp_path):
    places = [str(tmp_path / str(number)) for number in range(40)]
    command = [sys.executable, "-c", OPENER, *places]
    options = {"cwd": ROOT, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    openers = [subprocess.Popen(command, text=True, **options) for _ in range(3)]
    with suppress(BrokenPipeError):  # of one that failed; its error is shown below
        for _ in places:
            for opener in openers:
                opener.stdout.readline()
            for opener in openers:
                opener.stdin.write("\n")
                opener.stdin.flush()
    assert [opener.communicate()[1] for opener in openers] == ["", "", ""]


@pytest.mark.parametrize("busy", ["new", "at work"])
def test_a_store_that_another_process_keeps_is_said_with_the_remedy(place, monkeypatch, busy):
    monkeypatch.setattr(store_module, "WAIT", 0.05)
    if busy == "new":
        place.mkdir()
        keeper = FileLock(place / "completions.lock").acquire()
    else:
        keeper = sqlite3.connect(filled(place, 1).path)
        keeper.execute("BEGIN IMMEDIATE")
    with keeper, pytest.raises(UserError, match=r"lock.*; another process is at it; run again when that has ended"):
        Store(place)


def test_what_was_acknowledged_survives_kill_9_of_several_writers(place):
    acknowledged = []
    for round_ in range(2):
        command = [sys.executable, "-c", WRITER, str(place)]
        writers = [
            subprocess.Popen([*command, f"{round_}{name}"], cwd=ROOT, stdout=subprocess.PIPE, text=True)
            for name in "ab"
        ]
        acknowledged += [writer.stdout.readline().strip() for writer in writers for _ in range(200)]
        for writer in writers:
            os.kill(writer.pid, signal.SIGKILL)
            acknowledged += [line.strip() for line in writer.stdout if line.endswith("\n")]
            writer.wait()
    store = Store(place)
    assert [key for key in acknowledged if store.get(key) != key] == []
    assert store.verify() == (len(store), 0)


def test_a_row_that_is_damaged_counts_as_missing_and_can_be_had_again(place):
    store = filled(place, 3)
    with sqlite3.connect(store.path) as connection:
        connection.execute("UPDATE completions SET response = 'else' WHERE key = ?", (bytes.fromhex(KEYS[1]),))
    assert store.get(KEYS[1]) is None
    assert store.verify() == (2, 1)
    assert store.put(KEYS[1], "new") == store.get(KEYS[1]) == "new"


def test_a_damaged_page_is_said_with_the_remedy_and_the_rest_is_saved(place, capsys):
    filled(place)._connection.close()
    path = place / "completions.sqlite"
    content = bytearray(path.read_bytes())
    content[20 * 4096 : 21 * 4096] = b"\xff" * 4096
    path.write_bytes(content)
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    with pytest.raises(UserError, match=r"malformed; `python -m stages store verify --repair` saves"):
        [Store(place).get(key) for key in KEYS]
    assert main(["store", "verify", "--repair"]) == 0
    store = Store(place)
    assert 250 < len(store) < 300
    assert store.verify() == (len(store), 0)
    assert all(store.get(key) in (None, json.dumps({"answer": key * 10})) for key in KEYS)


def test_a_file_that_is_no_store_is_said_with_the_remedy_and_left_as_it_is(place, capsys):
    place.mkdir()
    path = place / "completions.sqlite"
    path.write_text("no database at all, " * 100)
    for command in (["info"], ["verify"], ["verify", "--repair"], ["import", "x"]):
        assert main(["store", *command]) == 1
        assert "not a database; move it away; `python -m stages store import` brings back" in capsys.readouterr().err
    assert path.read_text() == "no database at all, " * 100


def test_a_full_disk_is_said_and_what_is_under_way_is_kept_in_the_space_set_aside(place, monkeypatch):
    store = filled(place, 10)
    pages = store._connection.execute("PRAGMA page_count").fetchone()[0]
    store._connection.execute(f"PRAGMA max_page_count = {pages}")
    free = lambda *_, **__: store._connection.execute("PRAGMA max_page_count = 10000")  # noqa: E731
    monkeypatch.setattr(type(store._reserve), "unlink", free)
    with pytest.raises(UserError, match="full; what was paid is kept; free some disk space and run again"):
        for key in KEYS[10:]:
            last = key
            store.put(key, "x" * 3000)
    assert store.get(last) == "x" * 3000


def test_a_folder_that_cannot_be_written_to_is_said_with_the_remedy(place):
    place.parent.joinpath("file").write_text("")
    with pytest.raises(UserError, match=f"set {VARIABLE} to a folder that can be written to"):
        Store(place.parent / "file" / "store")


def test_a_store_that_may_only_be_read_is_read_and_what_cannot_be_kept_is_said_with_the_remedy(place):
    response = filled(place, 2).get(KEYS[0])
    store = Store(place, writable=False)
    assert store.get(KEYS[0]) == response
    with pytest.raises(UserError, match=f"readonly database; set {VARIABLE} to a folder that can be written to"):
        store.put(KEYS[5], "new")


def test_export_and_import_carry_everything_over(place, tmp_path, monkeypatch, capsys):
    filled(place)
    assert main(["store", "export", str(tmp_path / "out.jsonl")]) == 0
    monkeypatch.setenv(VARIABLE, str(tmp_path / "other"))
    for added in (300, 0):
        assert main(["store", "import", str(tmp_path / "out.jsonl")]) == 0
        assert f"{added} completions added" in capsys.readouterr().out
    assert list(Store(tmp_path / "other").rows()) == list(Store(place).rows())


def test_old_completions_are_removed_on_request_only(place, capsys):
    with sqlite3.connect(filled(place, 4).path) as connection:
        connection.execute("UPDATE completions SET kept = 1 WHERE key <= ?", (bytes.fromhex(KEYS[1]),))
    assert main(["store", "prune", "--days", "30"]) == 0
    assert capsys.readouterr().out == "2 completions removed\n"
    assert main(["store", "info"]) == 0
    assert ": 2 completions, " in capsys.readouterr().out


@pytest.mark.parametrize("days", ["-1", "many"])
def test_days_must_be_a_number_of_days(place, days, capsys):
    with pytest.raises(SystemExit):
        main(["store", "prune", "--days", days])
    assert "argument --days: invalid" in capsys.readouterr().err


@pytest.mark.parametrize("action", [["info"], ["verify"], ["prune", "--days", "1"], ["export", "x"]])
def test_without_a_store_that_is_said(place, action, capsys):
    assert main(["store", *action]) == 1
    assert "there is no store yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "row", ["{", '{"key": "0"}', '{"key": "zz", "response": "a"}', f'{{"key": "{KEYS[0]}", "response": 1}}']
)
def test_an_import_that_is_malformed_names_the_line(place, row, tmp_path, capsys):
    (tmp_path / "in.jsonl").write_text(row)
    assert main(["store", "import", str(tmp_path / "in.jsonl")]) == 1
    assert "in.jsonl:1: " in capsys.readouterr().err


def test_a_seed_is_told_from_a_raw_response():
    assert from_seed(as_seed('stop(answer="ä")')) == 'stop(answer="ä")'
    assert from_seed('{"choices": []}') is None
