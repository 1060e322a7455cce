import re

import pytest

from stages.errors import UserError
from stages.files import write_jsonl
from stages.reporting.pair_counts import count_pairs
from stages.reporting.pair_pictures import pairs

ROW = {"family": "a$b", "error_type": "loop", "origin": "teacher", "augmentation": "none", "difficulty": 0.5}


@pytest.fixture
def counted(tmp_path):
    rows = [ROW] * 7 + [{**ROW, "augmentation": "rename", "difficulty": None}] * 3
    write_jsonl(tmp_path / "train.jsonl", [*rows, {**ROW, "family": "<i>", "error_type": "malformed", "difficulty": 1}])
    return count_pairs(tmp_path / "train.jsonl")


def test_every_row_is_counted(counted):
    assert counted.errors == {"loop": 10, "malformed": 1}
    assert counted.cells == {("a$b", "loop"): 10, ("<i>", "malformed"): 1}
    assert counted.origins == {("none", "teacher"): 8, ("rename", "teacher"): 3}
    assert counted.difficulties == {0.5: 7, 1.0: 1}


def test_the_picture_shows_what_was_counted(counted):
    picture = pairs("math", counted)
    shown = re.findall(r">([^<>]+)</text>", picture)
    for text in ("a$b", "&lt;i&gt;", "loop", "malformed", "10", "1", "0", "original", "rename", "8", "3"):
        assert text in [item.strip() for item in shown], text
    assert picture == pairs("math", counted)


@pytest.mark.parametrize(("key", "value"), [("family", 1), ("augmentation", None), ("difficulty", "much")])
def test_a_row_that_lacks_what_is_counted_is_named(tmp_path, key, value):
    write_jsonl(tmp_path / "train.jsonl", [ROW, {**ROW, key: value}])
    with pytest.raises(UserError, match=rf"train\.jsonl:2: `{key}` is missing; rebuild the file"):
        count_pairs(tmp_path / "train.jsonl")
    write_jsonl(tmp_path / "train.jsonl", [ROW, {name: item for name, item in ROW.items() if name != key}])
    with pytest.raises(UserError, match=rf"train\.jsonl:2: `{key}` is missing; rebuild the file"):
        count_pairs(tmp_path / "train.jsonl")
