import json
import shutil

import pytest

from stages import refinement
from stages.__main__ import main
from stages.files import read_jsonl
from stages.student.checkpoints import FOLDER as CHECKPOINTS
from stages.tasks.configured import read_problems
from tests import tiny
from tests.workspace import lay_out, overlaid, parameters, snapshot

ARMS = ("sft_sft", "sft_dpo")
TRAINING = {"logging_steps": 1, "batch_size": 4}
SIZES = {"problems": {"math": {"splits": {"train": 12}}}, "refinement": {"rounds": 2, "training": TRAINING}}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Problems, a base and an SFT adapter with random weights."""
    folder = lay_out(tmp_path_factory.mktemp("prepared"), overlaid(parameters(), SIZES))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        tiny.build_math(folder, ["adapters/math/sft"])
    (folder / "data/fingerprints.json").write_text("{}")
    return folder


def copied(prepared, folder, patch):
    shutil.copytree(prepared, folder)
    patch.chdir(folder)
    return folder


@pytest.fixture(scope="module")
def refined(prepared, tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        folder = copied(prepared, tmp_path_factory.mktemp("refined") / "whole", patch)
        assert main(["refinement", "math"]) == 0
        yield folder


def outs(folder):
    return [snapshot(folder / part) for part in ("data/refinement", "models/refined")]


def test_the_students_own_mistakes_stand_against_the_references_calls(refined):
    references = {item.id: item.reference for item in read_problems("math", "train")}
    pairs = list(read_jsonl("data/refinement/math/pairs.jsonl"))
    own = [pair for pair in pairs if pair["origin"] == "student"]
    assert own
    for pair in own:
        (call,) = pair["chosen"][0]["tool_calls"]
        assert any(text.startswith(call["function"]["name"] + "(") for text in references[pair["problem_id"]])
        assert pair["chosen"] != pair["rejected"]


def test_pairs_of_the_first_training_are_mixed_in(refined):
    pairs = list(read_jsonl("data/refinement/math/pairs.jsonl"))
    first = list(read_jsonl("data/pairs/math/train.jsonl"))
    replayed = [pair for pair in pairs if pair in first]
    own = sum(pair["origin"] == "student" and pair not in first for pair in pairs)
    assert 0 < len(replayed) <= 2 * own
    assert len(replayed) + own == len(pairs)


def test_both_arms_train_as_many_steps_on_as_many_rounds(refined):
    histories = [list(read_jsonl(f"data/refinement/math/{arm}.jsonl")) for arm in ARMS]
    steps = [[row["step"] for row in history] for history in histories]
    assert steps[0] == steps[1] == list(range(1, len(steps[0]) + 1))
    assert "logps/chosen" in histories[1][0] and "logps/chosen" not in histories[0][0]


def test_arms_are_adapters_of_the_base_that_went_on_from_the_control(refined):
    before = (refined / "models/adapters/math/sft/adapter_model.safetensors").read_bytes()
    weights = {before}
    for arm in ARMS:
        folder = refined / "models/refined/math" / arm
        assert json.loads((folder / "adapter_config.json").read_text())["r"] == 2
        assert {path.name for path in folder.iterdir()} >= {"adapter_config.json", "adapter_model.safetensors"}
        assert not [path for path in folder.iterdir() if path.is_dir()], "the reference is not saved"
        weights.add((folder / "adapter_model.safetensors").read_bytes())
    assert len(weights) == 3


class KilledError(BaseException):
    pass


@pytest.mark.parametrize("calls", [1, 2])
def test_what_was_killed_goes_on_where_it_was_to_the_same_bytes(prepared, refined, tmp_path, monkeypatch, calls):
    """Killed in an arm's training; what came before it is neither sampled nor trained again."""
    folder, trained, sampled = copied(prepared, tmp_path / "killed", monkeypatch), [], []
    train, sample = refinement.train_adapter, refinement.attempt

    def limited(arm, *arguments):
        if len(trained) == calls:
            raise KilledError
        trained.append(arm)
        return train(arm, *arguments)

    def counted(*arguments):
        sampled.append(1)
        return sample(*arguments)

    with monkeypatch.context() as patch, pytest.raises(KilledError):
        patch.setattr(refinement, "train_adapter", limited)
        main(["refinement", "math"])
    calls = 10
    monkeypatch.setattr(refinement, "train_adapter", limited)
    monkeypatch.setattr(refinement, "attempt", counted)
    assert main(["refinement", "math"]) == 0
    assert len(trained) == 2 * len(ARMS), "every arm once in each round"
    assert len(sampled) <= 1
    assert outs(folder) == outs(refined)
    assert not CHECKPOINTS.exists()


def test_a_student_without_mistakes_stays_as_it_is(prepared, tmp_path, monkeypatch, capsys):
    folder = copied(prepared, tmp_path / "perfect", monkeypatch)

    def right(_, __, problems, *___):
        for problem in problems:
            steps = [{"completion": call, "call": call, "result": "", "error": None} for call in problem.reference]
            yield {"problem_id": problem.id, "sample": 0, "outcome": "correct", "steps": steps}

    monkeypatch.setattr(refinement, "attempt", right)
    assert main(["refinement", "math"]) == 0
    assert "no mistakes in round 1" in capsys.readouterr().out
    for arm in ARMS:
        assert snapshot(folder / "models/refined/math" / arm) == snapshot(folder / "models/adapters/math/sft")
        assert list(read_jsonl(f"data/refinement/math/{arm}.jsonl")) == []
