"""Memory of the stage `chains` for few and for many chains: a row is written before the next is there."""

import contextlib
import io
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from stages import chains, problems
from stages.completions.store import VARIABLE
from tests.benchmarks.teachers import PROBLEMS, TASK, row, settings
from tests.workspace import ROOT, lay_out

FEW, MANY = 1_000, 50_000


def measure():
    """Returns a row: the most memory that a process takes, many chains against few."""
    with tempfile.TemporaryDirectory() as place, contextlib.chdir(lay_out(Path(place), settings(PROBLEMS))):
        problems.run(TASK)
        few, many = (_peak(count) for count in (FEW, MANY))
    return [row(f"memory at most, {MANY:,} chains against {FEW:,}", many, few, "MB")]


def _peak(count):
    """Returns the most memory of a process that writes chains with answers that come at once, in MB."""
    command = [sys.executable, "-m", "tests.benchmarks.memory", str(count // PROBLEMS)]
    variables = {**os.environ, "PYTHONPATH": str(ROOT), VARIABLE: f"store/{count}"}
    return float(subprocess.run(command, env=variables, check=True, stdout=subprocess.PIPE).stdout)


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


if __name__ == "__main__":
    main(int(sys.argv[1]))
