import pytest

from stages.tasks import load_families, load_functions, load_task
from stages.tasks.configured import Configured, ProblemParameters, Splits
from stages.tasks.problem_sets import generate
from stages.tasks.references import execute_reference
from stages.tasks.shifts import DEEPER, NAMES, NUMBERS, REORDERED, STRANGERS, shifts

SETS = {"math": ["arithmetic"], "fol": ["formulas"]}
DEPTHS = {"math": [5, 6], "fol": [3]}
SIZE = 12


def made(task, source="procedural"):
    shape = ProblemParameters(
        source=source,
        functions=SETS[task],
        families=list(load_families(task))[:3],
        depths=[1, 2],
        splits=Splits(train=1, validation=1, test=SIZE),
        seed=0,
    )
    setting = Configured(load_task(task), load_functions(task, shape.functions), shape)
    families = load_families(task, shape.families)
    drawn = generate(setting.task, setting.functions, families, shape.depths, {"test": SIZE}, 0)
    held_out = [problem for _, problem in drawn]
    return setting, held_out, {item.name: item for item in shifts(setting, held_out, DEPTHS[task], SIZE)}


@pytest.fixture(scope="module", params=["math", "fol"])
def task(request):
    return request.param


@pytest.fixture(scope="module")
def sets(task):
    return made(task)


def test_all_that_can_be_made_is_there(task, sets):
    expected = {DEEPER, STRANGERS, REORDERED} | ({NUMBERS} if task == "math" else set())
    assert set(sets[2]) == expected
    ids = [problem.id for name, item in sets[2].items() if name != REORDERED for problem in item.problems]
    assert len(set(ids)) == len(ids)


def test_every_reference_leads_to_the_answer(sets):
    setting, _, found = sets
    for shift in found.values():
        assert shift.problems
        for problem in shift.problems:
            assert setting.task.check(execute_reference(problem.reference, shift.functions).answer, problem.answer)


def test_deeper_problems_take_more_steps_than_any_other(task, sets):
    _, held_out, found = sets
    assert {problem.depth for problem in found[DEEPER].problems} == set(DEPTHS[task])
    assert max(problem.depth for problem in held_out) < min(DEPTHS[task])


def test_strangers_have_names_of_their_own_and_nothing_else_changes(sets):
    _, held_out, found = sets
    before = {problem.id: problem for problem in held_out}
    for problem in found[STRANGERS].problems:
        old = before[problem.id.partition("~")[0]]
        changed = [(a, b) for a, b in zip(old.question.split(), problem.question.split()) if a != b]
        assert changed
        assert all(b.strip(".?,'s") in NAMES for _, b in changed)
        assert problem.answer == old.answer


def test_functions_are_offered_backwards(sets):
    setting, _, found = sets
    names = [function.name for function in setting.functions]
    assert [function.name for function in found[REORDERED].functions] == names[::-1]


def test_problems_of_a_data_set_are_not_made_deeper():
    assert DEEPER not in made("math", source="gsm8k")[2]
