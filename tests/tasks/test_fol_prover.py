import json
import os
import random
import time
from pathlib import Path

import pytest

from stages.agent import worker
from stages.tasks.fol import monadic
from stages.tasks.fol.chase import finds_model
from stages.tasks.fol.formula import Atom, Binary, Not, Operator, Quantified, Quantifier, Term
from stages.tasks.fol.prover import Verdict, entails, satisfiable, satisfiable_by_z3
from stages.tasks.fol.reader import read

DATA = Path(os.environ.get("CALLSMITH_DATA", Path(__file__).parents[3] / "shared" / "data"))
SYLLOGISMS = [
    ("Barbara", "all x (M(x) -> P(x)); all x (S(x) -> M(x))", "all x (S(x) -> P(x))", "True"),
    ("Celarent", "all x (M(x) -> -P(x)); all x (S(x) -> M(x))", "all x (S(x) -> -P(x))", "True"),
    ("Darii", "all x (M(x) -> P(x)); some x (S(x) & M(x))", "some x (S(x) & P(x))", "True"),
    ("Ferio", "all x (M(x) -> -P(x)); some x (S(x) & M(x))", "some x (S(x) & -P(x))", "True"),
    ("Baroco", "all x (P(x) -> M(x)); some x (S(x) & -M(x))", "some x (S(x) & -P(x))", "True"),
    ("Barbari, no existential import", "all x (M(x) -> P(x)); all x (S(x) -> M(x))", "some x (S(x) & P(x))", "Unknown"),
    ("undistributed middle", "all x (P(x) -> M(x)); all x (S(x) -> M(x))", "all x (S(x) -> P(x))", "Unknown"),
    ("modus tollens", "all x (P(x) -> M(x)); -M(a)", "P(a)", "False"),
    ("disjunctive syllogism", "P(a) | Q(a); -Q(a)", "P(a)", "True"),
    ("inclusive or", "P(a) | Q(a); Q(a)", "P(a)", "Unknown"),
    ("exclusive or", "P(a) ⊕ Q(a); Q(a)", "P(a)", "False"),
    ("no empty domain", "all x P(x)", "some x P(x)", "True"),
    ("duality", "-some x P(x)", "all x -P(x)", "True"),
    ("duality refuted", "-all x P(x)", "all x P(x)", "False"),
    ("de Morgan", "-(P(a) & Q(a))", "-P(a) | -Q(a)", "True"),
    ("de Morgan within", "all x -(P(x) | Q(x))", "some x Q(x)", "False"),
    ("propositions", "rain -> wet; rain", "wet", "True"),
    ("a tautology", "", "P(a) <-> P(a)", "True"),
    ("contradictory premises", "P(a); -P(a)", "Q(b)", "Contradiction"),
    ("contradictory rules", "all x (P(x) -> Q(x)); all x (P(x) -> -Q(x)); some x P(x)", "Q(b)", "Contradiction"),
    ("order of quantifiers", "some y all x R(x, y)", "all x some y R(x, y)", "True"),
    ("order of quantifiers, converse", "all x some y R(x, y)", "some y all x R(x, y)", "Unknown"),
    ("equality", "a = b; P(a)", "P(b)", "True"),
    ("functions", "all x P(m(x)); a = m(b)", "P(a)", "True"),
    ("predicates and terms of one name", "P(P); P = Q", "P(Q)", "True"),
    ("constants may coincide", "P(a)", "P(b)", "Unknown"),
    ("drinker", "", "some x (P(x) -> all y P(y))", "True"),
]


@pytest.mark.parametrize(
    ("premises", "conclusion", "verdict"), [item[1:] for item in SYLLOGISMS], ids=[i[0] for i in SYLLOGISMS]
)
def test_textbook(premises, conclusion, verdict):
    assert entails([read(item) for item in premises.split(";") if item], read(conclusion)) == verdict


INFINITE = [read("all x some y R(x, y)"), read("all x -R(x, x)"), read("all x, y, z (R(x, y) & R(y, z) -> R(x, z))")]


def test_what_takes_too_long_is_said():
    assert satisfiable_by_z3(INFINITE, resource_limit=20_000) is None
    assert satisfiable_by_z3(INFINITE, resource_limit=20_000) is None
    assert satisfiable_by_z3([*INFINITE, read("R(a, a)")], resource_limit=20_000) is False
    assert entails(INFINITE, read("P(a)")) is Verdict.OUT_OF_TIME
    assert entails(INFINITE, read("-R(a, a)")) is Verdict.TRUE
    assert entails(INFINITE, read("R(a, a)")) is Verdict.FALSE


def test_too_many_branches_or_predicates_go_to_z3():
    many = [read(" & ".join(f"p{index}(a)" for index in range(monadic.MAX_PREDICATES + 1)))]
    pigeons = [read(" | ".join(f"h{hole}(p{pigeon})" for hole in range(4))) for pigeon in range(5)]
    pigeons += [read(f"-(h{h}(p{a}) & h{h}(p{b}))") for h in range(4) for a in range(5) for b in range(a)]
    assert monadic.satisfiable(many) is None
    assert satisfiable(many) is True
    assert satisfiable(pigeons) is False


@pytest.mark.parametrize(
    "premises",
    [
        [" & ".join(f"(P(c{k}x{n}) <-> Q(c{k}x{n}))" for n in range(70)) for k in range(15)],
        ["(" + ") | (".join(f"some x (p{n % 10}(x) & -p{(n + 3) % 10}(x))" for n in range(50)) + ")"] * 15,
    ],
)
def test_the_quick_decision_gives_up_before_it_is_slow_or_too_deep(premises):
    formulas = [read(text) for text in premises]

    def deep(levels):
        return deep(levels - 1) if levels else monadic.satisfiable(formulas)

    begun = time.process_time()
    assert deep(500) is None
    assert time.process_time() - begun < 3
    assert satisfiable(formulas) is True


def test_formulas_on_which_z3_heeds_no_limit_are_out_of_time(monkeypatch):
    monkeypatch.setattr(worker, "LIMITS", worker.Limits(computing=1))
    monkeypatch.setattr(worker, "_idle", {})
    bomb = read("all x (" + " xor ".join(f"p{n % 11}(x)" for n in range(95)) + ")")
    assert entails([bomb], read("p1(a)")) is Verdict.OUT_OF_TIME
    assert entails([read("R(a, b)")], read("R(a, b)")) is Verdict.TRUE


@pytest.mark.parametrize("text", ["all x some y (P(x) & Q(y))", "a = b", "P(m(a))", "R(a, b)", "all x (P(x) | Q(a))"])
def test_what_is_outside_of_the_quick_part_is_left_to_z3(text):
    assert monadic.satisfiable([read(text)]) is None
    assert satisfiable([read(text)]) is True


def test_quick_decision_agrees_with_z3():
    choose = random.Random(5)
    answers = []
    for _ in range(400):
        formulas = [_random_formula(choose, 2) for _ in range(choose.randint(2, 7))]
        answers.append(monadic.satisfiable(formulas))
        assert answers[-1] is satisfiable_by_z3(formulas), list(map(str, formulas))
    assert min(answers.count(True), answers.count(False)) > 60


def _random_formula(choose, depth, variable=None):
    if depth == 0 or choose.random() < 0.2:
        return Atom(choose.choice("PQR"), (Term(variable or choose.choice("abc")),))
    kind = choose.randrange(4)
    if kind == 0:
        return Not(_random_formula(choose, depth - 1, variable))
    if kind == 1 and variable is None:
        return Quantified(choose.choice(list(Quantifier)), "x", _random_formula(choose, depth, "x"))
    parts = [_random_formula(choose, depth - 1, variable) for _ in range(2)]
    return Binary(choose.choice(list(Operator)), *parts)


def test_what_the_chase_finds_z3_confirms():
    choose = random.Random(7)
    found = 0
    for _ in range(400):
        formulas = [_random_relation(choose, 3, ("a", "b")) for _ in range(choose.randint(2, 7))]
        if finds_model(formulas):
            found += 1
            assert satisfiable_by_z3(formulas) is not False, list(map(str, formulas))
    assert 100 < found < 350


def _random_relation(choose, depth, names):
    if depth == 0 or choose.random() < 0.1:
        return Atom(choose.choice("PQ"), tuple(Term(choose.choice(names)) for _ in range(choose.randint(0, 2))))
    kind = choose.randrange(3)
    if kind == 0:
        return Not(_random_relation(choose, depth - 1, names))
    if kind == 1:
        variable = choose.choice("xy")
        body = _random_relation(choose, depth - 1, (*names, variable))
        return Quantified(choose.choice(list(Quantifier)), variable, body)
    return Binary(choose.choice(list(Operator)), *(_random_relation(choose, depth - 1, names) for _ in range(2)))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("R(a, b); all x, y (R(x, y) -> R(y, x))", True),
        ("some x all y R(x, y); some x -R(x, x)", True),
        ("P(a) xor R(a, a); P(a) <-> -R(a, a)", True),
        ("all x, y (R(x, y) | R(y, x)); -R(a, b)", True),
        ("-(R(a, b) -> P(a)); -(P(a) & R(a, b))", True),
        ("R(a, b); -R(a, b)", False),
        ("R(a, b) & a = b", False),
        ("R(m(a), b)", False),
        ("all x some y R(x, y); all x -R(x, x); all x, y, z (R(x, y) & R(y, z) -> R(x, z))", False),
        ("all u, v, w, x, y, z (R(u, v) & R(w, x) & R(y, z) -> P(z)); R(a, b) & R(b, c) & R(c, d) & R(d, e)", False),
    ],
)
def test_an_obvious_model_is_found_and_the_search_is_bounded(text, found):
    assert finds_model([read(item) for item in text.split(";")]) is found


def test_folio_labels_follow_from_its_formulas():
    path = DATA / "folio" / "annotated.jsonl"
    if not path.exists():
        pytest.skip(f"{path} is absent; set CALLSMITH_DATA")
    agree, malformed, rows = 0, 0, [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    for row in rows:
        try:
            *premises, conclusion = map(read, [*row["premises-FOL"], row["conclusion-FOL"]])
        except ValueError:
            malformed += 1
            continue
        label = {"Uncertain": "Unknown"}.get(row["label"], row["label"])
        agree += entails(premises, conclusion) == label
    assert malformed <= 2
    assert agree >= 0.94 * len(rows)
