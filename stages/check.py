"""Verb `check`: reads a data source and says what of it can be used."""

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.parameters import section
from stages.tasks import load_functions, load_source, load_task
from stages.tasks.configured import ProblemParameters
from stages.tasks.problem_sets import Reading, read, tally
from stages.tasks.task import Source

NO_REFERENCE = "no reference"


def run(argv: list[str]) -> int:
    """Runs `check TASK --source NAME [--path FILE] [--json] [--list REASON]` and returns the exit code.

    Raises:
        UserError: If the task, the source or its data are unusable.
    """
    options = _parser().parse_args(argv)
    task = load_task(options.task)
    functions = load_functions(task.name, section(f"problems.{task.name}", ProblemParameters).functions)
    source = load_source(task.name, options.source, "--source")
    if options.path is not None:
        reading = read(source, Path(options.path), task, functions)
    else:
        with tempfile.TemporaryDirectory() as folder:
            reading = read(source, _download(source, options.source, Path(folder)), task, functions)
    if options.list is not None:
        _list(reading, options.list)
    else:
        print(json.dumps(counts(reading)) if options.json else _table(reading))
    return 0


def counts(reading: Reading) -> dict[str, Any]:
    """Returns how many rows there were, were accepted, were rejected for which reason, and had a reference.

    `with_reference` counts rows for which the source gave calls, `reference_correct` those whose executed calls end
    with the gold answer.
    """
    missing = sum(fault.reason == NO_REFERENCE for fault in reading.faults)
    return {
        "rows": reading.rows,
        "accepted": len(reading.drafts),
        "rejected": tally(reading.rejected),
        "with_reference": len(reading.drafts) - missing,
        "reference_correct": len(reading.drafts) - len(reading.faults),
    }


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m stages check", description=__doc__)
    parser.add_argument("task", help="such as math")
    parser.add_argument("--source", required=True, help="name of the source, such as gsm8k")
    parser.add_argument("--path", help="its file or folder; without it, the published set is downloaded")
    parser.add_argument("--json", action="store_true", help="print the counts as JSON")
    parser.add_argument("--list", metavar="REASON", help=f"print the rows with this reason, such as '{NO_REFERENCE}'")
    return parser


def _table(reading: Reading) -> str:
    found = counts(reading)
    faults = {reason: count for reason, count in tally(reading.faults).items() if reason != NO_REFERENCE}
    rows = [(key, found[key]) for key in ("rows", "accepted", "with_reference", "reference_correct")]
    rows[3:3] = [(f"incorrect: {reason}", count) for reason, count in faults.items()]
    rows[2:2] = [(f"rejected: {reason}", count) for reason, count in found["rejected"].items()]
    width = max(40, *(len(name) for name, _ in rows))
    return "\n".join(f"{name:<{width}} {count:>7} {count / max(found['rows'], 1):>7.1%}" for name, count in rows)


def _list(reading: Reading, reason: str) -> None:
    concerned = reading.rejected + reading.faults
    if reason not in (known := tally(concerned)):
        raise UserError(f"--list: no row has the reason `{reason}` (there are: {', '.join(known) or 'none'})")
    print("\n".join(item.where for item in concerned if item.reason == reason))


def _download(source: Source, name: str, folder: Path) -> Path:
    """Fetches the set that the reader's module names in `PUBLISHED` (data set, configuration, split) as JSON Lines."""
    published = getattr(sys.modules[source.__module__], "PUBLISHED", None)
    if published is None:
        raise UserError(f"--path is missing: source {name} names no published set to download")
    data_set, configuration, split = published
    from datasets import load_dataset  # slow to import, and only needed here

    try:
        load_dataset(data_set, configuration, split=split).to_json(folder / "train.jsonl", force_ascii=False)
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise UserError(f"--source {name}: {data_set} cannot be fetched ({reason}); give --path") from None
    return folder / "train.jsonl"
