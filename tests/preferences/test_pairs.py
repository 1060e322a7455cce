import json
from collections import Counter
from dataclasses import replace
from random import Random

import pytest

from stages.agent.calls import Call
from stages.agent.episode import Episode
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.loop import Attempt, run
from stages.preferences.levels import CHAIN, of_steps
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
WEIGHTS = dict.fromkeys(ErrorType, 1.0)
GOLD = ["add(a=2, b=3)", "multiply(a=4, b=6)", "subtract(a=24, b=5)", "stop(answer=19)"]


class Setting:
    """A task with problems, a teacher's chains, and the pairs that come of them."""

    def __init__(self, name, functions, depths):
        self.task, self.functions = load_task(name), load_functions(name, functions)
        drawn = generate(self.task, self.functions, load_families(name), depths, {"train": 150}, 1)
        self.problems = {problem.id: problem for _, problem in drawn}
        self.chains = self._chains()
        self.pairs = [
            pair
            for problem in self.problems.values()
            for pair in self.builder(problem).build(self.rows(problem), "teacher")
        ]

    def rows(self, problem):
        return [row for row in self.chains if row["problem_id"] == problem.id]

    def builder(self, problem):
        return PairBuilder(self.task, self.functions, problem, self.rows(problem))

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


def tail(setting, pair):
    """What is left of the reference where a pair's turns part; None if its prompt goes another right way."""
    made = Counter(str(step.call) for step in setting.replay(pair).steps)
    gold = execute_reference(setting.problems[pair.problem_id].reference, setting.functions).steps
    rest = [step for step in gold if not made[str(step.call)]]
    return rest if len(rest) + made.total() == len(gold) else None


def test_the_chosen_turn_leads_on(setting):
    tails = [(pair, rest) for pair in setting.pairs if (rest := tail(setting, pair))]
    assert len(tails) > 0.95 * len(setting.pairs)
    for pair, rest in tails:
        episode = setting.replay(pair)
        assert str(rest[0].call) == written(pair.chosen)
        for step in rest:
            episode.receive(str(step.call))
        assert setting.is_right(pair, episode), pair


def test_the_rejected_turn_is_wrong(setting):
    for pair, rest in ((pair, tail(setting, pair)) for pair in setting.pairs):
        episode = setting.replay(pair)
        rejected = episode.receive(written(pair.rejected))
        carried = {rest[0].result: rejected.result} if rest else {}
        for step in rest[1:] if rest else ():
            if episode.ended is None:
                carried[step.result] = episode.receive(str(carry(step.call, carried))).result
        fails = any(step.error for step in (rejected, *episode.steps[len(pair.prompt) // 2 :]))
        assert fails or not setting.is_right(pair, episode), pair


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


def test_whole_chains_part_where_the_turns_do(setting):
    for pair in setting.pairs:
        row = pair.record(CHAIN)
        assert of_steps(row) == of_steps(pair.record()) == pair.record()
        for side, right in (("chosen", True), ("rejected", False)):
            episode = Episode(row["prompt"][0]["content"], setting.functions, 99)
            for message in row[side]:
                if message["role"] == "assistant":
                    episode.receive(written(message))
            assert episode.messages[:-1] == row["prompt"] + row[side]
            assert setting.is_right(pair, episode) == right


def test_no_pair_comes_twice(setting):
    texts = [json.dumps([pair.prompt, pair.chosen, pair.rejected]) for pair in setting.pairs]
    assert len(set(texts)) == len(texts)


def test_right_chains_give_no_pair(setting):
    for problem in setting.problems.values():
        rows = [row for row in setting.rows(problem) if row["outcome"] == CORRECT]
        assert list(setting.builder(problem).build(rows, "student")) == []


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
    return list(PairBuilder(task, functions, problem, rows).build(rows, "teacher"))


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


def constructed(setting, problem, weights=WEIGHTS):
    return list(setting.builder(problem).construct(weights, [], Random(problem.id)))


def test_constructed_pairs_are_wrong_at_steps_of_the_reference(setting):
    found = []
    for problem in list(setting.problems.values())[:30]:
        made = constructed(setting, problem)
        assert made == constructed(setting, problem)
        assert len({len(pair.prompt) for pair in made}) == len(made), "one a step"
        found += made
    assert len(found) > 60
    assert len({pair.error_type for pair in found}) >= 6
    assert {pair.origin for pair in found} == {"constructed"}
    assert all(pair.chosen != pair.rejected for pair in found)
    for pair in found:
        episode = Episode(pair.prompt[0]["content"], setting.functions, 99)
        for step in pair.wrong:
            episode.receive(step.completion)
        assert not setting.is_right(pair, episode), "the mistake is carried to the end of the chain"


@pytest.mark.parametrize("error", ErrorType)
def test_a_mistake_of_every_type_can_be_constructed(setting, error):
    problems = list(setting.problems.values())[:40]
    found = [pair for problem in problems for pair in constructed(setting, problem, {error: 1.0})]
    assert {pair.error_type for pair in found} == {error}
    assert len({pair.problem_id for pair in found}) > 4


def test_what_has_no_weight_is_not_constructed(setting):
    problem = list(setting.problems.values())[-1]
    assert constructed(setting, problem, dict.fromkeys(ErrorType, 0.0)) == []
    assert constructed(setting, problem, {}) == []


def test_nothing_is_constructed_where_no_way_is_known(setting):
    problem = replace(next(iter(setting.problems.values())), reference=None)
    builder = PairBuilder(setting.task, setting.functions, problem, [])
    assert list(builder.construct(WEIGHTS, [], Random(0))) == []
