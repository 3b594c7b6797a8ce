"""Where the best trial of a sweep stands among those of null worlds, as a picture."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from runner.recording.run_folder import RunFolder
from runner.report import theme

if TYPE_CHECKING:
    from matplotlib.figure import Figure

HEIGHT_IN = 1.5
"""Of a panel."""
FEWEST_BINS, MOST_BINS = 8, 30


def ranks(run: RunFolder) -> "Figure | None":
    """A panel a figure: a histogram of the null bests and a line for this run; None where there are no null worlds."""
    return None if run.null_worlds is None else panels(run.null_worlds)


def histogram(content: Mapping[str, Any]) -> bytes:
    """The same as PNG, from the field null_worlds of a sweep's answer."""
    with theme.styled():
        return theme.png(panels(content))


def panels(content: Mapping[str, Any]) -> "Figure":
    figures: Mapping[str, Mapping[str, Any]] = content["figures"]
    picture, axes = theme.figure(HEIGHT_IN * len(figures), rows=len(figures))
    for place, (name, figure) in zip(axes.ravel(), figures.items(), strict=True):
        nulls = np.array([value for value in figure["nulls"] if value is not None], dtype=np.float64)
        bins = int(np.clip(len(nulls) // 4, FEWEST_BINS, MOST_BINS))
        place.hist(nulls, bins=bins, color=theme.OUTCOME, label=f"best of a null world ({figure['worlds']})")
        here = f"best here (p = {figure['p_value']:.3g})"
        place.axvline(figure["real"], color=theme.MODEL, linewidth=2, label=here)
        place.set_title(name)
        theme.legend(place)
    return picture
