"""Figures as inline SVG that follows the page: its font, its colours, light or dark."""

import io
import re
from collections.abc import Iterator
from contextlib import contextmanager

import matplotlib
import matplotlib.style
from matplotlib.figure import Figure

# Matplotlib can't draw in a CSS variable. Each role of the page has a colour here that nothing else uses, and that
# the finished SVG swaps for the variable.
INK, MUTED, GRID = "#010101", "#020202", "#030303"
_VARIABLES = {INK: "--ink", MUTED: "--muted", GRID: "--line"}
ARM_COLORS = 6
_VARIABLES |= {f"#0{index}0a0a": f"--arm-{index}" for index in range(ARM_COLORS)}

_SETTINGS = {
    "svg.fonttype": "none",
    "text.parse_math": False,  # a family's name may hold a dollar sign
    "font.size": 10,
    "legend.fontsize": 9,
    "axes.edgecolor": GRID,
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "text.color": INK,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.major.size": 0,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "lines.linewidth": 1.6,
    "lines.markersize": 5,
}


def arm_color(index: int) -> str:
    """Returns the colour of the arm that stands at this place in the tables."""
    return f"#0{index % ARM_COLORS}0a0a"


@contextmanager
def style() -> Iterator[None]:
    """Sets the report's style, whatever the user's matplotlibrc says; make, draw and save figures within."""
    with matplotlib.style.context(["default", _SETTINGS]):
        yield


def new_figure(width: float, height: float) -> Figure:
    """Returns an empty figure; `width` and `height` in inches."""
    return Figure(figsize=(width, height), layout="constrained")


def to_svg(figure: Figure, name: str) -> str:
    """Returns the figure as an `<svg>` element; the same figure gives the same bytes.

    Args:
        figure: What to draw.
        name: Unique in the page: it prefixes the element's ids.
    """
    buffer = io.StringIO()
    with matplotlib.rc_context({"svg.hashsalt": name}):
        figure.savefig(buffer, format="svg", transparent=True, metadata={"Date": None})
    return _inline(buffer.getvalue(), name)


def _inline(svg: str, name: str) -> str:
    svg = svg[svg.index("<svg") :]
    svg = re.sub(r"<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r'(<svg [^>]*?) width="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r'(<svg [^>]*?) height="[^"]*"', r"\1", svg, count=1)
    svg = re.sub(r"<!--.*?-->\s*", "", svg, flags=re.DOTALL)
    svg = re.sub(r'\bid="', f'id="{name}-', svg)
    svg = re.sub(r'(url\(|href=")#', rf"\1#{name}-", svg)
    svg = re.sub(r"font: ([^;\"]*?)([\d.]+px) [^;\"]*", r"font-size: \2", svg)
    for color, variable in _VARIABLES.items():
        svg = svg.replace(color, f"var({variable})")
    return svg.strip()
