"""Folders to run stages in: the repository's configuration, in the sizes of smoke.yaml."""

import copy
import os
import shutil
from pathlib import Path

import yaml

ROOT = Path(__file__).parents[1]
SMOKE = Path(__file__).with_name("smoke.yaml")
# Published data sets, a folder each, for tests that measure on them: they are no part of the repository.
DATA = Path(os.environ.get("CALLSMITH_DATA", ROOT / "../shared/data"))

# Of a row in data/pairs.
PAIR_COLUMNS = {"prompt", "chosen", "rejected", "tools"}
PAIR_COLUMNS |= {"problem_id", "family", "error_type", "origin", "difficulty", "augmentation"}


def parameters():
    """Returns params.yaml with the smoke preset laid over it."""
    values = yaml.safe_load((ROOT / "params.yaml").read_text(encoding="utf-8"))
    return overlaid(values, yaml.safe_load(SMOKE.read_text(encoding="utf-8")))


def overlaid(values, changes):
    """Returns nested values with changes laid over them."""
    result = copy.deepcopy(values)
    for key, value in changes.items():
        both = isinstance(value, dict) and isinstance(result.get(key), dict)
        result[key] = overlaid(result[key], value) if both else value
    return result


def lay_out(folder, values):
    """Writes what stages need when they are run without DVC."""
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copy(ROOT / "pyproject.toml", folder)
    (folder / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return folder


def pretend_attempts(task):
    """Takes a teacher's chains for attempts of a student, which is not trained for this."""
    path = Path("data/attempts") / f"{task}.jsonl"
    path.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(Path("data/chains") / path.name, path)


def snapshot(folder):
    """Returns the content of every file, so that a test can tell that nothing was written."""
    return {path.relative_to(folder): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
