import math

import pytest
import torch

from stages.student.pretraining import IGNORED, Schedule, encode, render, train
from tests import tiny


def schedule(steps, bare=0.0):
    return Schedule(steps=steps, batch_tokens=1500, matrix_learning_rate=0.02, learning_rate=0.01, decay=0.5, bare=bare)


@pytest.fixture(scope="module")
def texts():
    return {
        described: [render(chain, tiny.tokenizer(), described) for chain in tiny.chains("math")]
        for described in (False, True)
    }


@pytest.fixture(scope="module")
def bare(texts):
    return encode(texts[False], tiny.tokenizer())


@pytest.fixture(scope="module")
def full(texts):
    return encode(texts[True], tiny.tokenizer())


def learned(steps, bare, full, seed=0, share=0.0, threads=1):
    model = tiny.model()
    return train(model, bare, full, schedule(steps, share), seed, threads), model


def test_the_loss_is_on_the_assistants_turns_alone():
    (chain, *_) = tiny.chains("math")
    tokenizer = tiny.tokenizer()
    (example,) = encode([render(chain, tokenizer, described=True)], tokenizer)
    assert len(example.ids) == len(example.labels)
    turns = tokenizer.decode([label for label in example.labels if label != IGNORED]).split("<|end|>")
    alone = [message for message in chain.messages if message["role"] == "assistant"]
    rendered = [tokenizer.apply_chat_template([message], tokenize=False) for message in alone]
    assert turns == [text.removeprefix("<|assistant|>").removesuffix("<|end|>") for text in rendered] + [""]


def test_training_lowers_the_loss(bare, full):
    first, _ = learned(1, bare, full)
    last, _ = learned(60, bare, full, share=0.7)
    assert abs(first - math.log(len(tiny.tokenizer()))) < 1
    assert last < 0.5 * first


def test_what_was_learned_is_in_the_weights(bare, full):
    _, model = learned(40, bare, full)
    example = full[0]
    ids, labels = torch.tensor([example.ids]), torch.tensor([example.labels])
    with torch.no_grad():
        before, after = (item(input_ids=ids, labels=labels).loss.item() for item in (tiny.model(), model))
    assert after < 0.7 * before


def test_equal_seeds_give_equal_weights(bare, full):
    runs = [learned(5, bare, full, seed)[1].state_dict() for seed in (1, 1, 2)]
    first, again, other = (torch.cat([value.flatten() for value in run.values()]) for run in runs)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_a_batch_and_change_no_more_than_roundings(bare, full, threads):
    losses = [learned(5, bare, full, threads=count)[0] for count in (1, threads, threads)]
    assert losses[1] == losses[2]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def test_the_descriptions_come_last(bare, full, monkeypatch):
    """Which examples a step sees is told by their lengths."""
    seen = []
    model = tiny.model()
    model.model.register_forward_pre_hook(
        lambda _, __, options: seen.append(options["input_ids"].shape[1]), with_kwargs=True
    )
    train(model, bare, full, schedule(10, bare=0.7), 0)
    shortest = min(len(example.ids) for example in full)
    assert [width >= shortest for width in seen] == [False] * 7 + [True] * 3


def test_batches_hold_no_more_tokens_than_told(bare, full):
    sizes = []
    model = tiny.model()
    model.model.register_forward_pre_hook(
        lambda _, __, options: sizes.append(options["input_ids"].numel()), with_kwargs=True
    )
    train(model, bare, full, schedule(12, bare=1.0), 0)
    assert 750 < max(sizes) <= 1500
