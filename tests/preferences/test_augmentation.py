"""Variants in the stage `pairs`: verified as any other problem, apart from what is held out, the same for a seed."""

import json
from collections import Counter

import pytest

from stages.__main__ import main
from stages.agent.calls import Call
from stages.agent.episode import Episode
from stages.preferences.augmentation import ALL, Augmenter, original_id
from stages.preferences.overlap import HeldOut, plain
from stages.preferences.pairs import PairBuilder
from stages.tasks import load_augmentation, load_functions, load_task
from stages.tasks.references import called
from stages.tasks.task import Problem, Variant
from tests.workspace import lay_out, overlaid, parameters, pretend_attempts, snapshot

COUNTS = {"rename": 1, "numbers": 1, "premises": 1, "paraphrase": 1, "functions": 1, "prefix": 2}


def build(folder, task, counts, **changes):
    """Runs problems, chains and pairs, and returns the rows of each split."""
    changes = {"pairs": {"augment": counts, **changes}}
    lay_out(folder, overlaid(parameters(), changes))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        assert [main([stage, task]) for stage in ("problems", "chains")] == [0, 0]
        pretend_attempts(task)
        assert main(["pairs", task]) == 0
    return {split: rows(folder / f"data/pairs/{task}/{split}.jsonl") for split in ("train", "validation")}


def rows(path):
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.fixture(scope="module", params=["fol", "math"])
def built(request, tmp_path_factory):
    folder = tmp_path_factory.mktemp("augmented")
    return request.param, folder, build(folder, request.param, COUNTS)


def test_every_method_gives_pairs_in_the_training_split_alone(built):
    task, _, pairs = built
    offered = {*load_augmentation(task), "functions", "prefix", "none"}
    assert {row["augmentation"] for row in pairs["train"]} == offered
    assert {row["augmentation"] for row in pairs["validation"]} == {"none"}


def test_variants_are_of_training_problems(built):
    task, folder, pairs = built
    known = {row["id"]: row for row in rows(folder / f"data/problems/{task}/train.jsonl")}
    for row in pairs["train"]:
        original = known[original_id(row["problem_id"])]
        assert row["family"] == original["family"]
        assert (row["problem_id"] in known) == (row["augmentation"] in ("none", "prefix"))


def test_no_question_is_held_out(built):
    task, folder, pairs = built
    held_out = {
        plain(row["question"])
        for split in ("validation", "test")
        for row in rows(folder / f"data/problems/{task}/{split}.jsonl")
    }
    asked = {plain(row["prompt"][0]["content"].rpartition("\n\n")[2]) for row in pairs["train"]}
    assert len(asked) > 90
    assert not asked & held_out


def test_the_rest_is_as_it_is_without(built, tmp_path):
    task, _, pairs = built
    without = build(tmp_path / "none", task, dict.fromkeys(COUNTS, 0))
    assert without["validation"] == pairs["validation"]
    assert without["train"] == [row for row in pairs["train"] if row["augmentation"] == "none"]


def test_more_variants_keep_those_there_were(built, tmp_path):
    task, folder, _ = built
    again = build(tmp_path / "again", task, COUNTS)
    assert snapshot(tmp_path / "again/data/pairs") == snapshot(folder / "data/pairs")
    more = build(tmp_path / "more", task, dict.fromkeys(("rename", "functions"), 2))
    kept = [json.dumps(row) for row in again["train"] if row["augmentation"] in ("rename", "functions")]
    assert set(kept) <= {json.dumps(row) for row in more["train"]}
    assert sum(row["augmentation"] == "rename" for row in more["train"]) > 1.5 * len(kept) / 2


def test_both_sides_are_what_executing_them_says(built):
    """Executed again with the functions that the pair itself offers."""
    task, _, pairs = built
    functions = load_functions(task, {"fol": ["formulas"], "math": ["arithmetic"]}[task])
    for row in pairs["train"]:
        names = [tool["function"]["name"] for tool in row["tools"][:-1]]
        episode = Episode(row["prompt"][0]["content"], functions.only(names), 99)
        for turn in row["prompt"][1:]:
            if turn["role"] == "assistant":
                episode.receive(written(turn))
        assert episode.messages == row["prompt"]
        assert row["chosen"] != row["rejected"]
        assert episode.receive(written(row["chosen"][0])).error is None


def written(turn):
    if "tool_calls" not in turn:
        return turn["content"]
    function = turn["tool_calls"][0]["function"]
    named = {name: value for name, value in function["arguments"].items() if not name.startswith("arg")}
    numbered = tuple(value for name, value in function["arguments"].items() if name.startswith("arg"))
    return str(Call(function["name"], named, numbered))


def test_functions_are_left_out_or_moved_but_never_one_that_is_needed(built):
    task, folder, pairs = built
    known = {row["id"]: row for row in rows(folder / f"data/problems/{task}/train.jsonl")}
    orders = set()
    for row in pairs["train"]:
        if row["augmentation"] == "functions":
            names = tuple(tool["function"]["name"] for tool in row["tools"])
            assert names[-1] == "stop"
            assert called(known[original_id(row["problem_id"])]["reference"]) <= set(names)
            orders.add(names)
    assert len(orders) > 10
    assert len({len(names) for names in orders}) > 1


def test_further_prefixes_have_other_lengths(built):
    _, _, pairs = built
    lengths = {}
    for row in pairs["train"]:
        if row["augmentation"] == "none":
            lengths.setdefault(row["problem_id"], set()).add(len(row["prompt"]))
    further = [row for row in pairs["train"] if row["augmentation"] == "prefix"]
    assert further
    assert all(len(row["prompt"]) not in lengths.get(row["problem_id"], ()) for row in further)


PROBLEM = Problem("math-train-1", "What is 2 and 3?", "5", "f", 1, ["add(a=2, b=3)", "stop(answer=5)"])


def augmenter(variant, held_out=("Nothing?",)):
    questions = {f"t{place}": text for place, text in enumerate(held_out)}
    functions = load_functions("math", ["arithmetic"])
    return Augmenter(
        task=load_task("math"),
        functions=functions,
        methods={"rename": lambda problem, random: variant},
        counts={**dict.fromkeys(ALL, 0), "rename": 1},
        held_out=HeldOut(questions, 0.9),
        taken={plain(PROBLEM.question)},
        seed=0,
    )


GOOD = Variant("What is 2 or 3?", "5", PROBLEM.reference, {"b": "b"})


@pytest.mark.parametrize(
    ("variant", "held_out", "reason"),
    [
        (GOOD, ["What is 2 or 3"], "like a held-out problem"),
        (Variant(PROBLEM.question, "5", PROBLEM.reference), [], "like a problem that there is"),
        (Variant("What is 3 and 3?", "6", PROBLEM.reference), [], "the reference gives another answer"),
        (Variant("What is 3 and 3?", "6", ["add(a=3)", "stop(answer=6)"]), [], "a call of the reference fails"),
    ],
)
def test_what_is_no_good_is_left_out_and_counted(variant, held_out, reason):
    made = augmenter(variant, held_out)
    assert [version.method for version in made.versions(PROBLEM, {})] == ["none"]
    assert made.tally == {("rename", reason): 1}


def test_a_teachers_mistake_is_carried_over():
    chain = {"problem_id": PROBLEM.id, "outcome": "wrong_argument", "steps": [{"completion": "add(a=2, b=4)"}]}
    made = augmenter(GOOD)
    original, version = made.versions(PROBLEM, {"teacher": [chain]})
    assert (version.problem.id, original.problem.id) == ("math-train-1~rename0", "math-train-1")
    builder = PairBuilder(made.task, version.functions, version.problem, [])
    (pair,) = builder.build(version.chains["teacher"], "teacher")
    assert (pair.problem_id, pair.error_type) == ("math-train-1~rename0", "wrong_argument")
    assert pair.prompt[0]["content"].endswith(GOOD.question)


def test_no_variant_without_a_reference():
    problem = Problem("p", "What is 2 and 3?", "5", "f", 1)
    assert len(list(augmenter(GOOD).versions(problem, {}))) == 1


def test_near_duplicates_of_held_out_problems_give_no_pair(tmp_path):
    pairs = build(tmp_path, "math", dict.fromkeys(COUNTS, 0), near_duplicate=0.3)
    every = build(tmp_path, "math", dict.fromkeys(COUNTS, 0))
    assert 0 < len(pairs["train"]) < len(every["train"])
    assert pairs["validation"] == every["validation"]


def test_only_problems_of_some_difficulty_and_no_more_pairs_than_caps_allow(tmp_path):
    counts = {**dict.fromkeys(COUNTS, 0), "rename": 2}
    caps = {"problem": 5, "family": 20, "error_type": 15}
    pairs = build(tmp_path, "math", counts, difficulty=[0.5, 0.9], caps=caps)
    for split in pairs.values():
        assert {row["difficulty"] for row in split} == {0.5}
        for column, limit in (("family", 20), ("error_type", 15)):
            assert max(Counter(row[column] for row in split).values()) <= limit
        assert max(Counter(original_id(row["problem_id"]) for row in split).values()) <= 5


def test_the_difficulty_is_that_of_the_teachers_chains(built):
    task, folder, pairs = built
    outcomes = {}
    for chain in rows(folder / f"data/chains/{task}.jsonl"):
        outcomes.setdefault(chain["problem_id"], []).append(chain["outcome"] != "correct")
    for split in pairs.values():
        for row in split:
            wrong = outcomes[original_id(row["problem_id"])]
            assert row["difficulty"] == sum(wrong) / len(wrong)
