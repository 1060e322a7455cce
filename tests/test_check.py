import json
import sys
from pathlib import Path

import pytest
import yaml

from stages.check import run
from stages.errors import UserError
from tests.test_problems import PARAMETERS

ROWS = [
    {"question": "What is 1 and 2?", "answer": "<<1+2=3>>3\n#### 3"},
    {"question": "What is 2 and 2?", "answer": "It is 4.\n#### 4"},
    {"question": "What is 3 and 2?", "answer": "<<3+2=5>>5"},
    {"question": "What is 4 and 2?", "answer": "#### six"},
]


@pytest.fixture
def path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(yaml.safe_dump({"problems": {"math": PARAMETERS}}))
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    return str(path)


def test_json_counts_rows(path, capsys):
    assert run(["math", "--source", "gsm8k", "--path", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == {
        "rows": 4,
        "accepted": 2,
        "rejected": {"no answer": 1, "the answer is not a number": 1},
        "with_reference": 1,
        "reference_correct": 1,
    }


def test_a_reference_that_fails_is_not_correct(path, capsys, monkeypatch):
    from stages.tasks import load_task

    task = load_task("math")
    monkeypatch.setattr("stages.check.load_task", lambda name: task)
    monkeypatch.setitem(vars(task), "check", lambda answer, gold: False)
    run(["math", "--source", "gsm8k", "--path", path, "--json"])
    found = json.loads(capsys.readouterr().out)
    assert (found["with_reference"], found["reference_correct"]) == (1, 0)


def test_the_table_shows_shares_of_all_rows(path, capsys):
    run(["math", "--source", "gsm8k", "--path", path])
    lines = capsys.readouterr().out.splitlines()
    assert lines[-1].split() == ["reference_correct", "1", "25.0%"]
    assert any("rejected: no answer" in line for line in lines)


def test_the_table_shows_labels_that_the_calls_contradict(path, capsys, monkeypatch):
    from stages.tasks import load_task

    task = load_task("math")
    monkeypatch.setattr("stages.check.load_task", lambda name: task)
    monkeypatch.setitem(vars(task), "decides", "add")
    contradictory = {"question": "What is 1 and 3?", "answer": "<<1+3=4>>4 <<9-4=5>>\n#### 5"}
    Path(path).write_text("".join(json.dumps(row) + "\n" for row in [*ROWS, contradictory]))
    run(["math", "--source", "gsm8k", "--path", path])
    shown = capsys.readouterr().out.splitlines()
    assert shown[-2].split(" " * 5)[0] == "incorrect: the answer is 5, but add returns 4"
    assert shown[-1].split() == ["reference_correct", "1", "20.0%"]


def test_list_gives_the_rows_of_a_reason(path, capsys):
    run(["math", "--source", "gsm8k", "--path", path, "--list", "no answer"])
    assert capsys.readouterr().out == "row 3\n"
    run(["math", "--source", "gsm8k", "--path", path, "--list", "no reference"])
    assert capsys.readouterr().out == "row 2\n"
    with pytest.raises(UserError, match=r"no row has the reason `odd`.*no answer"):
        run(["math", "--source", "gsm8k", "--path", path, "--list", "odd"])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["unheard", "--source", "gsm8k"], "no task `unheard`.*math"),
        (["math", "--source", "unheard"], "--source: task math has no source `unheard`.*gsm8k"),
        (["math", "--source", "gsm8k", "--path", "absent.jsonl"], "absent.jsonl: no such file"),
    ],
)
def test_bad_arguments_are_named(path, arguments, message):
    with pytest.raises(UserError, match=message):
        run(arguments)


def test_without_a_path_the_published_set_is_fetched(path, capsys, monkeypatch):
    datasets = pytest.importorskip("datasets")
    asked = []

    def load_dataset(name, configuration, split):
        asked.append((name, configuration, split))
        return datasets.Dataset.from_list(ROWS)

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    run(["math", "--source", "gsm8k", "--json"])
    assert asked == [("openai/gsm8k", "main", "train")]
    assert json.loads(capsys.readouterr().out)["rows"] == 4


@pytest.mark.parametrize(
    ("source", "asked", "row"),
    [
        (
            "folio",
            "tasksource/folio",
            {"premises": "Ada is sly.\nBo is old.", "conclusion": "Bo is sly.", "label": "True"},
        ),
        (
            "proofwriter",
            "renma/ProofWriter",
            {"context": "Ada is sly.", "question": "True? Ada is sly.", "answer": "A"},
        ),
        ("prontoqa", "renma/ProntoQA", {"context": "Ada is sly.", "question": "True? Ada is sly.", "answer": "A"}),
    ],
)
def test_published_logic_sets_are_fetched(tmp_path, capsys, monkeypatch, source, asked, row):
    datasets = pytest.importorskip("datasets")
    fetched = []

    def load_dataset(name, configuration, split):
        fetched.append(name)
        return datasets.Dataset.from_list([row, row])

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "params.yaml").write_text(
        yaml.safe_dump({"problems": {"fol": PARAMETERS | {"functions": ["formulas"]}}})
    )
    run(["fol", "--source", source, "--json"])
    assert fetched == [asked]
    assert json.loads(capsys.readouterr().out)["accepted"] == 2


def test_an_unreachable_set_is_said_with_the_way_out(path, monkeypatch):
    datasets = pytest.importorskip("datasets")

    def load_dataset(*arguments, **options):
        raise ConnectionError("no route")

    monkeypatch.setattr(datasets, "load_dataset", load_dataset)
    with pytest.raises(UserError, match=r"openai/gsm8k cannot be fetched \(no route\); give --path"):
        run(["math", "--source", "gsm8k"])
    monkeypatch.delattr(sys.modules["stages.tasks.math.sources.gsm8k"], "PUBLISHED")
    with pytest.raises(UserError, match="--path is missing"):
        run(["math", "--source", "gsm8k"])


def test_help_is_quick_to_find(capsys):
    with pytest.raises(SystemExit) as stop:
        run(["--help"])
    assert stop.value.code == 0
    assert "--source" in capsys.readouterr().out
