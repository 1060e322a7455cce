import json
import time

import pytest

from stages.tasks import load_functions, load_task
from stages.tasks.fol.sources import prontoqa
from stages.tasks.fol.stories import NO_PREMISES, UNHEARD_ANSWER
from stages.tasks.problem_sets import read, reference_fault
from stages.tasks.rows import NO_QUESTION
from stages.tasks.task import NO_ANSWER, Rejection
from tests.workspace import DATA as PUBLISHED

TASK = load_task("fol")
FUNCTIONS = load_functions("fol", ["formulas"])
DATA = PUBLISHED / "prontoqa/train.json"
ASKED = "Is the following statement true or false? "
ROW = {
    "context": "Every blorpus is a glimpus. Glimpuses are not nervous. Ada is a blorpus.",
    "question": ASKED + "Ada is not nervous.",
    "options": ["A) True", "B) False"],
    "answer": "A",
    "explanation": [
        "Ada is a blorpus.",
        "Every blorpus is a glimpus.",
        "Ada is a glimpus.",
        "Glimpuses are not nervous.",
        "Ada is not nervous.",
    ],
}


def load(tmp_path, *rows):
    path = tmp_path / "train.json"
    path.write_text(json.dumps(rows))
    return list(prontoqa.load(tmp_path))


def test_a_row_becomes_a_problem_with_its_calls(tmp_path):
    (draft,) = load(tmp_path, ROW)
    assert draft.question == f"{ROW['context']}\nConclusion: Ada is not nervous."
    assert (draft.answer, draft.family, draft.depth) == ("True", "prontoqa", 2)
    assert draft.reference == [
        'assume(formula="forall x (blorpus(x) -> glimpus(x))")',
        'assume(formula="forall x (glimpus(x) -> not nervous(x))")',
        'assume(formula="blorpus(Ada)")',
        'entails(formula="not nervous(Ada)")',
        'stop(answer="True")',
    ]
    assert reference_fault(draft, TASK, FUNCTIONS) is None


@pytest.mark.parametrize(
    ("sentence", "formula"),
    [
        ("Each blorpus is an ampus", "forall x (blorpus(x) -> ampus(x))"),
        ("All foxes are blorpuses", "forall x (fox(x) -> blorpus(x))"),
        ("Ponies are not blorpuses", "forall x (pony(x) -> not blorpus(x))"),
        ("Blorpuses are nervous", "forall x (blorpus(x) -> nervous(x))"),
        ("Every blorpus is not nervous", "forall x (blorpus(x) -> not nervous(x))"),
        ("Real ponies are old blorpuses", "forall x (real_pony(x) -> old_blorpus(x))"),
        ("Wren is an ampus", "ampus(Wren)"),
        ("Wren is not nervous", "not nervous(Wren)"),
        ("Blorpuses", None),
        ("Wren, who is old, sings", None),
        ("Every blorpus is", None),
    ],
)
def test_sentences_are_read_by_their_grammar(tmp_path, sentence, formula):
    known = "Ada is a blorpus. Ada is a fox. Ada is a pony."
    (draft,) = load(tmp_path, ROW | {"context": f"{sentence}. {known}"})
    assert (draft.reference and draft.reference[0]) == (formula and f'assume(formula="{formula}")')


def test_the_reference_does_not_follow_a_wrong_label(tmp_path):
    drafts = load(tmp_path, ROW | {"answer": "B"}, ROW | {"question": ASKED + "Ada is old."})
    assert [reference_fault(draft, TASK, FUNCTIONS) for draft in drafts] == [
        "the answer is False, but entails returns True",
        "the answer is True, but entails returns Unknown",
    ]


def test_without_an_explanation_sentences_are_counted(tmp_path):
    (draft,) = load(tmp_path, ROW | {"explanation": None})
    assert draft.depth == 3


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"context": ""}, NO_PREMISES),
        ({"question": None}, NO_QUESTION),
        ({"answer": None}, NO_ANSWER),
        ({"answer": "E"}, UNHEARD_ANSWER),
    ],
)
def test_unusable_rows_are_rejected_with_their_place(tmp_path, changes, reason):
    assert load(tmp_path, ROW, ROW | changes)[1] == Rejection("row 2", reason)


@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA}; set CALLSMITH_DATA to the folder that has prontoqa/")
def test_at_least_99_percent_of_the_rows_have_a_correct_reference():
    started = time.process_time()
    drafts = list(prontoqa.load(DATA))
    seconds = time.process_time() - started
    assert len(drafts) == 250
    assert len(drafts) / seconds > 1000, "far slower than the 2,000 rows a second it should reach"
    reading = read(lambda path: iter(drafts), DATA, TASK, FUNCTIONS)
    assert reading.rows - len(reading.faults) >= 0.99 * reading.rows
