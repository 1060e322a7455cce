"""Whole chains in other formats: what their labels say holds when they are executed, and stock trainers take them."""

import copy
import math
import re
from collections import Counter

import pytest
import torch
from trl.data_utils import common_prefix_length

from stages.agent.episode import Episode
from stages.agent.error_types import CORRECT
from stages.files import write_jsonl
from stages.preferences.formats import CHAINS, KTO, STEPWISE, Formats, turn_key
from stages.preferences.masking import ChainCollator
from stages.student import model as model_files
from stages.tasks.task import Problem
from tests import tiny
from tests.preferences.test_pairs import GOLD, Setting, row_of, written
from tests.preferences.test_preflight import KINDS, TEMPLATES


@pytest.fixture(scope="module", params=[("fol", ["formulas"], [1, 2]), ("math", ["arithmetic"], [1, 2, 3])])
def setting(request):
    return Setting(*request.param)


@pytest.fixture(scope="module")
def rows(setting):
    """The rows of each format."""
    proven = {turn_key(pair.prompt, pair.rejected) for pair in setting.pairs}
    formats = Formats(setting.task, setting.functions, proven)
    found = {CHAINS: [], KTO: [], STEPWISE: []}
    for problem in setting.problems.values():
        for name, row in formats.rows(problem, [c for c in setting.chains if c["problem_id"] == problem.id]):
            found[name].append(row)
    return found


def executed(setting, messages):
    episode = Episode(messages[0]["content"], setting.functions, 99)
    for message in messages:
        if message["role"] == "assistant":
            episode.receive(written(message))
    return episode


def test_whole_chains_are_right_and_wrong(setting, rows):
    assert len(rows[CHAINS]) > 50
    for row in rows[CHAINS]:
        answer = setting.problems[row["problem_id"]].answer
        for side, right in (("chosen", True), ("rejected", False)):
            episode = executed(setting, row["prompt"] + row[side])
            assert episode.messages[:-1] == row["prompt"] + row[side], "results are the functions' own"
            assert (episode.answer is not None and setting.task.check(episode.answer, answer)) == right
    wrong = Counter(chain["outcome"] for chain in setting.chains)
    assert {row["error_type"] for row in rows[CHAINS]} == set(wrong) - {CORRECT}


def test_rejected_turns_and_no_others_are_labelled_wrong(setting, rows):
    rejected = {turn_key(pair.prompt, pair.rejected) for pair in setting.pairs}
    labels = {turn_key(row["prompt"], row["completion"][0]): row["label"] for row in rows[KTO]}
    assert {key for key, label in labels.items() if not label} == rejected
    assert len(labels) == len(rows[KTO]), "each turn has one label"
    assert {turn_key(pair.prompt, pair.chosen) for pair in setting.pairs} & set(labels)


def test_right_turns_are_steps_to_the_answer(setting, rows):
    for row in rows[KTO]:
        if row["label"]:
            episode = executed(setting, row["prompt"])
            assert episode.messages == row["prompt"]
            assert episode.receive(written(row["completion"][0])).error is None
            calls = [str(step.call) for step in episode.steps]
            for call in setting.problems[row["problem_id"]].reference:
                if call not in calls and episode.ended is None:
                    episode.receive(call)
            assert setting.task.check(episode.answer, setting.problems[row["problem_id"]].answer)


def test_stepwise_rows_end_with_the_first_wrong_step(rows):
    assert {label for row in rows[STEPWISE] for label in row["labels"]} == {True, False}
    for row in rows[STEPWISE]:
        assert len(row["completions"]) == len(row["labels"]) > 0
        assert all(row["labels"][:-1])
        assert all("\n" in text for text in row["completions"])


def of_one_problem(*chains, proven=()):
    setting = Setting("math", ["arithmetic"], [1])
    problem = Problem("p", "What?", "19", "f", 3, GOLD)
    records = []
    for chain in chains:
        episode = Episode("What?", setting.functions, len(chain))
        for completion in chain:
            if episode.ended is None:
                episode.receive(completion)
        records.append(row_of(setting.task, problem, episode))
    return list(Formats(setting.task, setting.functions, set(proven)).rows(problem, records))


def test_what_no_pair_proves_wrong_has_no_label():
    detour = ["add(a=2, b=2)", *GOLD]
    assert of_one_problem(detour) == []
    names = Counter(name for name, _ in of_one_problem(GOLD, GOLD, detour))
    assert names == {KTO: 4, STEPWISE: 1}
    (pair,) = [row for name, row in of_one_problem(["add(a=2, b=4)", "stop(answer=6)"]) if name == CHAINS]
    assert [written(turn) for turn in pair["chosen"] if turn["role"] == "assistant"] == GOLD, "the reference"


@pytest.fixture(scope="module")
def load(rows, tmp_path_factory):
    """Loads a format as people do."""
    from datasets import load_dataset

    folder = tmp_path_factory.mktemp("formats")

    def load(name):
        path = folder / f"{name}.jsonl"
        write_jsonl(path, rows[name])
        return load_dataset("json", data_files=str(path), split="train", cache_dir=str(folder / "cache"))

    return load


@pytest.fixture
def student(tmp_path):
    """A model and its tokenizer from a folder such as models/base/TASK."""
    tiny.model().save_pretrained(tmp_path / "base")
    tiny.tokenizer().save_pretrained(tmp_path / "base")
    return model_files.load(tmp_path / "base")


def settings(folder):
    return {
        "output_dir": str(folder),
        "max_steps": 2,
        "per_device_train_batch_size": 4,
        "learning_rate": 1e-3,
        "logging_steps": 1,
        "report_to": "none",
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
    }


def losses(trainer):
    trainer.train()
    return [row["loss"] for row in trainer.state.log_history if "loss" in row]


def test_a_stock_trainer_trains_on_whole_chains_without_results(load, student, tmp_path):
    from trl import DPOConfig, DPOTrainer

    trainer = DPOTrainer(
        model=student[0],
        args=DPOConfig(**settings(tmp_path), remove_unused_columns=False),
        train_dataset=load(CHAINS).select(range(16)),
        processing_class=student[1],
        data_collator=ChainCollator(tokenizer=student[1]),
    )
    first, second = losses(trainer)
    assert math.isclose(first, math.log(2), rel_tol=0.01)
    assert second != first


def test_a_stock_trainer_trains_on_labelled_turns(load, student, tmp_path):
    from trl import KTOConfig, KTOTrainer

    data = load(KTO).shuffle(seed=0).select(range(32))
    assert set(data["label"]) == {True, False}
    trainer = KTOTrainer(
        model=student[0],
        args=KTOConfig(**settings(tmp_path)),
        train_dataset=data,
        processing_class=student[1],
    )
    before = torch.cat([value.flatten().clone() for value in trainer.model.parameters()])
    assert all(map(math.isfinite, losses(trainer)))
    assert not torch.equal(torch.cat([value.flatten() for value in trainer.model.parameters()]), before)


def test_stepwise_rows_load_as_trl_describes_them(load):
    data = load(STEPWISE)
    assert isinstance(data[0]["prompt"], str)
    assert all(isinstance(text, str) for text in data[0]["completions"])
    assert all(isinstance(label, bool) for label in data[0]["labels"])


@pytest.fixture(params=[None, *KINDS])
def tokenizer(request):
    """The student's, or one with another kind of template, whose marks are single tokens."""
    tokenizer = copy.deepcopy(tiny.tokenizer())
    if request.param:
        tokenizer.chat_template = (TEMPLATES / f"{request.param}.jinja").read_text(encoding="utf-8")
        marks = re.findall(r"<\|\w+\|>|</?\w+>|\[/?[A-Z_]+\]", tokenizer.chat_template)
        tokenizer.add_special_tokens({"additional_special_tokens": sorted(set(marks))})
    return tokenizer


def example_of(row, tokenizer):
    """A pair as TRL tokenizes it."""
    whole = [
        tokenizer.apply_chat_template(row["prompt"] + turns, tools=row["tools"], return_dict=False, **options)
        for turns, options in (([], {"add_generation_prompt": True}), (row["chosen"], {}), (row["rejected"], {}))
    ]
    begin = min(common_prefix_length(whole[0], tokens) for tokens in whole[1:])
    return {**row, "prompt_ids": whole[0][:begin], "chosen_ids": whole[1][begin:], "rejected_ids": whole[2][begin:]}


def corrected(row):
    """Whether a user's turn answers a text that is no call."""
    return any(turn["role"] == "user" for turn in row["rejected"])


def test_results_are_masked_whatever_the_template(rows, tokenizer):
    moved = "AVAILABLE_TOOLS" in tokenizer.chat_template
    shown = [row for row in rows[CHAINS] if not corrected(row)][:6]
    shown += [] if moved else [row for row in rows[CHAINS] if corrected(row)][:3]
    examples = [example_of(row, tokenizer) for row in shown]
    batch = ChainCollator(tokenizer=tokenizer)(examples)
    assert batch["input_ids"].shape == batch["completion_mask"].shape
    sides = [(row, side) for side in ("chosen", "rejected") for row in shown]
    for (row, side), tokens, mask in zip(sides, batch["input_ids"], batch["completion_mask"]):
        read = tokenizer.decode(tokens[mask.bool()])
        calls = [turn for turn in row[side] if "tool_calls" in turn]
        assert all(turn["tool_calls"][0]["function"]["name"] in read for turn in calls)
        assert not any(
            mark in read for mark in ("<|tool|>", "tool_response", "TOOL_RESULTS", "ipython", "im_start|>tool")
        )
        unread = tokenizer.decode(tokens[(1 - mask).bool()])
        assert all(
            turn["content"] in unread
            for turn in row[side]
            if turn["role"] != "assistant" and '"' not in turn["content"]
        )


def test_functions_that_move_with_the_last_question_are_refused(rows):
    tokenizer = copy.deepcopy(tiny.tokenizer())
    tokenizer.chat_template = (TEMPLATES / "mistral_v3.jinja").read_text(encoding="utf-8")
    example = example_of(next(row for row in rows[CHAINS] if corrected(row)), tokenizer)
    with pytest.raises(ValueError, match="in another way than all"):
        ChainCollator(tokenizer=tokenizer)([example])


def test_a_collator_that_cannot_tell_results_says_so(rows, monkeypatch):
    tokenizer = tiny.tokenizer()
    example = example_of(rows[CHAINS][0], tokenizer)
    with pytest.raises(ValueError, match="remove_unused_columns=False"):
        ChainCollator(tokenizer=tokenizer)([{k: v for k, v in example.items() if k.endswith("_ids")}])
    with pytest.raises(ValueError, match="keep_start"):
        ChainCollator(tokenizer=tokenizer, truncation_mode="keep_end")
    monkeypatch.setattr(tokenizer, "chat_template", "{{ messages | length }}" + tokenizer.chat_template)
    with pytest.raises(ValueError, match="in another way than all"):
        ChainCollator(tokenizer=tokenizer)([example])
