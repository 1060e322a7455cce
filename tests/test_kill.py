"""Killed anywhere and run again, a build ends in the same bytes, and nothing is paid for twice."""

import os
import signal
import subprocess
import time
from random import Random

import pytest
import yaml

from stages.completions.store import VARIABLE
from tests.clone import clone, commit, environment
from tests.server import serving
from tests.workspace import overlaid, snapshot

OUTS = ("data", "models")


def build(folder, port, store):
    """Makes a repository whose teacher is a local server's model."""
    clone(folder)
    path = folder / "params.yaml"
    served = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "m", "in_flight": 4}
    changes = {"tasks": ["math"], "chains": {"teacher": "openai_compatible"}, "adapter": {"logging_steps": 1}}
    values = overlaid(yaml.safe_load(path.read_text()), changes | {"teachers": {"openai_compatible": served}})
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    commit(folder)
    return {**environment(), VARIABLE: str(store)}


def repro(folder, variables, limit=None):
    """Runs `dvc repro`, kills all of it after a time, and returns whether it ended before that."""
    with (folder.parent / f"{folder.name}.log").open("a") as log:
        process = subprocess.Popen(
            ["dvc", "repro"], cwd=folder, env=variables, stdout=log, stderr=log, start_new_session=True
        )
        try:
            assert process.wait(limit) == 0, (folder.parent / f"{folder.name}.log").read_text()[-3000:]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    return True


def outs(folder):
    return {(name, path): content for name in OUTS for path, content in snapshot(folder / name).items()}


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_build_that_is_killed_anywhere_goes_on_to_the_same_bytes(tmp_path, kills):
    known = tmp_path / "problems"
    with serving() as server:  # the place of the server is part of what was asked
        port = int(server.url.split(":")[2].split("/")[0])
    with serving(port=port) as server:
        variables = build(tmp_path / "problems", port, tmp_path / "none")
        subprocess.run(["dvc", "repro", "-q", "problems"], cwd=known, env=variables, check=True)
    options = {"port": port, "latency": 0.03, "problems": list(map(str, known.glob("data/problems/math/*")))}
    with serving(**options):
        began = time.monotonic()
        repro(tmp_path / "whole", build(tmp_path / "whole", port, tmp_path / "store"))
        took = time.monotonic() - began
    random, done = Random(kills), 0
    variables = build(tmp_path / "killed", port, tmp_path / "other")
    with serving(**options) as server:
        while done < kills and not repro(tmp_path / "killed", variables, random.uniform(1, took * 0.6)):
            done += 1
        repro(tmp_path / "killed", variables)
        stats = server.stats()
    assert done > 0
    whole, killed = outs(tmp_path / "whole"), outs(tmp_path / "killed")
    differing = {"/".join(map(str, name)) for name in whole | killed if whole.get(name) != killed.get(name)}
    assert not differing, f"after {done} kills other bytes, or none, in {sorted(differing)}"
    assert stats["most"] == 1, "an answer was paid for twice"
    assert stats["billed"] == stats["requests"] > 0
