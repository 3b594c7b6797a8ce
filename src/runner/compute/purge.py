"""The purge: which rows of a span may be used, by what their labels and features read.

Shape legend: R panel rows, N rows of a part, T distinct timestamps, P steps from a bar to the one before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from components.contracts import Preprocessor
from components.expressions import Node, reach
from components.panel import Panel
from components.values import Fold, Int, Interval, Span, Time, within
from runner.compute.features import FeatureTable
from runner.compute.target import Labels
from runner.compute.warm_up import rows_ready, with_past

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Candidates:
    """Rows that may be in a fold, and which bars they read.

    ready_R        (R,) rows that may be trained on and scored
    labels         with the time at which each label is known
    lookback_bars  bars of its own symbol before a row that its features read, at most
    compares       whether features or preprocessing read other symbols too
    """

    panel: Panel
    ready_R: Mask
    labels: Labels
    lookback_bars: int
    compares: bool

    @cached_property
    def first_read_R(self) -> Time:
        """(R,) time of the first bar that the features of each row may read."""
        return first_bars_read(self.panel, self.lookback_bars, compares=self.compares)

    def released(self, block: Interval) -> np.datetime64:
        """The time at which the last label of a block of rows is known: what reads no earlier bar has seen nothing
        that these labels measure. A label that is never known measures nothing."""
        inside_R = self.ready_R & within((block,), self.panel.timestamps_R)
        ends_N = self.labels.label_end_R[inside_R]
        read_N = np.concatenate([[block[0]], self.panel.timestamps_R[inside_R], ends_N[~np.isnat(ends_N)]])
        last: np.datetime64 = read_N.max()
        return last


def candidates(
    preprocess: Preprocessor,
    table: FeatureTable,
    labels: Labels,
    panel: Panel,
    columns: Mapping[str, Node],
    lookback_rows: int = 1,
) -> Candidates:
    """The rows of a panel. columns: the expression of every column of the table; lookback_rows: rows of its symbol that
    a model reads for one forecast."""
    reaches = [reach(node) for node in columns.values()]
    return Candidates(
        panel=panel,
        ready_R=eligible_rows(preprocess, table, panel, lookback_rows),
        labels=labels,
        lookback_bars=max(each.lookback_bars for each in reaches) + lookback_rows - 1,
        compares=preprocess.cross_sectional or any(each.cross_sectional for each in reaches),
    )


def fold_of(number: int, span: Span, rows: Candidates) -> Fold:
    """The rows of one span after purging.

    A train row is kept if, against every validation and test interval, its label is known when the interval begins
    (label_end at or before its first time), or if its features read no bar before the last label of the interval is
    known. A validation row likewise, against test intervals. Test rows need no label.
    """
    in_train_R, in_valid_R, in_test_R = (_inside(span, part, rows.panel) for part in ("train", "valid", "test"))
    test_rows = np.flatnonzero(rows.ready_R & in_test_R)
    begins = np.array([begin for begin, _ in span.test])
    interval_N = np.searchsorted(begins, rows.panel.timestamps_R[test_rows], side="right") - 1
    return Fold(
        number=number,
        span=span,
        train_rows=_apart(in_train_R, (*span.valid, *span.test), rows),
        valid_rows=_apart(in_valid_R, span.test, rows),
        test_rows=test_rows,
        test_path_N=np.array(span.paths, dtype=np.int64)[interval_N],
    )


def purged(fold: Fold, preprocess: Preprocessor, table: FeatureTable, panel: Panel) -> tuple[int, int]:
    """How many ready rows the purge took from train and from valid (labels undefined included)."""
    ready_R = eligible_rows(preprocess, table, panel)
    return (
        int((ready_R & _inside(fold.span, "train", panel)).sum()) - len(fold.train_rows),
        int((ready_R & _inside(fold.span, "valid", panel)).sum()) - len(fold.valid_rows),
    )


def eligible_rows(preprocess: Preprocessor, table: FeatureTable, panel: Panel, lookback_rows: int = 1) -> Mask:
    """(R,) rows that may be trained on and scored: those that can be forecast with enough such rows of their symbol
    before them."""
    ready_R = rows_ready(table.values_FR, preprocess.missing_tolerance) & panel.in_universe_R
    return ready_R if lookback_rows == 1 else with_past(ready_R, panel.symbol_codes_R, lookback_rows)


def first_bars_read(panel: Panel, lookback_bars: int, *, compares: bool) -> Time:
    """(R,) time of the earliest bar that so many bars of lookback can reach from each row.

    Where symbols are compared, every bar of lookback may be spent on any symbol that has a bar at the time reached,
    since cross-sections and windows may be nested in any order: with holes, the bars of the slowest symbol count.
    """
    own_first_R = panel.offsets[panel.symbol_codes_R]
    if not compares:
        return panel.timestamps_R[np.maximum(np.arange(panel.n_rows) - lookback_bars, own_first_R)]
    previous_R = panel.date_codes_R[np.maximum(np.arange(panel.n_rows) - 1, own_first_R)]
    # Symbols without holes take the same step: one pair of dates stands for all of them.
    from_P, to_P = np.divmod(np.unique(panel.date_codes_R * len(panel.dates_T) + previous_R), len(panel.dates_T))
    starts_T = np.searchsorted(from_P, np.arange(len(panel.dates_T)))
    reached_T = np.arange(len(panel.dates_T))
    for _ in range(lookback_bars):
        reached_T = np.minimum.reduceat(reached_T[to_P], starts_T)
    return panel.dates_T[reached_T[panel.date_codes_R]]


def _inside(span: Span, part: str, panel: Panel) -> Mask:
    """(R,) rows at the times and of the symbols of a part of a span."""
    inside_R = within(getattr(span, part), panel.timestamps_R)
    names = span.test_symbols if part == "test" else span.train_symbols
    return inside_R if names is None else inside_R & np.isin(panel.symbols, names)[panel.symbol_codes_R]


def _apart(inside_R: Mask, blocks: tuple[Interval, ...], rows: Candidates) -> Int:
    """Ready rows of a part that share nothing with the rows of the blocks, see `fold_of`."""
    times_R, ends_R = rows.panel.timestamps_R, rows.labels.label_end_R
    # NaT compares false: an undefined label is never known.
    keep_R = rows.ready_R & inside_R & ~np.isnat(ends_R)
    for block in blocks:
        apart_R = ends_R <= block[0]
        after_R = keep_R & (times_R >= block[1])
        if after_R.any():
            apart_R |= after_R & (rows.first_read_R >= rows.released(block))
        keep_R &= apart_R
    return np.flatnonzero(keep_R)
