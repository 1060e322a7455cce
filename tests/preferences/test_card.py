import re
from itertools import pairwise

import yaml

from stages.preferences.card import card
from stages.preferences.summary import STEPS, Summary

RECORDED = {
    "chains@math": {
        "params": {
            "params.yaml": {
                "chains": {"teacher": "llama_cpp", "samples": 2},
                "teachers.llama_cpp": {"path": "/home/kim/models/small.gguf", "extra": {"user": "kim"}, "stop": []},
            },
            "data/fingerprints.json": {
                "chains": {"code": "aa11", "libs": {"tqdm": "1"}},
                "functions.math": {"arithmetic": {"code": "bb22", "libs": {}}},
            },
        },
        "outs": [{"path": "data/chains/math.jsonl", "md5": "cc33"}],
    }
}


def summary(sizes=(30, 70, 900)):
    found = Summary()
    turn = {"role": "assistant", "content": "no"}
    notes = {"error_type": "loop", "origin": "teacher", "augmentation": "none", "note": None}
    for size in sizes:
        row = {"prompt": [{"role": "user", "content": "x" * size}], "chosen": [turn], "rejected": [turn]}
        found.add(STEPS, "train", row | notes, "travel")
    return found


def test_provenance_tells_how_and_not_where():
    text = card("math", summary(), RECORDED)
    for word in ("llama_cpp", "small.gguf", "samples: 2", "functions.math.arithmetic | `bb22`", "`cc33`"):
        assert word in text
    assert "kim" not in text


def test_the_header_names_what_there_is_and_no_more():
    header = yaml.safe_load(card("math", summary(), {}).split("---\n")[1])
    (only,) = header["configs"]
    assert only["data_files"] == [{"split": "train", "path": "steps/train.jsonl"}]
    assert {column["name"] for column in header["dataset_info"][0]["features"]} == {
        "prompt",
        "chosen",
        "rejected",
        "augmentation",
        "error_type",
        "origin",
    }


def test_every_length_falls_into_a_bin():
    for sizes in ((0, 0), (7,), (30, 70, 900), tuple(range(1000))):
        bins = re.findall(r"^\| (\d+) to (\d+) \| (\d+) \|", card("math", summary(sizes), {}), re.MULTILINE)
        assert sum(int(count) for *_, count in bins) == len(sizes)
        assert all(int(end) + 1 == int(begin) for (_, end, _), (begin, _, _) in pairwise(bins))
