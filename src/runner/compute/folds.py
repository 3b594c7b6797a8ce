"""The rows of every fold, purged by the ends of the labels.

Shape legend: R panel rows.
"""

import numpy as np
import numpy.typing as npt

from components.contracts import Preprocessor, Split
from components.errors import DataError
from components.panel import Panel
from components.values import Fold, Int, Span
from runner.compute.design import rows_ready, with_past
from runner.compute.features import FeatureTable
from runner.compute.target import Labels
from runner.specification.debug import Debug


def make_folds(
    split: Split,
    preprocess: Preprocessor,
    table: FeatureTable,
    labels: Labels,
    panel: Panel,
    debug: Debug,
    *,
    lookback_rows: int = 1,
) -> tuple[Fold, ...]:
    """Rows of each fold. A train row must have its label known at the first decision of the validation
    span, a validation row at the first decision of the test span; test rows need no label. Bars of symbols
    outside the universe are in no span.

    Raises DataError where a span is left without rows.
    """
    ready_R = eligible_rows(preprocess, table, panel, lookback_rows)
    if not ready_R.any():
        raise DataError(_too_short(panel, table))
    spans = split.spans(np.unique(panel.timestamps_R[ready_R]))
    if debug.max_folds is not None:
        spans = spans[: debug.max_folds]
    folds = []
    for number, span in enumerate(spans, start=1):
        fold = fold_of(number, span, ready_R, labels, panel)
        for name, rows in (("train", fold.train_rows), ("valid", fold.valid_rows), ("test", fold.test_rows)):
            if len(rows) == 0:
                raise DataError(
                    f"split: fold {number} has no {name} rows left after purging labels of "
                    f"{labels.longest_bars} bars; lengthen the span, shorten the horizon or give more bars"
                )
        folds.append(fold)
    return tuple(folds)


def fold_of(number: int, span: Span, ready_R: npt.NDArray[np.bool_], labels: Labels, panel: Panel) -> Fold:
    """The rows of one span after purging, see `make_folds`. ready_R: rows that may be trained on and scored."""
    return Fold(
        number=number,
        span=span,
        train_rows=_known_rows(span.train, span.valid[0], ready_R, labels, panel),
        valid_rows=_known_rows(span.valid, span.test[0], ready_R, labels, panel),
        test_rows=np.flatnonzero(ready_R & _within(span.test, panel)),
    )


def purged(fold: Fold, preprocess: Preprocessor, table: FeatureTable, panel: Panel) -> tuple[int, int]:
    """How many ready rows the purge took from train and from valid (labels undefined included)."""
    ready_R = eligible_rows(preprocess, table, panel)
    return (
        int((ready_R & _within(fold.span.train, panel)).sum()) - len(fold.train_rows),
        int((ready_R & _within(fold.span.valid, panel)).sum()) - len(fold.valid_rows),
    )


def eligible_rows(
    preprocess: Preprocessor, table: FeatureTable, panel: Panel, lookback_rows: int = 1
) -> npt.NDArray[np.bool_]:
    """(R,) rows that may be trained on and scored: those that can be forecast with enough such rows of their symbol
    before them."""
    ready_R = rows_ready(table.values_FR, preprocess.missing_tolerance) & panel.in_universe_R
    return ready_R if lookback_rows == 1 else with_past(ready_R, panel.symbol_codes_R, lookback_rows)


def _within(interval: tuple[np.datetime64, np.datetime64], panel: Panel) -> npt.NDArray[np.bool_]:
    return (panel.timestamps_R >= interval[0]) & (panel.timestamps_R < interval[1])


def _known_rows(
    interval: tuple[np.datetime64, np.datetime64],
    known_by: np.datetime64,
    ready_R: npt.NDArray[np.bool_],
    labels: Labels,
    panel: Panel,
) -> Int:
    # NaT compares false: an undefined label is never known.
    return np.flatnonzero(ready_R & _within(interval, panel) & (labels.label_end_R <= known_by))


def _too_short(panel: Panel, table: FeatureTable) -> str:
    """Which column is to blame: one that is nowhere finite, else the one that is so least often."""
    members_R = panel.in_universe_R
    finite_F = np.isfinite(table.values_FR[:, members_R]).sum(axis=1)
    slowest = table.names[int(finite_F.argmin())]
    longest = int(np.diff(panel.offsets).max())
    return (
        f"features: no bar has all features: '{slowest}' has a value at {finite_F.min()} of {members_R.sum()} bars "
        f"(the longest symbol has {longest}); give more bars, shorten its windows or mend its inputs"
    )
