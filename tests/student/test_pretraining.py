import math

import pytest
import torch

from stages.student.pretraining import IGNORED, Schedule, encode, render, train
from tests import tiny


def schedule(steps, right=0.0, copying=0):
    rates = {"matrix_learning_rate": 0.02, "learning_rate": 0.01, "decay": 0.5}
    return Schedule(steps=steps, copying=copying, batch_tokens=1500, **rates, right=right)


def encoded(task):
    return encode([render(chain, tiny.tokenizer()) for chain in tiny.chains(task)], tiny.tokenizer())


@pytest.fixture(scope="module")
def examples():
    return encoded("math")


def learned(steps, examples, seed=0, share=0.0, threads=1):
    model = tiny.model()
    return train(model, examples, examples, schedule(steps, share), seed, threads), model


def test_the_loss_is_on_the_assistants_turns_alone():
    (chain, *_) = tiny.chains("math")
    tokenizer = tiny.tokenizer()
    (example,) = encode([render(chain, tokenizer)], tokenizer)
    assert len(example.ids) == len(example.labels)
    turns = tokenizer.decode([label for label in example.labels if label != IGNORED]).split("<|end|>")
    alone = [message for message in chain.messages if message["role"] == "assistant"]
    rendered = [tokenizer.apply_chat_template([message], tokenize=False) for message in alone]
    assert turns == [text.removeprefix("<|assistant|>").removesuffix("<|end|>") for text in rendered] + [""]


def test_training_lowers_the_loss(examples):
    first, _ = learned(1, examples)
    last, _ = learned(60, examples, share=0.7)
    assert abs(first - math.log(len(tiny.tokenizer()))) < 1
    assert last < 0.5 * first


def test_what_was_learned_is_in_the_weights(examples):
    _, model = learned(40, examples)
    example = examples[0]
    ids, labels = torch.tensor([example.ids]), torch.tensor([example.labels])
    with torch.no_grad():
        before, after = (item(input_ids=ids, labels=labels).loss.item() for item in (tiny.model(), model))
    assert after < 0.7 * before


def test_equal_seeds_give_equal_weights(examples):
    runs = [learned(5, examples, seed)[1].state_dict() for seed in (1, 1, 2)]
    first, again, other = (torch.cat([value.flatten() for value in run.values()]) for run in runs)
    assert torch.equal(first, again)
    assert not torch.equal(first, other)


@pytest.mark.parametrize("threads", [2, 3])
def test_threads_share_a_batch_and_change_no_more_than_roundings(examples, threads):
    losses = [learned(5, examples, threads=count)[0] for count in (1, threads, threads)]
    assert losses[1] == losses[2]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


def watched(model, first, second, schedule):
    """Returns the ids of every batch."""
    seen = []
    model.model.register_forward_pre_hook(lambda _, __, options: seen.append(options["input_ids"]), with_kwargs=True)
    train(model, first, second, schedule, 0)
    return seen


def test_chains_with_mistakes_come_last(examples):
    """Which examples a step sees is told by their functions."""
    assumes = tiny.tokenizer().convert_tokens_to_ids('assume(formula="')
    batches = watched(tiny.model(), examples, encoded("fol"), schedule(10, right=0.7))
    assert [bool((ids == assumes).any()) for ids in batches] == [False] * 7 + [True] * 3


def test_copying_comes_first(examples):
    batches = watched(tiny.model(), examples, examples, schedule(6, right=1.0, copying=4))
    for ids in batches[:4]:
        width = int((ids[0] != 0).nonzero().max()) + 1
        assert torch.equal(ids[0, : width // 2], ids[0, width // 2 : width])
    assert not any(torch.equal(ids[0, : ids.shape[1] // 2], ids[0, ids.shape[1] // 2 :]) for ids in batches[4:])


def test_batches_hold_no_more_tokens_than_told(examples):
    sizes = [ids.numel() for ids in watched(tiny.model(), examples, examples, schedule(12, right=1.0))]
    assert 750 < max(sizes) <= 1500
