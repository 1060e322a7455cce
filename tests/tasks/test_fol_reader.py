import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stages.tasks.fol.formula import (
    MAX_DEPTH,
    MAX_SIZE,
    Atom,
    Binary,
    Equal,
    Not,
    Operator,
    Quantified,
    Quantifier,
    Term,
    check_size,
    free_variables,
)
from stages.tasks.fol.reader import MAX_LENGTH, ReadError, read

RULE = "forall x (cat(x) -> furry(x))"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        (RULE, RULE),
        ("∀x (cat(x) → furry(x))", RULE),
        ("all x.(cat(x) -> furry(x))", RULE),
        ("all x. cat(x) -> furry(x)", RULE),
        ("all x cat(x) -> furry(x)", RULE),
        ("FORALL x: [cat(x) IMPLIES furry(x)]", RULE),
        ("∀x cat(x) ∧ furry(x) → kind(x)", "forall x ((cat(x) and furry(x)) -> kind(x))"),
        ("(∀x cat(x)) → furry(Tom)", "(forall x cat(x)) -> furry(Tom)"),
        ("∀x cat(x) → furry(Tom)", "(forall x cat(x)) -> furry(Tom)"),
        ("∃x∃y (likes(x, y) ∧ x ≠ y)", "exists x exists y (likes(x, y) and not x = y)"),
        ("∀x y z P(x, y, z)", "forall x forall y forall z P(x, y, z)"),
        ("∀a, b (R(a, b) ↔ R(b, a))", "forall a forall b (R(a, b) <-> R(b, a))"),
        ("∀a b R(a, b)", "forall a forall b R(a, b)"),
        ("∀A B (R(A, B))", "forall A forall B R(A, B)"),
        ("all man day.rests-on(man, day)", "forall man forall day rests-on(man, day)"),
        ("all man day -works(man, day)", "forall man forall day not works(man, day)"),
        ("all man cat (man)", "forall man cat(man)"),
        ("all x p (f(x), p(x))", "forall x p(f(x), p(x))"),
        ("all x (rain) & p", "(forall x (rain)) and p"),
        ("some x -Dog(x)", "exists x not Dog(x)"),
        ("all x.(Cat(x) -> -Dog(x)).", "forall x (Cat(x) -> not Dog(x))"),
        ("!p & ~q | ¬r", "(not p and not q) or not r"),
        ("p ⊕ q ∨ r", "p xor (q or r)"),
        ("a -> b => c ⟹ d ⊃ e ⟶ f", "a -> (b -> (c -> (d -> (e -> f))))"),
        ("a <-> b ⟷ c ⟺ d ≡ e", "(((a <-> b) <-> c) <-> d) <-> e"),
        ("p ⊻ q xor r", "(p xor q) xor r"),
        ("p -> q", "p -> q"),
        ("p->-q", "p -> not q"),
        ("mother(father(Tom)) = Ann", "mother(father(Tom)) = Ann"),
        ("well-known(iPhone-15, 3.5, 2023Cup)", "well-known(iPhone-15, 3.5, 2023Cup)"),
        ("O'Neil(x1)", "O'Neil(x1)"),
        ("some(x)", "some(x)"),
        ("rain()", "rain"),
    ],
)
def test_reads_what_people_write(text, printed):
    assert str(read(text)) == printed


@pytest.mark.parametrize(
    ("text", "column", "problem"),
    [
        ("", 1, "expected a formula, found the end"),
        ("cat(x", 6, "expected `,` or `)`, found the end"),
        ("cat(x))", 7, "expected an operator or the end, found `)`"),
        ("(cat(x)", 8, "expected an operator or `)`, found the end"),
        ("cat(x) furry(x)", 8, "expected an operator or the end, found `furry`"),
        ("cat(x) -> ", 11, "expected a formula, found the end"),
        ("∀ (cat(x))", 3, "expected a variable, found `(`"),
        ("cat(, x)", 5, "expected a term, found `,`"),
        ("cat(x) + 1", 8, "expected an operator or the end, found `+`"),
        ("∃x ∃!y p(y)", 5, "expected a variable, found `!`"),
        ("∀x (Cat(x) → ¬)", 15, "expected a formula, found `)`"),
        ("likes(Tom, mother(Ann)", 23, "expected `,` or `)`, found the end"),
        ("all x.(Cat(x) -> -Dog(x)", 25, "expected an operator or `)`, found the end"),
        ("cat(Tom) ⊕", 11, "expected a formula, found the end"),
        ("Tom ≠ ¬p", 7, "expected a term, found `¬`"),
        ("∀x, (p(x))", 5, "expected a variable, found `(`"),
        ("x = ", 5, "expected a term, found the end"),
        ("__import__('os')", 12, "expected a term, found `'`"),
    ],
)
def test_errors_point_at_the_column(text, column, problem):
    with pytest.raises(ReadError) as error:
        read(text)
    assert (error.value.column, str(error.value)) == (column, f"column {column}: {problem}")


@pytest.mark.parametrize(
    "text",
    ["(" * 3000, "(" * 900, "¬" * 900 + "p", "f(" * 900, "∀x " * 600 + "p", "p" * (MAX_LENGTH + 1), "p & " * 499 + "p"],
)
def test_too_much_is_refused(text):
    with pytest.raises(ValueError, match=r"too (deeply|long|large)|expected"):
        read(text)


def test_what_is_as_deep_as_allowed_is_read():
    assert str(read("¬" * (MAX_DEPTH - 1) + "p")).count("not") == MAX_DEPTH - 1
    with pytest.raises(ValueError, match="too deeply"):
        read("¬" * MAX_DEPTH + "p")


def test_shared_parts_count_as_often_as_they_occur():
    formula = Atom("p")
    for _ in range(60):
        formula = Binary(Operator.AND, formula, formula)
    with pytest.raises(ValueError, match="too large"):
        check_size(formula)


def test_terms_are_parts_as_well():
    flat, deep = Atom("p", (Term("c"),) * MAX_SIZE), Term("x")
    for _ in range(MAX_DEPTH):
        deep = Term("f", (deep,))
    for formula in (flat, Equal(deep, Term("c"))):
        with pytest.raises(ValueError, match="too large"):
            check_size(formula)
    assert check_size(read("all x (p(x, f(c)) & x = c)")) == 9


LARGE = CHAIN = Atom("p", (Term("x"),))
for _ in range(7):
    LARGE = Binary(Operator.AND, LARGE, LARGE)
for _ in range(90):
    CHAIN = Quantified(Quantifier.FORALL, "x", CHAIN)


@pytest.mark.parametrize(
    "text",
    [
        "all y (chain) " + "&large" * 300,
        "all x (large) " + "->large" * 250,
        "all x (chain) " + "&all x(chain)" * 130,
        "all x (p(x)) & (" + "p & " * 480 + "p)",
        "all x (p(x)) & (" + "p->" * 600 + "p)",
        "all " + "x " * 900 + "p(x) & p(x)",
        "(" * 90 + "p->" * 90 + "all " + "x " * 90 + "p(x)" + " & p" * 300 + ")" * 90,
    ],
)
def test_no_text_is_too_much_work_or_too_deep_for_a_stack_that_is_deep_already(text):
    def deep(levels):
        return deep(levels - 1) if levels else read(text, {"large": LARGE, "chain": CHAIN})

    begun = time.process_time()
    with pytest.raises(ValueError, match=r"too (deeply|large)"):
        deep(250)
    assert time.process_time() - begun < 1


@pytest.mark.parametrize(
    ("text", "free"),
    [
        (RULE, []),
        ("cat(x)", ["x"]),
        ("cat(Tom)", []),
        ("(all x p(x)) & q(x) & r(y)", ["x", "y"]),
        ("f(z) = u1", ["u1", "z"]),
    ],
)
def test_free_variables(text, free):
    assert free_variables(read(text)) == free


def test_names_of_definitions_stand_for_formulas():
    assert str(read("forall x (f1)", {"f1": read("cat(x)")})) == "forall x cat(x)"
    assert str(read("not f1 & f2(a)", {"f1": read("p | q"), "f2": read("r")})) == "not (p or q) and f2(a)"


@given(st.text(alphabet="∀∃¬∧∨→↔⊕()[],.=!&|-><xyPf1 'all", max_size=60) | st.text(max_size=200))
def test_any_text_is_read_or_refused(text):
    try:
        formula = read(text)
    except ValueError:
        return
    assert read(str(formula)) == formula


names = st.sampled_from(["x", "y", "z1", "Tom", "cat", "well-known", "f1", "O'Neil", "3.5"])
terms = st.recursive(
    names.map(Term), lambda inner: st.builds(Term, names, st.lists(inner, max_size=2).map(tuple)), max_leaves=4
)
formulas = st.recursive(
    st.builds(Atom, names, st.lists(terms, max_size=2).map(tuple)) | st.builds(Equal, terms, terms),
    lambda inner: (
        st.builds(Not, inner)
        | st.builds(Binary, st.sampled_from(list(Operator)), inner, inner)
        | st.builds(Quantified, st.sampled_from(list(Quantifier)), names, inner)
    ),
    max_leaves=12,
)


@given(formulas)
def test_what_is_printed_reads_back(formula):
    assert read(str(formula)) == formula
