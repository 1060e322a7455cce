"""The commands of the README and of the pages that it names, with real DVC on a built clone in sizes of smoke.yaml."""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import yaml

from tests.clone import commit, dvc, environment, ran
from tests.server import serving
from tests.workspace import ROOT

README = "\n".join(
    (ROOT / name).read_text(encoding="utf-8")
    for name in ("README.md", "docs/dataset.md", "docs/functions.md", "docs/teachers.md")
)
MAKE = {"make repro", "make test", "make check", "make bench", "make mutants", "make fuzz", "make llama"}


def commands():
    """Returns every command of the pages: what stands in code and starts with a program that it speaks of."""
    parts = re.split(r"^( *```[^\n]*\n.*?^ *```)$", README, flags=re.MULTILINE | re.DOTALL)
    code = [part.splitlines() if "```" in part else re.findall(r"`([^`\n]+)`", part) for part in parts]
    found = [line.removeprefix("$ ").strip() for lines in code for line in lines]
    starts = ("make ", "dvc ", "python -m stages ")
    return list(dict.fromkeys(text for text in found if text.startswith(starts) and "STAGE" not in text))


@pytest.fixture(scope="module")
def alone(whole, tmp_path_factory):
    """Makes a built clone in which nothing but one task goes on: half the work."""

    def copy(task):
        folder = Path(shutil.copytree(whole[0], tmp_path_factory.mktemp("readme") / task, symlinks=True))
        path = folder / "params.yaml"
        path.write_text(yaml.safe_dump(yaml.safe_load(path.read_text()) | {"tasks": [task]}, sort_keys=False))
        commit(folder)
        return folder

    return copy


@pytest.fixture(scope="module")
def built(alone):
    return alone("math")


@pytest.fixture(scope="module")
def gsm8k(tmp_path_factory):
    """A folder like GSM8K's, with problems of our own."""
    folder = tmp_path_factory.mktemp("gsm8k")
    rows = []
    for n in range(20, 140):
        question = f"Tom has {n} pens and buys {n + 7} more. He gives half of them away. How many are left?"
        marks = f"He has {n}+{n + 7}=<<{n}+{n + 7}={2 * n + 7}>>{2 * n + 7}. <<{2 * n + 7}/2={n + 3.5}>>{n + 3.5}"
        rows.append({"question": question, "answer": f"{marks}\n#### {n + 3.5}"})
    (folder / "train.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


def test_there_are_commands_to_run():
    assert {"make repro", "dvc repro", "dvc exp run -S adapter.beta=0.3", "dvc plots show"} <= set(commands())


@pytest.mark.parametrize("command", [text for text in commands() if text.startswith("make ")])
def test_make_targets_are_there(command):
    assert command in MAKE
    assert f"\n{command.split()[1]}:" in (ROOT / "Makefile").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def server(built):
    with serving(problems=list(map(str, built.glob("data/problems/*/*.jsonl")))) as server:
        yield server


def runs(folder, command, **stand_ins):
    words = shlex.split(re.sub("[A-Z]+", lambda found: stand_ins.get(found[0], found[0]), command))
    program = [str(Path(sys.executable).parent / words[0]), *words[1:]]
    done = subprocess.run(program, cwd=folder, env=environment(), capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
    assert "Traceback" not in done.stderr, command
    return done.stdout


def test_the_readmes_commands_work(built, alone, gsm8k, server):
    stand_ins = {"FOLDER": str(gsm8k), "URL": server.url, "NAME": "any", "FILE": str(gsm8k.parent / "export.jsonl")}
    for command in commands():
        if not command.startswith("make ") and "llama_cpp" not in command:
            runs(alone("fol") if "problems.fol" in command else built, command, **stand_ins)


@pytest.mark.skipif(not find_spec("llama_cpp"), reason="llama-cpp-python is optional: `make llama` installs it")
def test_a_student_as_gguf_teaches_in_a_whole_run(built):
    page = (ROOT / "docs/teachers.md").read_text(encoding="utf-8")
    (exports,) = re.findall(r"```\n(python -m stages export .*?)```", page, re.DOTALL)
    for command in exports.splitlines():
        shown = runs(built, command)
    assert {"chains@math", "report"} <= set(ran(shown))
    rows = [json.loads(line) for line in (built / "data/chains/math.jsonl").read_text("utf-8").splitlines()]
    assert len({row["steps"][0]["completion"] for row in rows}) > len(rows) / 2, "the model writes, and not by rote"


def test_gsm8k_goes_through_problems_chains_and_pairs(built, gsm8k):
    settings = ("-S", "problems.math.source=gsm8k", "-S", f"problems.math.path={gsm8k}", "-S", "problems.math.seed=5")
    shown = dvc(built, "exp", "run", *settings, "pairs@math")
    assert {"problems@math", "chains@math", "pairs@math"} <= set(ran(shown))
    rows = [json.loads(line) for line in (built / "data/pairs/math/train.jsonl").read_text("utf-8").splitlines()]
    assert rows
    assert all("half of them" in row["prompt"][0]["content"] for row in rows)
    assert os.sep not in "".join(row["problem_id"] for row in rows)


def test_the_stock_trainer_of_the_docs_trains_on_the_data_set(built, tmp_path):
    page = (ROOT / "docs/dataset.md").read_text(encoding="utf-8")
    (code,) = re.findall(r"```python\n(.*?)```", page, re.DOTALL)
    values = environment() | {"HF_HOME": str(tmp_path), "HF_HUB_OFFLINE": "1", "OMP_NUM_THREADS": "1"}
    for command in (["-m", "stages", "dataset", "math"], ["-c", code]):
        done = subprocess.run(
            [sys.executable, *command], cwd=built, env=values, capture_output=True, text=True, timeout=300
        )
        assert done.returncode == 0, done.stderr[-2000:]
    assert "train_loss" in done.stdout
    card = (built / "data/exports/math/README.md").read_text(encoding="utf-8")
    recorded = yaml.safe_load((built / "dvc.lock").read_text(encoding="utf-8"))["stages"]["pairs@math"]
    assert all(out["md5"] in card for out in recorded["outs"])
    assert recorded["params"]["data/fingerprints.json"]["pairs"]["code"] in card
