"""What is committed belongs together: the bases, DVC's lock, the results and what the README says of them."""

import json
import re
from hashlib import md5

import pytest
import yaml

from tests.workspace import ROOT

TASKS = ("fol", "math")
NAMES = {"base": "base", "sft": "SFT control", "dpo": "DPO"}
NAMES |= {"sft_sft": "SFT + SFT, the control", "sft_dpo": "SFT + DPO"}
LIMIT = 8_000_000  # bytes


def digest(folder):
    """Returns what DVC records of a folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    entries = [
        {"md5": md5(path.read_bytes()).hexdigest(), "relpath": path.relative_to(folder).as_posix()} for path in paths
    ]
    return md5(json.dumps(entries).encode()).hexdigest() + ".dir"


@pytest.mark.parametrize("task", TASKS)
def test_the_base_is_the_one_that_the_lock_names(task):
    (out,) = yaml.safe_load((ROOT / "dvc.lock").read_text("utf-8"))["stages"][f"base@{task}"]["outs"]
    assert out["path"] == f"models/base/{task}"
    assert out["md5"] == digest(ROOT / out["path"]), "commit models/base along with dvc.lock"


@pytest.mark.parametrize("task", TASKS)
def test_the_base_is_small(task):
    assert 0 < sum(path.stat().st_size for path in (ROOT / f"models/base/{task}").rglob("*")) < LIMIT


@pytest.mark.parametrize("task", TASKS)
def test_the_readme_says_what_came_out(task):
    metrics = json.loads((ROOT / "data/report/metrics.json").read_text("utf-8"))[task]
    readme = (ROOT / "README.md").read_text("utf-8")
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in readme.splitlines() if line.startswith("| ")]
    first = next(number for number, row in enumerate(rows) if row[0] == task)
    found = {row[1]: row[2] for row in rows[first : first + len(NAMES)]}
    assert found == {name: f"{100 * metrics[arm]['accuracy']:.1f} %" for arm, name in NAMES.items()}


def test_the_readme_names_the_size_of_the_student():
    readme = (ROOT / "README.md").read_text("utf-8")
    (millions,) = re.findall(r"a student of ([\d.]+) million parameters", readme)
    sizes = [(ROOT / f"models/base/{task}/model.safetensors").stat().st_size / 4e6 for task in TASKS]
    assert all(abs(size - float(millions)) < 0.1 for size in sizes)
