import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path

import pytest
import yaml

from stages import report
from stages.errors import UserError
from tests.reporting.synthetic import PARAMS, write_inputs

REPOSITORY = Path(__file__).resolve().parents[1]
OUTS = ("index.html", "metrics.json", "plots/families.json", "plots/depths.json", "plots/errors.json",
        "plots/training.json")  # fmt: skip


@pytest.fixture
def build(tmp_path, monkeypatch):
    """A folder with the report's inputs, as working directory."""
    monkeypatch.chdir(tmp_path)
    write_inputs(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A folder with the report built in it; for tests that only read."""
    root = tmp_path_factory.mktemp("built")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        write_inputs(root)
        report.run()
    return root


def outs(root):
    return {name: (root / "data/report" / name).read_bytes() for name in OUTS}


def edit(path, line, change):
    lines = path.read_text().splitlines()
    lines[line - 1] = change(lines[line - 1])
    path.write_text("\n".join(lines) + "\n")


def edit_row(path, line, change):
    def edited(text):
        row = json.loads(text)
        change(row)
        return json.dumps(row)

    edit(path, line, edited)


def test_metrics_hold_what_the_contract_says(built):
    metrics = json.loads((built / "data/report/metrics.json").read_text())
    assert set(metrics) == {"fol", "math"}
    for values in metrics.values():
        for arm in ("base", "sft", "dpo"):
            assert set(values[arm]) == {"accuracy", "ci95", "n"}
            low, high = values[arm]["ci95"]
            assert 0 <= low <= values[arm]["accuracy"] <= high <= 1
        for pair in ("dpo_vs_base", "dpo_vs_sft"):
            assert {"difference", "ci95", "wilcoxon_p", "mcnemar_p", "effect_size"} <= set(values[pair])
        gain = values["dpo"]["accuracy"] - values["base"]["accuracy"]
        assert values["dpo_vs_base"]["difference"] == pytest.approx(gain, abs=2e-6)
        assert 0 < values["dpo_vs_base"]["wilcoxon_p"] < 0.05


def test_metrics_agree_with_a_count_of_the_rows(built):
    rows = [json.loads(line) for line in (built / "data/evaluations/math.jsonl").read_text().splitlines()]
    solved = {arm: [row["arms"][arm][0]["outcome"] == "correct" for row in rows] for arm in ("base", "sft", "dpo")}
    metrics = json.loads((built / "data/report/metrics.json").read_text())["math"]
    assert metrics["sft"]["accuracy"] == pytest.approx(sum(solved["sft"]) / 60, abs=1e-6)
    assert metrics["dpo_vs_sft"]["gained"] == sum(d and not s for d, s in zip(solved["dpo"], solved["sft"]))
    assert metrics["dpo_vs_sft"]["lost"] == sum(s and not d for d, s in zip(solved["dpo"], solved["sft"]))


def test_identical_arms_give_finite_numbers(build):
    def same(row):
        row["arms"] = dict.fromkeys(row["arms"], row["arms"]["base"])

    for line in range(1, 61):
        edit_row(build / "data/evaluations/fol.jsonl", line, same)
    report.run()
    metrics = json.loads((build / "data/report/metrics.json").read_text())["fol"]["dpo_vs_sft"]
    assert metrics == {"difference": 0.0, "ci95": [0.0, 0.0], "wilcoxon_p": 1.0, "mcnemar_p": 1.0, "effect_size": 0.0,
                       "n": 60, "gained": 0, "lost": 0}  # fmt: skip
    assert "added nothing that shows over imitation" in (build / "data/report/index.html").read_text()


# The other process also has another hash seed, a user's matplotlibrc, and a terminal that knows ASCII only.
def test_equal_inputs_give_equal_bytes_in_another_process(built, tmp_path_factory):
    other = tmp_path_factory.mktemp("other")
    write_inputs(other)
    (other / "matplotlibrc").write_text("axes.facecolor: red\nfont.size: 30\n")
    command = [sys.executable, "-c", "from stages.report import run; run()"]
    environment = os.environ | {"PYTHONPATH": str(REPOSITORY), "PYTHONHASHSEED": "7", "PYTHONIOENCODING": "ascii"}
    subprocess.run(command, cwd=other, env=environment, check=True, capture_output=True)
    assert outs(built) == outs(other)


def test_several_samples_and_a_further_arm(build):
    write_inputs(build, samples=3)
    for task in ("fol", "math"):
        for kind, count in (("evaluations", 60), ("generalization", 20)):
            for line in range(1, count + 1):
                path = build / f"data/{kind}/{task}.jsonl"
                edit_row(path, line, lambda row: row["arms"].update(sft_dpo=row["arms"]["dpo"]))
    report.run()
    metrics = json.loads((build / "data/report/metrics.json").read_text())["fol"]
    assert metrics["base"]["n"] == 60
    assert {"sft_dpo_vs_base", "sft_dpo_vs_sft"} <= set(metrics)
    assert "SFT + DPO" in (build / "data/report/index.html").read_text()


class Page(HTMLParser):
    """What a page would fetch or run, and its ids."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.ids, self.links = set(), [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        if "id" in values:
            self.ids.append(values["id"])
        self.links += [values[key] for key in ("src", "href", "xlink:href", "data", "action") if key in values]


def test_page_is_self_contained(built):
    text = (built / "data/report/index.html").read_text()
    page = Page(text)
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    assert all(link.startswith("#") for link in page.links)
    assert len(page.ids) == len(set(page.ids))
    assert {link[1:] for link in page.links} <= set(page.ids)
    assert not re.search(r"url\((?!#)|@import", text)
    assert str(built) not in text


def test_page_escapes_what_models_and_data_sets_wrote(build):
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"

    def poison(row):
        row["question"] = row["family"] = row["answer"] = evil
        for arm, outcome in (("base", "loop"), ("dpo", "correct")):
            step = {"completion": evil, "call": None, "result": evil, "error": "malformed"}
            row["arms"][arm] = [{"sample": 0, "outcome": outcome, "error_type": None, "steps": [step]}]

    edit_row(build / "data/evaluations/fol.jsonl", 1, poison)
    params = PARAMS | {"report": PARAMS["report"] | {"flips": 100}}
    (build / "params.yaml").write_text(yaml.safe_dump(params))
    report.run()
    text = (build / "data/report/index.html").read_text()
    assert text.count("&lt;script&gt;alert(1)") >= 5
    assert not Page(text).tags & {"script", "img"}


def test_page_follows_light_and_dark(built):
    text = (built / "data/report/index.html").read_text()
    assert "prefers-color-scheme: dark" in text
    pictures = re.findall(r"<svg.*?</svg>", text, flags=re.DOTALL)
    assert len(pictures) == 13
    for picture in pictures:
        assert "var(--ink)" in picture or "var(--muted)" in picture
        assert not set(re.findall(r"(?:fill|stroke): (#[0-9a-f]{6})", picture))


def test_page_names_teacher_data_and_lineage_of_this_build_only(built):
    text = (built / "data/report/index.html").read_text()
    assert "embedded reference teacher" in text
    assert "LLM" not in text
    assert "150 train pairs" in text
    assert "functions.math.arithmetic" in text
    assert "adapter.learning_rate" in text
    assert "teachers.llama_cpp" not in text
    assert "tasks.unused" not in text


def test_flipped_problems_are_capped_and_counted(build):
    (build / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"report": {"seed": 1, "resamples": 200, "flips": 2}}))
    report.run()
    text = (build / "data/report/index.html").read_text()
    gained = json.loads((build / "data/report/metrics.json").read_text())["fol"]["dpo_vs_base"]["gained"]
    assert f"Solved only by DPO: {gained} problems (2 shown)" in text
    assert text.count('<details class="flip">') <= 2 * 8


def test_plot_rows_name_task_and_arm(built):
    families = json.loads((built / "data/report/plots/families.json").read_text())
    assert {row["arm"] for row in families} == {"base", "sft", "dpo"}
    assert sum(row["n"] for row in families if row["task"] == "fol" and row["arm"] == "dpo") == 60
    errors = json.loads((built / "data/report/plots/errors.json").read_text())
    rows = [row for row in errors if (row["task"], row["arm"]) == ("fol", "base")]
    accuracy = json.loads((built / "data/report/metrics.json").read_text())["fol"]["base"]["accuracy"]
    assert sum(row["share"] for row in rows) == pytest.approx(1 - accuracy, abs=1e-5)
    training = json.loads((built / "data/report/plots/training.json").read_text())
    assert {"task", "arm", "step", "loss", "logps/chosen"} <= set(training[0])


def test_run_ends_with_one_plain_table(build, capsys):
    report.run()
    captured = capsys.readouterr()
    lines = captured.out.splitlines()
    assert captured.err == ""
    assert lines[0].split()[:3] == ["task", "arm", "accuracy"]
    assert len(lines) == 1 + 2 * 4
    assert "\x1b" not in captured.out
    assert "\u2500" not in captured.out


BROKEN = [
    (lambda root: (root / "data/evaluations/math.jsonl").unlink(), "data/evaluations/math.jsonl"),
    (lambda root: (root / "data/evaluations/math.jsonl").write_text(""), "data/evaluations/math.jsonl"),
    (lambda root: edit(root / "data/evaluations/fol.jsonl", 3, lambda line: line[:50]), "data/evaluations/fol.jsonl:3"),
    (
        lambda root: edit_row(root / "data/evaluations/fol.jsonl", 7, lambda row: row["arms"].pop("sft")),
        "data/evaluations/fol.jsonl:7: arm `sft`",
    ),
    (
        lambda root: edit_row(root / "data/evaluations/fol.jsonl", 1, lambda row: row["arms"].pop("dpo")),
        "data/evaluations/fol.jsonl:1: arm `dpo`",
    ),
    (
        lambda root: edit_row(root / "data/evaluations/fol.jsonl", 9, lambda row: row["arms"].update(dpo=[])),
        "data/evaluations/fol.jsonl:9: arm `dpo`",
    ),
    (
        lambda root: edit_row(
            root / "data/evaluations/fol.jsonl", 4, lambda row: row["arms"]["base"][0].update(outcome="great")
        ),
        "data/evaluations/fol.jsonl:4: `arms.base.0`",
    ),
    (
        lambda root: edit_row(root / "data/evaluations/fol.jsonl", 5, lambda row: row.pop("family")),
        "data/evaluations/fol.jsonl:5: `family`",
    ),
    (lambda root: (root / "data/chains/fol.jsonl").unlink(), "data/chains/fol.jsonl"),
    (
        lambda root: edit_row(root / "data/chains/fol.jsonl", 2, lambda row: row.pop("outcome")),
        "data/chains/fol.jsonl:2: `outcome`",
    ),
    (
        lambda root: edit_row(root / "data/pairs/fol/train.jsonl", 8, lambda row: row.pop("error_type")),
        "data/pairs/fol/train.jsonl:8: `error_type`",
    ),
    (
        lambda root: edit_row(root / "data/training/fol/dpo.jsonl", 2, lambda row: row.update(loss="low")),
        "data/training/fol/dpo.jsonl:2: `loss`",
    ),
    (
        lambda root: edit_row(root / "data/training/fol/sft.jsonl", 6, lambda row: row.update(loss=float("nan"))),
        "data/training/fol/sft.jsonl:6: `loss`",
    ),
    (lambda root: [path.unlink() for path in (root / "data/training/math").iterdir()], "data/training/math"),
    (lambda root: (root / "data/fingerprints.json").unlink(), "data/fingerprints.json"),
    (lambda root: (root / "data/fingerprints.json").write_text("[]"), "data/fingerprints.json"),
    (
        lambda root: (root / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"report": {"seed": "x"}})),
        "params.yaml: `report.seed`",
    ),
    (
        lambda root: (root / "params.yaml").write_text(yaml.safe_dump(PARAMS | {"chains": {}})),
        "params.yaml: `chains.teacher`",
    ),
]


@pytest.mark.parametrize(("spoil", "named"), BROKEN, ids=[named for _, named in BROKEN])
def test_bad_input_is_named_and_nothing_is_written(build, spoil, named):
    spoil(build)
    with pytest.raises(UserError) as caught:
        report.run()
    assert named in str(caught.value)
    assert not (build / "data/report").exists()


def test_a_task_is_refused(build):
    with pytest.raises(UserError, match="all tasks"):
        report.run("math")
