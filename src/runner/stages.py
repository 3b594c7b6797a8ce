"""The stages of an experiment as plain functions, in the order in which data flows:

panel -> features, target -> folds -> forecast -> (calibration, in runner.calibrate) -> weights -> backtest -> evidence

Each takes values and returns a value; caching, recording and judging are the business of `runner.run`.
Shape legend: R panel rows, F features, N samples, M forecast rows, D decision times, S symbols.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from components.bars import Bars
from components.contracts import (
    LAST_LABEL,
    Features,
    FittedPreprocessor,
    Loss,
    Model,
    Portfolio,
    Preprocessor,
    Source,
    Split,
    Target,
)
from components.errors import DataError
from components.expressions import OPERATORS, Call, Field, Node, Number, parse, reach, shift
from components.panel import Panel
from components.seeds import derive
from components.values import Float, Float32, Fold, Int, PriceGrid, Samples, Scored, Span, Time
from runner.debug import Debug
from runner.design import design_matrix, raw_features, rows_ready

NO_TIME = np.datetime64("NaT", "us")


@dataclass(frozen=True, kw_only=True, eq=False)
class FeatureTable:
    """values_FR (F, R) float32: the features, then LAST_LABEL; NaN where a needed bar is missing."""

    names: tuple[str, ...]
    values_FR: Float32

    @property
    def features(self) -> tuple[str, ...]:
        """The names without LAST_LABEL."""
        return self.names[:-1]


@dataclass(frozen=True, kw_only=True, eq=False)
class Labels:
    """y_R (R,) float64, NaN where undefined; label_end_R: time of the last bar that the label reads."""

    y_R: Float
    label_end_R: Time
    horizon_bars: int


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """Forecasts of every fold, valid and test rows; M rows in order of fold, span, panel row.

    is_test_M tells the span; train_mean_K the mean training label per fold; preprocessors and models
    what each fold fitted, written down. What calibration adds: raw_M, the forecasts as the model made them;
    lower_M and upper_M, NaN outside the test spans, None without intervals; calibrations, what each fold's
    calibration learnt.
    """

    row_M: Int
    fold_M: Int
    is_test_M: npt.NDArray[np.bool_]
    forecast_M: Float
    train_mean_K: Float
    preprocessors: tuple[Mapping[str, Any], ...]
    models: tuple[Mapping[str, bytes], ...]
    raw_M: Float | None = None
    lower_M: Float | None = None
    upper_M: Float | None = None
    coverage: float | None = None
    calibrations: tuple[Mapping[str, Any], ...] = ()

    @property
    def uncalibrated_M(self) -> Float:
        return self.forecast_M if self.raw_M is None else self.raw_M


def visible_bars(source: Source, split: Split) -> Bars:
    """The source's bars without the vault, which nothing may look at."""
    bars = source.bars()
    if split.vault_start is None or bars.n_rows == 0:
        return bars
    bars = bars.before(np.datetime64(split.vault_start))
    if bars.n_rows == 0:
        raise DataError(f"split.vault_start: no bars before {split.vault_start}; choose a later date")
    return bars


def corner(panel: Panel, debug: Debug) -> Panel:
    """The panel, or in a debug run only a part of it."""
    keep_R = np.ones(panel.n_rows, dtype=bool)
    if debug.max_symbols is not None:
        keep_R &= panel.symbol_codes_R < debug.max_symbols
    if debug.max_bars is not None and len(panel.dates_T) > debug.max_bars:
        keep_R &= panel.timestamps_R >= panel.dates_T[-debug.max_bars]
    return panel if keep_R.all() else panel.take(keep_R)


def parsed_features(features: Features) -> dict[str, Node]:
    """name -> tree of each feature."""
    return {
        name: parse(text, let=features.definitions, where=f"features.expressions.{name}")
        for name, text in features.expanded().items()
    }


def parsed_target(target: Target) -> Node:
    return parse(target.text(), where="target")


def input_expressions(features: Features, target: Target) -> dict[str, Node]:
    """name -> tree of every column of the design matrix: the features, then the latest known label."""
    label = parsed_target(target)
    return {**parsed_features(features), LAST_LABEL: _known(label, reach(label).lookahead_bars)}


def _known(node: Node, bars: int) -> Node:
    """The expression with every field read `bars` earlier.

    Unlike ref(node, bars) it is causal even around a cross-section: bars of one symbol may lie later
    than the same number of bars of another.
    """
    if isinstance(node, Field) or (isinstance(node, Call) and OPERATORS[node.operator].kind == "frame"):
        return shift(node, bars)
    if not isinstance(node, Call):
        return node
    if node.operator == "ref" and isinstance(node.args[1], Number):
        return _known(node.args[0], bars + int(node.args[1].value))
    return Call(node.operator, tuple(_known(argument, bars) for argument in node.args))


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


def make_folds(
    split: Split, preprocess: Preprocessor, table: FeatureTable, labels: Labels, panel: Panel, debug: Debug
) -> tuple[Fold, ...]:
    """Rows of each fold. A train row must have its label known at the first decision of the validation
    span, a validation row at the first decision of the test span; test rows need no label. Bars of symbols
    outside the universe are in no span.

    Raises DataError where a span is left without rows.
    """
    ready_R = _eligible(preprocess, table, panel)
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
                    f"{labels.horizon_bars} bars; lengthen the span, shorten the horizon or give more bars"
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
    ready_R = _eligible(preprocess, table, panel)
    return (
        int((ready_R & _within(fold.span.train, panel)).sum()) - len(fold.train_rows),
        int((ready_R & _within(fold.span.valid, panel)).sum()) - len(fold.valid_rows),
    )


def _eligible(preprocess: Preprocessor, table: FeatureTable, panel: Panel) -> npt.NDArray[np.bool_]:
    """(R,) rows that may be trained on and scored."""
    return rows_ready(table.values_FR, preprocess.missing_tolerance) & panel.in_universe_R


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


@dataclass(frozen=True, kw_only=True, eq=False)
class Design:
    """Where samples come from: the columns of a table behind a preprocessor, the labels, the panel."""

    preprocess: Preprocessor
    table: FeatureTable
    labels: Labels
    panel: Panel

    @cached_property
    def eligible_R(self) -> npt.NDArray[np.bool_]:
        return _eligible(self.preprocess, self.table, self.panel)

    def raw(self, rows: Int) -> Samples:
        """All features as they are, from which a preprocessor learns."""
        return self._samples(rows, raw_features(self.table.values_FR, rows), self.table.features)

    def prepared(self, rows: Int, inputs: tuple[str, ...], preprocessor: FittedPreprocessor) -> Samples:
        """What a model reads. What compares symbols sees all of a date that can be forecast, labelled or not,
        as it will live."""
        whole = rows
        if self.preprocess.cross_sectional:
            dates = np.zeros(len(self.panel.dates_T), dtype=bool)
            dates[self.panel.date_codes_R[rows]] = True
            whole = np.flatnonzero(self.eligible_R & dates[self.panel.date_codes_R])
        X_NF = design_matrix(self.table.values_FR, whole, self.panel.timestamps_R[whole], inputs, preprocessor)
        return self._samples(rows, X_NF if whole is rows else X_NF[np.searchsorted(whole, rows)], inputs)

    def _samples(self, rows: Int, X_NF: Float32, columns: tuple[str, ...]) -> Samples:
        return Samples(
            X_NF=X_NF,
            y_N=self.labels.y_R[rows],
            columns=columns,
            timestamps_N=self.panel.timestamps_R[rows],
            symbols_N=self.panel.symbol_codes_R[rows],
        )


def walk_forward(
    model: Model, loss: Loss, folds: tuple[Fold, ...], design: Design, *, seed: int, threads: int
) -> Forecasts:
    """Fits preprocessor and model on each fold's train rows and forecasts its validation and test rows."""
    parts: list[tuple[Int, int, bool, Float]] = []
    means, preprocessors, models = [], [], []
    for fold in folds:
        fold_seed = derive(seed, "fold", fold.number)
        preprocessor = design.preprocess.fit(design.raw(fold.train_rows), seed=derive(fold_seed, "preprocess"))
        inputs = model.inputs(preprocessor.columns)
        train = design.prepared(fold.train_rows, inputs, preprocessor)
        valid = design.prepared(fold.valid_rows, inputs, preprocessor)
        test = design.prepared(fold.test_rows, inputs, preprocessor)
        fitted = model.fit(train, valid, loss=loss, seed=fold_seed, threads=threads)
        parts.append((fold.valid_rows, fold.number, False, fitted.predict(valid.X_NF)))
        parts.append((fold.test_rows, fold.number, True, fitted.predict(test.X_NF)))
        means.append(float(train.y_N.mean()))
        preprocessors.append(preprocessor.state())
        models.append(fitted.to_files())
    return Forecasts(
        row_M=np.concatenate([rows for rows, *_ in parts]),
        fold_M=np.concatenate([np.full(len(rows), fold) for rows, fold, *_ in parts]),
        is_test_M=np.concatenate([np.full(len(rows), test) for rows, _, test, _ in parts]),
        forecast_M=np.concatenate([forecast for *_, forecast in parts]),
        train_mean_K=np.array(means),
        preprocessors=tuple(preprocessors),
        models=tuple(models),
    )


def scored(
    forecasts: Forecasts, baselines: Mapping[str, Forecasts], labels: Labels, panel: Panel, *, test: bool
) -> Scored:
    """The forecasts of one kind of span whose outcome is known, sorted by time, then symbol."""
    row_M = forecasts.row_M
    index = np.flatnonzero((forecasts.is_test_M == test) & np.isfinite(labels.y_R[row_M]))
    index = index[np.lexsort((panel.symbol_codes_R[row_M[index]], panel.timestamps_R[row_M[index]]))]
    rows, folds = row_M[index], forecasts.fold_M[index]
    lower_M, upper_M = (forecasts.lower_M, forecasts.upper_M) if test else (None, None)
    return Scored(
        span="test" if test else "valid",
        timestamps_M=panel.timestamps_R[rows],
        symbols_M=panel.symbol_codes_R[rows],
        fold_M=folds,
        forecast_M=forecasts.forecast_M[index],
        target_M=labels.y_R[rows],
        train_mean_M=forecasts.train_mean_K[folds - 1],
        baselines={name: baseline.forecast_M[index] for name, baseline in baselines.items()},
        lower_M=None if lower_M is None else lower_M[index],
        upper_M=None if upper_M is None else upper_M[index],
        coverage=None if lower_M is None else forecasts.coverage,
    )


def decide_weights(portfolio: Portfolio, forecasts: Forecasts, panel: Panel) -> tuple[Time, Float]:
    """(D,) decision times of the test spans and (D, S) target weights: 0 without a forecast, as outside the
    universe."""
    decided_D, forecast_DS = forecast_grid(forecasts, panel)
    return decided_D, portfolio.weights(forecast_DS, bars_per_year=panel.bars_per_year)


def forecast_grid(forecasts: Forecasts, panel: Panel) -> tuple[Time, Float]:
    """(D,) decision times of the test spans and (D, S) forecasts, NaN where there is none."""
    rows = forecasts.row_M[forecasts.is_test_M]
    decided_D = np.union1d(panel.timestamps_R[rows], _departures(rows, panel))
    position_M = np.searchsorted(decided_D, panel.timestamps_R[rows])
    forecast_DS = np.full((len(decided_D), len(panel.symbols)), np.nan)
    forecast_DS[position_M, panel.symbol_codes_R[rows]] = forecasts.forecast_M[forecasts.is_test_M]
    return decided_D, forecast_DS


def _departures(rows: Int, panel: Panel) -> Time:
    """Times at which a symbol outside the universe has a bar: its last member must be sold, too."""
    first, last = panel.timestamps_R[rows].min(), panel.timestamps_R[rows].max()
    outside_R = ~panel.in_universe_R & (panel.timestamps_R >= first) & (panel.timestamps_R <= last)
    return np.unique(panel.timestamps_R[outside_R])


def price_grid(panel: Panel, fields: tuple[str, ...]) -> PriceGrid:
    """The panel's prices as (T, S) matrices. Raises DataError where a field is missing."""
    missing = [name for name in fields if name not in panel.fields]
    if missing:
        raise DataError(
            f"backtest: needs the field(s) {', '.join(missing)}, the data has {', '.join(panel.fields)}; "
            "choose another backtest or add the column"
        )
    return PriceGrid(
        symbols=panel.symbols,
        timestamps_T=panel.dates_T,
        fields={name: panel.grid(name) for name in fields},
        bars_per_year=panel.bars_per_year,
    )
