"""Verb `dataset`: writes chains and pairs as a data set that others load, and pushes it to the hub if asked to."""

import argparse
import hashlib
import json
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from itertools import chain
from pathlib import Path
from typing import IO

import yaml

from stages.errors import UserError
from stages.files import Row, line, published, read_records
from stages.preferences.card import CONFIGURATIONS, SPLITS, Recorded, card
from stages.preferences.formats import Formats, turn_key
from stages.preferences.levels import of_steps
from stages.preferences.reading import by_problem
from stages.preferences.summary import STEPS, Summary
from stages.student.model import first_line
from stages.tasks import load_task
from stages.tasks.configured import configured, read_problems

CHAINS, ATTEMPTS = Path("data/chains"), Path("data/attempts")
PAIRS, EXPORTS = Path("data/pairs"), Path("data/exports")
CARD, LOCK = "README.md", Path("dvc.lock")
STAGES = ("problems", "chains", "attempts", "pairs")
Files = dict[tuple[str, str], IO[str]]


def run(argv: list[str]) -> int:
    """Runs `dataset TASK [--out FOLDER] [--push REPO [--private]]` and returns the exit code.

    Raises:
        UserError: If chains or pairs are not built, the folder holds something else, or the hub refuses.
    """
    parser = argparse.ArgumentParser(prog="python -m stages dataset", description=__doc__)
    parser.add_argument("task", help="such as math")
    parser.add_argument("--out", type=Path, help="the folder (default: data/exports/TASK)")
    parser.add_argument("--push", metavar="REPO", help="push it to this data set of the hub, with your own token")
    parser.add_argument("--private", action="store_true", help="of a data set that the push creates")
    options = parser.parse_args(argv)
    task = load_task(options.task).name
    out, token = options.out or EXPORTS / task, _token() if options.push else ""
    _refuse_foreign(out)
    with published(out) as folder:
        summary = _write(task, folder)
        (folder / CARD).write_text(card(task, summary, _recorded(task)), encoding="utf-8")
    print(f"{out}: " + ", ".join(f"{summary.rows[key]} {' '.join(key)}" for key in summary.rows))
    if options.push:
        print(_push(out, options.push, token, options.private))
    return 0


def _refuse_foreign(out: Path) -> None:
    """Looks whether all that is in a folder was written by this verb, which replaces it."""
    if out.exists() and not (out.is_dir() and {path.name for path in out.iterdir()} <= {CARD, *CONFIGURATIONS}):
        raise UserError(f"{out}: holds something that is no data set of callsmith; name another folder by --out")


def _write(task: str, folder: Path) -> Summary:
    summary = Summary()
    with ExitStack() as stack:
        files: Files = {}
        for name, split, row, family in _rows(task):
            if (name, split) not in files:
                path = folder / name / f"{split}.jsonl"
                path.parent.mkdir(parents=True, exist_ok=True)
                files[name, split] = stack.enter_context(path.open("w", encoding="utf-8", newline="\n"))
            files[name, split].write(line(row) + "\n")
            summary.add(name, split, row, family)
    return summary


def _rows(task: str) -> Iterator[tuple[str, str, Row, str]]:
    """Yields configuration, split, row, and the family of its problem."""
    setting, proven = configured(task), set[str]()
    for split in SPLITS:
        for row, key in read_records(PAIRS / task / f"{split}.jsonl", _rejected):
            proven.add(key)
            yield STEPS, split, row, row["family"]
    formats = Formats(setting.task, setting.functions, proven)
    paths = [path for folder in (CHAINS, ATTEMPTS) if (path := folder / f"{task}.jsonl").exists() or folder == CHAINS]
    for split in SPLITS:
        problems = read_problems(task, split)
        for problem, *chains in zip(problems, *(by_problem(path, problems) for path in paths), strict=True):
            rows = formats.rows(problem, chain.from_iterable(chains))
            yield from ((name, split, row, problem.family) for name, row in rows)


def _rejected(row: Row) -> tuple[Row, str]:
    """Returns a pair of turns, and what the one that it rejects is known by."""
    for name in ("problem_id", "error_type", "family", "origin", "augmentation"):
        if not isinstance(row[name], str):
            raise ValueError(f"`{name}` must be a text")
    row = of_steps(row)
    return row, turn_key(row["prompt"], row["rejected"][0])


def _recorded(task: str) -> Recorded:
    """Returns what DVC recorded of the stages that wrote the files; nothing if they are not as it wrote them."""
    lock = yaml.safe_load(LOCK.read_text(encoding="utf-8")) if LOCK.exists() else {}
    stages = {name: lock.get("stages", {}).get(name) for name in (f"{stage}@{task}" for stage in STAGES)}
    outs = [out for stage in stages.values() if stage for out in stage["outs"]]
    sound = all(stages.values()) and all(_md5(Path(out["path"])) == out["md5"] for out in outs)
    return stages if sound else {}


def _md5(path: Path) -> str:
    """Returns the hash by which DVC knows a file, or a folder of files."""
    if path.is_file():
        with path.open("rb") as file:
            return hashlib.file_digest(file, partial(hashlib.md5, usedforsecurity=False)).hexdigest()
    listed = [{"md5": _md5(file), "relpath": file.name} for file in sorted(path.iterdir())]
    return hashlib.md5(json.dumps(listed).encode(), usedforsecurity=False).hexdigest() + ".dir"


def _token() -> str:
    from huggingface_hub import get_token

    token = get_token()
    if not token:
        raise UserError("there is no token for the hub; run `hf auth login`, or set HF_TOKEN")
    return token


def _push(folder: Path, repository: str, token: str, private: bool) -> str:
    """Uploads a folder and returns where it is."""
    from huggingface_hub import HfApi

    try:
        hub = HfApi(token=token)
        where = hub.create_repo(repository, repo_type="dataset", private=private, exist_ok=True)
        hub.upload_folder(
            folder_path=folder,
            repo_id=where.repo_id,
            repo_type="dataset",
            delete_patterns=[f"{n}/*" for n in CONFIGURATIONS],
        )
    except Exception as error:  # the hub's client raises exceptions of its own, of requests, and of the system
        raise UserError(f"{repository}: cannot be pushed ({first_line(error)}); {folder} is written") from None
    return str(where)
