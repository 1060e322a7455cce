"""Experiments, clones and runs side by side: never a result under the key of other code."""

import json
import subprocess
import sys

import pytest

from tests.lineage.dvc import Project, ran
from tests.lineage.test_dvc import wait_for


def _metrics(project: Project, revision: str) -> str:
    """Returns the total that an experiment reached."""
    return project.run("git", "show", f"{revision}:total.txt").stdout


def _experiments(project: Project) -> dict[str, str]:
    """Returns each experiment's name and the total it reached."""
    shown = json.loads(project.dvc("exp", "show", "--json").stdout)
    found = [rev for row in shown for exp in row.get("experiments") or [] for rev in exp["revs"]]
    return {each["name"]: _metrics(project, each["rev"]) for each in found}


def test_an_experiment_in_a_folder_of_its_own(project: Project):
    project.replace("parts/a.py", "a1", "a2")
    done = project.dvc("exp", "run", "--temp", "-n", "edited")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _experiments(project) == {"edited": "a2 b1"}
    assert (project.folder / "total.txt").read_text() == "a1 b1"
    assert project.repro() == {"fingerprint", "total"}  # `make@a` comes from the experiment: the run cache is one
    assert (project.folder / "total.txt").read_text() == "a2 b1"


def test_queued_experiments_run_the_code_they_were_queued_with(project: Project):
    for edit in ("a2", "a3"):
        text = (project.folder / "toy/parts/a.py").read_text()
        project.write({"parts/a.py": text.replace(text.split("'")[1], edit)})
        assert project.dvc("exp", "run", "--queue", "-n", edit).returncode == 0
    quiet = subprocess.DEVNULL  # the workers live on for a while, and would hold a pipe open
    command = [sys.executable, "-m", "dvc", "exp", "run", "--run-all", "-j", "2"]
    assert project.run(*command, capture_output=False, stdout=quiet, stderr=quiet).returncode == 0
    project.dvc("queue", "stop")
    assert _experiments(project) == {"a2": "a2 b1", "a3": "a3 b1"}


def test_a_fresh_clone_reruns_nothing_and_pulls_what_it_needs(
    project: Project, tmp_path_factory: pytest.TempPathFactory
):
    remote = tmp_path_factory.mktemp("remote")
    project.dvc("remote", "add", "-d", "store", str(remote))
    assert project.dvc("push").returncode == 0
    project.commit()
    folder = tmp_path_factory.mktemp("clones") / "clone"
    project.run("git", "clone", "-q", str(project.folder), str(folder), check=True)
    clone = Project(folder)
    done = clone.dvc("repro", "--pull", "--allow-missing")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == set()
    assert not (folder / "out/b.txt").exists()
    clone.replace("total.py", '" ".join', '"-".join')
    done = clone.dvc("repro", "--pull", "--allow-missing")
    assert ran(done.stdout) == {"fingerprint", "total"}
    assert (folder / "total.txt").read_text() == "a1-b1"


def test_two_runs_in_one_workspace(project: Project):
    """The second is refused, or waits, or runs: what is recorded is right in any case."""
    project.replace("parts/a.py", "a1", "a2")
    (project.folder / "hold").touch()
    first = project.start("repro")
    wait_for(project.folder / "held")
    project.replace("parts/b.py", "b1", "b2")
    second = project.start("repro")
    (project.folder / "hold").unlink()
    first.communicate(timeout=120)
    second.communicate(timeout=120)
    project.repro()
    assert (project.folder / "total.txt").read_text() == "a2 b2"
    for name, value in (("a", "a2"), ("b", "b2")):
        assert (project.folder / f"out/{name}.txt").read_text() == value
    project.replace("parts/b.py", "b2", "b1")
    project.repro()
    assert (project.folder / "total.txt").read_text() == "a2 b1"
    assert project.repro() == set()


def test_forced_runs_are_recorded_under_the_right_code(project: Project):
    project.replace("parts/a.py", "a1", "a2")
    assert project.repro("-f") == {"fingerprint", "make@a", "make@b", "total"}
    assert (project.folder / "total.txt").read_text() == "a2 b1"
    assert project.repro() == set()
