from collections import Counter

import pytest
from pydantic import ValidationError

from stages.agent.episode import STOP, Episode
from stages.agent.error_types import CORRECT, ErrorType
from stages.agent.loop import Attempt, run
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from stages.tasks.references import deviation, execute_reference, outcome
from stages.tasks.task import Problem
from stages.teachers.mistakes import kind as kind_of
from stages.teachers.reference import ReferenceParameters, ReferenceTeacher
from stages.teachers.teacher import Assignment

MAX_STEPS = 16
# What a mistake may turn out to be at some problems: a call that is taken for another can be one that belongs later,
# and one that comes too early lacks its arguments, or has been made before.
ALSO = {
    ErrorType.WRONG_FUNCTION: {ErrorType.WRONG_ORDER, ErrorType.WRONG_ARGUMENT},
    ErrorType.WRONG_ARGUMENT: {ErrorType.EXECUTION_ERROR, ErrorType.LOOP},
    ErrorType.WRONG_ORDER: {ErrorType.WRONG_FUNCTION, ErrorType.WRONG_ARGUMENT, ErrorType.LOOP},
}


class Setting:
    def __init__(self, name, functions, depths):
        self.task, self.functions = load_task(name), load_functions(name, functions)
        drawn = generate(self.task, self.functions, load_families(name), depths, {"train": 100}, 1)
        self.problems = [problem for _, problem in drawn]
        self.gold = {item.id: execute_reference(item.reference, self.functions).steps for item in self.problems}

    def attempts(self, rates, consistency=0.0, seed=0, samples=1, batch_size=64):
        parameters = ReferenceParameters(rates=rates, consistency=consistency)
        teacher = ReferenceTeacher(Assignment(self.task, self.functions, self.problems, MAX_STEPS, seed), parameters)
        fresh = [
            Attempt(item.id, sample, Episode(self.task.prompt(item.question), self.functions, MAX_STEPS))
            for item in self.problems
            for sample in range(samples)
        ]
        return list(run(teacher, fresh, batch_size))

    def outcome(self, attempt):
        problem = next(item for item in self.problems if item.id == attempt.problem_id)
        return outcome(self.task, problem, attempt.episode, self.gold[problem.id])


@pytest.fixture(scope="module", params=[("fol", ["formulas"], [1, 2]), ("math", ["arithmetic"], [1, 2, 3, 4])])
def setting(request):
    return Setting(*request.param)


def completions(attempts):
    return [[step.completion for step in attempt.episode.steps] for attempt in attempts]


def test_without_mistakes_the_reference_is_written(setting):
    attempts = setting.attempts({})
    assert completions(attempts) == [
        list(map(str, (step.call for step in setting.gold[a.problem_id]))) for a in attempts
    ]
    assert {setting.outcome(attempt) for attempt in attempts} == {CORRECT}


@pytest.mark.parametrize("error", ErrorType)
def test_every_error_type_is_made_and_recognized(setting, error):
    attempts = setting.attempts({error: 1.0})
    counts = Counter(map(setting.outcome, attempts))
    assert set(counts) <= {error, CORRECT} | ALSO.get(error, set())
    assert counts[error] >= len(attempts) * (0.2 if error == ErrorType.WRONG_ORDER else 0.7)
    for attempt in attempts:
        untouched = deviation(attempt.episode, setting.gold[attempt.problem_id]) is None
        assert untouched == (setting.outcome(attempt) == CORRECT), "a mistake always costs the answer"


def test_rates_are_kept(setting):
    rates = {ErrorType.MALFORMED: 0.3, ErrorType.LOOP: 0.2, ErrorType.EXECUTION_ERROR: 0.1}
    attempts = setting.attempts(rates, samples=8)
    counts = Counter(map(setting.outcome, attempts))
    for error, rate in {**rates, CORRECT: 0.4}.items():
        deviation_ = (rate * (1 - rate) / len(attempts)) ** 0.5
        assert abs(counts[error] / len(attempts) - rate) < 4 * deviation_


RATES = dict.fromkeys(ErrorType, 0.08)


def test_equal_seeds_give_equal_chains_in_any_batches(setting):
    first = completions(setting.attempts(RATES))
    assert completions(setting.attempts(RATES, batch_size=7)) == first
    assert completions(setting.attempts(RATES, seed=1)) != first


def test_samples_of_a_problem_differ(setting):
    texts = completions(setting.attempts(RATES, samples=4))
    assert any(texts[place] != texts[place + 1] for place in range(0, len(texts), 4))


def by_kind(setting, attempts):
    found = {}
    for attempt in attempts:
        problem = next(item for item in setting.problems if item.id == attempt.problem_id)
        found.setdefault(kind_of(problem, 0), []).append(setting.outcome(attempt))
    return found


def test_full_consistency_draws_once_for_each_kind_of_problem(setting):
    attempts = setting.attempts({ErrorType.MALFORMED: 0.5}, consistency=1.0, samples=2)
    outcomes = by_kind(setting, attempts)
    assert all(len(set(found)) == 1 for found in outcomes.values())
    wrong = sum(found.count(ErrorType.MALFORMED) for found in outcomes.values())
    assert abs(wrong - len(attempts) / 2) <= max(map(len, outcomes.values())), "as near as whole kinds allow"


def test_without_consistency_kinds_are_mixed(setting):
    outcomes = by_kind(setting, setting.attempts({ErrorType.MALFORMED: 0.5}, samples=4))
    assert all(len(set(found)) == 2 for found in outcomes.values())


def test_problems_of_a_family_with_the_same_functions_go_wrong_at_the_same_one(setting):
    places = {}
    for attempt in setting.attempts({ErrorType.UNKNOWN_FUNCTION: 1.0}):
        problem = next(item for item in setting.problems if item.id == attempt.problem_id)
        wrong = next(step.call.name for step in attempt.episode.steps if step.error)
        names = frozenset(step.call.name for step in setting.gold[problem.id])
        places.setdefault((problem.family, names), set()).add(wrong)
    assert all(len(found) == 1 for found in places.values())
    assert len(set().union(*places.values())) > 1


def test_after_a_mistake_its_result_is_carried_on():
    """A wrong result is used as if it were right, until the wrong answer."""
    task, functions = load_task("math"), load_functions("math", ["arithmetic"])
    problem = Problem("p", "What?", "20", "f", 2, ["add(a=2, b=3)", "multiply(a=5, b=4)", "stop(answer=20)"])
    assignment = Assignment(task, functions, [problem], MAX_STEPS, 0)
    written = set()
    for sample in range(40):
        parameters = ReferenceParameters(
            rates={ErrorType.WRONG_ARGUMENT: 0.5, ErrorType.WRONG_FUNCTION: 0.5}, consistency=0.0
        )
        attempt = Attempt("p", sample, Episode("What?", functions, MAX_STEPS))
        (done,) = run(ReferenceTeacher(assignment, parameters), [attempt], 1)
        assert done.episode.ended == STOP
        first, second, last = done.episode.steps
        assert second.call.keywords["a"] == int(first.result)
        assert last.result == second.result != "20"
        written.add(first.completion)
    assert len(written) >= 2


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"rates": {"hubris": 0.1}, "consistency": 0.0}, "unknown error types .*hubris.*; there are malformed"),
        ({"rates": {"loop": -0.1}, "consistency": 0.0}, "must not be negative"),
        ({"rates": {"loop": 0.6, "malformed": 0.5}, "consistency": 0.0}, "nor exceed 1"),
        ({"rates": {"loop": "often"}, "consistency": 0.0}, "valid number"),
        ({"rates": {}, "consistency": 1.5}, "less than or equal to 1"),
        ({"rates": {}, "consistency": -1.0}, "greater than or equal to 0"),
        ({"rates": {}}, "Field required"),
    ],
)
def test_bad_parameters_are_refused(parameters, message):
    with pytest.raises(ValidationError, match=message):
        ReferenceParameters(**parameters)


def test_a_problem_without_a_reference_is_not_attempted(setting):
    problem = Problem("lonely", "What?", "3", "f", 1)
    given = Assignment(setting.task, setting.functions, [problem, *setting.problems], MAX_STEPS, 0)
    teacher = ReferenceTeacher(given, ReferenceParameters(rates={}, consistency=0.0))
    assert [teacher.can_attempt(item) for item in given.problems] == [False, *[True] * len(setting.problems)]
