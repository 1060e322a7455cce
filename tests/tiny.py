"""A tokenizer and a model as the stage `base` makes them, small enough to be made in a test."""

from functools import cache
from itertools import islice

from stages.student.corpus import conversations
from stages.student.model import Architecture, build
from stages.student.pretraining import render
from stages.student.tokenizer import train_tokenizer
from stages.tasks import load_functions, load_task
from stages.tasks.problem_sets import BASE, generate
from stages.teachers.reference import ReferenceParameters

RATES = {"malformed": 0.1, "wrong_argument": 0.2, "execution_error": 0.1, "loop": 0.1}
ARCHITECTURE = Architecture(hidden_size=32, layers=2, heads=2, intermediate_size=48)


@cache
def chains(task="math", count=60):
    """Conversations of the reference teacher."""
    functions = load_functions(task, {"math": ["arithmetic"], "fol": ["formulas"]}[task])
    families = list(load_task(task).families)
    problems = [problem for _, problem in generate(load_task(task), functions, families, [1, 2], {BASE: count}, 1)]
    mistakes = ReferenceParameters(rates=RATES, consistency=0.0)
    return tuple(conversations(load_task(task), functions, problems, mistakes, 8, 0))


@cache
def tokenizer():
    """A tokenizer that has seen both tasks."""
    blank = train_tokenizer([], 300)
    texts = [render(chain, blank, described=False) for task in ("fol", "math") for chain in chains(task)]
    texts += [render(chain, blank, described=True) for task in ("fol", "math") for chain in islice(chains(task), 5)]
    return train_tokenizer(texts, 2000)


def model(seed=0):
    """A model with random weights."""
    return build(ARCHITECTURE, tokenizer(), seed)
