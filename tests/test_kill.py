"""Killed anywhere and run again, a build ends in the same bytes, and nothing is paid for twice."""

import os
import shutil
import signal
import subprocess
import time
from random import Random

import pytest
import yaml

from stages.completions.store import VARIABLE, Store
from tests.clone import clone, commit, environment
from tests.server import serving
from tests.workspace import overlaid, snapshot

OUTS = ("data", "models")
IN_FLIGHT = 4


def prepare(folder, port):
    """Makes a repository whose teacher is a local server's model; what nobody has to pay for is built."""
    clone(folder)
    path = folder / "params.yaml"
    served = {"base_url": f"http://127.0.0.1:{port}/v1", "model": "m", "in_flight": IN_FLIGHT}
    changes = {"tasks": ["math"], "chains": {"teacher": "openai_compatible"}, "adapter": {"logging_steps": 1}}
    values = overlaid(yaml.safe_load(path.read_text()), changes | {"teachers": {"openai_compatible": served}})
    path.write_text(yaml.safe_dump(values, sort_keys=False))
    commit(folder)
    subprocess.run(["dvc", "repro", "-q", "problems", "base"], cwd=folder, env=environment(loaded=False), check=True)


def repro(folder, store, limit=None):
    """Runs `dvc repro`, kills all of it after a time, and returns whether it ended before that."""
    log = folder.parent / f"{folder.name}.log"
    with log.open("a") as shown:
        process = subprocess.Popen(
            ["dvc", "repro", "evaluation"],
            cwd=folder,
            env={**environment(loaded=False), VARIABLE: str(store)},
            stdout=shown,
            stderr=shown,
            start_new_session=True,
        )
        try:
            assert process.wait(limit) == 0, log.read_text()[-3000:]
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            return False
    return True


def outs(folder):
    return {(name, path): content for name in OUTS for path, content in snapshot(folder / name).items()}


@pytest.mark.parametrize("kills", [3, pytest.param(20, marks=pytest.mark.slow)])
def test_a_build_that_is_killed_anywhere_goes_on_to_the_same_bytes(tmp_path, kills):
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    with serving() as server:  # the place of the server is part of what is asked
        port = int(server.url.split(":")[2].split("/")[0])
    prepare(whole, port)
    shutil.copytree(whole, killed, symlinks=True)
    options = {"port": port, "latency": 0.03, "problems": list(map(str, whole.glob("data/problems/math/*")))}
    with serving(**options):
        began = time.monotonic()
        repro(whole, tmp_path / "store")
        took = time.monotonic() - began
    random, lost, store = Random(kills), [], tmp_path / "other"
    with serving(**options) as server:
        while len(lost) < kills and not repro(killed, store, random.uniform(1, took * 0.6)):
            time.sleep(10 * options["latency"])  # what the server was about to bill is billed
            lost.append(server.stats()["distinct"] - len(Store(store)))
        repro(killed, store)
        stats = server.stats()
    assert lost
    expected, found = outs(whole), outs(killed)
    differing = {"/".join(map(str, name)) for name in expected | found if expected.get(name) != found.get(name)}
    assert not differing, f"after {len(lost)} kills other bytes, or none, in {sorted(differing)}"
    assert stats["requests"] > 0
    # What the server had billed and nobody had kept when the process was killed; mostly there is nothing of the kind.
    assert max(lost) <= IN_FLIGHT, "more is lost than was on its way"
    assert stats["distinct"] == stats["requests"]
    assert stats["billed"] - stats["distinct"] <= sum(lost), "what had been kept was paid for again"
