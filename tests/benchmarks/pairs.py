"""The stage `pairs`: verified pairs a minute against what is promised, chains that grow, and memory."""

import json
import os
import tempfile
import time
import tracemalloc
from contextlib import chdir, redirect_stdout
from io import StringIO
from pathlib import Path
from unittest import mock

from stages import pairs
from stages.__main__ import main
from stages.completions.store import VARIABLE
from stages.fingerprint import run as write_fingerprints
from tests.workspace import ROOT, lay_out, overlaid, parameters, pretend_attempts

PROMISED = {"math": 20_000, "fol": 5_000}  # verified step pairs a minute on one core
PROBLEMS, EVERY, TIMES = 300, 100, 10


def measure():
    """Returns rows: pairs a minute, problems a second when one chain in a hundred is new, memory for more chains."""
    rows = []
    for task, promised in PROMISED.items():
        with tempfile.TemporaryDirectory() as folder, _workspace(Path(folder), task):
            fresh, count = _cpu(task), _pairs(task)
            rows.append(_row(f"verified pairs, {task}", 60 * count / fresh, promised, "pairs per CPU-minute"))
            with mock.patch.dict(os.environ, {"DVC_STAGE": f"pairs@{task}", VARIABLE: folder}):
                _cpu(task)
                _grow(task)
                again = _cpu(task)
            problems = PROBLEMS + PROBLEMS // 3
            name = f"pairs of {task} after 1 % of the problems have more chains"
            rows.append(_row(name, problems / again, problems / fresh, "problems per CPU-second"))
    return [*rows, _memory("math")]


def _row(name, ours, other, unit):
    return {"name": name, "ours": ours, "other": other, "ratio": ours / other, "unit": unit}


def _workspace(folder, task, problems=PROBLEMS):
    sizes = {"splits": {"train": problems, "validation": problems // 3, "test": problems // 3}}
    lay_out(folder, overlaid(parameters(), {"problems": {task: sizes}}))
    for name in ("stages", "dvc.yaml", "requirements.lock", "requirements-llama.lock"):
        (folder / name).symlink_to(ROOT / name)
    inside = chdir(folder)
    with inside, redirect_stdout(StringIO()):
        write_fingerprints()
        for stage in ("problems", "chains"):
            assert main([stage, task]) == 0
        pretend_attempts(task)
    return inside


def _cpu(task):
    begun = time.process_time()
    with redirect_stdout(StringIO()):
        pairs.run(task)  # without the launcher, whose guard takes as long whatever there is to do
    return time.process_time() - begun


def _pairs(task):
    return sum(len(path.read_text().splitlines()) for path in Path(f"data/pairs/{task}").iterdir())


def _grow(task):
    """Adds a wrong chain to one problem in a hundred."""
    path, last, kept = Path(f"data/chains/{task}.jsonl"), None, []
    for line in path.read_text().splitlines():
        row = json.loads(line)
        if last and row["problem_id"] != last["problem_id"] and int(last["problem_id"].rpartition("-")[2]) % EVERY == 0:
            kept.append(json.dumps({**last, "outcome": "malformed", "steps": [{"completion": "What?"}]}))
        kept.append(line)
        last = row
    path.write_text("\n".join(kept) + "\n")


def _memory(task):
    with tempfile.TemporaryDirectory() as folder, _workspace(Path(folder), task, 90):
        few = _peak(task)
        path = Path(f"data/chains/{task}.jsonl")
        path.write_text("".join(line * TIMES for line in path.read_text().splitlines(keepends=True)))
        return _row(f"memory of the pairs of {TIMES} times the chains", _peak(task), few, "MB")


def _peak(task):
    _cpu(task)
    tracemalloc.start()
    _cpu(task)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak / 1e6
