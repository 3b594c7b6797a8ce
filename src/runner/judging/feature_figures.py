"""What each feature looks like and how well it orders the outcomes, on training rows only.

A fold's own validation and test rows are never read for its figures, and rows that are in no fold's training
span for none. Training rows of a later fold may be test rows of an earlier one, as they are for the model.

Shape legend: R panel rows, N training rows (each once), K folds, G groups of rows that are ranked together.
"""

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, TypedDict

import numpy as np
import numpy.typing as npt

from components.expressions import Node, reach, to_text
from components.panel import Panel
from components.statistics.cross_section import MIN_SYMBOLS, section_coefficients
from components.values import Float, Fold, Int, within
from runner.compute.pipeline import Prepared

Ranked = Literal["dates", "symbols"]
QUANTILES = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)


@dataclass(frozen=True, kw_only=True)
class FeatureFacts:
    """The figures of one feature; NaN where one cannot be computed.

    coverage         share of finite values at training times, after each symbol's first lookback_bars bars
    mean ... maximum of its finite values at the training rows; std with n - 1, excess kurtosis
    autocorrelation  correlation of a symbol's value with that of its bar before, over all training rows
    ic               mean rank correlation with the target; ic_by_fold: of the fold's training rows alone
    """

    name: str
    expression: str
    lookback_bars: int
    coverage: float
    mean: float
    std: float
    skew: float
    kurtosis: float
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]
    autocorrelation: float
    ic: float
    ic_by_fold: tuple[float, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class TrainingRows:
    """The rows that the figures are computed from.

    ranked: the rows of a date are ranked together, or, where dates hold too few symbols, those of a symbol.
    """

    panel: Panel
    folds: tuple[Fold, ...]
    y_R: Float

    @cached_property
    def rows_N(self) -> Int:
        """In the training rows of any fold."""
        rows: Int = np.unique(np.concatenate([fold.train_rows for fold in self.folds]))
        return rows

    @cached_property
    def timed_R(self) -> npt.NDArray[np.bool_]:
        """(R,) bars of members of the universe within any fold's training span, complete or not."""
        times_R = self.panel.timestamps_R
        inside_R = np.zeros(len(times_R), dtype=bool)
        for fold in self.folds:
            inside_R |= within(fold.span.train, times_R)
        return np.asarray(inside_R & self.panel.in_universe_R)

    @cached_property
    def ranked(self) -> Ranked:
        per_date = np.unique(self.panel.date_codes_R[self.rows_N], return_counts=True)[1]
        return "dates" if np.median(per_date) >= MIN_SYMBOLS else "symbols"

    @cached_property
    def bar_R(self) -> Int:
        """(R,) number of bars of its symbol before each row."""
        before: Int = np.arange(self.panel.n_rows) - self.panel.offsets[self.panel.symbol_codes_R]
        return before

    @cached_property
    def date_N(self) -> Int:
        """(N,) number of the row's date, counted over training dates."""
        date: Int = np.unique(self.panel.date_codes_R[self.rows_N], return_inverse=True)[1]
        return date

    @cached_property
    def dates_of_folds(self) -> list[Int]:
        """Of each fold, the dates all of whose rows are training rows of it: a date of which some labels were
        not yet known counts in no fold."""
        size_D = np.bincount(self.date_N)
        own = [
            np.bincount(self.date_N[np.isin(self.rows_N, fold.train_rows)], minlength=len(size_D))
            for fold in self.folds
        ]
        return [np.flatnonzero(count_D == size_D) for count_D in own]


def feature_facts(prepared: Prepared, *, threads: int) -> tuple[list[FeatureFacts], Ranked]:
    """The figures of every feature, in the order of the set, and what was ranked."""
    rows = TrainingRows(panel=prepared.panel, folds=prepared.folds, y_R=prepared.labels.y_R)
    named = list(zip(prepared.table.features, prepared.table.values_FR, strict=False))

    def facts(item: tuple[str, npt.NDArray[np.float32]]) -> FeatureFacts:
        name, values_R = item
        return _facts(name, prepared.columns[name], values_R.astype(np.float64), rows)

    # What is lazily computed of the rows is needed by all threads.
    ranked, _ = rows.ranked, (rows.timed_R, rows.bar_R, rows.dates_of_folds)
    with ThreadPoolExecutor(threads or None) as pool:
        return list(pool.map(facts, named)), ranked


def _facts(name: str, node: Node, values_R: Float, rows: TrainingRows) -> FeatureFacts:
    lookback = reach(node).lookback_bars
    warm_R = rows.timed_R & (rows.bar_R >= lookback)
    ic, ic_by_fold = information(values_R, rows)
    return FeatureFacts(
        name=name,
        expression=to_text(node),
        lookback_bars=lookback,
        coverage=float(np.isfinite(values_R[warm_R]).mean()) if warm_R.any() else np.nan,
        autocorrelation=autocorrelation(values_R, rows),
        ic=ic,
        ic_by_fold=ic_by_fold,
        **moments(values_R[rows.rows_N]),
    )


class Moments(TypedDict):
    """Of the finite values; NaN where there are too few of them."""

    mean: float
    std: float
    skew: float
    kurtosis: float
    minimum: float
    maximum: float
    quantiles: tuple[float, ...]


def moments(values_N: Float) -> Moments:
    """Skewness g1 = m3 / m2^1.5 and excess kurtosis g2 = m4 / m2^2 - 3 of the central moments m."""
    known = values_N[np.isfinite(values_N)]
    if len(known) < 2:
        known = np.full(2, np.nan)
    centred, deviation = known - known.mean(), known.std()
    if not deviation > 1e-12 * np.abs(known).max():
        deviation = np.nan
    return Moments(
        mean=float(known.mean()),
        std=float(known.std(ddof=1)),
        skew=float((centred**3).mean() / deviation**3),
        kurtosis=float((centred**4).mean() / deviation**4 - 3.0),
        minimum=float(known.min()),
        maximum=float(known.max()),
        quantiles=tuple(map(float, np.quantile(known, QUANTILES))),
    )


def autocorrelation(values_R: Float, rows: TrainingRows) -> float:
    """Correlation of a symbol's value with that of its bar before, where both are training rows."""
    now = rows.rows_N[1:][(np.diff(rows.rows_N) == 1) & (rows.bar_R[rows.rows_N[1:]] > 0)]
    now = now[np.isfinite(values_R[now]) & np.isfinite(values_R[now - 1])]
    if len(now) < 3:
        return float("nan")
    x, y = values_R[now - 1], values_R[now]
    scale = x.std() * y.std()
    return float(((x - x.mean()) * (y - y.mean())).mean() / scale) if scale > 0 else float("nan")


def information(values_R: Float, rows: TrainingRows) -> tuple[float, tuple[float, ...]]:
    """Rank IC over all training rows, and over those of each fold.

    Dates are compared where they hold enough symbols: the mean over dates of Spearman's correlation of feature
    and target. Else the symbols: the mean over symbols of that correlation through time.
    """
    y_N, x_N = rows.y_R[rows.rows_N], values_R[rows.rows_N]
    if rows.ranked == "dates":
        ic_D = section_coefficients(y_N, x_N, rows.date_N, ranked=True)
        return _mean(ic_D), tuple(_mean(ic_D[dates]) for dates in rows.dates_of_folds)
    return _through_time(rows.rows_N, values_R, rows), tuple(
        _through_time(fold.train_rows, values_R, rows) for fold in rows.folds
    )


def _through_time(rows_N: Int, values_R: Float, rows: TrainingRows) -> float:
    symbol_N = rows.panel.symbol_codes_R[rows_N].astype(np.int64)
    return _mean(section_coefficients(rows.y_R[rows_N], values_R[rows_N], symbol_N, ranked=True))


def _mean(values: Float) -> float:
    known = values[np.isfinite(values)]
    return float(known.mean()) if len(known) else float("nan")


def columns_of(facts: Sequence[FeatureFacts]) -> Mapping[str, list[object]]:
    """The figures as columns of a table, one line per feature."""
    plain = [name for name in FeatureFacts.__dataclass_fields__ if name not in ("quantiles", "ic_by_fold")]
    columns: dict[str, list[object]] = {name: [getattr(fact, name) for fact in facts] for name in plain}
    for q, share in enumerate(QUANTILES):
        columns[f"quantile_{share:g}"] = [fact.quantiles[q] for fact in facts]
    for k in range(len(facts[0].ic_by_fold) if facts else 0):
        columns[f"ic_fold_{k + 1}"] = [fact.ic_by_fold[k] for fact in facts]
    return columns
