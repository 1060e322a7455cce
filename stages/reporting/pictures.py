"""The report's pictures, each an inline SVG."""

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator, PercentFormatter

from stages.agent.error_types import ErrorType
from stages.reporting.background import TrainingLog
from stages.reporting.results import Group, TaskResult
from stages.reporting.theme import GRID, INK, MUTED, arm_color, new_figure, style, to_svg
from stages.reporting.wording import arm_title, pair_title, short, words

WIDTH = 5.2
LEGEND_COLUMNS = 3


def differences(results: Sequence[TaskResult]) -> str:
    """Draws every comparison's difference with its interval, task by task: right of zero is a gain."""
    rows = [(result, pair) for result in results for pair in result.comparisons]
    with style():
        figure = new_figure(WIDTH, 0.7 + 0.27 * len(rows))
        axes = figure.subplots()
        for place, (result, pair) in enumerate(rows):
            item = result.comparisons[pair]
            color = arm_color(result.arms.index(pair.after))
            axes.plot([100 * end for end in item.ci95], [place, place], color=color, linewidth=2.5)
            axes.plot(100 * item.difference, place, "o", color=color, markersize=7)
        axes.axvline(0, color=MUTED, linewidth=1)
        axes.set_yticks(range(len(rows)), [f"{result.task}: {pair_title(pair)}" for result, pair in rows])
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.set_xlabel("difference in accuracy, points")
        axes.grid(axis="y", visible=False)
        return to_svg(figure, "differences")


def by_group(result: TaskResult, groups: Sequence[Group], name: str) -> str:
    """Draws the accuracy of every arm in each of some groups, with intervals."""
    with style():
        figure = new_figure(WIDTH, 1 + len(groups) * (0.14 + 0.13 * len(result.arms)))
        axes = figure.subplots()
        for index, arm in enumerate(result.arms):
            shift = (index - (len(result.arms) - 1) / 2) * 0.75 / len(result.arms)
            places = [place + shift for place in range(len(groups))]
            _points(axes, places, groups, arm, index, vertical=False)
        axes.set_yticks(range(len(groups)), [f"{short(str(group.label))} ({_size(group)})" for group in groups])
        axes.set_ylim(len(groups) - 0.5, -0.5)
        for place in range(1, len(groups)):
            axes.axhline(place - 0.5, color=GRID, linewidth=0.7)
        axes.set_xlim(-2, 102)
        axes.xaxis.set_major_formatter(PercentFormatter())
        axes.grid(axis="y", visible=False)
        _legend(axes, len(result.arms))
        return to_svg(figure, f"{result.task}-{name}")


def depths(result: TaskResult) -> str:
    """Draws the accuracy of every arm by depth, with intervals."""
    groups = result.depths
    with style():
        figure = new_figure(WIDTH, 3.2)
        axes = figure.subplots()
        for index, arm in enumerate(result.arms):
            shift = (index - (len(result.arms) - 1) / 2) * 0.08
            places = [place + shift for place in range(len(groups))]
            axes.plot(places, [100 * group.accuracies[arm].accuracy for group in groups], color=arm_color(index))
            _points(axes, places, groups, arm, index, vertical=True)
        axes.set_xticks(range(len(groups)), [f"{group.label}\nn = {_size(group)}" for group in groups])
        axes.set_xlim(-0.5, len(groups) - 0.5)
        axes.set_ylim(-2, 102)
        axes.yaxis.set_major_formatter(PercentFormatter())
        axes.set_xlabel("depth: inference or arithmetic steps")
        axes.grid(axis="x", visible=False)
        _legend(axes, len(result.arms))
        return to_svg(figure, f"{result.task}-depths")


def _points(
    axes: Axes, places: Sequence[float], groups: Sequence[Group], arm: str, index: int, *, vertical: bool
) -> None:
    items = [group.accuracies[arm] for group in groups]
    for place, item in zip(places, items, strict=True):
        bar = ([place, place], [100 * end for end in item.ci95])
        axes.plot(*(bar if vertical else bar[::-1]), color=arm_color(index), linewidth=1.4)
    points = (list(places), [100 * item.accuracy for item in items])
    axes.plot(*(points if vertical else points[::-1]), "o", color=arm_color(index), label=arm_title(arm))


def _size(group: Group) -> int:
    return next(iter(group.accuracies.values())).n


def _legend(axes: Axes, entries: int) -> None:
    axes.legend(
        loc="lower left",
        bbox_to_anchor=(0, 1),
        ncols=min(entries, LEGEND_COLUMNS),
        borderaxespad=0.2,
        handletextpad=0.3,
    )


def errors(result: TaskResult) -> str:
    """Draws how the failed attempts of every arm failed, as shares of all its attempts."""
    kinds = [kind for kind in ErrorType if any(counts[kind] for counts in result.outcomes.values())] or [
        ErrorType.WRONG_ANSWER
    ]
    height = 0.8 / len(result.arms)
    with style():
        figure = new_figure(WIDTH, 1 + 0.5 * len(kinds))
        axes = figure.subplots()
        for index, (arm, counts) in enumerate(result.outcomes.items()):
            places = [place + (index - (len(result.arms) - 1) / 2) * height for place in range(len(kinds))]
            shares = [100 * counts[kind] / counts.total() for kind in kinds]
            bars = axes.barh(places, shares, height * 0.9, color=arm_color(index), label=arm_title(arm))
            axes.bar_label(bars, [str(counts[kind]) for kind in kinds], padding=3, color=MUTED, fontsize=7)
        axes.set_yticks(range(len(kinds)), [words(kind) for kind in kinds])
        axes.set_ylim(len(kinds) - 0.5, -0.5)
        axes.margins(x=0.08)
        axes.xaxis.set_major_formatter(PercentFormatter(decimals=0))
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
        axes.grid(axis="y", visible=False)
        _legend(axes, len(result.arms))
        return to_svg(figure, f"{result.task}-errors")


def training(task: str, arms: Sequence[str], logs: Sequence[TrainingLog]) -> str:
    """Draws the training curves: loss, and log-probability of the chosen and the rejected calls."""
    with style():
        figure = new_figure(WIDTH, 4.6)
        loss, logps = figure.subplots(2, 1, sharex=True)
        for log in logs:
            color = arm_color(arms.index(log.arm)) if log.arm in arms else INK
            loss.plot(*log.curve("loss"), color=color, label=arm_title(log.arm))
            logps.plot(*log.curve("logps/chosen"), color=color)
            logps.plot(*log.curve("logps/rejected"), "--", color=color, linewidth=1)
        logps.plot([], [], color=INK, label="chosen calls")
        logps.plot([], [], "--", color=INK, linewidth=1, label="rejected calls")
        for axes, label in ((loss, "loss"), (logps, "log-probability")):
            axes.set_ylabel(label)
            _legend(axes, 4)
        logps.set_xlabel("training step")
        return to_svg(figure, f"{task}-training")
