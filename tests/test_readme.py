"""The commands of the README and of the page on functions, with real DVC on a built clone in sizes of smoke.yaml."""

import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.clone import clone, commit, dvc, environment, ran
from tests.workspace import ROOT

README = "\n".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/functions.md"))
MAKE = {"make repro", "make test", "make check", "make bench", "make mutants", "make fuzz"}


def commands():
    """Returns every command of the pages: what stands in code and starts with a program that it speaks of."""
    spans = re.findall(r"`([^`\n]+)`", re.sub(r"```.*?```", "", README, flags=re.DOTALL))
    blocks = [line for block in re.findall(r"```\n(.*?)```", README, re.DOTALL) for line in block.splitlines()]
    found = [text.removeprefix("$ ").strip() for text in (*spans, *blocks)]
    starts = ("make ", "dvc ", "python -m stages ")
    return list(dict.fromkeys(text for text in found if text.startswith(starts) and "STAGE" not in text))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = clone(tmp_path_factory.mktemp("readme") / "one")
    dvc(folder, "repro")
    commit(folder)
    return folder


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


def test_the_readmes_commands_work(built, gsm8k):
    for command in commands():
        if command.startswith("make "):
            continue
        words = shlex.split(command.replace("FOLDER", str(gsm8k)))
        program = [str(Path(sys.executable).parent / words[0]), *words[1:]]
        done = subprocess.run(program, cwd=built, env=environment(), capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, (command, done.stdout[-2000:], done.stderr[-2000:])
        assert "Traceback" not in done.stderr, command


def test_gsm8k_goes_through_problems_chains_and_pairs(built, gsm8k):
    settings = ("-S", "problems.math.source=gsm8k", "-S", f"problems.math.path={gsm8k}", "-S", "problems.math.seed=5")
    shown = dvc(built, "exp", "run", *settings, "pairs@math")
    assert {"problems@math", "chains@math", "pairs@math"} <= set(ran(shown))
    rows = [json.loads(line) for line in (built / "data/pairs/math/train.jsonl").read_text("utf-8").splitlines()]
    assert rows
    assert all("half of them" in row["prompt"][0]["content"] for row in rows)
    assert os.sep not in "".join(row["problem_id"] for row in rows)
