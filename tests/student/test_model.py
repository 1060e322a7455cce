import shutil

import pytest
import torch
from peft import LoraConfig, get_peft_model

from stages.errors import UserError
from stages.student.model import load, load_arm, record
from tests import tiny


@pytest.fixture
def base(tmp_path):
    folder = tmp_path / "base"
    tiny.model().save_pretrained(folder)
    tiny.tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def adapter(tmp_path):
    folder = tmp_path / "dpo"
    torch.manual_seed(0)
    adapted = get_peft_model(tiny.model(), LoraConfig(r=2, target_modules="all-linear", init_lora_weights=False))
    adapted.save_pretrained(folder)
    return folder


def logits(model):
    with torch.no_grad():
        return model(input_ids=torch.tensor([[5, 6, 7]])).logits


def test_a_base_is_an_ordinary_folder(base):
    model, tokenizer = load(base)
    assert torch.equal(logits(model), logits(tiny.model()))
    assert (tokenizer.padding_side, tokenizer.pad_token) == ("left", "<|pad|>")
    assert (model.config.eos_token_id, model.generation_config.eos_token_id) == (tokenizer.eos_token_id,) * 2


def test_equal_seeds_give_equal_weights():
    assert torch.equal(logits(tiny.model(1)), logits(tiny.model(1)))
    assert not torch.equal(logits(tiny.model(1)), logits(tiny.model(2)))


def test_a_model_taken_by_name_is_loaded_from_there(base, tmp_path):
    record(tmp_path / "taken", str(base), "base.math.model")
    assert torch.equal(logits(load(tmp_path / "taken")[0]), logits(tiny.model()))


def test_an_arm_is_the_base_with_its_adapter_merged(base, adapter):
    plain, _ = load_arm(base, None)
    merged, _ = load_arm(base, adapter)
    assert torch.equal(logits(plain), logits(tiny.model()))
    assert (logits(merged) - logits(plain)).abs().max() > 0.01
    assert not [name for name, _ in merged.named_parameters() if "lora" in name]


def test_what_is_missing_is_named_with_the_remedy(base, tmp_path):
    with pytest.raises(UserError, match=r"absent: no such model; run `dvc repro`"):
        load(tmp_path / "absent")
    with pytest.raises(UserError, match=r"absent: no such adapter; run `dvc repro`"):
        load_arm(base, tmp_path / "absent")


def test_a_name_that_leads_nowhere_is_said_when_it_is_taken_and_when_it_is_loaded(base, tmp_path):
    with pytest.raises(UserError, match=r"`base\.math\.model`: cannot load \./nowhere/at/all \(.+\)") as error:
        record(tmp_path / "taken", "./nowhere/at/all", "base.math.model")
    assert "\n" not in str(error.value)
    assert not (tmp_path / "taken").exists()
    record(tmp_path / "taken", str(base), "base.math.model")
    shutil.rmtree(base)
    with pytest.raises(UserError, match=r"cannot load .*base, which `base` names \(.+\)"):
        load(tmp_path / "taken")


@pytest.mark.parametrize("file", ["model.safetensors", "config.json", "tokenizer.json"])
def test_damaged_models_are_said(base, file):
    (base / file).write_bytes(b"{ damaged")
    with pytest.raises(UserError, match=f"{base}: cannot be loaded .*run `dvc repro`") as error:
        load(base)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("file", ["adapter_model.safetensors", "adapter_config.json"])
def test_damaged_adapters_are_said(base, adapter, file):
    (adapter / file).write_bytes(b"{ damaged")
    with pytest.raises(UserError, match=f"{adapter}: cannot be loaded .*run `dvc repro`") as error:
        load_arm(base, adapter)
    assert "\n" not in str(error.value)
