import json
import time
from pathlib import Path

import pytest
import yaml

from stages.errors import UserError
from stages.problems import run
from stages.tasks import load_functions, load_task
from stages.tasks.fol.sources import folio
from stages.tasks.fol.stories import NO_PREMISES, UNHEARD_ANSWER
from stages.tasks.problem_sets import read
from stages.tasks.rows import NO_QUESTION
from stages.tasks.task import NO_ANSWER, Draft, Rejection
from tests.workspace import DATA as PUBLISHED

TASK = load_task("fol")
FUNCTIONS = load_functions("fol", ["formulas"])
DATA = PUBLISHED / "folio/annotated.jsonl"
ROW = {
    "premises": ["Every owl sees well.", "Ada is an owl."],
    "premises-FOL": ["∀x (Owl(x) → SeesWell(x))", "Owl(ada)"],
    "conclusion": "Ada sees well.",
    "conclusion-FOL": "SeesWell(ada)",
    "label": "True",
}


def write(tmp_path, *rows):
    path = tmp_path / "rows.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def load(tmp_path, *rows):
    return list(folio.load(write(tmp_path, *rows)))


def test_a_row_becomes_a_problem_with_its_calls(tmp_path):
    (draft,) = load(tmp_path, ROW)
    assert draft == Draft(
        "Every owl sees well. Ada is an owl.\nConclusion: Ada sees well.",
        "True",
        [
            'assume(formula="forall x (Owl(x) -> SeesWell(x))")',
            'assume(formula="Owl(ada)")',
            'entails(formula="SeesWell(ada)")',
            'stop(answer="True")',
        ],
        "folio",
        2,
    )


def test_premises_may_be_one_text_with_a_premise_a_line(tmp_path):
    row = ROW | {name: "\n".join(ROW[name]) + "\n" for name in ("premises", "premises-FOL")}
    assert load(tmp_path, row) == load(tmp_path, ROW)


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("¬Cat(tom))", "not Cat(tom)"),
        ("Cat(tom)) ∨ Dog(tom)", "Cat(tom) or Dog(tom)"),
        ("∀x (Cat(x) → (Sly(x) ∨ Old(x))", "forall x (Cat(x) -> (Sly(x) or Old(x)))"),
        ("∀x ((Cat(x) ∧ Old(x)) → Sly(x)).", "forall x ((Cat(x) and Old(x)) -> Sly(x))"),
        ("∀x ∀y (Cat(x), Sees(x, y) → Sly(y))", "forall x forall y ((Cat(x) and Sees(x, y)) -> Sly(y))"),
        ("Cat(tom) ^ Sly(tom)", "Cat(tom) and Sly(tom)"),
        ("Lives(mr. tom cat, new york)", "Lives(mr_tom_cat, new_york)"),
        ("Got(tom, b+) ⊕ Got(tom, b)", "Got(tom, b_plus) xor Got(tom, b)"),
        ("∃x ∃x (Cat(x) ∧ Sees(x, y))", "exists x exists y (Cat(x) and Sees(x, y))"),
        ("WildCat(tom) ∨ Wildcat(Tom) ∨ P(x1, X1)", "(WildCat(tom) or WildCat(tom)) or P(x1, X1)"),
    ],
)
def test_slips_of_the_annotation_are_mended_where_only_one_thing_can_be_meant(tmp_path, written, meant):
    (draft,) = load(tmp_path, ROW | {"conclusion-FOL": written})
    assert draft.reference[-2] == f'entails(formula="{meant}")'


@pytest.mark.parametrize(
    "changes",
    [
        {"conclusion-FOL": None},
        {"premises-FOL": []},
        {"conclusion-FOL": "Cat(tom) Dog(tom)"},
        {"conclusion-FOL": "Cat(tom) →"},
        {"conclusion-FOL": "Cat(, )"},
        {"premises-FOL": ["(" * 5000]},
        {"premises-FOL": ["Cat(tom)" + ")" * 9]},
    ],
)
def test_an_annotation_that_is_missing_or_beyond_mending_gives_no_reference(tmp_path, changes):
    (draft,) = load(tmp_path, ROW | changes)
    assert (draft.reference, draft.answer) == (None, "True")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"premises": [" "]}, NO_PREMISES),
        ({"premises": 3}, NO_PREMISES),
        ({"conclusion": None}, NO_QUESTION),
        ({"label": ""}, NO_ANSWER),
        ({"label": "Maybe"}, UNHEARD_ANSWER),
    ],
)
def test_unusable_rows_are_rejected_with_their_place(tmp_path, changes, reason):
    assert load(tmp_path, ROW, ROW | changes)[1] == Rejection("row 2", reason)


@pytest.mark.parametrize("functions", ["formulas", "statements"])
def test_labels_that_the_formulas_contradict_are_told(tmp_path, functions):
    """What the data set says is never taken for what follows."""
    contradictory = {"premises-FOL": ["Owl(ada)", "¬Owl(ada)"]}
    unbound = {"premises-FOL": ["Owl(ada) ∧ Sees(x, ada)"]}
    rows = [ROW, ROW | {"label": "False"}, ROW | {"label": "Uncertain"}, ROW | contradictory, ROW | unbound]
    reading = read(folio.load, write(tmp_path, *rows), TASK, load_functions("fol", [functions]))
    assert [draft.reference is not None for draft in reading.drafts] == [True, False, False, False, False]
    assert [fault.reason for fault in reading.faults] == [
        "the answer is False, but entails returns True",
        "the answer is Unknown, but entails returns True",
        "the answer is True, but entails returns The premises contradict each other",
        "a call of the reference fails",
    ]


def test_problems_are_built_from_a_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = [ROW | {"conclusion": f"Ada sees {name} well."} for name in ("Bo", "Cy", "Di")]
    write(tmp_path, *rows).rename(tmp_path / "train.jsonl")
    setting = {"source": "folio", "path": ".", "functions": ["formulas"], "families": ["mixed"], "depths": [1]}
    sizes = {"train": 1, "validation": 1, "test": 1}
    Path("params.yaml").write_text(yaml.safe_dump({"problems": {"fol": setting | {"splits": sizes, "seed": 1}}}))
    run("fol")
    built = [json.loads(path.read_text()) for path in Path("data/problems/fol").glob("*.jsonl")]
    assert {problem["question"].split("Conclusion: ")[1] for problem in built} == {row["conclusion"] for row in rows}
    assert all(len(problem["reference"]) == 4 for problem in built)


def test_a_malformed_file_is_named(tmp_path):
    (tmp_path / "train.json").write_text('[\n{"premises": []},\n{"premises": }\n]')
    with pytest.raises(UserError, match=r"train\.json:3: not valid JSON .*mend this line"):
        list(folio.load(tmp_path))


@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA}; set CALLSMITH_DATA to the folder that has folio/")
def test_at_least_95_percent_of_the_annotated_rows_have_a_correct_reference():
    read(folio.load, DATA, TASK, FUNCTIONS)  # z3 is imported when it is first needed
    started = time.process_time()
    reading = read(folio.load, DATA, TASK, FUNCTIONS)
    seconds = time.process_time() - started
    assert reading.rows == len(reading.drafts) > 0
    assert reading.rows - len(reading.faults) >= 0.95 * reading.rows
    assert all(fault.reason.startswith("the answer is ") for fault in reading.faults)
    assert seconds / reading.rows < 0.02, "more than 20 ms a row, proof included"
