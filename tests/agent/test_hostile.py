"""Whatever a model writes is answered: nothing crashes, hangs, runs, or reaches files, network or processes."""

import json
import os
import pickle
import socket
import subprocess
import sys
import warnings
from contextlib import suppress
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.fuzz.mutation import PIECES, mutated
from tests.fuzz.targets import targets
from tests.fuzz.watch import Hang, watched
from tests.workspace import ROOT

TARGETS = {target.name: target for target in targets()}
PAYLOAD = b"cos\nsystem\n(S'true'\ntR."


@pytest.mark.parametrize("name", TARGETS)
@settings(max_examples=60)
@given(data=st.data())
def test_any_text_is_answered_and_nothing_else_happens(name, data):
    mutations = st.integers().map(lambda seed: mutated(TARGETS[name].seeds, Random(seed)))
    text = data.draw(mutations | st.lists(st.sampled_from(PIECES), max_size=6).map("".join) | st.text(st.characters()))
    with watched() as seen:
        TARGETS[name].handle(text)
    assert not seen


def test_all_functions_are_targets():
    sets = [path for path in ROOT.glob("stages/tasks/*/functions/*.py") if path.stem != "__init__"]
    marks = sum(path.read_text(encoding="utf-8").count("@FUNCTIONS.register(") for path in sets)
    assert len([name for name in TARGETS if name.count(" ") == 2]) == marks > 10
    assert {"parse", "fol check", "math check", "fol formulas", "math arithmetic divide"} <= set(TARGETS)


@pytest.mark.parametrize(
    "escape",
    [
        lambda: eval("1"),
        lambda: exec("1"),
        lambda: compile("1", "text", "eval"),
        lambda: Path(os.devnull).open().close(),
        lambda: list(Path().iterdir()),
        lambda: os.system("true"),
        lambda: subprocess.run(["true"]),
        lambda: socket.socket().close(),
        lambda: pickle.loads(PAYLOAD),
        lambda: __import__("this_is_nowhere"),
        lambda: warnings.warn("loud", stacklevel=1),
    ],
)
def test_the_watch_sees_what_must_not_happen(escape):
    with watched() as seen, suppress(ImportError):
        escape()
    assert seen
    with watched() as seen:
        json.loads("[1]")
    assert not seen


def test_the_watch_stops_what_does_not_end():
    with pytest.raises(Hang), watched(seconds=0.2):
        while True:
            with suppress(Exception):
                sum(range(1000))


def test_sympy_runs_what_it_is_given_as_text_and_so_gets_none():
    sympy = pytest.importorskip("sympy")
    sympy.sympify("1 + 1")
    with watched() as seen:
        sympy.sympify("().__class__")
    assert seen["exec"]


def test_the_make_target_prints_what_came_of_every_target():
    command = [sys.executable, "-m", "tests.fuzz", "--inputs", str(len(TARGETS)), "--seed", "3"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
    header, *lines, last = done.stdout.splitlines()
    assert header.split() == ["target", "inputs", "crashes", "hangs", "escapes", "slowest,", "ms"]
    assert [line.rsplit(maxsplit=5)[0] for line in lines] == [*TARGETS, "all"]
    assert lines[-1].split()[1:5] == [str(len(TARGETS)), "0", "0", "0"]
    assert (done.returncode, done.stderr) == (0, ""), last
