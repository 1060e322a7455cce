import os
import re
import signal
import subprocess
import sys
import time
from ast import literal_eval
from concurrent.futures import ThreadPoolExecutor

import psutil
import pytest

from stages.agent import worker
from stages.agent.calls import Call
from stages.agent.error_types import CallError, ErrorType
from stages.agent.functions import FunctionSet
from tests.agent.heavy import CALLS, FUNCTIONS
from tests.clone import clone, dvc
from tests.workspace import ROOT

pytestmark = pytest.mark.skipif(os.name != "posix", reason="limits of processes are POSIX")
QUICK = worker.Limits(computing=1, seconds=2, memory=1 << 28)


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """Makes all workers of a test fresh ones that are given little."""
    monkeypatch.setattr(worker, "LIMITS", QUICK)
    monkeypatch.setattr(worker, "_idle", {})


def execute(name, **arguments):
    return FUNCTIONS.execute(Call(name, arguments), FUNCTIONS.state())


def process():
    return literal_eval(execute("process"))


def failure(name, **arguments):
    with pytest.raises(CallError) as caught:
        execute(name, **arguments)
    return caught.value.error, str(caught.value)


def test_calls_run_in_one_other_process_and_only_the_example_here():
    (first, before), (second, after) = process(), process()
    assert first == second != os.getpid()
    assert after == before + 1
    assert CALLS == ["process"]
    assert execute("power", base=3, exponent=4) == "81"
    assert execute("repeat", text="é\n", count=2) == "é\né\n"


@pytest.mark.parametrize(
    ("how", "error", "message"),
    [
        ("answer", ErrorType.WRONG_ARGUMENT, "No, not so."),
        ("error", ErrorType.EXECUTION_ERROR, "fail failed: nothing there"),
        ("silence", ErrorType.EXECUTION_ERROR, "fail failed: RecursionError"),
    ],
)
def test_what_the_body_raises_is_answered_by_a_worker_that_stays(how, error, message):
    before, _ = process()
    assert failure("fail", how=how) == (error, message)
    assert process()[0] == before


@pytest.mark.parametrize(
    ("name", "arguments", "reason"),
    [
        ("power", {"base": 9, "exponent": 9**9}, "it took too long; ask for something smaller"),
        ("wait", {"seconds": 10**6}, "it took too long; ask for something smaller"),
        ("repeat", {"text": "a", "count": 10**12}, "it took too much memory; ask for something smaller"),
        ("repeat", {"text": "a", "count": 2 * QUICK.memory}, "it took too much memory; ask for something smaller"),
        ("fail", {"how": "abort"}, "it crashed; ask for something else"),
        ("fail", {"how": "exit"}, "it crashed; ask for something else"),
    ],
)
def test_a_killed_worker_costs_its_call_and_nothing_else(name, arguments, reason):
    before, _ = process()
    error = failure(name, **arguments)
    assert error == (ErrorType.EXECUTION_ERROR, f"{name} failed: {reason}")
    after, calls = process()
    assert (after != before, calls) == (True, 2), "the example is the first call of every process"
    assert not psutil.pid_exists(before)
    assert execute("power", base=2, exponent=5) == "32"


def test_time_and_memory_are_counted_anew_for_every_call():
    before, _ = process()
    for _ in range(6):
        assert execute("wait", seconds=0.4) == "done"
        assert failure("repeat", text="a", count=QUICK.memory // 2)[1].startswith(
            "repeat failed: the result is too long"
        )
    assert process()[0] == before


def test_a_worker_that_somebody_killed_meanwhile_is_replaced():
    before, _ = process()
    os.kill(before, signal.SIGKILL)
    time.sleep(0.2)
    assert process()[0] != before


def test_every_thread_has_a_worker_of_its_own_and_no_more_are_started():
    with ThreadPoolExecutor(4) as pool:
        results = pool.map(lambda number: execute("power", base=number, exponent=2), range(40))
        assert list(results) == [str(number**2) for number in range(40)]
        slow = [pool.submit(execute, "wait", seconds=10**6) for _ in range(2)]
        quick = [pool.submit(process) for _ in range(6)]
        assert len({pool_process.result()[0] for pool_process in quick}) <= 4
        assert all("took too long" in str(item.exception()) for item in slow)
    assert len(worker._idle[os.getpid()]) <= 4


def test_a_fork_starts_workers_of_its_own():
    before, _ = process()
    reader, writer = os.pipe()
    if (child := os.fork()) == 0:
        os.write(writer, str(process()[0]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    assert int(os.read(reader, 20)) != before
    assert process()[0] == before


SCRIPT = """
import os, signal
from stages.agent import worker
from tests.agent.heavy import FUNCTIONS
worker.LIMITS = worker.Limits(computing=1, seconds=2)
call = {function.name: function.body for function in FUNCTIONS}
signal.signal(signal.SIGINT, signal.default_int_handler)  # what runs in the background may have inherited none
print(call["process"](), flush=True)
input()
"""


def started(*lines):
    """Starts a program that calls limited functions; returns it and the processes that it has started."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    command = [sys.executable, "-c", SCRIPT + "\n".join(lines)]
    program = subprocess.Popen(command, cwd=ROOT, start_new_session=True, **pipes)
    first = literal_eval(program.stdout.readline().decode())[0]
    family = psutil.Process(program.pid).children(recursive=True)
    assert first in [member.pid for member in family]
    program.stdin.write(b"\n")
    program.stdin.flush()
    return program, family


@pytest.mark.parametrize("end", ["", "os._exit(0)", "raise KeyError", "call['fail'](how='exit')"])
def test_no_process_is_left_behind(end):
    program, family = started(end)
    program.communicate(timeout=20)
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_no_process_outlives_a_killed_parent_for_longer_than_a_call_may_take():
    program, family = started("call['wait'](seconds=1000000)")
    time.sleep(0.3)
    program.kill()
    program.communicate(timeout=20)
    assert not psutil.wait_procs(family, timeout=10)[1]


def test_an_interrupt_reaches_the_caller_alone():
    body = "try: print('going', flush=True); [call['wait'](seconds=1) for _ in range(20)]"
    program, family = started(body, "except KeyboardInterrupt: print('stopped')")
    assert program.stdout.readline() == b"going\n"
    time.sleep(0.3)
    os.killpg(program.pid, signal.SIGINT)  # as a terminal does
    shown, errors = program.communicate(timeout=20)
    assert (shown, errors) == (b"stopped\n", b"")
    assert not psutil.wait_procs(family, timeout=5)[1]


def test_what_a_worker_cannot_run_is_refused_at_once():
    def inner(number: int) -> int:
        """Take a number."""
        return number

    def stateful(state: dict, number: int) -> int:
        """Take a number."""
        return number

    for body, message in (
        (inner, "must stand at the top level of a module"),
        (stateful, "`stateful` cannot be limited"),
    ):
        with pytest.raises(TypeError, match=rf"test_worker\.py:{body.__code__.co_firstlineno}: .*{message}"):
            FunctionSet().register(f"{body.__name__}(1)", limited=True)(body)


def test_limited_functions_work_in_a_stage_under_dvc(tmp_path):
    folder = clone(tmp_path / "clone")
    dvc(folder, "repro", "problems@math")
    problems = (folder / "data/problems/math/test.jsonl").read_bytes()
    file = folder / "stages/tasks/math/functions/arithmetic.py"
    code = file.read_text(encoding="utf-8").replace('b=3)")', 'b=3)", limited=True)')
    told = "import os, sys; print('pid', os.getpid(), file=sys.stderr); return bounded(a + b)"
    file.write_text(code.replace("return bounded(a + b)", told), encoding="utf-8")
    shown = dvc(folder, "repro", "problems@math")
    assert len(set(re.findall(r"^pid (\d+)$", shown, re.MULTILINE))) == 2, "the example here, the calls in a worker"
    assert (folder / "data/problems/math/test.jsonl").read_bytes() == problems
    assert not [item for item in psutil.process_iter(["cwd"]) if item.info["cwd"] == str(folder)]
