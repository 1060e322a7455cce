"""The results as files for DVC: metrics.json, and the rows behind `dvc plots`."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from stages.agent.error_types import ErrorType
from stages.files import Row
from stages.reporting.background import TrainingLog
from stages.reporting.results import Accuracy, Group, TaskResult
from stages.statistics import Comparison

DIGITS = 6


def metrics(results: list[TaskResult]) -> dict[str, dict[str, Any]]:
    """Returns what metrics.json holds: accuracies by task and arm, comparisons by task and pair of arms."""
    return {
        result.task: {arm: accuracy_row(item) for arm, item in result.accuracies.items()}
        | {pair.name: _comparison_row(item) for pair, item in result.comparisons.items()}
        for result in results
    }


def accuracy_row(item: Accuracy) -> Row:
    """Returns an accuracy as plain rounded numbers."""
    return {"accuracy": round(item.accuracy, DIGITS), "ci95": [round(end, DIGITS) for end in item.ci95], "n": item.n}


def _comparison_row(item: Comparison) -> Row:
    return asdict(item) | {
        "difference": round(item.difference, DIGITS),
        "ci95": [round(end, DIGITS) for end in item.ci95],
        "wilcoxon_p": _significant(item.wilcoxon_p),
        "mcnemar_p": _significant(item.mcnemar_p),
        "effect_size": round(item.effect_size, DIGITS),
    }


def _significant(p_value: float) -> float:
    # Decimal places would turn a small p-value into zero.
    return float(f"{p_value:.{DIGITS}g}")


def plot_rows(results: list[TaskResult], logs: Mapping[str, list[TrainingLog]]) -> dict[str, list[Row]]:
    """Returns the rows of each plot file by the file's stem; every row names its task and arm."""
    return {
        "families": [row for result in results for row in _group_rows(result, result.families, "family")],
        "depths": [row for result in results for row in _group_rows(result, result.depths, "depth")],
        "shifts": [row for result in results for row in _group_rows(result, result.shifts, "shift")],
        "errors": [row for result in results for row in _error_rows(result)],
        "training": [
            {"task": task, "arm": log.arm} | row for task, items in logs.items() for log in items for row in log.rows
        ],
    }


def _group_rows(result: TaskResult, groups: list[Group], key: str) -> list[Row]:
    return [
        {"task": result.task, key: group.label, "arm": arm} | accuracy_row(group.accuracies[arm])
        for group in groups
        for arm in result.arms
    ]


def _error_rows(result: TaskResult) -> list[Row]:
    return [
        {"task": result.task, "error_type": error.value, "arm": arm, "chains": counts[error], "share": share}
        for error in ErrorType
        for arm, counts in result.outcomes.items()
        for share in [round(counts[error] / counts.total(), DIGITS)]
    ]
