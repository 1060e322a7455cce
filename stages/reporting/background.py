"""What stands behind the results: training logs, counts of chains and pairs, lineage."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stages.errors import UserError
from stages.files import Row, read_jsonl
from stages.reporting.pair_counts import PairCounts, count_pairs
from stages.student.arms import ARMS

STAGES = (
    "problems",
    "base",
    "chains",
    "attempts",
    "pairs",
    "adapter",
    "refinement",
    "evaluation",
    "generalization",
    "report",
)


@dataclass(frozen=True)
class TrainingLog:
    """The logged steps of one arm's training; each row holds `step` and numbers by metric."""

    arm: str
    rows: list[Row]

    def curve(self, metric: str) -> tuple[list[int], list[float]]:
        """Returns steps and values of a metric; both empty where it was not logged."""
        points = [(row["step"], row[metric]) for row in self.rows if metric in row]
        return [step for step, _ in points], [value for _, value in points]


@dataclass(frozen=True)
class DataCounts:
    """How much data a task's training rests on.

    Attributes:
        problems: Distinct problems that the teacher tried.
        outcomes: Teacher chains by outcome.
        pairs: What is in the pairs, by split.
    """

    problems: int
    outcomes: Counter[str]
    pairs: dict[str, PairCounts]


def read_training(folders: Sequence[Path]) -> list[TrainingLog]:
    """Reads a task's training logs, one file an arm; an arm that had nothing to learn has an empty one.

    Raises:
        UserError: If there is none, or a row has no step or something that is no number; names file and line.
    """
    logs = []
    for folder in folders:
        paths = [path for path in sorted(folder.glob("*.jsonl")) if path.stem in ARMS]
        if not paths:
            raise UserError(f"{folder}: holds no training log; rebuild it with `dvc repro`")
        logs += [TrainingLog(path.stem, list(_training_rows(path))) for path in paths]
    return logs


def _training_rows(path: Path) -> Iterable[Row]:
    for number, row in enumerate(read_jsonl(path), start=1):
        wrong = [key for key, value in row.items() if not _is_number(value)]
        if wrong or not isinstance(row.get("step"), int):
            key = wrong[0] if wrong else "step"
            raise UserError(f"{path}:{number}: `{key}` must be a finite number; rebuild it with `dvc repro`")
        yield row


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_counts(chains: Path, pairs: Path) -> DataCounts:
    """Counts a task's chains and pairs without holding them in memory.

    Raises:
        UserError: If a file is missing or malformed, or a row lacks what is counted; names file and line.
    """
    problems, outcomes = set(), Counter[str]()
    for number, row in enumerate(read_jsonl(chains), start=1):
        problems.add(_field(row, "problem_id", f"{chains}:{number}"))
        outcomes[_field(row, "outcome", f"{chains}:{number}")] += 1
    splits = {split: count_pairs(pairs / f"{split}.jsonl") for split in ("train", "validation")}
    return DataCounts(len(problems), outcomes, splits)


def _field(row: Row, key: str, where: str) -> str:
    if not isinstance(row.get(key), str):
        raise UserError(f"{where}: `{key}` is missing; rebuild the file with `dvc repro`")
    return str(row[key])


def lineage(fingerprints: Mapping[str, Any], tasks: Iterable[str], teacher: str) -> dict[str, Any]:
    """Returns the fingerprints that this build rests on: `{root: {"code", "libs"}}`.

    Only the stages, the tasks that are built, their functions and the selected teacher: another task's or teacher's
    code is no part of the results.
    """
    flat = dict(_flatten(fingerprints))
    tasks = list(tasks)
    of_tasks = {f"{kind}.{task}" for task in tasks for kind in ("tasks", "augmentations")}
    wanted = {*STAGES, f"teachers.{teacher}", *of_tasks}
    prefixes = tuple(f"functions.{task}." for task in tasks)
    return {root: value for root, value in flat.items() if root in wanted or root.startswith(prefixes)}


def _flatten(node: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict) and "code" in value:
            yield f"{prefix}{key}", value
        elif isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{key}.")


def parameters(values: Mapping[str, Any], teacher: str) -> dict[str, Any]:
    """Returns the parameters that this build rests on, by dotted key; of the teachers, the selected one's."""
    chosen: dict[str, Any] = {key: values[key] for key in ("tasks", *STAGES) if key in values}
    chosen[f"teachers.{teacher}"] = values.get("teachers", {}).get(teacher)
    return dict(_flatten_parameters(chosen))


def _flatten_parameters(node: Mapping[str, Any], prefix: str = "") -> Iterable[tuple[str, Any]]:
    for key, value in node.items():
        if isinstance(value, dict) and value:
            yield from _flatten_parameters(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value
