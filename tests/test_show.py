import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from stages.__main__ import main
from stages.files import read_jsonl, write_jsonl
from tests.workspace import ROOT, lay_out, parameters, pretend_attempts

TASKS = ("fol", "math")
ARMS = ("base", "sft", "dpo")


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Real problems, chains and pairs, and evaluations made of chains."""
    folder = lay_out(tmp_path_factory.mktemp("show"), parameters())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for task in TASKS:
            assert [main([stage, task]) for stage in ("problems", "chains")] == [0, 0]
            pretend_attempts(task)
            assert main(["pairs", task]) == 0
            write_jsonl(folder / f"data/evaluations/{task}.jsonl", evaluations(task))
    return folder


def evaluations(task):
    chains = list(read_jsonl(f"data/chains/{task}.jsonl"))
    for place, problem in enumerate(read_jsonl(f"data/problems/{task}/test.jsonl")):
        tried = dict(zip(ARMS, chains[place : place + 3]))
        arms = {arm: [{"sample": 0, "outcome": c["outcome"], "steps": c["steps"]}] for arm, c in tried.items()}
        yield {
            "problem_id": problem["id"],
            **{k: problem[k] for k in ("question", "answer", "family", "depth")},
            "arms": arms,
        }


@pytest.fixture
def show(built, monkeypatch, capsys):
    monkeypatch.chdir(built)

    def run(*arguments):
        code = main(["show", *map(str, arguments)])
        return code, capsys.readouterr().out

    return run


def rows(path):
    return list(read_jsonl(path))


@pytest.mark.parametrize("task", TASKS)
def test_problems_show_question_answer_and_reference(show, task):
    code, shown = show("problems", task, "-n", 2)
    first, second, third = rows(f"data/problems/{task}/train.jsonl")[:3]
    assert code == 0
    for row in (first, second):
        assert f"{row['id']}  {row['family']}  depth {row['depth']}" in shown
        assert " ".join(row["question"].split()) in " ".join(shown.split())
        assert f"answer: {row['answer']}" in shown
        assert all(f"  {call}" in shown for call in row["reference"])
    assert third["id"] not in shown


@pytest.mark.parametrize("split", ["train", "validation", "test"])
def test_a_split_can_be_chosen(show, split):
    _, shown = show("problems", "math", "--split", split, "-n", 1)
    assert shown.startswith(f"math-{split}-00000")


@pytest.mark.parametrize("task", TASKS)
def test_chains_show_question_calls_results_and_outcome(show, task):
    _, shown = show("chains", task, "-n", 1)
    row = rows(f"data/chains/{task}.jsonl")[0]
    question = rows(f"data/problems/{task}/train.jsonl")[0]["question"]
    flat = " ".join(shown.split())
    assert " ".join(question.split()) in flat
    assert all(f"{step['call']} → {step['result']}" in flat for step in row["steps"])
    assert flat.endswith(row["outcome"].replace("_", " "))


def test_chains_of_a_split_are_those_of_its_problems(show):
    _, shown = show("chains", "fol", "--split", "validation", "-n", 1)
    assert shown.startswith("fol-validation-00000  sample 0")


@pytest.mark.parametrize("kind", ["chains", "pairs", "evaluations"])
def test_only_records_of_an_outcome(show, kind):
    _, shown = show(kind, "math", "--outcome", "wrong_function", "-n", 500, "--json")
    found = [json.loads(text) for text in shown.splitlines()]
    assert found
    for row in found:
        if kind == "evaluations":
            assert "wrong_function" in {samples[0]["outcome"] for samples in row["arms"].values()}
        else:
            assert row["outcome" if kind == "chains" else "error_type"] == "wrong_function"


def test_pairs_show_what_went_before_and_both_turns(show):
    long = next(row for row in rows("data/pairs/fol/train.jsonl") if len(row["prompt"]) > 9)
    _, shown = show("pairs", "fol", "-n", 500)
    record = next(text for text in shown.split("\n\n") if long["problem_id"] in text and "… " in text)
    lines = [line.strip() for line in record.splitlines()]
    assert any(line.startswith("… ") and line.endswith("earlier calls") for line in lines)
    assert sum(" → " in line for line in lines) == 3
    assert [line[0] for line in lines[-2:]] == ["+", "-"]
    assert lines[-1].endswith(")")


def test_evaluations_show_the_arms_side_by_side(show):
    _, shown = show("evaluations", "fol", "-n", 1)
    (header,) = [line.split() for line in shown.splitlines() if "base" in line]
    assert header == list(ARMS)
    row = rows("data/evaluations/fol.jsonl")[0]
    for samples in row["arms"].values():
        assert samples[0]["outcome"].split("_")[0] in shown


@pytest.mark.parametrize("path", ["problems/math/train", "chains/math", "pairs/math/train", "evaluations/math"])
def test_json_gives_the_records_as_they_stand(show, path):
    _, shown = show(path.partition("/")[0], "math", "-n", 3, "--json")
    lines = Path(f"data/{path}.jsonl").read_text(encoding="utf-8").splitlines(keepends=True)
    assert shown == "".join(lines[:3])


def test_nothing_found_is_said(show, built, tmp_path, monkeypatch):
    right = [row for row in rows("data/chains/math.jsonl") if row["outcome"] == "correct"]
    shutil.copytree(built, tmp_path / "copy")
    monkeypatch.chdir(tmp_path / "copy")
    write_jsonl("data/chains/math.jsonl", right)
    assert show("chains", "math", "--outcome", "loop") == (0, "data/chains/math.jsonl: no record is like that\n")
    assert show("chains", "math", "--outcome", "loop", "--json") == (0, "")


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["problems", "math", "--outcome", "loop"], "problems have no outcome"),
        (["evaluations", "math", "--split", "train"], "evaluations have no split train (they have: test)"),
        (["chains", "math", "--outcome", "sad"], "invalid choice: 'sad'"),
        (["chains", "math", "-n", "0"], "`0` is not a whole number above 0"),
        (["answers", "math"], "invalid choice: 'answers'"),
    ],
)
def test_wrong_usage_is_said(built, monkeypatch, capsys, arguments, message):
    monkeypatch.chdir(built)
    with pytest.raises(SystemExit) as stop:
        main(["show", *arguments])
    assert stop.value.code == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ("problems", "data/problems/math/train.jsonl: no such file; run `dvc repro problems@math` to build it"),
        ("chains", "data/problems/math/train.jsonl: no such file; run `dvc repro problems@math` to build it"),
        ("pairs", "data/pairs/math/train.jsonl: no such file; run `dvc repro pairs@math` to build it"),
        ("evaluations", "data/evaluations/math.jsonl: no such file; run `dvc repro evaluation@math` to build it"),
    ],
)
def test_what_has_not_been_built_is_named_with_its_stage(tmp_path, monkeypatch, capsys, kind, message):
    monkeypatch.chdir(lay_out(tmp_path, parameters()))
    assert main(["show", kind, "math"]) == 1
    assert capsys.readouterr().err == f"error: {message}\n"


def test_whoever_reads_no_further_gets_no_traceback(built):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "stages", "show", "pairs", "fol", "-n", "500", "--json"]
    with subprocess.Popen(
        command, cwd=built, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait() == 0
