"""A tokenizer and a model as the stage `base` makes them, small enough to be made in a test."""

from functools import cache

import torch
from peft import LoraConfig, get_peft_model

from stages.__main__ import main
from stages.student.corpus import conversations
from stages.student.model import Architecture, build
from stages.student.pretraining import render
from stages.student.tokenizer import described, train_tokenizer
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import BASE, generate
from stages.teachers.reference import ReferenceParameters
from tests.workspace import pretend_attempts

torch.set_num_threads(1)  # at this size, threads spend their time waiting for each other

RATES = {"malformed": 0.1, "wrong_argument": 0.2, "execution_error": 0.1, "loop": 0.1}
ARCHITECTURE = Architecture(hidden_size=32, layers=2, heads=2, intermediate_size=48)


@cache
def chains(task="math", count=60):
    """Conversations of the reference teacher."""
    definition = load_task(task)
    functions = load_functions(task, {"math": ["arithmetic"], "fol": ["formulas"]}[task])
    drawn = generate(definition, functions, load_families(task), [1, 2], {BASE: count}, 1)
    made = conversations(
        problems=[problem for _, problem in drawn],
        mistakes=ReferenceParameters(rates=RATES, consistency=0.0),
        task=definition,
        functions=functions,
        max_steps=8,
        seed=0,
    )
    return tuple(made)


@cache
def tokenizer():
    """A tokenizer that has seen both tasks."""
    blank = train_tokenizer([], 300)
    seen = [chain for task in ("fol", "math") for chain in chains(task)]
    lines = dict.fromkeys(line for task in ("fol", "math") for line in described(chains(task)[0].tools, blank))
    return train_tokenizer((render(chain, blank) for chain in seen), 2000, list(lines))


def model(seed=0):
    """A model with the weights that training starts from."""
    return build(ARCHITECTURE, tokenizer(), seed)


def talkative_model(seed=0, end=17.0):
    """A model whose random weights are large enough to write much, and to end now and then.

    Args:
        seed: Of the weights.
        end: Added to the logit of the end token.

    It computes in double precision, so that no rounding decides between two tokens.
    """
    talkative = model(seed).double()
    with torch.no_grad():
        for weights in talkative.parameters():
            if weights.ndim == 2:
                weights.normal_()
    bonus = torch.zeros(len(tokenizer()), dtype=torch.double)
    bonus[tokenizer().eos_token_id] = end
    talkative.lm_head.register_forward_hook(lambda _, __, logits: logits + bonus)
    return talkative


def build_math(folder, adapters):
    """Builds pairs of the math task in the working folder `folder`, and models of random weights.

    Args:
        folder: Holds the parameters.
        adapters: Folders below models/ to write an adapter to, each.
    """
    assert [main([stage, "math"]) for stage in ("problems", "chains")] == [0, 0]
    pretend_attempts("math")
    assert main(["pairs", "math"]) == 0
    model().save_pretrained(folder / "models/base/math")
    tokenizer().save_pretrained(folder / "models/base/math")
    for adapter in adapters:
        adapted = get_peft_model(model(), LoraConfig(r=2, target_modules="all-linear"))
        adapted.save_pretrained(folder / "models" / adapter)
