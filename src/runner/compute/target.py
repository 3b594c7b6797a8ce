"""What is forecast: labels and when they are known.

Shape legend: R panel rows, K targets.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from components.contracts import Target
from components.expressions import Node, parse, reach, to_text
from components.panel import Panel
from components.values import Float, Resources, Time

NO_TIME = np.datetime64("NaT", "us")


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels:
    """y_RK float64, NaN where undefined; label_end_RK: time of the last bar that a label reads; horizons: target ->
    bars that it looks ahead. The first target is the one that is decided on."""

    y_RK: Float
    label_end_RK: Time
    horizons: Mapping[str, int]

    @staticmethod
    def of(y_R: Float, label_end_R: Time, horizon_bars: int) -> "Labels":
        """Of one target."""
        return Labels(y_RK=y_R[:, None], label_end_RK=label_end_R[:, None], horizons={"target": horizon_bars})

    @cached_property
    def y_R(self) -> Float:
        """(R,) of the target that is decided on."""
        return np.ascontiguousarray(self.y_RK[:, 0])

    @cached_property
    def label_end_R(self) -> Time:
        """(R,) when all labels of a row are known; NaT where one never is."""
        # NaT is the smallest int64, but numpy's maximum of times keeps it.
        latest_R: Time = self.label_end_RK.max(axis=1)
        return latest_R

    @property
    def horizon_bars(self) -> int:
        """Of the target that is decided on."""
        return next(iter(self.horizons.values()))

    @property
    def longest_bars(self) -> int:
        return max(self.horizons.values())


def parsed_target(target: Target) -> dict[str, Node]:
    """name -> tree of everything that is forecast, what is decided on first."""
    columns = target.columns()
    several = len(columns) > 1
    return {name: parse(text, where=f"target.{name}" if several else "target") for name, text in columns.items()}


def target_text(nodes: Mapping[str, Node]) -> str:
    """What is forecast, as one text."""
    return "; ".join(to_text(node) for node in nodes.values())


def compute_labels(panel: Panel, *, expressions: Mapping[str, str], resources: Resources) -> Labels:
    """The labels of every bar and when they are known; a label that is not finite is undefined.

    They read all bars of their symbol: where a member leaves the universe before its label ends, the label counts.
    """
    from components.expressions.engine import evaluate

    nodes = {name: parse(text) for name, text in expressions.items()}
    y_KR = evaluate(nodes, panel, threads=resources.threads, dtype=np.float64)
    ends_KR = np.array([_label_ends(node, panel) for node in nodes.values()])
    defined_KR = np.isfinite(y_KR) & ~np.isnat(ends_KR)
    return Labels(
        y_RK=np.ascontiguousarray(np.where(defined_KR, y_KR, np.nan).T),
        label_end_RK=np.ascontiguousarray(np.where(defined_KR, ends_KR, NO_TIME).T),
        horizons={name: reach(node).lookahead_bars for name, node in nodes.items()},
    )


def _label_ends(node: Node, panel: Panel) -> Time:
    """(R,) time of the last bar that the label of a row reads."""
    bars = reach(node)
    label_end_R: Time = np.full(panel.n_rows, NO_TIME)
    for start, end in itertools.pairwise(panel.offsets):
        last_read = panel.timestamps_R[min(start + bars.lookahead_bars, end) : end]
        label_end_R[start : start + len(last_read)] = last_read
    return _latest_of_date(label_end_R, panel) if bars.cross_sectional else label_end_R


def _latest_of_date(label_end_R: Time, panel: Panel) -> Time:
    """A label that compares symbols is known when the slowest of them has closed its last bar."""
    latest_T = np.full(len(panel.dates_T), np.iinfo(np.int64).min)
    # NaT is the smallest int64, so it never wins the maximum.
    np.maximum.at(latest_T, panel.date_codes_R, label_end_R.view(np.int64))
    latest_R = latest_T.view(label_end_R.dtype)[panel.date_codes_R]
    return np.where(np.isnat(label_end_R), NO_TIME, latest_R)
