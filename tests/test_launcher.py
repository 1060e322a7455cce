import os
import re
import subprocess
import sys

import pytest
import yaml

from stages.__main__ import STAGES, VERBS, WITHOUT_TASK, main
from tests.workspace import ROOT, lay_out, parameters

HEAVY = {"torch", "transformers", "datasets", "scipy", "sympy", "z3", "matplotlib", "trl", "peft", "pandas"}


@pytest.fixture
def workspace(tmp_path, monkeypatch):
    monkeypatch.chdir(lay_out(tmp_path, parameters()))
    monkeypatch.delenv("DVC_STAGE", raising=False)
    return tmp_path


@pytest.mark.parametrize("arguments", [["--help"], ["-h"]])
def test_help_names_every_stage_and_verb(arguments, capsys):
    assert main(arguments) == 0
    shown = capsys.readouterr().out
    for name, text in {**STAGES, **VERBS}.items():
        assert re.search(rf"^  {name} +{re.escape(text)}$", shown, re.MULTILINE)


def test_without_arguments_the_usage_is_shown_and_nothing_is_done(capsys):
    assert main([]) == 2
    assert "usage: python -m stages STAGE [TASK]" in capsys.readouterr().err


def test_an_unknown_name_is_said_with_those_there_are(capsys):
    assert main(["chain", "fol"]) == 2
    shown = capsys.readouterr().err
    assert shown.startswith("error: there is no stage or verb `chain`\n")
    assert "  chains " in shown


@pytest.mark.parametrize("name", STAGES)
def test_every_stage_has_help(name, capsys):
    assert main([name, "--help"]) == 0
    assert STAGES[name] in capsys.readouterr().out


@pytest.mark.parametrize("name", VERBS)
def test_every_verb_has_help(name, workspace, capsys):
    try:
        assert main([name, "--help"]) == 0
    except SystemExit as stop:
        assert stop.code == 0
    assert re.match(rf"usage: (python -m stages )?{name}\b", capsys.readouterr().out, re.IGNORECASE)


def test_help_is_quick(workspace):
    """Nothing that takes long to import is imported for it."""
    code = f"""
import sys
from stages.__main__ import main
for name in {[*STAGES, *VERBS]}:
    try:
        main([name, "--help"])
    except SystemExit:
        pass
sys.exit(str({HEAVY} & set(sys.modules)) if {HEAVY} & set(sys.modules) else 0)
"""
    done = _python("-c", code)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize(
    "arguments", [["problems"], ["problems", "fol", "math"], ["report", "fol"], ["fingerprint", "fol"]]
)
def test_a_wrong_number_of_arguments_shows_the_usage(arguments, capsys):
    assert main(arguments) == 2
    assert capsys.readouterr().err.startswith(f"usage: python -m stages {arguments[0]}")


def test_an_explained_error_is_one_line_and_exit_code_1(workspace, capsys):
    assert main(["problems", "unheard"]) == 1
    shown = capsys.readouterr()
    assert shown.err == "error: params.yaml: there is no task `unheard`; stages/tasks/ has fol, math\n"
    assert shown.out == ""


def test_so_it_is_as_a_program(workspace):
    done = _python("-m", "stages", "problems", "unheard")
    assert done.returncode == 1
    assert re.fullmatch(r"error: .*\n", done.stderr)


def test_outside_the_repository_it_says_where_to_run(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["problems", "math"]) == 1
    assert "run from the root of the repository" in capsys.readouterr().err


def test_an_interrupt_ends_without_a_traceback(workspace, monkeypatch, capsys):
    def interrupted(task):
        raise KeyboardInterrupt

    monkeypatch.setattr("stages.problems.run", interrupted)
    assert main(["problems", "math"]) == 130
    assert capsys.readouterr().err == ""


def test_a_bug_is_not_hidden(workspace, monkeypatch):
    def buggy(task):
        raise ZeroDivisionError

    monkeypatch.setattr("stages.problems.run", buggy)
    with pytest.raises(ZeroDivisionError):
        main(["problems", "math"])


def test_the_graph_runs_every_stage_and_nothing_else():
    graph = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["stages"]
    assert list(graph) == list(STAGES)
    for name, stage in graph.items():
        task = "" if name in WITHOUT_TASK else " ${item.task}"
        assert stage["cmd"] == f"python -m stages {name}{task}"


def _python(*arguments):
    return subprocess.run(
        [sys.executable, *arguments],
        check=False,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
    )
