"""Stage parameters are read from dvc.yaml as DVC itself reads them."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from stages.lineage import LineageError
from stages.lineage.pipeline import Pipeline

PARAMETERS = """
tasks: [fol, math]
chains: {teacher: reference, seeds: [1, 2]}
deep: {list: [{name: x}, {name: y}], flag: true, number: 0.5}
"""
PIPELINE = """
vars:
  - local: {a: 1}
  - more.yaml:wanted
stages:
  plain:
    cmd: x
    params: [chains.teacher, {prints.json: [chains]}]
  matrix:
    matrix: {task: "${tasks}", n: [1, 2]}
    cmd: x ${item.task}
    params:
      - prints.json: [chains, "tasks.${item.task}", "teachers.${chains.teacher}", "n.${item.n}"]
      - params.yaml: ["teachers.${chains.teacher}"]
  dicts:
    matrix: {each: "${deep.list}", flag: ["${deep.flag}", false]}
    cmd: x
    params: [{prints.json: ["${item.each.name}", "${key}"]}]
  listed:
    foreach: "${tasks}"
    do:
      cmd: x ${item}
      params: [{prints.json: ["tasks.${item}"]}]
  mapped:
    foreach: {p: {v: "${local.a}"}, q: {v: "${wanted}"}}
    do:
      cmd: x
      params: [{prints.json: ["k.${key}", "v.${item.v}", "${deep.list[1].name}"]}]
  moved:
    wdir: sub
    cmd: x
    params: [{../prints.json: [a]}, {../whole.json: null}]
  none:
    cmd: x
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "params.yaml").write_text(PARAMETERS)
    (tmp_path / "more.yaml").write_text("wanted: w\nother: 3\n")
    (tmp_path / "dvc.yaml").write_text(PIPELINE)
    return tmp_path


def test_every_stage_reads_what_dvc_says_it_reads(folder: Path):
    (folder / "sub").mkdir()
    environment = {**os.environ, "DVC_NO_ANALYTICS": "1"}
    subprocess.run([sys.executable, "-m", "dvc", "init", "--no-scm", "-q"], cwd=folder, env=environment, check=True)
    program = (
        "import json; from dvc.repo import Repo\n"
        "stages = Repo().index.stages\n"
        "print(json.dumps({s.addressing: [[p.def_path, list(p.params)] for p in s.params] for s in stages}))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=folder, env=environment, check=True, capture_output=True, text=True
    )
    stages = json.loads(done.stdout)
    theirs = {
        name: {path.removeprefix("../"): sorted(keys) for path, keys in params} for name, params in stages.items()
    }
    pipeline = Pipeline(folder)
    ours = {name: {path: sorted(keys) for path, keys in pipeline.parameters(name).items()} for name in pipeline.names()}
    assert ours == theirs


def test_one_by_one(folder: Path):
    pipeline = Pipeline(folder)
    assert pipeline.parameters("matrix@math-2") == {
        "prints.json": ["chains", "tasks.math", "teachers.reference", "n.2"],
        "params.yaml": ["teachers.reference"],
    }
    assert pipeline.parameters("dicts@each1-True") == {"prints.json": ["y", "each1-True"]}
    assert pipeline.parameters("mapped@q") == {"prints.json": ["k.q", "v.w", "y"]}
    assert pipeline.parameters("none") == {}


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("matrix@other", PIPELINE, "dvc.yaml: has no stage `matrix@other`"),
        (
            "x",
            "stages: {x: {cmd: y, params: ['${nowhere.a}']}}",
            r"dvc.yaml: stage `x`: there is no value for \$\{nowhere.a\}",
        ),
        ("x", "stages: [", "dvc.yaml: not valid YAML"),
        ("x", "- a", "dvc.yaml: expected a mapping"),
        ("x", "vars: [nowhere.yaml]", "nowhere.yaml: no such file"),
    ],
)
def test_bad_input(folder: Path, name: str, text: str, message: str):
    (folder / "dvc.yaml").write_text(text)
    with pytest.raises(LineageError, match=message):
        Pipeline(folder).parameters(name)
