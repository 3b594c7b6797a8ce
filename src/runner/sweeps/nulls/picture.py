"""Where the best trial of a sweep stands among those of null worlds, as a picture."""

import html
from collections.abc import Mapping
from typing import Any

import numpy as np

from runner.report import theme

HEIGHT_IN = 1.5
"""Of a panel."""
FEWEST_BINS, MOST_BINS = 8, 30


def histogram(content: Mapping[str, Any]) -> bytes:
    """PNG: a panel a figure, a histogram of the null bests and a line for the real one; content: of `told.of_sweep`."""
    figures: Mapping[str, Mapping[str, Any]] = content["figures"]
    with theme.styled():
        picture, axes = theme.figure(HEIGHT_IN * len(figures), rows=len(figures))
        for place, (name, figure) in zip(axes.ravel(), figures.items(), strict=True):
            nulls = np.array([value for value in figure["nulls"] if value is not None], dtype=np.float64)
            bins = int(np.clip(len(nulls) // 4, FEWEST_BINS, MOST_BINS))
            place.hist(nulls, bins=bins, color=theme.OUTCOME, label=f"best of a null world ({figure['worlds']})")
            here = f"best here (p = {figure['p_value']:.3g})"
            place.axvline(figure["real"], color=theme.MODEL, linewidth=2, label=here)
            place.set_title(name)
            theme.legend(place)
        return theme.png(picture)


def paragraph(content: Mapping[str, Any]) -> str:
    """HTML of the same in words, every text escaped."""
    return f"<p>{html.escape(str(content['says']))}</p>"
