"""What exact rebuilds cost in CPU time: a run with nothing to do, the stage `fingerprint`, and the guard of a stage."""

import resource
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import yaml

from stages.lineage import read_project
from stages.lineage.cache import cache_of
from tests.clone import clone, dvc, environment

RUNS = 7
FINGERPRINT = ("-m", "stages", "fingerprint")
GUARD = "from stages.lineage import guard, read_project\nwith guard(read_project(), 'report'): pass"


def measure():
    """Returns rows for the graph of the smoke preset, built once; what is compared runs in turns."""
    with tempfile.TemporaryDirectory() as temporary:
        folder = clone(Path(temporary) / "project")
        dvc(folder, "repro", "--quiet")
        whole = (folder / "dvc.yaml").read_text(encoding="utf-8")
        ways = {
            "whole": lambda: _repro(folder, whole),
            "bare": lambda: _repro(folder, _without_fingerprints(whole)),
            "afresh": lambda: _afresh(folder),
            "kept": lambda: _python(folder, *FINGERPRINT),
            "guard": lambda: _python(folder, "-c", GUARD),
            "start": lambda: _python(folder, "-c", "import json"),
        }
        spent = dict.fromkeys(ways, 0.0)
        for _ in range(RUNS):
            for name, way in ways.items():
                spent[name] += way() / RUNS
    return [
        _row("a run with nothing to do, against one without `fingerprint`", spent["whole"], spent["bare"]),
        _row("`fingerprint` with nothing kept, against starting Python", spent["afresh"], spent["start"]),
        _row("`fingerprint` with all kept, against starting Python", spent["kept"], spent["start"]),
        _row("the guard of the report, against starting Python", spent["guard"], spent["start"]),
    ]


def _row(name, ours, other):
    return {"name": name, "ours": ours, "other": other, "ratio": ours / other, "unit": "CPU seconds"}


def _without_fingerprints(text):
    content = yaml.safe_load(text)
    del content["stages"]["fingerprint"]
    return yaml.safe_dump(content, sort_keys=False)


def _repro(folder, pipeline):
    (folder / "dvc.yaml").write_text(pipeline, encoding="utf-8")
    return _spent(folder, str(Path(sys.executable).with_name("dvc")), "repro", "--quiet")


def _afresh(folder):
    shutil.rmtree(cache_of(read_project(folder)).folder)
    return _python(folder, *FINGERPRINT)


def _python(folder, *arguments):
    return _spent(folder, sys.executable, *arguments)


def _spent(folder, *command):
    """Returns the CPU seconds of a command and of all that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, env=environment(loaded=False), check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
