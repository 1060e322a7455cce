"""The product's own graph: every root is what it should be, and what a stage executes lies in its closure."""

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml

from stages.lineage import Fingerprint, Fingerprints, read_project
from stages.lineage.cache import Cache
from stages.lineage.fingerprints import matching
from stages.lineage.guard import check_declared, stage_keys
from stages.lineage.pipeline import Pipeline
from stages.lineage.snapshot import take_snapshot
from tests.lineage.dvc import REPOSITORY

TASKS = ("fol", "math")
TRACE = Path(__file__).with_name("trace_run.py")


def fingerprints(folder: Path) -> Fingerprints:
    return Fingerprints(take_snapshot(read_project(folder)), Cache(None))


def computed(folder: Path) -> dict[str, Fingerprint]:
    found = fingerprints(folder)
    return {key: found.of(key) for key in found.roots}


@pytest.fixture(scope="module")
def before() -> dict[str, Fingerprint]:
    return computed(REPOSITORY)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the product's code and configuration."""
    shutil.copytree(REPOSITORY / "stages", tmp_path / "stages", ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("pyproject.toml", "requirements.lock", "requirements-llama.lock", "dvc.yaml", "params.yaml"):
        shutil.copy(REPOSITORY / name, tmp_path / name)
    return tmp_path


def edit_functions(path: Path) -> None:
    """Changes every function of a file a little."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            node.body.append(ast.parse("assert True").body[0])
    path.write_text(ast.unparse(tree), encoding="utf-8")


def edit_all(pattern: str, edit: Callable[[Path], None] = edit_functions) -> Callable[[Path], None]:
    def apply(folder: Path) -> None:
        paths = [path for path in folder.glob(pattern) if "lineage" not in path.parts]
        assert paths
        for path in paths:
            edit(path)

    return apply


def reformat(path: Path) -> None:
    path.write_text("# a comment\n" + ast.unparse(ast.parse(path.read_text(encoding="utf-8"))), encoding="utf-8")


def rename_module(folder: Path) -> None:
    """Renames the module of word problems, and every mention of it."""
    for path in folder.glob("stages/**/*.py"):
        if "lineage" not in path.parts:
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace("stages.tasks.math.stories", "stages.tasks.math.tales"), encoding="utf-8")
    (folder / "stages/tasks/math/stories.py").rename(folder / "stages/tasks/math/tales.py")


OF_A_TASK = "(augmentations|functions|questions|tasks)"
EDITS = {
    "every function of math": (edit_all("stages/tasks/math/functions/*.py"), r"functions\.math\..*"),
    "the whole math task": (
        edit_all("stages/tasks/math/**/*.py"),
        r"(augmentations|functions|questions|tasks)\.math.*",
    ),
    "the whole fol task": (edit_all("stages/tasks/fol/**/*.py"), r"(augmentations|functions|questions|tasks)\.fol.*"),
    # `base` learns to make the mistakes that the reference teacher plans.
    "the reference teacher": (edit_all("stages/teachers/reference.py"), r"teachers\.reference|base"),
    "statistics": (edit_all("stages/statistics/*.py"), "report"),
    "the page of the report": (edit_all("stages/reporting/*.jinja", lambda path: path.write_text("x")), "report"),
    "preference pairs": (edit_all("stages/preferences/pairs.py"), "pairs|refinement"),
    "the launcher": (edit_all("stages/__main__.py"), ""),
    "a verb": (edit_all("stages/show.py"), ""),
    "formatting": (edit_all("stages/**/*.py", reformat), ""),
    "a renamed module": (rename_module, ""),
}


@pytest.mark.parametrize(("edit", "keys"), EDITS.values(), ids=EDITS.keys())
def test_edits_change_the_keys_they_should(
    copy: Path, before: dict[str, Fingerprint], edit: Callable[[Path], None], keys: str
):
    assert computed(copy) == before
    edit(copy)
    after = computed(copy)
    changed = {key for key in before.keys() | after.keys() if before.get(key) != after.get(key)}
    assert {key for key in changed if not re.fullmatch(keys, key)} == set()
    assert changed or not keys


def test_every_stage_declares_what_it_imports(before: dict[str, Fingerprint]):
    project, pipeline = read_project(REPOSITORY), Pipeline(REPOSITORY)
    for name in pipeline.names():
        keys = stage_keys(project, name)
        assert keys or name == "fingerprint"
        check_declared(name, keys, {key: before[key] for key in matching(before, keys)})


@pytest.mark.parametrize("task", TASKS)
def test_what_a_stage_executes_lies_in_its_closure(copy: Path, task: str):
    parameters = yaml.safe_load((copy / "params.yaml").read_text(encoding="utf-8"))
    parameters["problems"][task]["splits"] = {"train": 12, "validation": 6, "test": 6}
    parameters["pairs"]["mix"]["student"] = 0  # there is none
    (copy / "params.yaml").write_text(yaml.safe_dump(parameters), encoding="utf-8")
    found, project = fingerprints(copy), read_project(copy)
    for stage in ("problems", "chains", "pairs"):
        command = [sys.executable, str(TRACE), stage, task]
        done = subprocess.run(command, cwd=copy, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        executed = set(json.loads(done.stdout.splitlines()[-1]))
        roots = matching(found.roots, stage_keys(project, f"{stage}@{task}"))
        closure = {name for root in roots for name in found.nodes(root)}
        assert len(executed) > 20
        assert executed - closure == set()
