import json
from collections import Counter

import pytest
import yaml

from stages.__main__ import main
from stages.agent.functions import FunctionSet
from stages.errors import UserError
from stages.files import read_jsonl
from stages.problems import run
from stages.tasks import load_functions, load_task
from stages.tasks.problem_sets import deal, generate
from stages.tasks.task import Draft
from tests.workspace import lay_out, parameters, pretend_attempts

TASK, FUNCTIONS = load_task("math"), load_functions("math", ["arithmetic"])
FAMILIES = ["collecting", "travel"]
PARAMETERS = {
    "source": "procedural",
    "path": None,
    "functions": ["arithmetic"],
    "families": FAMILIES,
    "depths": [1, 2],
    "splits": {"train": 30, "validation": 8, "test": 10},
    "seed": 1,
}


@pytest.fixture
def build(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def build(**changes):
        parameters = {"tasks": ["math"], "problems": {"math": PARAMETERS | changes}}
        (tmp_path / "params.yaml").write_text(yaml.safe_dump(parameters))
        run("math")
        folder = tmp_path / "data/problems/math"
        return {
            path.stem: [json.loads(line) for line in path.read_text().splitlines()] for path in folder.glob("*.jsonl")
        }

    return build


def write_rows(path, count, **extra):
    rows = [
        {"question": f"What is {i} and 1?", "answer": f"<<{i}+1={i + 1}>>{i + 1}\n#### {i + 1}"} for i in range(count)
    ]
    path.write_text("".join(json.dumps(row | extra) + "\n" for row in rows))


def test_splits_have_their_sizes_and_share_no_question(build):
    splits = build()
    assert {name: len(rows) for name, rows in splits.items()} == PARAMETERS["splits"]
    rows = [row for split in splits.values() for row in split]
    assert len({row["question"] for row in rows}) == len({row["id"] for row in rows}) == len(rows)
    assert {(row["family"], row["depth"]) for row in splits["test"]} == {(f, d) for f in FAMILIES for d in (1, 2)}
    assert set(rows[0]) == {"id", "question", "answer", "family", "depth", "reference"}
    assert splits["test"][7]["id"] == "math-test-00007"


def test_equal_seeds_give_equal_bytes_and_others_differ(build, tmp_path):
    path = tmp_path / "data/problems/math/train.jsonl"
    build()
    first = path.read_bytes()
    build()
    assert path.read_bytes() == first
    build(seed=2)
    assert path.read_bytes() != first


def test_a_larger_split_keeps_the_problems_there_were(build):
    before, after = build(), build(splits={"train": 60, "validation": 8, "test": 10})
    assert after["train"][:30] == before["train"]
    assert (after["test"], after["validation"]) == (before["test"], before["validation"])


def test_more_functions_leave_the_problems_as_they_are(build):
    assert build(functions=["arithmetic", "algebra"]) == build()


def test_a_source_is_dealt_to_the_splits(build, tmp_path):
    write_rows(tmp_path / "rows.jsonl", 12)
    splits = build(source="gsm8k", path="rows.jsonl", splits={"train": 8, "validation": 2, "test": 2})
    rows = [row for split in splits.values() for row in split]
    assert len({row["question"] for row in rows}) == 12
    assert all(row["reference"][-1] == f"stop(answer={row['answer']})" for row in rows)
    assert [row["question"] for row in splits["train"]] != sorted(row["question"] for row in splits["train"])


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": "unheard"}, r"`problems\.math\.source`.*`unheard`.*gsm8k"),
        ({"source": "gsm8k"}, r"`problems\.math\.path` is missing"),
        ({"source": "gsm8k", "path": "absent.jsonl"}, r"absent\.jsonl: no such file"),
        ({"families": ["collecting", "unheard"]}, r"`problems\.math\.families`.*`unheard`.*collecting"),
        ({"families": []}, r"`problems\.math\.families`"),
        ({"functions": ["unheard"]}, r"`problems\.math\.functions`.*arithmetic"),
        ({"depths": [0]}, r"`problems\.math\.depths\.0`"),
        ({"seed": "one"}, r"`problems\.math\.seed`"),
        ({"splits": {"train": 30, "validation": 0, "test": 10}}, r"`problems\.math\.splits\.validation`"),
        ({"colour": "red"}, r"`problems\.math\.colour` is not a parameter"),
    ],
)
def test_bad_parameters_are_named_and_nothing_is_written(build, tmp_path, changes, message):
    with pytest.raises(UserError, match=message) as error:
        build(**changes)
    assert "\n" not in str(error.value)
    assert not (tmp_path / "data").exists()


def test_too_few_rows_are_said_with_the_counts(build, tmp_path):
    write_rows(tmp_path / "rows.jsonl", 9)
    with pytest.raises(UserError, match=r"48 problems.* 9 distinct"):
        build(source="gsm8k", path="rows.jsonl")
    write_rows(tmp_path / "rows.jsonl", 9, question="The same?")
    with pytest.raises(UserError, match=r"48 problems.* 1 distinct"):
        build(source="gsm8k", path="rows.jsonl")


def test_a_problem_without_an_answer_is_refused(build, tmp_path):
    (tmp_path / "rows.jsonl").write_text('{"question": "How many?", "answer": "####"}\n')
    with pytest.raises(UserError, match=r"rows\.jsonl: row 1: a problem without an answer"):
        build(source="gsm8k", path="rows.jsonl")


def test_a_family_with_too_few_questions_is_named():
    families = {"same": lambda random, depth: Draft("Is it 3?", "3", ("stop(answer=3)",))}
    with pytest.raises(UserError, match=r"family same has no new question.*splits"):
        list(generate(TASK, FUNCTIONS, families, [1], {"train": 2, "validation": 1, "test": 1}, 1))


@pytest.mark.parametrize(
    ("reference", "functions", "fault"),
    [
        (("stop(answer=4)",), FUNCTIONS, "another answer"),
        (("add(a=1, b=2)",), FUNCTIONS, "does not end with stop"),
        (("add(a=1, b=2)", "stop(answer=3)"), FunctionSet(), "a call of the reference fails"),
    ],
)
def test_a_family_whose_reference_fails_is_named(reference, functions, fault):
    families = {"wrong": lambda random, depth: Draft(f"Is it {depth}?", "3", reference)}
    with pytest.raises(UserError, match=f"family wrong fails .*{fault}"):
        list(generate(TASK, functions, families, [1], {"train": 1, "validation": 1, "test": 1}, 1))


def test_dealing_uses_the_first_of_equal_questions():
    drafts = [Draft("Is it 3?", "3"), Draft(" Is  it 3? ", "4"), Draft("Is it 4?", "4"), Draft("Is it 5?", "5")]
    dealt = dict(deal(TASK, drafts, {"train": 1, "validation": 1, "test": 1}, 1))
    assert {problem.answer for problem in dealt.values()} == {"3", "4", "5"}


def test_the_function_sets_of_fol_share_problems_and_lead_to_pairs_of_their_own(tmp_path, monkeypatch):
    questions, outcomes, called = {}, {}, {}
    for name in ("formulas", "statements"):
        values = parameters()
        values["problems"]["fol"]["functions"] = [name]
        monkeypatch.chdir(lay_out(tmp_path / name, values))
        assert [main([stage, "fol"]) for stage in ("problems", "chains")] == [0, 0]
        pretend_attempts("fol")
        assert main(["pairs", "fol"]) == 0
        rows = {part: list(read_jsonl(f"data/{part}")) for part in ("problems/fol/train.jsonl", "chains/fol.jsonl")}
        questions[name] = [(row["question"], row["answer"]) for row in rows["problems/fol/train.jsonl"]]
        outcomes[name] = Counter(row["outcome"] for row in rows["chains/fol.jsonl"])
        chosen = [pair["chosen"][0] for pair in read_jsonl("data/pairs/fol/train.jsonl")]
        called[name] = {call["function"]["name"] for turn in chosen for call in turn["tool_calls"]}
    assert questions["formulas"] == questions["statements"]
    assert all(counts["correct"] > 50 and len(counts) > 5 for counts in outcomes.values())
    assert called["statements"] == {"assume", "entails", "stop"} < called["formulas"]
