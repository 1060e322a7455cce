"""The verb `dataset`: what it writes is loaded as others load it, and pushed with a token of one's own."""

import json
from collections import Counter
from pathlib import Path

import huggingface_hub
import pytest
import yaml

from stages.__main__ import main
from stages.files import read_jsonl
from tests.workspace import PAIR_COLUMNS, lay_out, parameters, pretend_attempts, snapshot

TASKS = ("fol", "math")
COLUMNS = {
    "steps": PAIR_COLUMNS,
    "chains": {"prompt", "chosen", "rejected", "tools", "problem_id", "error_type"},
    "kto": {"prompt", "completion", "label", "tools", "problem_id"},
    "stepwise": {"prompt", "completions", "labels", "problem_id"},
}


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = lay_out(tmp_path_factory.mktemp("dataset"), parameters())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for task in TASKS:
            assert [main([stage, task]) for stage in ("problems", "chains")] == [0, 0]
            pretend_attempts(task)
            assert [main([stage, task]) for stage in ("pairs", "dataset")] == [0, 0]
    return folder


@pytest.fixture
def here(built, monkeypatch):
    monkeypatch.chdir(built)
    return built


def header(folder):
    return yaml.safe_load((folder / "README.md").read_text(encoding="utf-8").split("---\n")[1])


@pytest.mark.parametrize("task", TASKS)
def test_the_folder_loads_as_it_was_written(here, task, tmp_path):
    from datasets import load_dataset

    folder = Path("data/exports") / task
    for name, columns in COLUMNS.items():
        data = load_dataset(str(folder), name, cache_dir=str(tmp_path))
        assert set(data) == {"train", "validation"}
        for split, rows in data.items():
            assert set(rows.column_names) == columns
            assert list(rows) == list(read_jsonl(folder / name / f"{split}.jsonl")), "no field is added or lost"
    steps = load_dataset(str(folder), cache_dir=str(tmp_path))
    assert list(steps["train"]) == list(read_jsonl(f"data/pairs/{task}/train.jsonl"))


@pytest.mark.parametrize("task", TASKS)
def test_no_problem_is_in_two_splits(here, task):
    for name in COLUMNS:
        for split in ("train", "validation"):
            rows = read_jsonl(f"data/exports/{task}/{name}/{split}.jsonl")
            assert {row["problem_id"].split("-")[1] for row in rows} == {split}


def test_the_card_counts_what_is_in_the_files(here):
    folder = Path("data/exports/math")
    text = (folder / "README.md").read_text(encoding="utf-8")
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines() if line.startswith("|")]
    pairs = [row for split in ("train", "validation") for row in read_jsonl(folder / f"steps/{split}.jsonl")]
    head = next(row for row in cells if row[0] == "family")
    table = [row for row in cells if len(row) == len(head) and row[1].isdecimal()]
    counted = Counter(row["error_type"].replace("_", " ") for row in pairs)
    assert dict(zip(head[1:], (sum(map(int, column)) for column in zip(*(row[1:] for row in table))))) == counted
    bins = [int(row[1]) for row in cells if " to " in row[0]]
    assert sum(bins) == len(pairs)
    for name in COLUMNS:
        written = [sum(1 for _ in read_jsonl(folder / name / f"{split}.jsonl")) for split in ("train", "validation")]
        assert [int(row[-2]) for row in cells if row[0] == f"`{name}`"] == written[:1]
        assert [int(row[-1]) for row in cells if row[0] == f"`{name}`"] == written[1:]
    assert "Not recorded" in text, "these stages were run without DVC"
    assert str(here) not in text


def test_equal_data_gives_equal_bytes(here, tmp_path):
    assert main(["dataset", "math", "--out", str(tmp_path / "again")]) == 0
    assert snapshot(tmp_path / "again") == snapshot(here / "data/exports/math")


def test_a_folder_of_others_is_left_alone(here, tmp_path, capsys):
    (tmp_path / "notes.txt").write_text("mine", encoding="utf-8")
    assert main(["dataset", "math", "--out", str(tmp_path)]) == 1
    assert "name another folder by --out" in capsys.readouterr().err
    assert list(snapshot(tmp_path)) == [Path("notes.txt")]


def test_what_is_not_built_or_damaged_is_said(here, tmp_path, monkeypatch, capsys):
    for name in ("params.yaml", "data/problems/math/train.jsonl", "data/problems/math/validation.jsonl"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes((here / name).read_bytes())
    monkeypatch.chdir(tmp_path)
    assert main(["dataset", "math"]) == 1
    assert "data/pairs/math/train.jsonl: no such file" in capsys.readouterr().err
    for split in ("train", "validation"):
        (tmp_path / "data/pairs/math").mkdir(parents=True, exist_ok=True)
        (tmp_path / f"data/pairs/math/{split}.jsonl").write_text(json.dumps({"problem_id": "x"}), encoding="utf-8")
    assert main(["dataset", "math"]) == 1
    assert "data/pairs/math/train.jsonl:1: 'error_type' is missing" in capsys.readouterr().err
    assert not (tmp_path / "data/exports/math").exists()


class Hub:
    """Stands in for the hub's client, and keeps what it is asked for."""

    calls = []

    def __init__(self, token):
        self.calls.append(("token", token))

    def create_repo(self, repository, **options):
        if repository == "refused":
            raise PermissionError("403: not yours")
        self.calls.append(("create", repository, options))
        return huggingface_hub.RepoUrl(f"https://huggingface.co/datasets/{repository}")

    def upload_folder(self, folder_path, repo_id, **options):
        names = {path.relative_to(folder_path).as_posix() for path in Path(folder_path).rglob("*") if path.is_file()}
        self.calls.append(("upload", repo_id, options["repo_type"], names))
        assert options["delete_patterns"] == [f"{name}/*" for name in COLUMNS], "nothing else of theirs is deleted"


@pytest.fixture
def hub(monkeypatch):
    monkeypatch.setattr(huggingface_hub, "HfApi", Hub)
    monkeypatch.setattr(Hub, "calls", [])
    return Hub.calls


def test_it_is_pushed_with_a_token_of_ones_own(here, hub, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    assert main(["dataset", "math", "--out", str(tmp_path / "d"), "--push", "me/calls", "--private"]) == 0
    token, create, upload = hub
    assert token == ("token", "hf_mine")
    assert create == ("create", "me/calls", {"repo_type": "dataset", "private": True, "exist_ok": True})
    files = {f"{name}/{split}.jsonl" for name in COLUMNS for split in ("train", "validation")}
    assert upload == ("upload", "me/calls", "dataset", files | {"README.md"})
    shown = capsys.readouterr().out
    assert "https://huggingface.co/datasets/me/calls" in shown
    assert "hf_mine" not in shown + "".join(path.read_text("utf-8") for path in (tmp_path / "d").rglob("*.*"))


def test_without_a_token_nothing_is_written_or_pushed(here, hub, monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(huggingface_hub, "get_token", lambda: None)
    assert main(["dataset", "math", "--out", str(tmp_path / "d"), "--push", "me/calls"]) == 1
    assert "hf auth login" in capsys.readouterr().err
    assert hub == []
    assert not (tmp_path / "d").exists()


def test_a_refusal_of_the_hub_is_said(here, hub, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("HF_TOKEN", "hf_mine")
    assert main(["dataset", "math", "--out", str(tmp_path / "d"), "--push", "refused"]) == 1
    assert "refused: cannot be pushed (403: not yours)" in capsys.readouterr().err
    assert header(tmp_path / "d")["pretty_name"] == "callsmith math"
