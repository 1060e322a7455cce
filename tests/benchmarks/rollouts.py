"""Rollouts with a KV cache kept across steps, against generating every step anew: in a batch, and chain by chain."""

import time

import torch

from stages.agent.episode import Episode
from stages.agent.loop import Attempt, run
from stages.student.model import Architecture, build
from stages.student.rollout import Student
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from tests import tiny

CHAINS, STEPS, MAX_TOKENS = 64, 6, 16
ALONE = 8  # chains that are enough to tell the speed of one after the other


class Anew:
    """The plain way: a padded batch through `generate`, every conversation from its first token, at every step."""

    identity: dict[str, str] = {}

    def __init__(self, model, tokenizer):
        self.model, self.tokenizer = model.eval(), tokenizer

    def complete(self, requests):
        texts = [
            self.tokenizer.apply_chat_template(
                list(item.messages), tools=list(item.tools), add_generation_prompt=True, tokenize=False
            )
            for item in requests
        ]
        prompts = self.tokenizer(texts, return_tensors="pt", padding=True, add_special_tokens=False)
        prompts.pop("token_type_ids", None)
        written = self.model.generate(**prompts, max_new_tokens=MAX_TOKENS, do_sample=False)
        return self.tokenizer.batch_decode(written[:, prompts["input_ids"].shape[1] :], skip_special_tokens=True)


def measure():
    """Returns two rows: steps per CPU-second against both plain ways, on the same model and problems."""
    torch.set_num_threads(1)
    shape = Architecture(hidden_size=256, layers=6, heads=8, intermediate_size=768)
    model, tokenizer = build(shape, tiny.tokenizer(), 0), tiny.tokenizer()
    ours, plain = Student(model, tokenizer, MAX_TOKENS), Anew(model, tokenizer)
    speed = _speed(ours, CHAINS, CHAINS)
    others = {
        "rollouts": _speed(plain, CHAINS, CHAINS),
        "rollouts, against one chain at a time": _speed(plain, ALONE, 1),
    }
    return [
        {"name": name, "ours": speed, "other": other, "ratio": speed / other, "unit": "steps per CPU-second"}
        for name, other in others.items()
    ]


def _speed(model, chains, batch_size):
    task, functions = load_task("math"), load_functions("math", ["arithmetic"])
    problems = [item for _, item in generate(task, functions, load_families("math"), [3], {"test": chains}, 0)]
    attempts = [Attempt(item.id, 0, Episode(task.prompt(item.question), functions, STEPS)) for item in problems]
    begun = time.process_time()
    steps = sum(len(attempt.episode.steps) for attempt in run(model, attempts, batch_size))
    return steps / (time.process_time() - begun)
