import json
import time

import pytest

from stages.errors import UserError
from stages.tasks import load_functions, load_task
from stages.tasks.math.sources import gsm8k
from stages.tasks.problem_sets import read
from stages.tasks.task import NO_ANSWER, Draft, Rejection
from tests.workspace import DATA as PUBLISHED

TASK = load_task("math")
FUNCTIONS = load_functions("math", ["arithmetic"])
DATA = PUBLISHED / "gsm8k/train.jsonl"


def load(tmp_path, *rows):
    path = tmp_path / "train.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return list(gsm8k.load(path))


def reference(tmp_path, solution):
    draft = load(tmp_path, {"question": "How many?", "answer": solution})[0]
    assert isinstance(draft, Draft), draft
    return None if draft.reference is None else list(draft.reference)


@pytest.mark.parametrize(
    ("solution", "calls"),
    [
        ("Two bags: <<2*15=30>>30\nLess 4: <<30-4=26>>26\n#### 26", ["multiply(a=2, b=15)", "subtract(a=30, b=4)"]),
        ("<<(3+5)*2=16>>16\n#### 16", ["add(a=3, b=5)", "multiply(a=8, b=2)"]),
        ("<<3+5*2=13>>13\n#### 13", ["multiply(a=5, b=2)", "add(a=3, b=10)"]),
        ("<<10-2-3=5>>\n#### 5", ["subtract(a=10, b=2)", "subtract(a=8, b=3)"]),
        ("<<30*.5=15>>15\n#### 15", ["multiply(a=30, b=0.5)"]),
        ("<<20/100*60=12>>12\n#### 12", ["percent(percent=20, of=60)"]),
        ("<<20%*60=12>>12\n#### 12", ["percent(percent=20, of=60)"]),
        ("<<-4+10=6>>6\n#### 6", ["add(a=-4, b=10)"]),
        ("<<-(2+1)+9=6>>\n#### 6", ["add(a=2, b=1)", "subtract(a=0, b=3)", "add(a=-3, b=9)"]),
        ("<<2^3=8>>8\n#### 8", ["multiply(a=2, b=2)", "multiply(a=4, b=2)"]),
        ("<<4(7)=28>>28\n#### 28", ["multiply(a=4, b=7)"]),
        ("<<1 1/2*4=6>>6\n#### 6", ["divide(a=1, b=2)", "add(a=1, b=0.5)", "multiply(a=1.5, b=4)"]),
        ("<<007*2=14>>14\n#### 14", ["multiply(a=7, b=2)"]),
        ("<<1,000+200=1200>>\n#### 1,200", ["add(a=1000, b=200)"]),
        ("<<2*3=6>>6 and <<2*3=6>>6, so <<6+6=12>>12\n#### 12", ["multiply(a=2, b=3)", "add(a=6, b=6)"]),
        ("<<6*7=42>>42, checked by <<42/6=7>>7\n#### 42", ["multiply(a=6, b=7)"]),
        (
            "First <<2*9=18>>18 nuts.\nThen 18 nuts - 5 nuts = 13 nuts.\n#### 13",
            ["multiply(a=2, b=9)", "subtract(a=18, b=5)"],
        ),
        ("He needs 3 boxes x 4 = 12 jars.\n#### 12", ["multiply(a=3, b=4)"]),
        ("That is 6 cats / 8 pets = 75%\n#### 75", ["divide(a=6, b=8)", "multiply(a=0.75, b=100)"]),
    ],
)
def test_marks_and_equations_become_calls(tmp_path, solution, calls):
    *made, last = reference(tmp_path, solution)
    assert made == calls
    assert last.startswith("stop(answer=")


@pytest.mark.parametrize(
    "solution",
    [
        "So it is 12.\n#### 12",
        "<<12=12>>12\n#### 12",
        "<<5+5=12>>12\n#### 12",
        "It is 5 + 5 = 12.\n#### 12",
        "3n + 6 = 42, so n = 12\n#### 12",
        "<<12/0=12>>\n#### 12",
        "<<9**9**9=12>>12\n#### 12",
        "<<((((((9**8)**8)**8)**8)**8)**8)**8=12>>12\n#### 12",
        "<<__import__('os').getcwd()=12>>12\n#### 12",
        "<<" + "(" * 5000 + "=12>>\n#### 12",
        "<<6+=12>>\n#### 12",
    ],
)
def test_no_reference_without_a_call_that_returned_the_answer(tmp_path, solution):
    assert reference(tmp_path, solution) is None


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ({"answer": "#### 3"}, "no question"),
        ({"question": "How many?"}, NO_ANSWER),
        ({"question": "How many?", "answer": "<<1+2=3>>3"}, NO_ANSWER),
        ({"question": "How many?", "answer": "<<1+2=3>>3 ####  "}, NO_ANSWER),
        ({"question": "How many?", "answer": "#### many"}, "the answer is not a number"),
    ],
)
def test_unusable_rows_are_rejected_with_their_place(tmp_path, row, reason):
    good = {"question": "How many?", "answer": "<<1+2=3>>3\n#### 3"}
    assert load(tmp_path, good, row)[1] == Rejection("row 2", reason)


def test_a_missing_or_malformed_file_is_named(tmp_path):
    with pytest.raises(UserError, match=r"train.jsonl: no such file"):
        list(gsm8k.load(tmp_path / "train.jsonl"))
    (tmp_path / "train.jsonl").write_text('{"question": "a", "answer": "#### 1"}\n{"question":\n')
    with pytest.raises(UserError, match=r"train\.jsonl:2: not valid JSON"):
        list(gsm8k.load(tmp_path))


@pytest.mark.skipif(not DATA.exists(), reason=f"no {DATA}; set CALLSMITH_DATA to the folder that has gsm8k/")
def test_at_least_95_percent_of_the_training_split_have_a_correct_reference():
    started = time.process_time()
    reading = read(gsm8k.load, DATA, TASK, FUNCTIONS)
    seconds = time.process_time() - started
    assert reading.rows == len(reading.drafts) == 7473
    assert len(reading.drafts) - len(reading.faults) >= 0.95 * reading.rows
    assert {fault.reason for fault in reading.faults} == {"no reference"}
    assert reading.rows / seconds > 500, "far slower than the 2,000 rows a second it should reach"
