"""Training a student from scratch: next-token loss on the assistant's turns, Muon for matrices, AdamW for the rest."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Annotated, Any

import torch
from pydantic import Field, model_validator
from torch.nn.functional import cross_entropy
from tqdm import tqdm

from stages.parameters import Parameters
from stages.student.corpus import Conversation
from stages.student.muon import Muon
from stages.student.replicas import Replicas

BUCKET = 2048
WARM_UP = 30
IGNORED = -100
SHORTEST = 12  # tokens of an example of copying
RECURRING = 30


class Schedule(Parameters):
    """How the base is trained.

    Attributes:
        steps: Optimizer steps.
        batch_tokens: Tokens of a batch, padding included.
        matrix_learning_rate: Peak learning rate of the hidden matrices (Muon).
        learning_rate: Peak learning rate of embeddings and norms (AdamW).
        decay: The last share of the steps, in which learning rates fall to zero.
        copying: Steps before all others, on random tokens that are repeated. Copying the right operand is what a small
            model learns last, and at no foreseeable step; after some such steps it learns it early.
        right: The first share of problems and of the other steps: right chains. The rest: chains with mistakes. So the
            base learns to make calls before it learns bad habits.
    """

    steps: Annotated[int, Field(ge=1)]
    copying: Annotated[int, Field(ge=0)]
    batch_tokens: Annotated[int, Field(ge=1)]
    matrix_learning_rate: float
    learning_rate: float
    decay: Annotated[float, Field(gt=0, le=1)]
    right: Annotated[float, Field(ge=0, le=1)]

    @model_validator(mode="after")
    def _has_steps_for_chains(self) -> "Schedule":
        if self.copying >= self.steps:
            raise ValueError(f"`copying` ({self.copying}) must be less than `steps` ({self.steps})")
        return self


@dataclass(frozen=True)
class Example:
    """Token ids of a conversation, and the labels: the ids of the assistant's turns, `IGNORED` elsewhere."""

    ids: Sequence[int]
    labels: Sequence[int]


def render(conversation: Conversation, tokenizer: Any) -> str:
    """Returns a conversation as text."""
    messages, tools = list(conversation.messages), list(conversation.tools)
    text: str = tokenizer.apply_chat_template(messages, tools=tools, tokenize=False)
    return text


def encode(texts: Sequence[str], tokenizer: Any) -> list[Example]:
    """Tokenizes conversations; the loss is on what stands between `<|assistant|>` and `<|end|>`, end included."""
    begin, end = tokenizer.convert_tokens_to_ids(["<|assistant|>", "<|end|>"])
    return [_example(ids, begin, end) for ids in tokenizer(list(texts), add_special_tokens=False)["input_ids"]]


def _example(ids: Sequence[int], begin: int, end: int) -> Example:
    labels, speaking = [], False
    for token in ids:
        labels.append(token if speaking else IGNORED)
        speaking = token == begin or (speaking and token != end)
    return Example(ids, labels)


def train(
    model: Any, right: Sequence[Example], mistaken: Sequence[Example], schedule: Schedule, seed: int, threads: int = 1
) -> float:
    """Trains a model in place and returns the mean loss of the last tenth of the steps.

    Args:
        model: A causal language model.
        right: Examples of the first phase.
        mistaken: Examples of the second.
        schedule: Steps, batches and learning rates.
        seed: Seed of the order of examples.
        threads: CPU threads that share each batch.
    """
    optimizers = _optimizers(model, schedule, threads)
    peaks = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    batches = _curriculum(right, mistaken, schedule, model.config.vocab_size, seed)
    losses: list[float] = []
    model.train()
    replicas = Replicas(model, threads)
    progress = tqdm(range(schedule.steps), "base", disable=None)
    for step in progress:
        _set_rates(optimizers, peaks, _factor(step, schedule))
        losses.append(_step(model, replicas, optimizers, next(batches), threads))
        progress.set_postfix(loss=f"{losses[-1]:.3f}", refresh=False)
    tail = losses[-max(1, schedule.steps // 10) :]
    return sum(tail) / len(tail)


def _step(model: Any, replicas: Replicas, optimizers: Sequence[Any], group: Sequence[Example], threads: int) -> float:
    """One optimizer step on a batch of examples."""
    parts = [_pad(group[place::threads]) for place in range(min(threads, len(group)))]
    predicted = sum(int((labels[:, 1:] != IGNORED).sum()) for _, labels in parts)
    loss = replicas.backward(lambda replica, part: _loss(replica, *part) / predicted, parts)
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    replicas.each(lambda optimizer: optimizer.step(), optimizers)
    for optimizer in optimizers:
        optimizer.zero_grad()
    return loss


def _loss(model: Any, ids: torch.Tensor, labels: torch.Tensor) -> torch.Tensor:
    """The summed loss; logits are computed only where there is something to predict.

    Padding is on the right, where causal attention never looks, so it needs no mask.
    """
    hidden = model.model(input_ids=ids).last_hidden_state[:, :-1]
    targets = labels[:, 1:]
    predicted = targets != IGNORED
    return cross_entropy(model.lm_head(hidden[predicted]), targets[predicted], reduction="sum")


def _optimizers(model: Any, schedule: Schedule, threads: int) -> list[Any]:
    """Returns AdamW for embeddings and norms, and for each thread a Muon with its share of the matrices."""
    named = dict(model.named_parameters())
    matrices = [
        value for name, value in named.items() if value.ndim == 2 and "embed" not in name and "head" not in name
    ]
    chosen = set(map(id, matrices))
    others = [value for value in named.values() if id(value) not in chosen]
    return [
        torch.optim.AdamW(others, lr=schedule.learning_rate, betas=(0.9, 0.98), weight_decay=0.0),
        *(
            Muon(matrices[place::threads], schedule.matrix_learning_rate)
            for place in range(min(threads, len(matrices)))
        ),
    ]


def _factor(step: int, schedule: Schedule) -> float:
    left = (schedule.steps - step) / (schedule.decay * schedule.steps)
    return min(1.0, (step + 1) / WARM_UP, left)


def _set_rates(optimizers: Sequence[Any], peaks: Sequence[float], factor: float) -> None:
    groups = [group for optimizer in optimizers for group in optimizer.param_groups]
    for group, peak in zip(groups, peaks):
        group["lr"] = peak * factor


def _curriculum(
    right: Sequence[Example], mistaken: Sequence[Example], schedule: Schedule, vocabulary: int, seed: int
) -> Iterator[list[Example]]:
    """Yields the batches of all steps: copying, right chains, chains with mistakes."""
    copied = list(_repeated(vocabulary, schedule, Random(seed + 2)))
    first = round(schedule.right * (schedule.steps - schedule.copying))
    yield from islice(_batches(copied, schedule, Random(seed + 2)), schedule.copying)
    yield from islice(_batches(right, schedule, Random(seed)), first)
    yield from _batches(mistaken, schedule, Random(seed + 1))


def _repeated(vocabulary: int, schedule: Schedule, random: Random) -> Iterator[Example]:
    """Yields token sequences, each twice in a row, with labels on the second time; enough for all steps.

    As in a question, tokens that differ stand between some that recur.
    """
    for _ in range(schedule.copying * schedule.batch_tokens // SHORTEST):
        recurring = random.sample(range(vocabulary), RECURRING)
        different = random.sample(range(vocabulary), random.randint(3, 8))
        ids = [token for last in different for token in (*random.choices(recurring, k=random.randint(1, 6)), last)]
        yield Example(ids * 2, [IGNORED] * (len(ids) + 1) + ids[1:])


def _batches(examples: Sequence[Example], schedule: Schedule, random: Random) -> Iterator[list[Example]]:
    """Yields batches of examples of similar lengths without end."""
    while True:
        order = random.sample(range(len(examples)), len(examples))
        groups: list[list[Example]] = []
        for start in range(0, len(order), BUCKET):
            bucket = sorted(
                (examples[place] for place in order[start : start + BUCKET]), key=lambda item: len(item.ids)
            )
            groups.extend(_pack(bucket, schedule.batch_tokens))
        random.shuffle(groups)
        yield from groups


def _pack(bucket: Sequence[Example], batch_tokens: int) -> Iterator[list[Example]]:
    group: list[Example] = []
    for example in bucket:
        if group and (len(group) + 1) * len(example.ids) > batch_tokens:
            yield group
            group = []
        group.append(example)
    yield group


def _pad(group: Sequence[Example]) -> tuple[torch.Tensor, ...]:
    """Returns ids and labels, each (examples, longest), padded on the right."""
    width = max(len(example.ids) for example in group)
    ids = [[*example.ids, *[0] * (width - len(example.ids))] for example in group]
    labels = [[*example.labels, *[IGNORED] * (width - len(example.labels))] for example in group]
    return torch.tensor(ids), torch.tensor(labels)
