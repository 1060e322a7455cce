import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from stages.agent.calls import Call
from stages.agent.episode import Episode
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.loop import Attempt, run
from stages.preferences.pairs import PairBuilder
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from stages.tasks.references import carry, execute_reference, outcome
from stages.tasks.task import Problem
from stages.teachers.reference import ReferenceParameters, ReferenceTeacher
from stages.teachers.teacher import Assignment
from tests.workspace import PAIR_COLUMNS

MAX_STEPS = 16
RATES = dict.fromkeys(ErrorType, 0.09)
GOLD = ["add(a=2, b=3)", "multiply(a=4, b=6)", "subtract(a=24, b=5)", "stop(answer=19)"]


class Setting:
    """A task with problems, a teacher's chains, and the pairs that come of them."""

    def __init__(self, name, functions, depths):
        self.task, self.functions = load_task(name), load_functions(name, functions)
        drawn = generate(self.task, self.functions, load_families(name), depths, {"train": 150}, 1)
        self.problems = {problem.id: problem for _, problem in drawn}
        builder = PairBuilder(self.task, self.functions)
        self.chains = self._chains()
        self.pairs = [
            pair
            for problem in self.problems.values()
            for pair in builder.build(problem, [row for row in self.chains if row["problem_id"] == problem.id])
        ]

    def _chains(self):
        assignment = Assignment(self.task, self.functions, list(self.problems.values()), MAX_STEPS, 0)
        teacher = ReferenceTeacher(assignment, ReferenceParameters(rates=RATES, consistency=0.0))
        attempts = (
            Attempt(item.id, sample, Episode(self.task.prompt(item.question), self.functions, MAX_STEPS))
            for item in self.problems.values()
            for sample in range(4)
        )
        return [row_of(self.task, self.problems[done.problem_id], done.episode) for done in run(teacher, attempts, 64)]

    def replay(self, pair):
        """The attempt as it stood when the pair's two turns parted."""
        episode = Episode(pair.prompt[0]["content"], self.functions, 99)
        for message in pair.prompt:
            if message["role"] == "assistant":
                episode.receive(written(message))
        assert episode.messages == pair.prompt
        return episode

    def is_right(self, pair, episode):
        return episode.answer is not None and self.task.check(episode.answer, self.problems[pair.problem_id].answer)


def row_of(task, problem, episode):
    gold = execute_reference(problem.reference or (), episode.functions).steps
    steps = [step.record() for step in episode.steps]
    return {"problem_id": problem.id, "steps": steps, "outcome": outcome(task, problem, episode, gold)}


def written(message):
    if "tool_calls" not in message:
        return message["content"]
    function = message["tool_calls"][0]["function"]
    named = {name: value for name, value in function["arguments"].items() if not name.startswith("arg")}
    numbered = tuple(value for name, value in function["arguments"].items() if name.startswith("arg"))
    return str(Call(function["name"], named, numbered))


@pytest.fixture(scope="module", params=[("fol", ["formulas"], [1, 2]), ("math", ["arithmetic"], [1, 2, 3, 4])])
def setting(request):
    return Setting(*request.param)


def test_every_error_type_gives_pairs(setting):
    counts = Counter(pair.error_type for pair in setting.pairs)
    assert set(counts) == set(ErrorType)
    assert len(setting.pairs) > 100


def test_the_chosen_turn_leads_on(setting):
    for pair in setting.pairs:
        episode = setting.replay(pair)
        made = Counter(str(step.call) for step in episode.steps)
        gold = execute_reference(setting.problems[pair.problem_id].reference, setting.functions).steps
        assert episode.receive(written(pair.chosen)).error is None
        rest = [str(step.call) for step in gold if not made[str(step.call)]]
        assert rest[0] == written(pair.chosen)
        for call in rest[1:]:
            episode.receive(call)
        assert setting.is_right(pair, episode), pair


def test_the_rejected_turn_is_wrong(setting):
    for pair in setting.pairs:
        episode = setting.replay(pair)
        made = Counter(str(step.call) for step in episode.steps)
        gold = execute_reference(setting.problems[pair.problem_id].reference, setting.functions).steps
        rest = [step for step in gold if not made[str(step.call)]]
        rejected = episode.receive(written(pair.rejected))
        carried = {rest[0].result: rejected.result}
        for step in rest[1:]:
            if episode.ended is None:
                carried[step.result] = episode.receive(str(carry(step.call, carried))).result
        assert rejected.error is not None or not setting.is_right(pair, episode), pair


def test_the_error_type_says_how_the_rejected_turn_is_wrong(setting):
    for pair in setting.pairs:
        error = setting.replay(pair).receive(written(pair.rejected)).error
        if error in (ErrorType.MALFORMED, ErrorType.UNKNOWN_FUNCTION):
            assert pair.error_type == error
        name = pair.rejected.get("tool_calls", [{"function": {"name": None}}])[0]["function"]["name"]
        assert (name == "stop") == (pair.error_type in (ErrorType.PREMATURE_STOP, ErrorType.WRONG_ANSWER))


def test_rows_are_written_in_the_format_of_trl(setting):
    for pair in setting.pairs:
        row = pair.record()
        assert set(row) == PAIR_COLUMNS
        assert row["prompt"][0]["role"] == "user"
        assert row["prompt"][-1]["role"] in ("user", "tool")
        assert [turn["role"] for side in ("chosen", "rejected") for turn in row[side]] == ["assistant"] * 2
        assert row["chosen"] != row["rejected"]
        assert [schema["function"]["name"] for schema in row["tools"]][-1] == "stop"
        json.dumps(row, allow_nan=False)


def test_no_pair_comes_twice(setting):
    texts = [json.dumps([pair.prompt, pair.chosen, pair.rejected]) for pair in setting.pairs]
    assert len(set(texts)) == len(texts)


def test_right_chains_give_no_pair(setting):
    builder = PairBuilder(setting.task, setting.functions)
    for problem in setting.problems.values():
        rows = [row for row in setting.chains if row["problem_id"] == problem.id and row["outcome"] == CORRECT]
        assert list(builder.build(problem, rows)) == []


def pairs_of(*chains, reference=GOLD):
    """The pairs of chains about one problem, whose first two calls may come in any order."""
    task, functions = load_task("math"), load_functions("math", ["arithmetic"])
    problem = Problem("p", "What?", "19", "f", 3, reference)
    rows = []
    for chain in chains:
        episode = Episode(task.prompt("What?"), functions, len(chain))
        for completion in chain:
            if episode.ended is None:
                episode.receive(completion)
        rows.append(row_of(task, problem, episode))
    return list(PairBuilder(task, functions).build(problem, rows))


def test_a_mistake_gives_one_pair_at_its_place():
    (pair,) = pairs_of(["add(2, 3)", "multiply(a=4, b=7)", "subtract(a=28, b=5)", "stop(answer=23)"])
    assert (written(pair.chosen), written(pair.rejected)) == ("multiply(a=4, b=6)", "multiply(a=4, b=7)")
    assert (pair.error_type, len(pair.prompt)) == (ErrorType.WRONG_ARGUMENT, 3)


@pytest.mark.parametrize(
    "chain",
    [
        ["multiply(a=4, b=6)", "add(a=2, b=3)", "subtract(a=24, b=5)", "stop(answer=19)"],
        ["add(a=3, b=2)", "multiply(6, 4)", "subtract(a=24, b=5)", "stop(answer='19.0')"],
        ["add(a=2, b=2)", "add(a=2, b=3)", "multiply(a=4, b=6)", "subtract(a=24, b=5)", "stop(answer=19)"],
        ["add(a=2, b=3", "add(a=2, b=3)", "multiply(a=4, b=6)", "subtract(a=24, b=5)", "stop(answer=19)"],
        ["stop(answer=19)"],
    ],
)
def test_another_way_to_the_answer_is_never_rejected(chain):
    assert pairs_of(chain) == []


def test_another_order_is_not_rejected_when_a_later_step_is_wrong():
    (pair,) = pairs_of(["multiply(a=4, b=6)", "add(a=3, b=2)", "subtract(a=24, b=5)", "stop(answer=24)"])
    assert (written(pair.chosen), written(pair.rejected)) == ("stop(answer=19)", "stop(answer=24)")
    assert pair.error_type == ErrorType.WRONG_ANSWER
    (pair,) = pairs_of(["multiply(a=4, b=6)", "divide(a=2, b=3)", "subtract(a=24, b='2/3')", "stop(answer='70/3')"])
    assert (written(pair.chosen), written(pair.rejected)) == ("add(a=2, b=3)", "divide(a=2, b=3)")


def test_equal_mistakes_count_once():
    wrong = ["add(a=2, b=4)", "stop(answer=6)"]
    assert len(pairs_of(wrong, [*wrong[:1], "stop(answer=7)"], ["add(2, 4)", "add(2, 4)"])) == 1
    assert len(pairs_of(wrong, ["add(a=2, b=5)", "stop(answer=7)"])) == 2


def test_a_mistake_that_is_no_call_is_rejected_as_text():
    (pair,) = pairs_of(["It is 5."])
    assert pair.rejected == {"role": "assistant", "content": "It is 5."}
    assert pair.error_type == ErrorType.MALFORMED


def test_without_a_reference_a_right_chain_is_the_gold():
    wrong = ["add(a=2, b=4)", "stop(answer=6)"]
    (pair,) = pairs_of(wrong, GOLD, reference=None)
    assert written(pair.chosen) == GOLD[0]
    assert pairs_of(wrong, reference=None) == []


def test_a_reference_that_misses_the_answer_gives_nothing():
    assert pairs_of(["add(a=2, b=4)", "stop(answer=6)"], reference=["add(a=2, b=3)", "stop(answer=5)"]) == []


def test_constructed_pairs_are_wrong_at_steps_of_the_reference(setting):
    builder = PairBuilder(setting.task, setting.functions)
    found, types = [], Counter()
    for problem in list(setting.problems.values())[:30]:
        made = list(builder.construct(problem, 3, [], Random(problem.id)))
        again = list(builder.construct(problem, 3, [], Random(problem.id)))
        assert made == again
        assert len({len(pair.prompt) for pair in made}) == len(made) <= 3, "one a step"
        found += made
        types.update(pair.error_type for pair in made)
    assert len(found) > 60
    assert len(types) >= 6
    assert {pair.origin for pair in found} == {"constructed"}
    assert all(pair.chosen != pair.rejected for pair in found)


def test_no_pair_is_constructed_without_a_reference(setting):
    builder = PairBuilder(setting.task, setting.functions)
    problem = replace(next(iter(setting.problems.values())), reference=None)
    assert list(builder.construct(problem, 3, [], Random(0))) == []
