"""The look of the pictures: colours, type, and how a figure becomes PNG bytes."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

WIDTH_IN = 8.0
DPI = 200

INK = "#1c2733"
MUTED = "#66717e"
GRID = "#e6e9ed"
MODEL = "#0b5a9c"
OUTCOME = "#9aa3ad"
LOSS = "#b3471d"
RIVALS = (("#d98200", "D"), ("#00836b", "s"), ("#8b5fa8", "^"), ("#56a5d8", "v"), ("#a0522d", "P"))
"""Colour and marker of each baseline; told apart by shape too, for readers who do not see the colours."""
COSTS = ("#b3471d", "#e39b4f", "#7a6f9b", "#5b8c85", "#c2b280")

_STYLE = {
    "font.family": "sans-serif",
    "font.sans-serif": ["Helvetica Neue", "Helvetica", "Arial", "Liberation Sans", "DejaVu Sans"],
    "font.size": 8.5,
    "text.color": INK,
    "axes.edgecolor": "#b9c0c8",
    "axes.labelcolor": MUTED,
    "axes.labelsize": 8.5,
    "axes.titlesize": 9.5,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "axes.titlepad": 9.0,
    "axes.titley": 1.0,  # else every axis is laid out once more to find it
    "axes.linewidth": 0.7,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "axes.grid": True,
    "axes.xmargin": 0.01,
    "grid.color": GRID,
    "grid.linewidth": 0.7,
    "xtick.color": "#b9c0c8",
    "ytick.color": "#b9c0c8",
    "xtick.labelcolor": MUTED,
    "ytick.labelcolor": MUTED,
    "xtick.major.width": 0.7,
    "ytick.major.width": 0.7,
    "legend.frameon": False,
    "legend.fontsize": 8.5,
    "legend.handlelength": 1.6,
    "lines.linewidth": 1.2,
    "lines.solid_capstyle": "round",
    "figure.facecolor": "white",
    "figure.dpi": DPI,
    "savefig.dpi": DPI,
    "agg.path.chunksize": 0,
}


@contextmanager
def styled() -> Iterator[None]:
    """Draw inside this; matplotlib's settings are as before afterwards."""
    import matplotlib as mpl

    with mpl.rc_context(_STYLE):
        yield


def figure(
    height_in: float,
    rows: int = 1,
    columns: int = 1,
    *,
    left_in: float = 0.72,
    bottom_in: float = 0.3,
    **grid: Any,
) -> "tuple[Figure, npt.NDArray[np.object_]]":
    """An empty figure of the report's width with rows x columns axes and fixed margins in inches."""
    from matplotlib.figure import Figure

    left, right, top, bottom = left_in, 0.15, 0.36, bottom_in
    made = Figure(figsize=(WIDTH_IN, height_in))
    made.subplots_adjust(
        left=left / WIDTH_IN,
        right=1 - right / WIDTH_IN,
        top=1 - top / height_in,
        bottom=bottom / height_in,
        hspace=_gap(0.55, height_in - top - bottom, rows),
        wspace=_gap(0.75, WIDTH_IN - left - right, columns),
    )
    return made, made.subplots(rows, columns, squeeze=False, **grid)


def _gap(gap_in: float, total_in: float, count: int) -> float:
    """matplotlib measures the gap between axes in average axes: from inches to that."""
    axes_in = (total_in - gap_in * (count - 1)) / count
    return gap_in / axes_in


def png(made: "Figure") -> bytes:
    """PNG bytes that depend on the drawing alone: no date, no version."""
    buffer = io.BytesIO()
    made.savefig(buffer, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 2})
    return buffer.getvalue()


def dates(axes: "Axes") -> None:
    """Years, months or days along x, as many as fit, without repeating what is common."""
    from matplotlib.dates import AutoDateLocator, ConciseDateFormatter

    locator = AutoDateLocator(minticks=3, maxticks=9)
    axes.xaxis.set_major_locator(locator)
    axes.xaxis.set_major_formatter(ConciseDateFormatter(locator, show_offset=False))


def legend(axes: "Axes", columns: int = 4) -> None:
    """Above the plot at the right, where it covers no data; the title stands at the left."""
    axes.legend(
        loc="lower right",
        bbox_to_anchor=(1.0, 1.0),
        ncols=columns,
        borderaxespad=0.25,
        columnspacing=1.4,
    )


def thousands(axis: Any) -> None:
    axis.set_major_formatter("{x:,.0f}")


def percent(axis: Any, digits: int | None = 0) -> None:
    """digits: decimals, None: as many as tell the ticks apart."""
    from matplotlib.ticker import PercentFormatter

    axis.set_major_formatter(PercentFormatter(xmax=1.0, decimals=digits))


_ROUND_STEPS = (
    (1, 1.1, 1.2, 1.3, 1.4, 1.5, 1.6, 1.8, 2, 2.2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9),
    (1, 1.25, 1.5, 2, 2.5, 3, 4, 5, 6, 8),
    (1, 1.5, 2, 3, 5, 7),
    (1, 2, 5),
    (1, 3),
    (1,),
)


def log_ticks(low: float, high: float, most: int = 7) -> list[float]:
    """Round multiples within [low, high], about evenly spaced on a log scale, at most `most`."""
    decades = range(int(np.floor(np.log10(low))), int(np.ceil(np.log10(high))) + 1)
    for steps in _ROUND_STEPS:
        ticks = [step * 10.0**decade for decade in decades for step in steps]
        inside = [tick for tick in ticks if low <= tick <= high]
        if 2 <= len(inside) <= most:
            return inside
    return [low, high]


def thin(length: int, most: int = 4000) -> slice:
    """Every k-th of `length` points, so that at most about `most` are drawn."""
    return slice(None, None, max(1, length // most))


def rival_styles(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    return {name: RIVALS[i % len(RIVALS)] for i, name in enumerate(names)}
