"""Pairs of whole chains: from the stage `pairs` to a trained adapter, with the results of calls left out."""

from pathlib import Path

import pytest

from stages.__main__ import main
from stages.files import read_jsonl
from stages.preferences.levels import is_of_chains, of_steps
from stages.preferences.masking import ChainCollator
from stages.student.model import load
from stages.student.preferences import _imitated
from tests.workspace import lay_out, overlaid, parameters

STAGES = ("problems", "base", "chains", "attempts", "pairs", "adapter")


class Collated:
    """The share of the tokens of both sides that each batch of preferences is trained on."""

    def __init__(self, patch):
        self.shares, collate = [], ChainCollator.torch_call

        def spied(collator, examples):
            batch = collate(collator, examples)
            tokens = sum(len(example[f"{side}_ids"]) for example in examples for side in ("chosen", "rejected"))
            self.shares.append(int(batch["completion_mask"].sum()) / tokens)
            return batch

        patch.setattr(ChainCollator, "torch_call", spied)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """Every stage of one task in the sizes of smoke.yaml, with pairs of chains."""
    values = overlaid(parameters(), {"pairs": {"level": "chain"}, "adapter": {"workers": 1, "logging_steps": 1}})
    folder = lay_out(tmp_path_factory.mktemp("levels"), values)
    (folder / "data").mkdir()
    (folder / "data/fingerprints.json").write_text("{}", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        collated = Collated(patch)
        assert [main([stage, "math"]) for stage in STAGES] == [0] * len(STAGES)
        yield folder, collated


@pytest.fixture
def pairs(built):
    return list(read_jsonl("data/pairs/math/train.jsonl"))


def test_pairs_are_of_whole_chains(pairs):
    assert len(pairs) > 100
    for row in pairs:
        assert [turn["role"] for turn in row["prompt"]] == ["user"]
        assert row["chosen"][-1]["tool_calls"][0]["function"]["name"] == "stop"
        step = of_steps(row)
        assert len(step["chosen"]) == len(step["rejected"]) == 1
        assert step["chosen"] != step["rejected"]
    assert any(len(of_steps(row)["prompt"]) > 1 for row in pairs)
    assert any(map(is_of_chains, pairs))


def test_both_arms_are_trained_on_them(built):
    folder, collated = built
    assert len(collated.shares) > 5
    assert 0.3 < min(collated.shares) < max(collated.shares) < 1
    for arm in ("sft", "dpo"):
        history = list(read_jsonl(f"data/training/math/{arm}.jsonl"))
        assert len({row["loss"] for row in history}) > 1
        assert (folder / f"models/adapters/math/{arm}/adapter_model.safetensors").is_file()


def test_no_result_is_imitated(pairs):
    _, tokenizer = load(Path("models/base/math"))
    for row, marked in zip(pairs, _imitated(pairs, tokenizer)):
        kept = tokenizer.decode([token for token, mark in zip(marked["input_ids"], marked["completion_mask"]) if mark])
        calls = [turn for turn in row["chosen"] if turn["role"] == "assistant"]
        assert kept.count(tokenizer.eos_token) == len(calls)
        assert "<|tool|>" not in kept
        assert all(turn["tool_calls"][0]["function"]["name"] in kept for turn in calls)
