"""The result on the terminal, where a build ends."""

from rich.table import Table

from stages.reporting.results import Pair, TaskResult
from stages.reporting.wording import arm_title, p_value, percent, points, points_interval
from stages.screen import console

NUMBERS = ("accuracy", "95 % interval", "against", "points", "95 % interval", "Wilcoxon p")


def print_results(results: list[TaskResult]) -> None:
    """Prints accuracies and comparisons as one compact table; without any styling where it is no terminal."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for name in ("task", "arm"):
        table.add_column(name, no_wrap=True)
    for name in NUMBERS:
        table.add_column(name, justify="right", no_wrap=True)
    for result in results:
        _add_task(table, result)
    console().print(table)


def _add_task(table: Table, result: TaskResult) -> None:
    for arm in result.arms:
        item = result.accuracies[arm]
        interval = f"{100 * item.ci95.low:.1f} to {100 * item.ci95.high:.1f}"
        cells = [result.task, arm_title(arm), percent(item.accuracy), interval]
        rows = [_comparison(result, pair) for pair in result.comparisons if pair.after == arm] or [[]]
        for row in rows:
            table.add_row(*cells, *row)
            cells = [""] * len(cells)


def _comparison(result: TaskResult, pair: Pair) -> list[str]:
    item = result.comparisons[pair]
    return [arm_title(pair.before), points(item.difference), points_interval(item.ci95), p_value(item.wilcoxon_p)]
