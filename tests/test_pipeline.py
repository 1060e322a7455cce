"""The whole graph with real `dvc repro`, in the sizes of smoke.yaml: what runs, what doesn't, and what comes out."""

import json
import re
import shutil
from pathlib import Path

import pytest
import yaml

from stages.__main__ import STAGES, WITHOUT_TASK
from tests.clone import clone, commit, dvc, ran, start
from tests.workspace import PAIR_COLUMNS, ROOT, parameters, snapshot

TASKS, ARMS = ("fol", "math"), ("base", "sft", "dpo", "sft_sft", "sft_dpo")
ARITHMETIC = "stages/tasks/math/functions/arithmetic.py"


def edit(path, old, new):
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.fixture(scope="module")
def clones(request, tmp_path_factory):
    """Two fresh clones in different places, both built from nothing; and what DVC said."""
    other = clone(tmp_path_factory.mktemp("second") / "a/deeper/one")
    shown = dvc(other, "repro", "--no-run-cache", loaded=False)
    return [(other, shown), request.getfixturevalue("whole")]  # by now, another worker may have built it


@pytest.fixture(scope="module")
def built(clones):
    return clones[0][0]


@pytest.fixture
def copied(built, tmp_path):
    """A copy of a built repository, to edit."""
    return Path(shutil.copytree(built, tmp_path / "copy", symlinks=True))


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_stage_runs_in_order(clones):
    expected = [
        f"{name}@{task}" if task else name for name in STAGES for task in ((None,) if name in WITHOUT_TASK else TASKS)
    ]
    for _, shown in clones:
        assert sorted(ran(shown)) == sorted(expected)
        assert (ran(shown)[0], ran(shown)[-1]) == ("fingerprint", "report")
        assert "Traceback" not in shown
        assert "Warning" not in shown
        assert "it/s]" not in shown, "progress bars are for screens"


def test_the_smoke_preset_only_changes_what_there_is():
    real = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))

    def keys(values, prefix=()):
        return {
            found
            for key, value in values.items()
            for found in ({(*prefix, key)} | (keys(value, (*prefix, key)) if isinstance(value, dict) else set()))
        }

    assert keys(parameters()) == keys(real)


def test_two_clones_are_equal_byte_by_byte(clones):
    for part in ("data", "models"):
        first, second = (snapshot(folder / part) for folder, _ in clones)
        assert set(first) == set(second)
        assert [path for path in first if first[path] != second[path]] == []


def test_artifacts_name_no_place(clones):
    for folder, _ in clones:
        for part in ("data", "models"):
            named = [path for path, content in snapshot(folder / part).items() if str(folder).encode() in content]
            assert named == []


def test_a_second_run_reruns_nothing(built):
    assert ran(dvc(built, "repro")) == []
    assert "up to date" in dvc(built, "status")


def test_comments_and_formatting_rerun_nothing_but_the_fingerprint(copied):
    before = snapshot(copied / "data")
    edit(
        copied / ARITHMETIC,
        "def divide(a: Fraction, b: Fraction)",
        "def divide(  # two numbers\n    a: Fraction, b: Fraction,\n)",
    )
    edit(copied / ARITHMETIC, "    if b == 0:", "    # by nothing\n\n    if (b == 0):")
    assert ran(dvc(copied, "repro")) == ["fingerprint"]
    assert snapshot(copied / "data") == before


def test_an_edited_function_reruns_its_own_task_alone(copied):
    edit(copied / ARITHMETIC, "return bounded(a / b)", "return bounded(a * (1 / b))")
    names = ran(dvc(copied, "repro"))
    assert [name for name in names if name.endswith("@fol")] == []
    assert {"fingerprint", "problems@math", "chains@math", "pairs@math", "evaluation@math", "report"} <= set(names)


def test_a_parameter_reruns_what_depends_on_it_and_the_experiment_can_be_compared(copied):
    commit(copied)
    shown = dvc(copied, "exp", "run", "-S", "report.resamples=300")
    assert ran(shown) == ["report"]
    assert re.search(r"report\.resamples +200 +300", dvc(copied, "params", "diff"))
    metrics = json.loads(dvc(copied, "metrics", "show", "--json"))
    assert set(metrics[""]["data"]["data/report/metrics.json"]["data"]) == set(TASKS)
    dvc(copied, "plots", "show", "-o", "plots")
    assert "held-out accuracy by family" in (copied / "plots/index.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("- math", "- chess", "params.yaml: `tasks`: there is no task `chess`; there are fol, math"),
        (
            "teacher: reference",
            "teacher: oracle",
            "`chains.teacher`: there is no teacher `oracle`; there are llama_cpp, openai_compatible, reference,",
        ),
    ],
)
def test_an_unknown_name_stops_the_build_at_once_with_the_remedy(copied, old, new, message):
    edit(copied / "params.yaml", old, new)
    process = start(copied, "repro")
    shown, _ = process.communicate()
    assert process.returncode != 0
    assert message in shown
    assert ran(shown) == ["fingerprint"]


def test_problems_are_split_without_common_questions(built):
    for task in TASKS:
        splits = {path.stem: rows(path) for path in (built / f"data/problems/{task}").iterdir()}
        assert set(splits) == {"train", "validation", "test"}
        questions = [row["question"] for split in splits.values() for row in split]
        assert len(set(questions)) == len(questions) == 76
        assert {"id", "question", "answer", "family", "reference"} <= set(splits["test"][0])


def test_chains_and_pairs_are_as_documented(built):
    for task in TASKS:
        chains = rows(built / f"data/chains/{task}.jsonl")
        assert len(chains) == 2 * (40 + 16)
        for row in chains:
            assert set(row) == {"problem_id", "sample", "steps", "outcome", "requests"}
            assert len(row["requests"]) == len(row["steps"])
            assert set(row["steps"][0]) == {"completion", "call", "result", "error"}
        attempts = rows(built / f"data/attempts/{task}.jsonl")
        assert len(attempts) == 30 + 10
        assert all(set(row) == {"problem_id", "sample", "steps", "outcome"} for row in attempts)
        for split in ("train", "validation"):
            for row in rows(built / f"data/pairs/{task}/{split}.jsonl"):
                assert row["origin"] in ("teacher", "student", "constructed")
                assert set(row) == PAIR_COLUMNS
                assert f"-{split}-" in row["problem_id"]


def test_fields_are_sorted(built):
    for path in (built / "data").rglob("*.jsonl"):
        assert all(list(row) == sorted(row) for row in rows(path)), path


def test_models_are_ordinary_folders(built):
    for task in TASKS:
        assert (built / f"models/base/{task}/config.json").is_file()
        for arm in ("adapters/{}/sft", "adapters/{}/dpo", "refined/{}/sft_sft", "refined/{}/sft_dpo"):
            settings = json.loads((built / "models" / arm.format(task) / "adapter_config.json").read_text())
            assert settings["peft_type"] == "LORA"
            assert settings["base_model_name_or_path"] == f"models/base/{task}"


def test_models_and_pairs_can_be_had_by_name(built, tmp_path):
    declared = yaml.safe_load((ROOT / "dvc.yaml").read_text(encoding="utf-8"))["artifacts"]
    assert set(declared) == {f"{task}-{kind}" for task in TASKS for kind in ("base", "adapters", "refined", "pairs")}
    for name, artifact in declared.items():
        assert (built / artifact["path"]).is_dir(), name
    dvc(built, "get", ".", "models/adapters/fol/dpo", "-o", str(tmp_path / "dpo"))
    assert (tmp_path / "dpo/adapter_config.json").is_file()


def test_every_arm_attempts_every_problem(built):
    for task in TASKS:
        found = rows(built / f"data/evaluations/{task}.jsonl")
        assert [row["problem_id"] for row in found] == [
            row["id"] for row in rows(built / f"data/problems/{task}/test.jsonl")
        ]
        for row in found:
            assert set(row["arms"]) == set(ARMS)
            for (sample,) in row["arms"].values():
                assert 1 <= len(sample["steps"]) <= 4
                assert sample["error_type"] == (None if sample["outcome"] == "correct" else sample["outcome"])


def test_every_arm_attempts_problems_unlike_those_of_training(built):
    for task in TASKS:
        found = rows(built / f"data/generalization/{task}.jsonl")
        assert {"deeper", "other names", "other function order"} <= {row["shift"] for row in found}
        assert all(set(row["arms"]) == set(ARMS) for row in found)


def test_metrics_are_as_documented(built):
    metrics = json.loads((built / "data/report/metrics.json").read_text())
    for task in TASKS:
        for arm in ARMS:
            assert set(metrics[task][arm]) >= {"accuracy", "ci95", "n"}
            assert metrics[task][arm]["n"] == 20
        for comparison in ("dpo_vs_base", "dpo_vs_sft", "sft_dpo_vs_sft", "sft_dpo_vs_sft_sft"):
            wanted = {"difference", "ci95", "wilcoxon_p", "mcnemar_p", "effect_size"}
            assert set(metrics[task][comparison]) >= wanted
    assert (built / "data/report/index.html").read_text(encoding="utf-8").startswith("<!doctype html>")


def test_fingerprints_say_code_and_libraries(built):
    tree = json.loads((built / "data/fingerprints.json").read_text())
    assert set(tree) >= {*STAGES, "tasks", "functions", "teachers"} - {"fingerprint"}
    assert set(tree["teachers"]["reference"]) == {"code", "libs"}
    assert "trl" in tree["adapter"]["libs"]
    assert "trl" not in tree["problems"]["libs"]
