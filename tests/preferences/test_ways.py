"""Problems that can be solved in many orders: no right step may ever be rejected."""

import re
from fractions import Fraction
from itertools import count
from random import Random

import pytest

from stages.agent.calls import Call, parse
from stages.agent.values import literal, result_text
from stages.preferences.pairs import PairBuilder
from stages.preferences.ways import Guide
from stages.tasks import load_families, load_functions, load_task
from stages.tasks.problem_sets import generate
from stages.tasks.references import execute_reference
from stages.tasks.task import Problem

ROUNDS = 3
WRONG = {
    "math": ["add(a=991, b=997)", "divide(a=1, b=0)", "add(a=1", "stop(answer=-7)"],
    "fol": ['entails(formula="f99")', "assume(cat", 'stop(answer="Perhaps")', 'prove(formula="cat(Tom)")'],
}


class Sum:
    """A sum or, of other functions, a product: terms that are taken together in any order.

    A term is a value and whether it is taken away (divided by).
    """

    def __init__(self, terms, join="add", part="subtract"):
        self.terms, self.join, self.part = terms, join, part

    def solve(self, random, calls):
        """Appends calls that combine two terms after the other, drawn by chance, and returns the result."""
        order = random.sample(self.terms, len(self.terms))
        terms = [(term.solve(random, calls) if isinstance(term, Sum) else term, away) for term, away in order]
        while len(terms) > 1:
            (one, less), (other, away) = (terms.pop(random.randrange(len(terms))) for _ in range(2))
            if less == away:
                terms.append((made(calls, self.join, one, other), less))
            elif less:
                terms.append((made(calls, self.part, other, one), False))
            else:
                terms.append((made(calls, self.part, one, other), False))
        return terms[0][0]


def made(calls, name, one, other):
    calls.append(str(Call(name, {"a": literal(one), "b": literal(other)})))
    operations = {"add": one + other, "subtract": one - other, "multiply": one * other}
    return operations[name] if name in operations else one / other


def drawn_sum(random, depth=2):
    """Terms of which the first one is not taken away: numbers, and products (sums) of numbers."""
    names = ("add", "subtract") if depth % 2 == 0 else ("multiply", "divide")
    size = random.randint(2, 4 if depth == 2 else 3)
    terms = [
        drawn_sum(random, depth - 1) if depth > 1 and random.random() < 0.4 else Fraction(random.randint(2, 30))
        for _ in range(size)
    ]
    return Sum([(term, place > 0 and random.random() < 0.4) for place, term in enumerate(terms)], *names)


def solutions_of_sums(number):
    """A problem with its solutions: sums of products, combined in drawn orders."""
    random = Random(number)
    total, solutions = drawn_sum(random), []
    for _ in range(ROUNDS + 1):
        calls = []
        answer = total.solve(random, calls)
        solutions.append([*calls, f"stop(answer={Call('', {'': literal(answer)}).keywords['']!r})"])
    reference, *others = solutions
    return Problem(f"sum-{number}", "What?", result_text(answer), "sums", 1, reference), others


def reordered(reference, random):
    """The calls of a solution in another order, commuted, with another variable, and the ids that they then give."""
    variable = random.choice("xy")
    steps = execute_reference(reference, load_functions("fol", ["formulas"])).steps
    *rest, ask, end = steps
    done, ids, numbers = [], {}, count(1)
    while rest or ask:
        makers = {step.result for step in [*rest] if step.result.startswith("f")}
        free = [step for step in rest if not makers & set(step.call.keywords.values())]
        step = random.choice(free) if rest else ask
        ask = ask if rest else None
        arguments = {name: ids.get(value, value) for name, value in step.call.keywords.items()}
        if step.call.name in ("both", "either") and random.random() < 0.5:
            arguments = dict(zip(arguments, reversed(arguments.values())))
        done.append(re.sub(r"\bx\b", variable, str(Call(step.call.name, arguments))))
        if step in rest:
            rest.remove(step)
            if step.result.startswith("f"):
                ids[step.result] = f"f{next(numbers)}"
    return [*done, end.completion]


def joined(number):
    """A problem about parts that are taken together in any order, in one premise."""
    random = Random(number)
    name = random.choice(["both", "either"])
    parts = [f"{word}(Tom)" for word in random.sample(["tall", "kind", "wise", "calm", "shy"], random.randint(3, 4))]
    denied = [call for part in parts[1:] for call in ("negate", part)]
    solutions = []
    for _ in range(ROUNDS + 1):
        calls, terms, numbers = [], list(parts), count(1)
        while len(terms) > 1:
            one, other = random.sample(terms, 2)
            calls.append(str(Call(name, {"left": one, "right": other})))
            terms = [term for term in terms if term not in (one, other)] + [f"f{next(numbers)}"]
        calls.append(f'assume(formula="{terms[0]}")')
        for part in denied[1::2] if name == "either" else ():
            calls += [f'negate(formula="{part}")', f'assume(formula="f{next(numbers)}")']
        solutions.append([*calls, f'entails(formula="{parts[0]}")', 'stop(answer="True")'])
    return Problem(f"joined-{number}", "What?", "True", "joined", 1, solutions[0]), solutions[1:]


def stories():
    """The procedural problems of first-order logic, each with its calls in other orders."""
    task, functions = load_task("fol"), load_functions("fol", ["formulas"])
    for _, problem in generate(task, functions, load_families("fol"), [1, 2, 3], {"train": 60}, 3):
        random = Random(problem.id)
        yield problem, [reordered(problem.reference, random) for _ in range(ROUNDS)]


SETS = {
    "math": lambda: map(solutions_of_sums, range(200)),
    "fol": lambda: [*stories(), *map(joined, range(40))],
}
FUNCTIONS = {"math": ["arithmetic"], "fol": ["formulas"]}


@pytest.fixture(scope="module", params=SETS)
def solved(request):
    """Problems with right solutions other than their references."""
    task, functions = load_task(request.param), load_functions(request.param, FUNCTIONS[request.param])
    return task, functions, [(problem, others) for problem, others in SETS[request.param]()]


def test_the_solutions_are_right_and_other_than_the_references(solved):
    task, functions, problems = solved
    changed = 0
    for problem, others in problems:
        for calls in (problem.reference, *others):
            assert task.check(execute_reference(calls, functions).answer, problem.answer), (problem, calls)
        changed += sum(list(calls) != list(problem.reference) for calls in others)
    assert changed > ROUNDS * len(problems) / 2


def test_no_step_of_a_right_solution_is_rejected(solved):
    task, functions, problems = solved
    steps = rejected = placed = mistaken = 0
    for problem, others in problems:
        guide = Guide(task, functions, problem)
        ways = guide.ways([])
        for number, calls in enumerate(others):
            for length in range(len(calls)):
                wrong = WRONG[task.name][(number + length) % 4]
                course = guide.follow(guide.replay([*calls[:length], wrong], spare=9), ways)
                mistaken += 1
                placed += course.error is not None and course.right == length
                rejected += course.error is not None and course.right < length
            steps += len(calls) - 1
    print(f"\n{task.name}: {rejected} of {steps} right steps rejected; {placed} of {mistaken} mistakes found")
    assert rejected == 0
    assert placed / mistaken > 0.9


def test_right_solutions_give_no_pair_and_show_further_ways(solved):
    task, functions, problems = solved
    for problem, others in problems[:50]:
        rows = [{"outcome": "correct", "steps": [{"completion": call} for call in calls]} for calls in others]
        assert list(PairBuilder(task, functions, problem, rows).build(rows, "student")) == []
        own = Problem(problem.id, problem.question, problem.answer, problem.family, problem.depth)
        (way, *_) = Guide(task, functions, own).ways(rows)
        assert [str(step.call) for step in way] == [str(parse(call)) for call in others[0]]
