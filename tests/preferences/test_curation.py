import json
from collections import Counter
from random import Random

import pytest

from stages.agent.error_types import ErrorType
from stages.files import read_jsonl
from stages.preferences.curation import Caps, Kind, balanced, difficulty, is_within, write_capped

NONE = {"problem": None, "family": None, "error_type": None}


def caps(**changes):
    return Caps(**NONE | changes)


def kinds(count=2000, seed=0):
    """Far from even: problems, families and error types that come ten times as often as others."""
    random = Random(seed)
    problems = [f"p{number}" for number in range(100)]
    return [
        Kind(
            problem, f"family{hash_of(problem)}", random.choices(list(ErrorType), [2**place for place in range(10)])[0]
        )
        for problem in random.choices(problems, [1 + place for place in range(100)], k=count)
    ]


def hash_of(problem):
    return int(problem[1:]) % 7 // 2


def counted(every, kept):
    return [Counter(every[place][part] for place in kept) for part in range(3)]


@pytest.mark.parametrize("changes", [{"problem": 3}, {"family": 50}, {"error_type": 40}, {"problem": 2, "family": 31}])
def test_caps_are_kept_and_used_up(changes):
    every = kinds()
    kept = balanced(every, caps(**changes), 0)
    found, there = counted(every, kept), counted(every, range(len(every)))
    for part, name in enumerate(NONE):
        if name in changes:
            assert max(found[part].values()) <= changes[name]
    if len(changes) == 1:
        part = list(NONE).index(next(iter(changes)))
        assert found[part] == {group: min(size, changes[next(iter(changes))]) for group, size in there[part].items()}
    left = set(range(len(every))) - kept
    for place in left:
        assert any(
            changes.get(name) is not None and found[part][every[place][part]] >= changes[name]
            for part, name in enumerate(NONE)
        ), "what is left out would break a cap"


def test_no_cap_leaves_nothing_out():
    every = kinds(200)
    assert balanced(every, caps(), 0) == set(range(200))


def test_a_cap_takes_from_what_there_is_most_of():
    every = [Kind(f"p{place}", "f", "loop" if place % 10 else "malformed") for place in range(100)]
    found = counted(every, balanced(every, caps(family=16), 0))
    assert found[2] == {"loop": 8, "malformed": 8}


def test_problems_take_turns():
    every = [Kind(f"p{place % 20 if place < 40 else 0}", "f", "loop") for place in range(200)]
    found = counted(every, balanced(every, caps(family=40), 0))
    assert len(found[0]) == 20
    assert max(found[0].values()) == 2


def test_the_seed_decides_and_nothing_else():
    every = kinds()
    chosen = [balanced(every, caps(problem=2), seed) for seed in (0, 0, 1)]
    assert chosen[0] == chosen[1] != chosen[2]


def test_difficulty_is_the_share_of_wrong_chains():
    rows = [{"outcome": outcome} for outcome in ("correct", "loop", "malformed", "correct")]
    assert difficulty(rows) == 0.5
    assert difficulty(rows[:1]) == 0.0
    assert difficulty([]) is None


def test_bounds_are_included_and_what_is_unknown_is_within_the_widest_alone():
    assert is_within(0.5, [0.5, 0.5])
    assert not is_within(0.51, [0.0, 0.5])
    assert is_within(None, [0.0, 1.0])
    assert not is_within(None, [0.0, 0.9])


def row(number, error="loop"):
    arguments = {"percent": 1, "of": 2}
    return {"problem_id": f"p{number // 4}~rename{number % 4}", "family": "f", "error_type": error, "chosen": arguments}


def test_a_capped_file_has_the_same_rows_in_the_same_order(tmp_path):
    path = tmp_path / "rows.jsonl"
    counts = write_capped(path, (row(number) for number in range(40)), caps(problem=2), 0)
    assert counts == {"loop": 20}
    kept = list(read_jsonl(path))
    assert [item for item in map(row, range(40)) if item in kept] == kept
    assert Counter(item["problem_id"].partition("~")[0] for item in kept) == dict.fromkeys(
        (f"p{n}" for n in range(10)), 2
    )
    assert list(json.loads(path.read_text().splitlines()[0])["chosen"]) == ["percent", "of"], "order is data"


def test_without_caps_all_is_written_at_once(tmp_path):
    path = tmp_path / "rows.jsonl"
    counts = write_capped(path, (row(number, "loop" if number else "malformed") for number in range(9)), caps(), 0)
    assert counts == {"loop": 8, "malformed": 1}
    assert list(read_jsonl(path)) == [row(number, "loop" if number else "malformed") for number in range(9)]
