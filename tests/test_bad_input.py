"""Whatever is wrong with parameters or data: one short message that names it, and nothing half-written."""

import json
import re
import shutil

import pytest

from stages.__main__ import main
from tests import tiny
from tests.spoiling import content, field, line, params, removed, without
from tests.workspace import lay_out, parameters, snapshot

ATTEMPTS = "data/attempts/math.jsonl"
PROBLEMS, CHAINS, PAIRS = "data/problems/math/{}.jsonl", "data/chains/math.jsonl", "data/pairs/math/{}.jsonl"
TRAIN, VALIDATION, TEST = (PROBLEMS.format(split) for split in ("train", "validation", "test"))
STAGES = ("problems", "base", "chains", "attempts", "pairs", "adapter", "refinement", "evaluation", "generalization")


@pytest.fixture(scope="session")
def built(tmp_path_factory):
    """Everything that the math stages read; the models have random weights."""
    folder = lay_out(tmp_path_factory.mktemp("built"), parameters())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tiny.build_math(
            folder, ("adapters/math/sft", "adapters/math/dpo", "refined/math/sft_sft", "refined/math/sft_dpo")
        )
    return folder


@pytest.fixture
def refused(built, tmp_path, monkeypatch, capsys):
    """Spoils a copy of what was built, runs the launcher on it, and returns the message."""
    folder = tmp_path / "copy"
    shutil.copytree(built, folder)
    monkeypatch.chdir(folder)
    monkeypatch.delenv("DVC_STAGE", raising=False)

    def run(command, spoil=lambda folder: None):
        spoil(folder)
        before = snapshot(folder)
        code = main(command.split())
        shown = capsys.readouterr().err
        assert code in (1, 2)
        assert shown.startswith("error: ")
        assert len(shown) < 600
        assert "Traceback" not in shown
        assert snapshot(folder) == before, "nothing is written, changed or left"
        return shown

    return run


@pytest.mark.parametrize("stage", [*STAGES, "show problems", "show pairs"])
def test_an_unknown_task(refused, stage):
    message = refused(f"{stage} unheard")
    if stage == "adapter":  # it depends on the pairs alone
        assert "data/pairs/unheard/train.jsonl: no such file" in message
    elif stage == "base":  # it has parameters for each task
        assert "params.yaml: `base.unheard` is missing (there is: fol, math)" in message
    else:
        assert "no task `unheard`; stages/tasks/ has fol, math" in message


SECTIONS = {
    "problems": ("problems", "math"),
    "base": ("base", "math"),
    "chains": ("chains",),
    "attempts": ("attempts",),
    "pairs": ("problems", "math"),
    "adapter": ("adapter",),
    "refinement": ("refinement",),
    "evaluation": ("evaluation",),
    "generalization": ("generalization", "math"),
}


def nested(keys, value):
    for key in reversed(keys):
        value = {key: value}
    return params(**value)


@pytest.mark.parametrize("stage", STAGES)
def test_a_section_that_is_missing_unknown_or_no_mapping(refused, stage):
    keys = SECTIONS[stage]
    name = ".".join(keys)
    assert f"params.yaml: `{name}" in refused(f"{stage} math", nested(keys, {"colour": "red"}))
    assert f"params.yaml: `{name}`" in refused(f"{stage} math", nested(keys, "red"))
    assert f"params.yaml: `{name}` is missing" in refused(f"{stage} math", without(*keys))


@pytest.mark.parametrize(
    ("stage", "spoil", "message"),
    [
        (
            "problems",
            params(problems={"math": {"seed": "one"}}),
            r"`problems\.math\.seed`: .* valid integer \(it is 'one'\)",
        ),
        (
            "problems",
            params(problems={"math": {"source": "unheard"}}),
            r"`problems\.math\.source`: .*no source `unheard`.*gsm8k",
        ),
        (
            "problems",
            params(problems={"math": {"source": "gsm8k"}}),
            r"`problems\.math\.path` is missing: source gsm8k needs",
        ),
        (
            "problems",
            params(problems={"math": {"families": ["unheard"]}}),
            r"no family `unheard` \(there are: .*collecting",
        ),
        (
            "problems",
            params(problems={"math": {"functions": ["unheard"]}}),
            r"`problems\.math\.functions` must name some of .*arithmetic",
        ),
        ("problems", params(problems={"math": {"depths": []}}), r"`problems\.math\.depths`"),
        (
            "problems",
            params(problems={"math": {"splits": {"test": 0}}}),
            r"`problems\.math\.splits\.test`: .*\(it is 0\)",
        ),
        ("problems", params(problems={"math": {"splits": {"test": None}}}), r"`problems\.math\.splits\.test`"),
        ("base", params(base={"math": {"schedule": {"steps": 0}}}), r"`base\.math\.schedule\.steps`"),
        (
            "base",
            params(base={"math": {"mistakes": {"rates": {"hubris": 0.1}}}}),
            r"`base\.math\.mistakes\.rates`: .*unknown error types .*hubris",
        ),
        ("base", params(base={"math": {"architecture": {"heads": "two"}}}), r"`base\.math\.architecture\.heads`"),
        (
            "base",
            params(base={"math": {"architecture": {"heads": 3}}}),
            r"`base\.math\.architecture`: .*multiple of twice the `heads`",
        ),
        ("base", params(base={"math": {"architecture": {"layers": 0}}}), r"`base\.math\.architecture\.layers`"),
        (
            "base",
            params(base={"math": {"schedule": {"steps": 6, "copying": 6}}}),
            r"`base\.math\.schedule`: .*`copying` \(6\) must be less than `steps` \(6\)",
        ),
        ("base", params(base={"math": {"problems": 1}}), r"`base\.math`: .*`problems` \(1\) are too few"),
        ("base", params(base={"math": {"vocabulary": 10}}), r"`base\.math\.vocabulary`"),
        ("base", params(base={"math": {"model": 3}}), r"`base\.math\.model`"),
        (
            "chains",
            params(chains={"teacher": "unheard"}),
            r"`chains\.teacher`: there is no teacher `unheard`; there are .*reference",
        ),
        ("chains", params(chains={"teacher": 3}), r"`chains\.teacher`"),
        ("chains", params(chains={"samples": 0}), r"`chains\.samples`"),
        ("chains", params(chains={"samples": True}), r"`chains\.samples`"),
        (
            "chains",
            params(teachers={"reference": {"rates": {"loop": 2.0}}}),
            r"`teachers\.reference\.rates`: .*exceed 1",
        ),
        ("chains", without("teachers"), r"`teachers\.reference` is missing"),
        ("attempts", params(attempts={"problems": {"train": -1}}), r"`attempts\.problems\.train`"),
        ("attempts", params(attempts={"temperature": -1.0}), r"`attempts\.temperature`"),
        ("pairs", params(problems={"math": {"functions": []}}), r"`problems\.math\.functions`"),
        ("pairs", params(pairs={"mix": {"student": -1}}), r"`pairs\.mix\.student`"),
        ("pairs", params(pairs={"mistakes": {"typo": 1.0}}), r"`pairs\.mistakes`: .*'typo'.*; there are malformed, "),
        ("pairs", params(pairs={"mistakes": {"loop": -1.0}}), r"`pairs\.mistakes\.loop`"),
        ("pairs", params(pairs={"augment": {"renam": 1}}), r"`pairs\.augment\.renam` is not a parameter"),
        ("pairs", params(pairs={"augment": {"rename": -1}}), r"`pairs\.augment\.rename`: .*\(it is -1\)"),
        ("pairs", params(pairs={"near_duplicate": 0.0}), r"`pairs\.near_duplicate`"),
        ("pairs", params(pairs={"difficulty": [0.9, 0.1]}), r"`pairs\.difficulty`: the smallest comes first"),
        ("pairs", params(pairs={"difficulty": [0.9, 1.1]}), r"`pairs\.difficulty\.1`"),
        ("pairs", params(pairs={"caps": {"family": 0}}), r"`pairs\.caps\.family`: .*\(it is 0\)"),
        ("adapter", params(adapter={"beta": -1.0}), r"`adapter\.beta`"),
        ("adapter", params(adapter={"beta": "much"}), r"`adapter\.beta`: .*\(it is 'much'\)"),
        ("adapter", params(adapter={"lora": {"rank": 0}}), r"`adapter\.lora\.rank`"),
        ("adapter", params(adapter={"loss": ["sigmoid", "magic"]}), r"`adapter\.loss\.1`: .*'sigmoid'.*magic"),
        ("adapter", params(adapter={"loss": ["sigmoid"]}), r"`adapter`: .*`loss` has 1 terms and `loss_weights` 2"),
        ("adapter", params(adapter={"max_length": 20}), r"adapter\.max_length = 20"),
        ("evaluation", params(evaluation={"temperature": "cold"}), r"`evaluation\.temperature`"),
        ("evaluation", params(evaluation={"batch_size": 0}), r"`evaluation\.batch_size`"),
    ],
)
def test_a_wrong_parameter(refused, stage, spoil, message):
    assert re.search(message, refused(f"{stage} math", spoil))


@pytest.mark.parametrize("stage", [*(f"{stage} math" for stage in STAGES), "report"])
def test_an_unreadable_params_file(refused, stage):
    assert "params.yaml: not valid YAML" in refused(stage, content("params.yaml", "a: [1\nb: 2"))
    assert "params.yaml: expected sections" in refused(stage, content("params.yaml", "- 1"))
    assert "params.yaml" in refused(stage, content("params.yaml", b"a: \xff"))
    assert "params.yaml: no such file" in refused(stage, removed("params.yaml"))


@pytest.mark.parametrize(
    ("stage", "path"),
    [
        ("chains", TRAIN),
        ("chains", VALIDATION),
        ("attempts", TRAIN),
        ("pairs", TRAIN),
        ("pairs", CHAINS),
        ("pairs", ATTEMPTS),
        ("adapter", PAIRS.format("train")),
        ("evaluation", TEST),
    ],
)
def test_a_data_file_that_is_missing_or_malformed(refused, stage, path):
    command = f"{stage} math"
    assert re.search(rf"{path}:3: not valid JSON .*mend or remove this line", refused(command, line(path, 3, '{"a": ')))
    assert f"{path}:2: expected a JSON object, found list" in refused(command, line(path, 2, "[1]"))
    assert f"{path}: cannot be read as UTF-8 text" in refused(command, content(path, b"\xff\xfe{}"))
    assert re.search(f"{path}: .*(empty|no )", refused(command, content(path, "")))
    assert re.search(rf"{path}: no such file.*dvc repro", refused(command, removed(path)))


@pytest.mark.parametrize(
    ("stage", "spoil", "message"),
    [
        (
            "chains",
            field(TRAIN, 4, "answer", ""),
            f"{TRAIN}:4: `answer` must be a text that is not empty; mend or remove this line",
        ),
        ("evaluation", field(TEST, 2, "answer", ""), f"{TEST}:2: `answer` must be"),
        ("evaluation", field(TEST, 2, "answer", None), f"{TEST}:2: `answer` must be"),
        ("evaluation", field(TEST, 2, "answer"), f"{TEST}:2: 'answer' is missing"),
        ("evaluation", field(TEST, 5, "question", 7), f"{TEST}:5: `question` must be"),
        ("evaluation", field(TEST, 5, "depth"), f"{TEST}:5: 'depth' is missing"),
        ("evaluation", field(TEST, 5, "depth", "deep"), f"{TEST}:5: `depth` must be"),
        ("evaluation", field(TEST, 5, "reference", "stop()"), f"{TEST}:5: `reference` must be"),
        ("evaluation", field(TEST, 5, "reference", [3]), f"{TEST}:5: `reference` must be"),
        ("pairs", field(TRAIN, 1, "reference"), f"{TRAIN}:1: 'reference' is missing"),
        ("pairs", field(CHAINS, 2, "problem_id"), f"{CHAINS}:2: 'problem_id' is missing"),
        ("pairs", field(CHAINS, 2, "outcome"), f"{CHAINS}:2: 'outcome' is missing"),
        ("pairs", field(CHAINS, 2, "steps"), f"{CHAINS}:2: 'steps' is missing"),
        ("pairs", field(CHAINS, 2, "steps", [{"call": None}]), f"{CHAINS}:2: 'completion' is missing"),
        (
            "pairs",
            field(CHAINS, 2, "steps", [{"completion": 3}]),
            f"{CHAINS}:2: `problem_id`, `outcome` and every `completion` must be texts",
        ),
        ("pairs", field(CHAINS, 2, "steps", "add(1, 2)"), f"{CHAINS}:2: "),
        ("adapter", field(PAIRS.format("train"), 3, "prompt"), f"{PAIRS.format('train')}:3: 'prompt' is missing"),
        ("adapter", field(PAIRS.format("train"), 3, "tools"), f"{PAIRS.format('train')}:3: 'tools' is missing"),
        (
            "adapter",
            field(PAIRS.format("train"), 3, "chosen", "add(1, 2)"),
            f"{PAIRS.format('train')}:3: `chosen` must be",
        ),
        ("adapter", field(PAIRS.format("train"), 3, "rejected", []), f"{PAIRS.format('train')}:3: `rejected` must be"),
        ("show chains", field(CHAINS, 1, "outcome"), f"{CHAINS}:1: 'outcome' is missing"),
        ("show problems", field(TRAIN, 1, "family"), f"{TRAIN}:1: 'family' is missing"),
        ("show pairs", field(PAIRS.format("train"), 1, "prompt", 3), f"{PAIRS.format('train')}:1: "),
    ],
)
def test_a_row_that_lacks_something(refused, stage, spoil, message):
    assert message in refused(f"{stage} math", spoil)


def gsm8k(folder):
    params(
        problems={"math": {"source": "gsm8k", "path": "rows.jsonl", "splits": {"train": 1, "validation": 1, "test": 1}}}
    )(folder)


ROW = '{"question": "What is 1 and %d?", "answer": "#### %d"}'


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        (None, r"rows\.jsonl: no such file"),
        ("", r"asks for 3 problems, but the source has 0"),
        (ROW % (1, 2) + "\n" + ROW % (2, 3), r"asks for 3 problems, but the source has 2"),
        (ROW % (1, 2) + "\n{", r"rows\.jsonl:2: not valid JSON"),
        (
            '{"question": "How many?", "answer": "####"}',
            r"rows\.jsonl: row 1: a problem without an answer; add it or remove the row",
        ),
    ],
)
def test_a_source_that_cannot_be_used(refused, rows, message):
    def spoil(folder):
        gsm8k(folder)
        if rows is not None:
            content("rows.jsonl", rows)(folder)

    assert re.search(message, refused("problems math", spoil))


def test_problems_that_no_teacher_can_follow(refused):
    def spoil(folder):
        for path in (TRAIN, VALIDATION):
            rows = [json.loads(text) for text in (folder / path).read_text().splitlines()]
            content(path, "".join(json.dumps({**row, "reference": None}) + "\n" for row in rows))(folder)

    assert "data/problems/math: no problem has a reference" in refused("chains math", spoil)


def test_chains_that_give_no_pair(refused):
    def spoil(folder):
        rows = [json.loads(text) for text in (folder / CHAINS).read_text().splitlines()]
        right = [row for row in rows if row["outcome"] == "correct"]
        content(CHAINS, "".join(json.dumps(row) + "\n" for row in right))(folder)
        params(pairs={"mix": {"student": 0, "constructed": 0}})(folder)

    assert f"{CHAINS}: no pair can be made for the train split" in refused("pairs math", spoil)


def test_a_training_question_that_is_held_out(refused, built):
    question = json.loads((built / TEST).read_text(encoding="utf-8").splitlines()[4])["question"]
    message = refused("pairs math", field(TRAIN, 3, "question", question.upper()))
    assert f"{TRAIN}: 1 questions are held out, too (math-train-00002 = math-test-00004); remove" in message


def test_chains_in_another_order(refused):
    def spoil(folder):
        rows = (folder / CHAINS).read_text(encoding="utf-8").splitlines(keepends=True)
        content(CHAINS, "".join([*rows[4:6], *rows[:4], *rows[6:]]))(folder)

    assert f"{CHAINS}: the chains of math-train-00000 are not together or not in the order" in refused(
        "pairs math", spoil
    )


@pytest.mark.parametrize(
    ("stage", "spoil", "message"),
    [
        ("adapter", removed("models/base/math"), r"models/base/math: no such model; run `dvc repro`"),
        ("evaluation", removed("models/base/math"), r"models/base/math: no such model; run `dvc repro`"),
        (
            "evaluation",
            removed("models/adapters/math/dpo"),
            r"models/adapters/math/dpo: no such adapter; run `dvc repro`",
        ),
        (
            "refinement",
            removed("models/adapters/math/sft"),
            r"models/adapters/math/sft: no such adapter; run `dvc repro`",
        ),
        (
            "evaluation",
            removed("models/refined/math/sft_dpo"),
            r"models/refined/math/sft_dpo: no such adapter; run `dvc repro`",
        ),
        ("ask", removed("models/adapters/math/dpo"), r"models/adapters/math/dpo: no such adapter; run `dvc repro`"),
        (
            "adapter",
            content("models/base/math/model.safetensors", "{}"),
            r"models/base/math: cannot be loaded .*dvc repro",
        ),
        ("evaluation", content("models/base/math/config.json", "{"), r"models/base/math: cannot be loaded .*dvc repro"),
        (
            "evaluation",
            content("models/adapters/math/sft/adapter_model.safetensors", "{}"),
            r"math/sft: cannot be loaded .*dvc repro",
        ),
    ],
)
def test_models_that_are_missing_or_damaged(refused, stage, spoil, message):
    assert re.search(message, refused("ask math What?" if stage == "ask" else f"{stage} math", spoil))


def test_a_base_that_cannot_be_had(refused, monkeypatch):
    """Told when it is named, not when it is used hours later."""
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    message = refused("base math", params(base={"math": {"model": "./nowhere/at/all"}}))
    assert re.search(r"`base\.math\.model`: cannot load \./nowhere/at/all", message)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (params(tasks=[]), "`tasks` must be a list of task names, such as [fol, math]"),
        (params(tasks="math"), "`tasks` must be a list of task names"),
        (without("tasks"), "`tasks` must be a list of task names"),
        (params(tasks=["math"]), "data/evaluations/math.jsonl: no such file"),
        (params(report={"resamples": "many"}), "`report.resamples`"),
    ],
)
def test_a_report_that_cannot_be_written(refused, spoil, message):
    assert message in refused("report", spoil)
