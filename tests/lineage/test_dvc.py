"""With the real `dvc`: edits rerun exactly what depends on them, and no result is recorded under other code's key."""

import sys
import time
from pathlib import Path

import pytest

from tests.lineage.dvc import Project, ran

EVERYTHING = {"fingerprint", "make@a", "make@b", "total"}


def wait_for(path: Path) -> None:
    """Waits until a file appears."""
    deadline = time.monotonic() + 120
    while not path.exists():
        assert time.monotonic() < deadline, f"{path} did not appear"
        time.sleep(0.05)


def test_edits_rerun_exactly_what_depends_on_them(project: Project):
    assert project.repro() == set()
    project.replace("common.py", "'''Writes a text.'''", "'''Writes a short text.'''  # as it is")
    project.replace("parts/unused.py", "u1", "u2")
    assert project.repro() == {"fingerprint"}
    project.replace("parts/a.py", "a1", "a2")
    assert project.repro() == {"fingerprint", "make@a", "total"}
    assert (project.folder / "total.txt").read_text() == "a2 b1"
    project.replace("total.py", '" ".join', '"-".join')
    assert project.repro() == {"fingerprint", "total"}
    assert (project.folder / "total.txt").read_text() == "a2-b1"


@pytest.mark.parametrize("arguments", [["-s", "total"], ["--downstream", "total"], ["-s", "-f", "total"]], ids=" ".join)
def test_a_run_that_skips_the_fingerprints_is_refused(project: Project, arguments: list[str]):
    project.replace("total.py", '" ".join', '"-".join')
    (project.folder / "out/a.txt").write_text("by hand")
    done = project.dvc("repro", *arguments)
    assert done.returncode != 0
    assert "run plain `dvc repro`" in done.stderr
    assert "Traceback" not in done.stderr
    assert "total" in project.repro()
    assert (project.folder / "total.txt").read_text() == "a1-b1"


def test_a_result_of_code_that_was_edited_while_it_ran_is_dropped(project: Project):
    project.replace("parts/a.py", "a1", "a2")
    (project.folder / "hold").touch()
    running = project.start("repro")
    wait_for(project.folder / "held")
    project.replace("parts/a.py", "a2", "a3")
    (project.folder / "hold").unlink()
    output, _ = running.communicate(timeout=60)
    assert running.returncode != 0
    assert "`parts.a` was edited while stage `make@a` ran" in output
    assert ran(output) == {"fingerprint", "make@a"}
    assert project.repro() == {"fingerprint", "make@a", "total"}
    assert (project.folder / "total.txt").read_text() == "a3 b1"
    project.replace("parts/a.py", "a3", "a2")
    assert project.repro() == {"fingerprint", "make@a", "total"}  # nothing in the run cache for what was dropped
    assert (project.folder / "total.txt").read_text() == "a2 b1"


def test_a_changed_pin_reruns_only_what_uses_the_library(project: Project):
    project.replace("total.py", "def join(", "import yaml\n\ndef join(")
    project.replace("total.py", "Path(path).read_text()", "str(yaml.safe_load(Path(path).read_text()))")
    assert project.repro() == {"fingerprint", "total"}
    lock = project.folder / "requirements.lock"
    lock.write_text(lock.read_text().replace("PyYAML==6.0", "PyYAML==5.0"))
    done = project.dvc("repro")
    assert done.returncode == 0, done.stdout + done.stderr
    assert ran(done.stdout) == {"fingerprint", "total"}
    said = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("warning: ")]
    assert len(said) == 1
    assert "pyyaml" in said[0] and "5.0" in said[0]


def test_old_code_brings_its_old_result_back_from_the_run_cache(project: Project):
    project.replace("parts/a.py", "a1", "a2")
    project.repro()
    project.replace("parts/a.py", "a2", "a1")
    done = project.dvc("repro")
    assert ran(done.stdout) == {"fingerprint", "total"}  # the total is not cached
    assert (project.folder / "total.txt").read_text() == "a1 b1"


def test_a_computed_import_must_be_among_the_stages_parameters(project: Project):
    path = project.folder / "dvc.yaml"
    path.write_text(path.read_text().replace(', "parts.${item.item}"', ""))
    done = project.dvc("repro", "-f")
    assert done.returncode != 0
    assert "stage `make@a` imports `parts.*` by a computed name" in done.stderr


def test_by_hand_nothing_is_guarded(project: Project):
    project.replace("total.py", '" ".join', '"-".join')
    done = project.run(sys.executable, "-m", "stages.lineage", "run", "toy.total")
    assert done.returncode == 0
    assert (project.folder / "total.txt").read_text() == "a1-b1"
