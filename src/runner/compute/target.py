"""What is forecast: labels and when they are known.

Shape legend: R panel rows.
"""

import itertools
from dataclasses import dataclass

import numpy as np

from components.contracts import Target
from components.expressions import Node, parse, reach
from components.panel import Panel
from components.values import Float, Time

NO_TIME = np.datetime64("NaT", "us")


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels:
    """y_R (R,) float64, NaN where undefined; label_end_R: time of the last bar that the label reads."""

    y_R: Float
    label_end_R: Time
    horizon_bars: int


def parsed_target(target: Target) -> Node:
    return parse(target.text(), where="target")


def compute_labels(label: Node, panel: Panel, *, threads: int) -> Labels:
    """The label of every bar and when it is known; a label that is not finite is undefined.

    It reads all bars of its symbol: where a member leaves the universe before its label ends, the label counts.
    """
    from components.expressions.engine import evaluate

    y_R = evaluate({"label": label}, panel, threads=threads, dtype=np.float64)[0]
    bars = reach(label)
    label_end_R: Time = np.full(panel.n_rows, NO_TIME)
    for start, end in itertools.pairwise(panel.offsets):
        last_read = panel.timestamps_R[min(start + bars.lookahead_bars, end) : end]
        label_end_R[start : start + len(last_read)] = last_read
    if bars.cross_sectional:
        label_end_R = _latest_of_date(label_end_R, panel)
    defined = np.isfinite(y_R) & ~np.isnat(label_end_R)
    return Labels(
        y_R=np.where(defined, y_R, np.nan),
        label_end_R=np.where(defined, label_end_R, NO_TIME),
        horizon_bars=bars.lookahead_bars,
    )


def _latest_of_date(label_end_R: Time, panel: Panel) -> Time:
    """A label that compares symbols is known when the slowest of them has closed its last bar."""
    latest_T = np.full(len(panel.dates_T), np.iinfo(np.int64).min)
    # NaT is the smallest int64, so it never wins the maximum.
    np.maximum.at(latest_T, panel.date_codes_R, label_end_R.view(np.int64))
    latest_R = latest_T.view(label_end_R.dtype)[panel.date_codes_R]
    return np.where(np.isnat(label_end_R), NO_TIME, latest_R)
