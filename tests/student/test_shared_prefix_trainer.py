"""Against TRL's own trainer: the same losses, gradients, metrics and weights, with and without an adapter."""

import copy
from typing import get_args

import pytest
import torch
from datasets import Dataset, Features, Json, List
from peft import LoraConfig
from transformers import AutoModelForCausalLM as Models
from transformers import BloomConfig, GPT2Config, Lfm2Config, LlamaConfig, MambaConfig, MistralConfig, Qwen3Config
from trl import DPOConfig, DPOTrainer

from stages.student.preferences import Loss
from stages.student.shared_prefix_trainer import ChainSampler, SharedPrefixDPOTrainer, chains
from tests import tiny
from tests.preferences.test_pairs import Setting

LORA = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM")
COLUMNS = ("prompt", "chosen", "rejected", "tools")
CLASSES = (DPOTrainer, SharedPrefixDPOTrainer)
SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
NARROW = SIZES | {"intermediate_size": 48, "max_position_embeddings": 2048}


@pytest.fixture(scope="module")
def data():
    pairs = [pair.record() for pair in Setting("math", ["arithmetic"], [1, 2, 3]).pairs[:24]]
    features = Features({column: List(Json()) for column in COLUMNS})
    return Dataset.from_list([{column: pair[column] for column in COLUMNS} for pair in pairs], features=features)


def settings(folder, **changes):
    usual = {
        "output_dir": str(folder),
        "per_device_train_batch_size": 8,
        "learning_rate": 1e-3,
        "logging_steps": 1,
        "report_to": "none",
        "save_strategy": "no",
        "use_cpu": True,
        "bf16": False,
        "gradient_checkpointing": False,
        "disable_tqdm": True,
        "loss_type": ["sigmoid", "sft"],
        "loss_weights": [1.0, 0.5],
    }
    return DPOConfig(**usual | changes)


def trainers(folder, data, model=None, peft=LORA, reference=None, **changes):
    """Returns TRL's trainer and ours, on copies of a model whose adapter is not zero."""
    made = []
    for kind in CLASSES:
        torch.manual_seed(0)
        trainer = kind(
            model=copy.deepcopy(model or tiny.model()),
            ref_model=copy.deepcopy(reference),
            args=settings(folder, **changes),
            train_dataset=data,
            processing_class=tiny.tokenizer(),
            peft_config=peft,
        )
        with torch.no_grad():
            for name, weight in trainer.model.named_parameters():
                if "lora_B" in name or peft is None:
                    weight.add_(torch.randn(weight.shape) * 0.1)
        made.append(trainer)
    return made


def step(trainer):
    """Returns loss, gradients and logged metrics of the first batch in the data's order."""
    trainer.model.train()
    trainer.model.zero_grad()
    trainer._metrics["train"].clear()
    trainer._total_train_tokens = 0
    trainer._set_signature_columns_if_needed()
    rows = [
        {name: row[name] for name in trainer._signature_columns if name in row}
        for row in trainer.train_dataset.select(range(12))
    ]
    loss = trainer.compute_loss(trainer.model, trainer._prepare_inputs(trainer.data_collator(rows)))
    loss.backward()
    gradients = {name: weight.grad for name, weight in trainer.model.named_parameters() if weight.grad is not None}
    return loss.detach(), gradients, {name: values[-1] for name, values in trainer._metrics["train"].items()}


def assert_equal_steps(stock, ours):
    (loss, gradients, metrics), (our_loss, our_gradients, our_metrics) = step(stock), step(ours)
    torch.testing.assert_close(our_loss, loss, rtol=1e-5, atol=1e-5)
    assert our_metrics == pytest.approx(metrics, rel=1e-5, abs=1e-5)
    assert our_gradients.keys() == gradients.keys()
    largest = max(value.abs().max() for value in gradients.values())
    assert largest > 0
    for name, value in gradients.items():
        torch.testing.assert_close(our_gradients[name], value, rtol=0, atol=1e-5 * float(largest.clamp(min=1)))


@pytest.fixture(scope="module")
def adapted(data, tmp_path_factory):
    return trainers(tmp_path_factory.mktemp("adapted"), data)


@pytest.mark.parametrize("losses", [["sigmoid", "sft"], *([loss] for loss in get_args(Loss))], ids="+".join)
def test_every_loss_is_the_stock_one(adapted, losses):
    for trainer in adapted:
        trainer.loss_types, trainer.loss_weights = losses, [1.0, 0.5][: len(losses)]
        trainer.label_smoothing = 0.1
    assert_equal_steps(*adapted)
    assert adapted[1].prefixes_shared


@pytest.mark.parametrize(
    "changes",
    [
        {"precompute_ref_log_probs": True},
        {"use_weighting": True, "loss_type": ["sigmoid"], "loss_weights": None},
        {"ld_alpha": 0.5},
        {"max_length": 50},
        {"max_length": 50, "truncation_mode": "keep_end"},
        {"gradient_checkpointing": True},
    ],
    ids=str,
)
def test_settings_of_the_trainer_mean_the_same(data, tmp_path, changes):
    stock, ours = trainers(tmp_path, data, **changes)
    assert_equal_steps(stock, ours)
    assert ours.prefixes_shared


@pytest.mark.parametrize(
    "config",
    [
        LlamaConfig(**NARROW),
        LlamaConfig(**NARROW, attn_implementation="eager"),
        Qwen3Config(**NARROW, head_dim=8, tie_word_embeddings=True),
        GPT2Config(n_embd=32, n_layer=2, n_head=4),
    ],
    ids=lambda config: f"{config.model_type}-{config._attn_implementation}",
)
def test_architectures_with_full_attention_share(data, tmp_path, config):
    config.vocab_size = len(tiny.tokenizer())
    torch.manual_seed(0)
    model = Models.from_config(config)
    stock, ours = trainers(tmp_path, data, model, peft=None, reference=model)
    assert_equal_steps(stock, ours)
    assert ours.prefixes_shared


@pytest.mark.parametrize(
    "config",
    [
        MistralConfig(**NARROW, sliding_window=16),
        Lfm2Config(**NARROW, layer_types=["conv", "full_attention"]),
        BloomConfig(hidden_size=32, n_layer=2, n_head=4),
        MambaConfig(hidden_size=32, num_hidden_layers=2, state_size=4),
    ],
    ids=lambda config: config.model_type,
)
def test_other_architectures_train_as_stock_and_it_is_said_once(data, tmp_path, config, capsys):
    config.vocab_size = len(tiny.tokenizer())
    torch.manual_seed(0)
    model = Models.from_config(config)
    stock, ours = trainers(tmp_path, data, model, peft=None, reference=model)
    for _ in range(2):
        assert_equal_steps(stock, ours)
    assert not ours.prefixes_shared
    assert capsys.readouterr().err.count("prefixes are not shared") == 1


@pytest.mark.parametrize("precomputed", [False, True])
def test_training_goes_the_same_way(data, tmp_path, precomputed):
    stock, ours = trainers(tmp_path, data, precompute_ref_log_probs=precomputed, num_train_epochs=1)
    for trainer in (stock, ours):
        trainer.train()
    rows = [[row for row in trainer.state.log_history if "loss" in row] for trainer in (stock, ours)]
    assert len(rows[0]) == 3
    for expected, row in zip(*rows, strict=True):
        assert row == pytest.approx(expected, rel=1e-4, abs=1e-4)


def test_a_shared_token_is_computed_once(adapted):
    computed = []
    for trainer in adapted:
        layer = trainer.model.get_base_model().model.layers[0]
        with layer.register_forward_pre_hook(lambda _, inputs: computed.append(inputs[0].shape[:2].numel())):
            step(trainer)
    policy, reference, ours, our_reference = computed
    assert policy == reference > 3 * ours
    assert ours == our_reference


def test_without_a_fused_head_nothing_changes(adapted):
    ids = torch.arange(20).reshape(2, 10)
    stock, ours = (trainer.model.eval()(input_ids=ids).logits for trainer in adapted)
    assert torch.equal(stock, ours)


def test_a_chain_is_a_prompt_and_what_continues_it():
    prompts = [[1, 2, 3, 4], [1, 5], [1, 2], [7], [1, 2, 3], [1, 5]]
    assert chains(prompts) == [[2, 4, 0], [1, 5], [3]]


def test_chains_are_shuffled_and_stay_together():
    prompts = [[chain, *range(length)] for length in range(4) for chain in range(20)]
    sampler = ChainSampler(prompts, seed=3)
    epochs = []
    for epoch in range(2):
        sampler.set_epoch(epoch)
        epochs.append(list(sampler))
        assert epochs[-1] == list(sampler)
    assert epochs[0] != epochs[1]
    for order in epochs:
        assert sorted(order) == list(range(len(sampler)))
        assert all(len({index % 20 for index in order[start : start + 4]}) == 1 for start in range(0, 80, 4))


def test_training_with_chains_together_takes_every_pair_once(tmp_path):
    prompts = [f"{'n' * chain} = {'x ' * length}" for length in range(1, 3) for chain in range(1, 9)]
    trainer = SharedPrefixDPOTrainer(
        model=tiny.model(),
        args=settings(tmp_path, per_device_train_batch_size=2),
        train_dataset=Dataset.from_list([{"prompt": prompt, "chosen": "1", "rejected": "2"} for prompt in prompts]),
        processing_class=tiny.tokenizer(),
        peft_config=LORA,
        together=True,
    )
    batches = [tiny.tokenizer().batch_decode(batch["input_ids"][:2]) for batch in trainer.get_train_dataloader()]
    assert len({text for texts in batches for text in texts}) == len(prompts)
    assert all(len({text.split(" =")[0] for text in texts}) == 1 for texts in batches)
