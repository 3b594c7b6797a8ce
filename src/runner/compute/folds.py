"""The folds of a panel: the spans of the split, each purged."""

from collections.abc import Mapping

import numpy as np

from components.contracts import Preprocessor, Split
from components.errors import DataError
from components.expressions import Node
from components.panel import Panel
from components.values import Fold, Span
from runner.compute.features import FeatureTable
from runner.compute.purge import Candidates, candidates, fold_of
from runner.compute.target import Labels
from runner.specification.debug import Debug


def make_folds(
    split: Split,
    preprocess: Preprocessor,
    table: FeatureTable,
    labels: Labels,
    panel: Panel,
    debug: Debug,
    columns: Mapping[str, Node],
    *,
    lookback_rows: int = 1,
) -> tuple[Fold, ...]:
    """Rows of each fold, as `fold_of` purges them. Bars of symbols outside the universe are in no span.

    Raises DataError where a span is left without rows.
    """
    rows = candidates(preprocess, table, labels, panel, columns, lookback_rows)
    if not rows.ready_R.any():
        raise DataError(_too_short(panel, table))
    symbols = tuple(panel.symbols[code] for code in np.unique(panel.symbol_codes_R[rows.ready_R]))
    counted_R = panel.in_universe_R if split.counts_every_bar else rows.ready_R
    spans = split.spans(np.unique(panel.timestamps_R[counted_R]), symbols)
    if debug.max_folds is not None:
        spans = spans[: debug.max_folds]
    folds = []
    for number, span in enumerate(spans, start=1):
        fold = fold_of(number, span, rows)
        for name, kept in (("train", fold.train_rows), ("valid", fold.valid_rows), ("test", fold.test_rows)):
            if len(kept) == 0:
                raise DataError(_emptied(number, name, span, rows, split.remedy))
        folds.append(fold)
    return tuple(folds)


def _emptied(number: int, name: str, span: Span, rows: Candidates, remedy: str) -> str:
    """Which span the purge left without rows, and what helps."""
    later = span.train[-1][0] >= span.test[0][1] or span.valid[-1][0] >= span.test[0][1]
    embargo = f" and, after test spans, features that look {rows.lookback_bars} bars back" if later else ""
    return (
        f"split: fold {number} has no {name} rows left after purging labels of {rows.labels.longest_bars} bars"
        f"{embargo}; {remedy}, shorten the horizon{' or the longest features' if later else ''} or give more bars"
    )


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
