"""The picture of what is in a set of pairs: families and error types, origins, difficulty."""

from collections import Counter

from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator, PercentFormatter

from stages.agent.error_types import ErrorType
from stages.reporting.pair_counts import PairCounts
from stages.reporting.pictures import WIDTH
from stages.reporting.theme import INK, MUTED, arm_color, new_figure, style, to_svg
from stages.reporting.wording import short, words

_ROW, _PARTS, _FILL = 0.27, 10, arm_color(2)
ORIGINAL = "none"


def pairs(task: str, counts: PairCounts) -> str:
    """Draws a split's pairs: counts by family and error type, by method and origin, and by difficulty."""
    families = sorted({family for family, _ in counts.cells})
    methods = sorted({method for method, _ in counts.origins}, key=lambda method: (method != ORIGINAL, method))
    heights = [1.1 + _ROW * len(families), 0.75 + _ROW * len(methods), 1.6]
    with style():
        figure = new_figure(WIDTH, sum(heights))
        cells, origins, difficulty = figure.subplots(3, 1, height_ratios=heights)
        _cells(cells, families, counts)
        _origins(origins, methods, counts)
        _difficulty(difficulty, counts)
        return to_svg(figure, f"{task}-pairs")


def _cells(axes: Axes, families: list[str], counts: PairCounts) -> None:
    """Draws a table whose fields are the darker the more pairs they have."""
    kinds = [kind for kind in ErrorType if counts.errors[kind]]
    most = max(counts.cells.values(), default=1)
    for row, family in enumerate(families):
        for column, kind in enumerate(kinds):
            count = counts.cells[family, kind]
            shade = Rectangle((column - 0.48, row - 0.46), 0.96, 0.92, color=_FILL, alpha=0.06 + 0.5 * count / most)
            axes.add_patch(shade)
            axes.text(column, row, str(count), ha="center", va="center", color=INK if count else MUTED, fontsize=8)
    axes.set_xticks(range(len(kinds)), [words(kind) for kind in kinds], rotation=35, ha="right", rotation_mode="anchor")
    axes.set_yticks(range(len(families)), [short(family) for family in families])
    axes.set_xlim(-0.5, len(kinds) - 0.5)
    axes.set_ylim(len(families) - 0.5, -0.5)
    axes.grid(visible=False)
    axes.spines[:].set_visible(False)


def _origins(axes: Axes, methods: list[str], counts: PairCounts) -> None:
    """Draws a bar a method, made of the pairs of each origin."""
    left = dict.fromkeys(methods, 0)
    for index, origin in enumerate(sorted({origin for _, origin in counts.origins})):
        sizes = [counts.origins[method, origin] for method in methods]
        places = range(len(methods))
        axes.barh(places, sizes, 0.7, list(left.values()), color=arm_color(index), label=f"{words(origin)} mistakes")
        left = {method: left[method] + size for method, size in zip(methods, sizes, strict=True)}
    for place, total in enumerate(left.values()):
        axes.annotate(
            str(total), (total, place), (3, 0), textcoords="offset points", va="center", color=MUTED, fontsize=8
        )
    axes.set_yticks(range(len(methods)), ["original" if method == ORIGINAL else words(method) for method in methods])
    axes.set_ylim(len(methods) - 0.5, -0.5)
    axes.margins(x=0.1)
    axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.grid(axis="y", visible=False)
    axes.legend(loc="lower left", bbox_to_anchor=(0, 1), ncols=4, borderaxespad=0.2)


def _difficulty(axes: Axes, counts: PairCounts) -> None:
    """Draws how many pairs are about problems on which the teacher fails how often."""
    sizes: Counter[int] = Counter()
    for share, count in counts.difficulties.items():
        sizes[round(share * _PARTS)] += count
    places = range(_PARTS + 1)
    axes.bar([100 * place / _PARTS for place in places], [sizes[place] for place in places], 9, color=_FILL, alpha=0.7)
    axes.set_xlim(-6, 106)
    axes.xaxis.set_major_formatter(PercentFormatter())
    axes.yaxis.set_major_locator(MaxNLocator(4, integer=True))
    axes.set_xlabel("share of the teacher's chains on the problem that are wrong")
    axes.set_ylabel("pairs")
    axes.grid(axis="x", visible=False)
