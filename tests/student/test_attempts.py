from dataclasses import replace

import pytest

from stages.agent.episode import STOP
from stages.agent.error_types import CORRECT, ErrorType
from stages.student.attempts import Sampling, attempt
from stages.student.rollout import Student
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.configured import Configured, ProblemParameters, Splits
from stages.tasks.problem_sets import generate
from tests.tiny import talkative_model, tokenizer

SAMPLING = Sampling(samples=2, temperature=1.0, max_steps=4, max_tokens=12, batch_size=5, seed=0, threads=1)
SHAPE = ProblemParameters(
    source="procedural",
    functions=["arithmetic"],
    families=["collecting"],
    depths=[1],
    splits=Splits(train=8, validation=1, test=1),
    seed=0,
)


@pytest.fixture(scope="module")
def setting():
    return Configured(load_task("math"), load_functions("math", SHAPE.functions), SHAPE)


@pytest.fixture(scope="module")
def problems(setting):
    drawn = generate(setting.task, setting.functions, load_families("math"), [1], {"train": 8}, 0)
    return [problem for _, problem in drawn]


def sampled(setting, problems, sampling=SAMPLING):
    student = Student(talkative_model(), tokenizer(), sampling.max_tokens, sampling.temperature, sampling.seed)
    return list(attempt(student, setting, problems, sampling, "attempts"))


def test_attempts_are_rows_of_chains(setting, problems):
    rows = sampled(setting, problems)
    assert [(row["problem_id"], row["sample"]) for row in rows] == [(p.id, n) for p in problems for n in range(2)]
    for row in rows:
        assert set(row) == {"problem_id", "sample", "steps", "outcome"}
        assert 1 <= len(row["steps"]) <= 4
        assert set(row["steps"][0]) == {"completion", "call", "result", "error"}
        assert row["outcome"] in set(ErrorType)
    assert any(one["steps"] != other["steps"] for one, other in zip(rows[::2], rows[1::2])), "samples differ"


def test_attempts_are_the_same_in_any_batch_and_differ_by_seed(setting, problems):
    rows = sampled(setting, problems)
    assert sampled(setting, problems, SAMPLING.model_copy(update={"batch_size": 16})) == rows
    assert sampled(setting, problems[3:]) == rows[6:]
    assert sampled(setting, problems, SAMPLING.model_copy(update={"seed": 1})) != rows


class Writer:
    """A model that writes the same call at every step."""

    identity = {"name": "writer"}

    def __init__(self, completion):
        self.completion = completion

    def complete(self, requests):
        return [self.completion] * len(requests)


def test_attempts_are_judged_by_the_answer(setting, problems):
    greedy = SAMPLING.model_copy(update={"samples": 1})
    answered = [replace(problems[0], answer="7"), replace(problems[1], answer="8")]
    rows = list(attempt(Writer(f"{STOP}(answer=7)"), setting, answered, greedy, "attempts"))
    assert rows[0]["outcome"] == CORRECT
    assert rows[1]["outcome"] in (ErrorType.PREMATURE_STOP, ErrorType.WRONG_ANSWER)
