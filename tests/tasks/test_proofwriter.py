import json
import time

import pytest

from stages.tasks import load_functions, load_task
from stages.tasks.fol.sources import proofwriter
from stages.tasks.fol.stories import NO_PREMISES, UNHEARD_ANSWER
from stages.tasks.problem_sets import read, reference_fault
from stages.tasks.rows import NO_QUESTION
from stages.tasks.task import NO_ANSWER, Rejection
from tests.workspace import DATA as PUBLISHED

TASK = load_task("fol")
FUNCTIONS = load_functions("fol", ["formulas"])
DATA = PUBLISHED / "proofwriter/train.json"
ASKED = "Based on the above information, is the following statement true, false, or unknown? "
OPTIONS = ["A) True", "B) False", "C) Unknown"]
ROW = {
    "id": "ProofWriter_RelNeg-OWA-D2-17_Q3",
    "context": "The grey owl hunts the vole. Ada is sly. If someone hunts the vole then they are not tame.",
    "question": ASKED + "The grey owl is tame.",
    "options": OPTIONS,
    "answer": "B",
}


def load(tmp_path, *rows):
    path = tmp_path / "rows.json"
    path.write_text(json.dumps(rows, indent=1))
    return list(proofwriter.load(path))


def formulas(tmp_path, context, statement="Ada is sly."):
    (draft,) = load(tmp_path, ROW | {"context": context, "question": ASKED + statement})
    return None if draft.reference is None else [call.split('"')[1] for call in draft.reference[:-1]]


def test_a_row_becomes_a_problem_with_its_calls(tmp_path):
    (draft,) = load(tmp_path, ROW)
    assert draft.question == f"{ROW['context']}\nConclusion: The grey owl is tame."
    assert (draft.answer, draft.family, draft.depth) == ("False", "RelNeg", 2)
    assert draft.reference == [
        'assume(formula="hunts(grey_owl, vole)")',
        'assume(formula="sly(Ada)")',
        'assume(formula="forall x (hunts(x, vole) -> not tame(x))")',
        'entails(formula="tame(grey_owl)")',
        'stop(answer="False")',
    ]
    assert reference_fault(draft, TASK, FUNCTIONS) is None


@pytest.mark.parametrize(
    ("sentence", "formula"),
    [
        ("The vole is not tame", "not tame(vole)"),
        ("The grey owl hunts the old vole", "hunts(grey_owl, old_vole)"),
        ("The grey owl hunts Ada", "hunts(grey_owl, Ada)"),
        ("Ada does not hunt the vole", "not hunt(Ada, vole)"),
        ("Ada is a bird", "bird(Ada)"),
        ("Ada is sly and not tame", "sly(Ada) and not tame(Ada)"),
        ("Sly people are tame", "forall x (sly(x) -> tame(x))"),
        ("Sly, old things are not tame", "forall x ((sly(x) and old(x)) -> not tame(x))"),
        ("Sly old people are tame", None),
        ("All sly, old people are tame", "forall x ((sly(x) and old(x)) -> tame(x))"),
        ("If Ada is sly then Ada is not tame", "sly(Ada) -> not tame(Ada)"),
        ("If Ada is sly and old then she is tame", "(sly(Ada) and old(Ada)) -> tame(Ada)"),
        ("If the vole is sly then it hunts Ada", "sly(vole) -> hunts(vole, Ada)"),
        ("If someone is sly and not old then they are tame", "forall x ((sly(x) and not old(x)) -> tame(x))"),
        (
            "If something is sly, old and tame then it is grey",
            "forall x (((sly(x) and old(x)) and tame(x)) -> grey(x))",
        ),
        (
            "If something hunts the vole and the vole does not see Bo then the vole sees it",
            "forall x ((hunts(x, vole) and not see(vole, Bo)) -> see(vole, x))",
        ),
        (
            "If the vole is sly and someone hunts the vole then they chase the grey owl",
            "forall x ((sly(vole) and hunts(x, vole)) -> chase(x, grey_owl))",
        ),
        ("If someone carries Ada then they carry the vole", "forall x (carry(x, Ada) -> carry(x, vole))"),
        ("If someone watches Ada then they watch the vole", "forall x (watch(x, Ada) -> watch(x, vole))"),
        ("Someone is sly", None),
        ("It is sly", None),
        ("Sly", None),
        ("If Ada is sly", None),
        ("Ada sly is tame the", None),
        ("Ada is sly" + " and sly" * 2000, None),
    ],
)
def test_sentences_are_read_by_their_grammar(tmp_path, sentence, formula):
    read_as = formulas(tmp_path, f"{sentence}.")
    assert read_as == (None if formula is None else [formula, "sly(Ada)"])


def test_forms_of_a_verb_are_one_predicate_wherever_they_stand(tmp_path):
    assert formulas(tmp_path, "Bo likes Ada. If someone likes Ada then they like Cy.", "Bo does not like Cy.") == [
        "like(Bo, Ada)",
        "forall x (like(x, Ada) -> like(x, Cy))",
        "not like(Bo, Cy)",
    ]


def test_rows_in_the_fields_of_the_original_are_read(tmp_path):
    row = {"theory": ROW["context"], "question": "Ada is not sly.", "answer": "False", "QDep": 0}
    (draft,) = load(tmp_path, row)
    assert (draft.answer, draft.family, draft.depth) == ("False", "proofwriter", 0)
    assert draft.reference[-2:] == ['entails(formula="not sly(Ada)")', 'stop(answer="False")']


def test_the_answer_is_the_option_of_the_letter(tmp_path):
    drafts = load(tmp_path, ROW | {"options": ["A) Unknown", "B) True"]}, {**ROW, "options": None, "answer": "C"})
    assert [draft.answer for draft in drafts] == ["True", "Unknown"]
    assert reference_fault(drafts[0], TASK, FUNCTIONS) == "the answer is True, but entails returns False"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"context": None}, NO_PREMISES),
        ({"question": ASKED}, NO_QUESTION),
        ({"answer": 1}, NO_ANSWER),
        ({"answer": "D"}, UNHEARD_ANSWER),
    ],
)
def test_unusable_rows_are_rejected_with_their_place(tmp_path, changes, reason):
    assert load(tmp_path, ROW, ROW | changes)[1] == Rejection("row 2", reason)


@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA}; set CALLSMITH_DATA to the folder that has proofwriter/")
def test_at_least_95_percent_of_a_sample_have_a_correct_reference():
    started = time.process_time()
    drafts = list(proofwriter.load(DATA))
    seconds = time.process_time() - started
    assert len(drafts) == 3000
    assert len(drafts) / seconds > 1000, "far slower than the 2,000 rows a second it should reach"
    assert sum(draft.reference is not None for draft in drafts) >= 0.99 * len(drafts)
    reading = read(lambda path: iter(drafts[::10]), DATA, TASK, FUNCTIONS)
    assert reading.rows - len(reading.faults) >= 0.95 * reading.rows
