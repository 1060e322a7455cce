"""Chains from a server: against the ideal of its latency, and again from the completion store."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from stages import chains, problems
from stages.completions.store import VARIABLE
from tests.server import serving
from tests.workspace import ROOT, lay_out, overlaid, parameters

TASK, LATENCY, IN_FLIGHT, PROBLEMS, SAMPLES = "math", 0.05, 64, 1000, 5
FEW, MANY = 1_000, 50_000


def measure():
    """Returns rows: steps a second against the ideal and anew from the store; memory for few and many chains."""
    with tempfile.TemporaryDirectory() as place:
        os.environ[VARIABLE] = f"{place}/store"
        os.chdir(lay_out(Path(place) / "workspace", settings(PROBLEMS)))
        try:
            problems.run(TASK)
            return [*_speed(), _faults(), _memory()]
        finally:
            os.chdir(ROOT)


def settings(count, samples=SAMPLES, url="http://127.0.0.1:1/v1"):
    served = {"base_url": url, "model": "m", "in_flight": IN_FLIGHT}
    sizes = {"train": count, "validation": 1, "test": 1}
    changes = {"chains": {"teacher": "openai_compatible", "samples": samples}, "problems": {TASK: {"splits": sizes}}}
    return overlaid(parameters(), changes | {"teachers": {"openai_compatible": served}})


def _speed():
    with serving(latency=LATENCY, problems=[str(Path(f"data/problems/{TASK}/train.jsonl").resolve())]) as server:
        lay_out(Path(), settings(PROBLEMS, url=server.url))
        asked, took = _timed()
        stats = server.stats()
    assert stats["billed"] == stats["requests"]
    ideal = IN_FLIGHT / LATENCY
    yield _row(
        "steps of 64 chains in flight, 50 ms latency, against the ideal", stats["billed"] / took, ideal, "steps/s"
    )
    steps, again = _timed()
    assert steps == asked
    yield _row("steps from the store, against those from the server", steps / again, asked / took, "steps/s")


def _faults():
    """1,000 chains from a server that fails in five ways, each in one request of five that are left by the others."""
    with serving(faults=1 - 0.8**5, problems=[str(Path(f"data/problems/{TASK}/train.jsonl").resolve())]) as server:
        patient = {"timeout": 1.0, "pause": 0.01, "tries": 100}
        changes = {"chains": {"samples": 1}, "teachers": {"openai_compatible": patient}}
        lay_out(Path(), overlaid(settings(PROBLEMS, url=server.url), changes))
        _timed()
        stats = server.stats()
    finished = Path(f"data/chains/{TASK}.jsonl").read_text("utf-8").count("\n")
    assert finished == PROBLEMS + 1
    assert stats["billed"] == stats["requests"]
    print(f"{finished} chains; {stats['tries']} tries of {stats['requests']} requests; failed: {stats['faults']}")
    return _row(
        "answers that were paid for, against requests, under faults", stats["billed"], stats["requests"], "answers"
    )


def _timed():
    began = time.perf_counter()
    chains.run(TASK)
    took = time.perf_counter() - began
    return sum(line.count('"completion": ') for line in Path(f"data/chains/{TASK}.jsonl").open()), took


def _memory():
    few, many = (_peak(count) for count in (FEW, MANY))
    return _row(f"memory at most, {MANY:,} chains against {FEW:,}", many, few, "MB")


def _peak(count):
    """Returns the most memory of a process that writes chains with answers that come at once, in MB."""
    command = [sys.executable, "-m", "tests.benchmarks.teachers", str(count // PROBLEMS)]
    return float(subprocess.run(command, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=True, stdout=-1).stdout)


class Instant:
    """A server that always knows the next call."""

    async def post(self, body, *_):
        done = sum(message["role"] == "assistant" for message in body["messages"])
        text = "stop(answer=1)" if done == 5 else f"add(a={done}, b=1)"
        return '{"choices": [{"message": {"content": "' + text + '"}}]}'

    def stop(self):
        pass

    async def close(self):
        pass


def main(samples):
    """Runs the stage and prints the most memory that it took."""
    from stages.teachers import openai_compatible

    openai_compatible.Endpoint = lambda *_: Instant()
    lay_out(Path(), settings(PROBLEMS, samples))
    with contextlib.redirect_stdout(io.StringIO()):
        chains.run(TASK)
    status = Path("/proc/self/status").read_text("utf-8")
    print(int(re.search(r"VmHWM:\s+(\d+)", status)[1]) / 1024)


def _row(name, ours, other, unit):
    return {"name": name, "ours": ours, "other": other, "ratio": ours / other, "unit": unit}


if __name__ == "__main__":
    main(int(sys.argv[1]))
