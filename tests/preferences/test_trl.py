"""The files of pairs as others use them: `load_dataset`, and a stock DPOTrainer."""

import math

import pytest
import torch

from stages.files import read_jsonl, write_jsonl
from stages.student.model import load
from tests import tiny
from tests.preferences.test_pairs import Setting
from tests.workspace import PAIR_COLUMNS


@pytest.fixture(scope="module", params=[("fol", ["formulas"], [1, 2]), ("math", ["arithmetic"], [1, 2, 3])])
def path(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("pairs") / "train.jsonl"
    write_jsonl(path, [pair.record() for pair in Setting(*request.param).pairs])
    return path


@pytest.fixture(scope="module")
def data(path):
    from datasets import load_dataset

    return load_dataset("json", data_files=str(path), split="train", cache_dir=str(path.parent / "cache"))


def rendered(row, side):
    return tiny.tokenizer().apply_chat_template(row["prompt"] + row[side], tools=row["tools"], tokenize=False)


def test_the_file_loads_and_renders_as_it_was_written(path, data):
    assert set(data.column_names) == PAIR_COLUMNS
    rows = list(read_jsonl(path))
    assert len(data) == len(rows) > 50
    for loaded, row in zip(data, rows):
        for side in ("chosen", "rejected"):
            assert rendered(loaded, side) == rendered(row, side)


@pytest.fixture
def trainer(data, tmp_path):
    """The trainer as its documentation makes one, on a folder such as models/base/TASK."""
    from trl import DPOConfig, DPOTrainer

    tiny.model().save_pretrained(tmp_path / "base")
    tiny.tokenizer().save_pretrained(tmp_path / "base")
    model, tokenizer = load(tmp_path / "base")
    settings = DPOConfig(
        output_dir=str(tmp_path / "out"),
        max_steps=1,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        logging_steps=1,
        report_to="none",
        save_strategy="no",
        use_cpu=True,
        bf16=False,
        gradient_checkpointing=False,
        disable_tqdm=True,
    )
    return DPOTrainer(model=model, args=settings, train_dataset=data.select(range(16)), processing_class=tokenizer)


def test_a_stock_trainer_trains_on_it(trainer):
    before = torch.cat([value.flatten().clone() for value in trainer.model.parameters()])
    trainer.train()
    (log,) = [row for row in trainer.state.log_history if "loss" in row]
    assert math.isclose(log["loss"], math.log(2), rel_tol=0.01), "the first step starts from the reference"
    assert not torch.equal(torch.cat([value.flatten() for value in trainer.model.parameters()]), before)


def test_the_trainer_sees_whole_prompts_and_turns(data, trainer):
    for row, tokens in zip(data, trainer.train_dataset):
        assert tiny.tokenizer().decode(tokens["prompt_ids"]).endswith("<|assistant|>")
        for side in ("chosen", "rejected"):
            assert tiny.tokenizer().decode(tokens["prompt_ids"] + tokens[f"{side}_ids"]) == rendered(row, side)
