import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from stages import chains, problems
from stages.completions.store import VARIABLE, Store
from stages.errors import UserError
from stages.tasks import load_functions
from stages.teachers.openai_compatible import OpenaiCompatibleParameters, OpenaiCompatibleTeacher
from tests.server import serving
from tests.workspace import ROOT, lay_out, overlaid, parameters

KEY = "sk-very-secret"
TASK = "math"


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = lay_out(tmp_path_factory.mktemp("built"), parameters())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        problems.run(TASK)
    return folder


@pytest.fixture
def build(built, tmp_path, monkeypatch, capfd):
    """Runs the stage `chains` on a server and returns the rows that it wrote and what was printed."""
    folder = tmp_path / "workspace"
    shutil.copytree(built, folder)
    monkeypatch.chdir(folder)
    monkeypatch.setenv(VARIABLE, str(tmp_path / "store"))
    monkeypatch.setenv("OPENAI_API_KEY", KEY)

    def run(server, chains_=None, **changes):
        teacher = {"base_url": server.url, "model": "m", "timeout": 5.0, "pause": 0.01, "in_flight": 8, **changes}
        values = {"chains": {"teacher": "openai_compatible", **(chains_ or {})}}
        values["teachers"] = {"openai_compatible": teacher}
        lay_out(folder, overlaid(parameters(), values))
        chains.run(TASK)
        lines = (folder / "data/chains/math.jsonl").read_text("utf-8").splitlines()
        return [json.loads(line) for line in lines], capfd.readouterr().out

    return run


@pytest.fixture
def known(built):
    return [str(path) for path in sorted((built / "data/problems/math").iterdir())]


def test_problems_without_a_reference_are_attempted_too(build, known):
    for path in Path("data/problems/math").iterdir():
        rows = [json.loads(line) | {"reference": None} for line in path.read_text("utf-8").splitlines()]
        path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with serving(problems=known) as server:
        rows, _ = build(server)
    assert {row["outcome"] for row in rows} == {"correct", "wrong_answer"}


@pytest.mark.parametrize("tools", ["native", "text"])
def test_chains_are_written_right_and_wrong_and_nothing_is_asked_twice(build, known, tools):
    with serving(problems=known) as server:
        rows, shown = build(server, tools=tools)
        first = server.stats()
        again, shown_again = build(server, tools=tools, in_flight=3)
        second = server.stats()
    outcomes = {row["outcome"] for row in rows}
    assert outcomes == {"correct", "wrong_answer"}
    steps = sum(len(row["steps"]) for row in rows)
    assert 0 < first["billed"] == first["requests"] <= steps
    assert first["headers"]["Authorization"] == f"Bearer {KEY}"
    assert f"{first['billed']} asked" in shown
    assert f"{110 * first['billed']} tokens" in shown
    assert again == rows
    assert second == first
    assert "0 asked" in shown_again


def test_what_need_not_be_paid_for_is_foreseen(build, known, tmp_path, monkeypatch):
    counts = lambda: list(chains.foresee(TASK).values())  # noqa: E731
    with serving(problems=known) as server:
        build(server, {"samples": 1})
        first = server.stats()["billed"]
        assert counts() == [first, 56, 56]
        with pytest.raises(UserError, match="the budget is spent"):
            build(server, {"samples": 2}, max_tokens_total=1000)
        billed = server.stats()["billed"]
        in_store, complete, attempts = counts()
        assert (in_store, attempts) == (billed, 112)
        assert 56 < complete < 112
        monkeypatch.setenv(VARIABLE, str(tmp_path / "empty"))
        assert counts() == [first, 56, 112], "the chains of the last build that ended know as much"
        assert server.stats()["billed"] == billed
    assert not (tmp_path / "empty").exists()


def test_more_samples_and_longer_chains_reuse_all_that_is_there(build, known):
    with serving(problems=known) as server:
        few, _ = build(server, {"samples": 1, "max_steps": 2})
        before = server.stats()["billed"]
        more, _ = build(server, {"samples": 3, "max_steps": 16})
        after = server.stats()
    asked = {key for row in more for key in row["requests"]}
    assert {key for row in few for key in row["requests"]} < asked
    assert after["billed"] == after["requests"] == len(asked) > before


def test_other_sampling_asks_anew(build, known):
    with serving(problems=known) as server:
        build(server, {"samples": 1})
        before = server.stats()["billed"]
        build(server, {"samples": 1}, temperature=0.1)
        assert server.stats()["billed"] == 2 * before


@pytest.fixture
def divide(monkeypatch):
    """Changes a function of the task, as an edit of its file would."""
    functions = load_functions(TASK, ["arithmetic"])._functions

    def change(**changes):
        monkeypatch.setitem(functions, "divide", replace(functions["divide"], **changes))

    return change


def after_divide(rows):
    """Keys of the completions of steps before which a chain has called `divide`."""
    for row in rows:
        called = [str(step["call"]).startswith("divide(") for step in row["steps"]]
        yield from (key for place, key in enumerate(row["requests"]) if any(called[:place]))


def test_a_changed_function_asks_anew_from_the_first_step_at_which_its_result_differs(build, known, divide):
    with serving(problems=known) as server:
        rows, _ = build(server)
        before = server.stats()["billed"]
        divide(body=lambda a, b: a / b + 1)
        in_store, complete, attempts = chains.foresee(TASK).values()
        again, _ = build(server)
        asked = server.stats()["billed"] - before
    anew = set(after_divide(again))
    assert asked == len(anew) > 0
    assert {key for row in rows for key in row["requests"]} & anew == set()
    assert in_store == sum(key not in anew for row in again for key in row["requests"])
    assert 0 < complete < attempts


def test_a_changed_description_asks_everything_anew(build, known, divide):
    with serving(problems=known) as server:
        build(server, {"samples": 1})
        before = server.stats()["billed"]
        divide(description="Another text.")
        assert list(chains.foresee(TASK).values()) == [0, 0, 56]
        build(server, {"samples": 1})
        assert server.stats()["billed"] == 2 * before


def test_a_server_that_often_fails_loses_nothing(build, known):
    with serving(problems=known, faults=0.4) as server:
        rows, _ = build(server, timeout=0.3, tries=60, in_flight=32)
        stats = server.stats()
    assert len(rows) == 56 * 2
    assert stats["most"] == 1
    assert stats["billed"] == stats["requests"] == len({key for row in rows for key in row["requests"]})
    assert set(stats["faults"]) == {"429", "500", "hang", "reset", "garbage"}


@pytest.mark.parametrize(
    ("fault", "message", "tries"),
    [
        ("401", "status 401.*the key is wrong or missing; set the environment variable `OPENAI_API_KEY`", 1),
        ("404", "status 404.*check `base_url` and `model`", 1),
        ("400", "status 400.*mend what it names", 1),
        ("402", "status 429.*insufficient_quota", 1),
        ("429", "no usable answer in 2 tries .the last one: status 429", 2),
        ("500", "no usable answer in 2 tries .the last one: status 500", 2),
        ("garbage", "no usable answer in 2 tries .the last one: not JSON", 2),
        ("empty", "no usable answer in 2 tries .the last one: the answer has no choices", 2),
        ("error", "no usable answer in 2 tries .the last one: the server reports an error", 2),
        ("truncated", "no usable answer in 2 tries .the last one: ", 2),
        ("reset", "no usable answer in 2 tries .the last one: ", 2),
        ("hang", "no usable answer in 2 tries .the last one: TimeoutError", 2),
    ],
)
def test_every_failure_has_its_rule_and_none_shows_the_key(build, fault, message, tries):
    with serving(always=fault) as server:
        with pytest.raises(UserError, match=message) as error:
            build(server, {"samples": 1}, tries=2, in_flight=1, timeout=0.3)
        assert server.stats()["tries"] == tries
    assert KEY not in str(error.value)
    assert len(str(error.value)) < 600


def test_an_answer_that_a_content_filter_cut_is_a_step_and_asked_for_once(build):
    with serving(always="filter") as server:
        rows, _ = build(server, {"samples": 1, "max_steps": 2})
        assert server.stats()["tries"] == 2 * len(rows)
    assert {(step["completion"], step["error"]) for row in rows for step in row["steps"]} == {("", "malformed")}


def test_the_next_try_comes_when_the_server_asks_for_it(build, known):
    with serving(problems=known, faults=0.2, kinds=["429"]) as server:
        build(server, {"samples": 1}, pause=600.0, tries=20)
        stats = server.stats()
    assert stats["faults"]["429"] > 0
    assert stats["billed"] == stats["requests"]


@pytest.mark.parametrize("usage", [None, [], "many", {"prompt_tokens": "x", "completion_tokens": None}])
@pytest.mark.parametrize(
    ("message", "text"),
    [
        ({"content": "stop(answer=1)"}, "stop(answer=1)"),
        ({"content": [{"type": "text", "text": "stop("}, {"text": "answer=1)"}, 7]}, "stop(answer=1)"),
        ({"content": None}, ""),
        ({}, ""),
        ({"tool_calls": [{"function": {"name": "a", "arguments": "{}"}}]}, '{"name": "a", "arguments": "{}"}'),
    ],
)
def test_whatever_an_answer_holds_is_read(message, text, usage):
    teacher = OpenaiCompatibleTeacher(OpenaiCompatibleParameters(**parameters()["teachers"]["openai_compatible"]), 0)
    completion = teacher.read(json.dumps({"choices": [{"message": message}], "usage": usage}))
    assert (completion.text, completion.prompt_tokens, completion.completion_tokens) == (text, 0, 0)


def test_nobody_there_is_said(build, known):
    with serving() as server:
        pass
    with pytest.raises(UserError, match=r"no usable answer in 2 tries .*what was answered is kept"):
        build(server, tries=2)


@pytest.mark.parametrize(
    ("limit", "said"),
    [({"max_tokens_total": 1100}, "max_tokens_total"), ({"max_cost": 0.001}, "max_cost")],
)
def test_a_spent_budget_stops_cleanly_and_the_next_run_goes_on(build, known, tmp_path, limit, said):
    prices = {"prices": {"prompt": 0.9, "completion": 1.0}}
    with serving(problems=known) as server:
        with pytest.raises(UserError, match=f"the budget is spent: .*`{said}`.; all of it is kept"):
            build(server, **limit, **prices)
        stopped = server.stats()["billed"]
        assert 10 <= stopped <= 10 + 8 + 1
        assert len(Store(tmp_path / "store")) == stopped
        rows, _ = build(server, **prices)
        stats = server.stats()
    assert stats["billed"] == stats["requests"] == len({key for row in rows for key in row["requests"]})


def test_after_a_clone_the_store_is_seeded_from_the_chains(build, known, monkeypatch, tmp_path):
    with serving(problems=known) as server:
        build(server, {"samples": 1})
        monkeypatch.setenv(VARIABLE, str(tmp_path / "empty"))
        before = server.stats()["billed"]
        rows, _ = build(server, {"samples": 2})
        assert server.stats()["billed"] == len({key for row in rows for key in row["requests"]}) > before


RUN = f"""
import signal, sys
from stages.__main__ import main
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may have inherited none
sys.exit(main(["chains", "{TASK}"]))
"""


@pytest.fixture
def run_beside(built, tmp_path):
    """Starts the stage `chains` in a process of its own; all of them share a store."""

    def start(server, name):
        folder = shutil.copytree(built, tmp_path / name)
        teacher = {"base_url": server.url, "model": "m"}
        values = {"chains": {"teacher": "openai_compatible"}, "teachers": {"openai_compatible": teacher}}
        lay_out(folder, overlaid(parameters(), values))
        variables = {**os.environ, VARIABLE: str(tmp_path / "store"), "PYTHONPATH": str(ROOT)}
        return subprocess.Popen([sys.executable, "-c", RUN], cwd=folder, env=variables)

    return start


def test_of_two_runs_at_once_one_asks_and_both_read_the_same(run_beside, known, tmp_path):
    with serving(problems=known, latency=0.01) as server:
        running = [run_beside(server, name) for name in "ab"]
        assert [process.wait() for process in running] == [0, 0]
        stats = server.stats()
    first, second = ((tmp_path / name / "data/chains/math.jsonl").read_bytes() for name in "ab")
    assert first == second
    assert len(Store(tmp_path / "store")) == stats["billed"] == stats["tries"]


def test_what_a_run_has_asked_for_another_one_asks_for_only_when_that_is_killed(run_beside, known):
    with serving(problems=known, always="hang") as server:
        first = run_beside(server, "a")
        await_tries(server, 16)
        second = run_beside(server, "b")
        time.sleep(3)
        assert server.stats()["tries"] == 16
        first.kill()
        await_tries(server, 32)
        assert server.stats()["requests"] == 16
        second.kill()
    assert [process.wait() for process in (first, second)] == [-signal.SIGKILL] * 2


def test_an_interrupt_asks_for_nothing_more_and_keeps_what_has_been_asked_for(run_beside, known, tmp_path):
    with serving(problems=known, latency=1.0) as server:
        running = run_beside(server, "a")
        await_tries(server, 17)
        running.send_signal(signal.SIGINT)
        assert running.wait() == 130
        stats = server.stats()
    assert len(Store(tmp_path / "store")) == stats["billed"] == stats["tries"] <= 32


def await_tries(server, count):
    until = time.monotonic() + 60
    while server.stats()["tries"] < count:
        assert time.monotonic() < until
        time.sleep(0.05)


def test_the_key_is_in_no_file(build, known, tmp_path):
    with serving(problems=known) as server:
        build(server, {"samples": 1})
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and KEY.encode() in path.read_bytes()]
