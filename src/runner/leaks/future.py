"""Cut the future, poison the future: every stage again, with what lies after a time removed or changed.

Each stage gets the inputs that it had in the run, so that a leak is found at the stage that lets it in: since
nothing that a stage says about the past depends on the future, neither does what all of them say together.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Literal

import numpy as np

from components.contracts import FittedPreprocessor
from components.panel import Panel
from components.values import Float, Float32, Fold, Int, LeakFinding, Time, View
from runner.compute.calibrate import calibrate
from runner.compute.decisions import fit_of_fold, price_grid, seen
from runner.compute.orders import ordered
from runner.compute.samples import Design
from runner.leaks.subject import Mask, Subject, day, feature_path, leak, moved, moved_sentence, poisoned, stretch

How = Literal["cut", "poison"]

WEIGHT_TIMES = 4
"""Times at which weights are asked for again."""

BARS_AFTER = 40
"""Bars after the time at which bars and weights are changed: enough for what is done with them."""

EXACT = 1e-9
"""Standard deviations by which equity may move: the same arithmetic on the same numbers."""


def future(subject: Subject, how: How, folds: tuple[Fold, ...], *, dates: int | None = None) -> Iterator[LeakFinding]:
    """Features and labels once, on so many dates before a time (None: all); preprocessor and model at a time inside
    each fold, weights at some times, and the beginning of the backtest, of which each bar depends on all before."""
    yield from _columns(subject, how, subject.inside(folds[-1]), dates)
    for fold in folds:
        yield from _forecasts(subject, how, fold, dates)
        if how == "poison":
            yield from _calibration(subject, fold)
            yield from _portfolio(subject, fold)
    yield from _weights(subject, how)
    for place in _fill_places(subject, thorough=dates is None):
        yield from _backtest(subject, how, place)


def said(how: How, start: np.datetime64) -> str:
    """How a sentence begins."""
    return f"with all from {day(start)} on {'cut off' if how == 'cut' else 'changed'}"


def _columns(subject: Subject, how: How, start: np.datetime64, dates: int | None) -> Iterator[LeakFinding]:
    panel, table, labels = subject.panel, subject.prepared.table, subject.prepared.labels
    known = stretch(subject, start, dates)
    last = int(np.searchsorted(panel.dates_T, start)) + BARS_AFTER
    whole = dates is None or last >= len(panel.dates_T)
    keep_R = panel.timestamps_R >= known.begin
    if how == "cut":
        keep_R &= panel.timestamps_R < start
    elif not whole:
        keep_R &= panel.timestamps_R < panel.dates_T[last]
    places_K = np.cumsum(keep_R)[known.rows_K] - 1
    bars = panel.take(keep_R)
    other = bars if how == "cut" else poisoned(bars, start, subject.rng("bars"))
    values_FK = subject.table_of(other)[:, places_K]
    for name, old_R, new_K in zip(table.names, table.values_FR, values_FK, strict=True):
        old_K = old_R[known.rows_K]
        if (moved_K := moved(old_K, new_K)).any():
            sentence = moved_sentence(panel, known.rows_K, old_K, new_K, moved_K, change=said(how, start))
            yield leak(how, feature_path(name), sentence)
    relabelled = subject.labels_on(other)
    ended_K = labels.label_end_R[known.rows_K] < start
    rows_K, new_y_K = known.rows_K[ended_K], relabelled.y_R[places_K[ended_K]]
    if (moved_K := moved(labels.y_R[rows_K], new_y_K)).any():
        sentence = moved_sentence(panel, rows_K, labels.y_R[rows_K], new_y_K, moved_K, change=said(how, start))
        yield leak(how, "target", f"its label_end is too early: {sentence}")


def _forecasts(subject: Subject, how: How, fold: Fold, dates: int | None) -> Iterator[LeakFinding]:
    """Preprocessor, then model, on the fold's test rows before a time: with the later rows gone, or other ones."""
    start = subject.inside(fold)
    rows = _near(subject.panel, fold.test_rows, start, dates)
    known_N = subject.panel.timestamps_R[rows] < start
    preprocessor, model = subject.learnt(fold)
    inputs = subject.model.inputs(preprocessor.columns)
    blocked = subject.design.blocked(rows, inputs, preprocessor)
    samples = blocked.samples(rows)
    X_NG = samples.X_NF
    if how == "cut":
        X_KG = subject.design.prepared(rows[known_N], inputs, preprocessor).X_NF
        forecast_KO = model.predict(samples.take(np.flatnonzero(known_N)))
    else:
        X_KG = _preprocessed_poison(subject, rows, start, inputs, preprocessor)[known_N]
        later_B = subject.panel.timestamps_R[blocked.rows_B] >= start
        shaken_BG = _shaken(samples.block.values_RF, subject.rng(f"rows of fold {fold.number}"))
        block = replace(samples.block, values_RF=np.where(later_B[:, None], shaken_BG, samples.block.values_RF))
        forecast_KO = model.predict(replace(samples, block=block))[known_N]
    for place, column in enumerate(inputs):
        if (moved_K := moved(X_NG[known_N, place], X_KG[:, place])).any():
            sentence = moved_sentence(
                subject.panel, rows[known_N], X_NG[known_N, place], X_KG[:, place], moved_K, change=said(how, start)
            )
            yield leak(how, f"preprocess (column {column}, fold {fold.number})", sentence)
            break
    for old_K, forecast_K in zip(model.predict(samples)[known_N].T, forecast_KO.T, strict=True):
        if (moved_K := moved(old_K, forecast_K)).any():
            sentence = moved_sentence(subject.panel, rows[known_N], old_K, forecast_K, moved_K, change=said(how, start))
            yield leak(how, f"model (forecasts of fold {fold.number})", sentence)
            break


def _calibration(subject: Subject, fold: Fold) -> Iterator[LeakFinding]:
    """Calibrated forecasts before a time, with other raw forecasts from it on, and with other outcomes wherever
    they were not known when the fold's test span began, those of its validation rows apart."""
    forecasts, labels, panel = subject.executed.calibrated.value, subject.prepared.labels, subject.panel
    start, rng = subject.inside(fold), subject.rng(f"calibration of fold {fold.number}")
    begins = fold.span.test[0][0]
    late_R = _late(subject, fold)
    later_M = np.flatnonzero(panel.timestamps_R[forecasts.row_M] >= start)
    y_RK, raw_M = labels.y_RK.copy(), forecasts.uncalibrated_M.copy()
    y_RK[late_R, 0], raw_M[later_M] = rng.permutation(y_RK[late_R, 0]), rng.permutation(raw_M[later_M])
    other = replace(subject.executed.walked.value, raw_M=raw_M)
    other_labels = replace(labels, y_RK=y_RK)
    calibration, table = subject.experiment.calibration, subject.prepared.table
    if calibration.carries_state:
        values_FR = table.values_FR.copy()
        later_R = panel.timestamps_R >= start
        values_FR[-1, later_R] = rng.permutation(values_FR[-1, later_R])
        table = replace(table, values_FR=values_FR)
    again = calibrate(other, subject.folds, other_labels, panel, table, calibration=calibration)
    known_M = forecasts.is_test_M & (forecasts.fold_M == fold.number)
    known_M &= panel.timestamps_R[forecasts.row_M] < start
    for old_K, new_K in zip(forecasts.values_MO[known_M].T, again.values_MO[known_M].T, strict=True):
        if (moved_K := moved(old_K, new_K)).any():
            change = f"with forecasts from {day(start)} on and outcomes after {day(begins)} changed"
            sentence = moved_sentence(panel, forecasts.row_M[known_M], old_K, new_K, moved_K, change=change)
            yield leak("poison", f"calibration (fold {fold.number})", sentence)
            break


def _near(panel: Panel, rows: Int, start: np.datetime64, dates: int | None) -> Int:
    """The rows on so many dates before a time, and as many after it."""
    if dates is None:
        return rows
    place = int(np.searchsorted(panel.dates_T, start))
    return rows[np.abs(panel.date_codes_R[rows] - place) <= dates]


def _span(subject: Subject, rows: Int) -> Mask:
    """(R,) rows on the dates of these rows, of all symbols."""
    times_N = subject.panel.timestamps_R[rows]
    return np.asarray((subject.panel.timestamps_R >= times_N.min()) & (subject.panel.timestamps_R <= times_N.max()))


def _places(subject: Subject, rows: Int) -> Int:
    """(N,) places of rows among those of their dates."""
    return np.asarray(np.cumsum(_span(subject, rows))[rows] - 1)


def _preprocessed_poison(
    subject: Subject, rows: Int, start: np.datetime64, inputs: tuple[str, ...], preprocessor: FittedPreprocessor
) -> Float32:
    """(N, G) what the model reads of the rows, with other features from a time on."""
    design = replace(_poisoned(subject, rows, start), lookback_rows=1)
    return design.prepared(_places(subject, rows), inputs, preprocessor).X_NF


def _poisoned(subject: Subject, rows: Int, start: np.datetime64) -> Design:
    """Samples on the dates of some rows, whose features from a time on are other ones."""
    keep_R = _span(subject, rows)
    values_FK = subject.prepared.table.values_FR[:, keep_R].copy()
    later_K = subject.panel.timestamps_R[keep_R] >= start
    values_FK[:, later_K] = _shaken(values_FK[:, later_K].T, subject.rng("table")).T
    return subject.design_on(keep_R, values_FK)


def _shaken(X_NF: Float32, rng: np.random.Generator) -> Float32:
    """Wild values in the place of those that are there; what is missing stays missing."""
    return (X_NF * rng.uniform(-3, 3, X_NF.shape) + rng.normal(size=X_NF.shape)).astype(np.float32)


def _weights(subject: Subject, how: How) -> Iterator[LeakFinding]:
    """Weights before some times, without the later forecasts and bars, or with other ones; of the portfolios as they
    were fitted and of the constraints."""
    panel, rng, decided = subject.panel, subject.rng("weights"), subject.executed.decided.value
    portfolios, constraints = subject.portfolios, subject.experiment.constraints
    forecasts = subject.executed.forecasts
    own_M = forecasts.path_M == decided.path
    view = seen(panel, forecasts, own_M, decided.decided_D, subject.experiment.portfolio, constraints)
    for place in rng.integers(1, len(decided.decided_D), WEIGHT_TIMES) if len(decided.decided_D) > 1 else ():
        other = _other(view, place, rng) if how == "poison" else _cut(view, place)
        found = ordered(other, decided.fold_D[: len(other.decided_D)], portfolios, constraints)
        old_KS, new_KS = decided.weights_DS[:place], found.weights_DS[:place]
        if (moved_KS := moved(old_KS.ravel(), new_KS.ravel()).reshape(old_KS.shape)).any():
            d, s = np.argwhere(moved_KS)[0]
            yield leak(
                how,
                "portfolio",
                f"{said(how, decided.decided_D[place])}, {int(moved_KS.sum())} of {moved_KS.size} earlier weights "
                f"move; the first: {panel.symbols[s]} {day(decided.decided_D[d])}, {old_KS[d, s]:.6g} becomes "
                f"{new_KS[d, s]:.6g}",
            )
            return


def _cut(view: View, place: int) -> View:
    return view.until(place - 1, decisions=place, bars=len(view.times_T))


def _other(view: View, place: int, rng: np.random.Generator) -> View:
    """The view with other forecasts from a decision on, and other bars after the one before it."""
    values_DSO = view.values_DSO.copy()
    spread_O = np.nan_to_num(3 * np.nanstd(values_DSO, axis=(0, 1))) + 1e-9
    values_DSO[place:] += rng.normal(size=values_DSO[place:].shape) * spread_O
    later_T = view.times_T > view.decided_D[place - 1]
    past = {name: values_TS.copy() for name, values_TS in view.past.items()}
    for values_TS in past.values():
        values_TS[later_T] *= rng.uniform(-3, 3, values_TS[later_T].shape)
    return replace(view, values_DSO=values_DSO, past=past)


def _portfolio(subject: Subject, fold: Fold) -> Iterator[LeakFinding]:
    """The portfolio that was fitted for a fold, with other outcomes wherever they were not known when its test span
    began, those of its validation rows apart."""
    portfolio, forecasts, labels = subject.experiment.portfolio, subject.executed.forecasts, subject.prepared.labels
    if portfolio.learns_from() is None or fold.number not in subject.portfolios:
        return
    late_R = _late(subject, fold)
    y_RK = labels.y_RK.copy()
    y_RK[late_R, 0] = subject.rng(f"portfolio of fold {fold.number}").permutation(y_RK[late_R, 0])
    again = fit_of_fold(portfolio, subject.panel, forecasts, fold, subject.folds, replace(labels, y_RK=y_RK))
    if again != subject.portfolios[fold.number]:
        begins = day(fold.span.test[0][0])
        yield leak(
            "poison",
            f"portfolio (fold {fold.number})",
            f"with outcomes after {begins} changed, what it learnt for decisions from then on changes: "
            f"{subject.portfolios[fold.number]} becomes {again}",
        )


def _late(subject: Subject, fold: Fold) -> Int:
    """Rows whose outcome was not known when a fold's test span began, its validation rows apart."""
    late_R = np.flatnonzero(subject.prepared.labels.label_end_R > fold.span.test[0][0])
    return np.setdiff1d(late_R, fold.valid_rows)


def _fill_places(subject: Subject, *, thorough: bool) -> list[int]:
    """Bars of the backtest at which its future begins, early ones, so that little has to be traded again: any one;
    thorough: those at and after which the account won and lost most, too: who knows the next bar shows it there."""
    returns_T = subject.executed.backtest.equity["return"].to_numpy(dtype=np.float64)
    lag, last = subject.experiment.backtest.execution_lag_bars, len(returns_T) // 4
    places = [1 + int(subject.rng("backtest").integers(len(returns_T) // 8, last + 1))]
    if thorough and last > lag + 2:
        early_T = returns_T[lag + 2 : last]
        extreme = [lag + 2 + int(early_T.argmax()), lag + 2 + int(early_T.argmin())]
        places += [place + later for place in extreme for later in (0, 1)]
    return [place for place in dict.fromkeys(places) if place + lag < len(returns_T)]


def _backtest(subject: Subject, how: How, place: int) -> Iterator[LeakFinding]:
    """Equity before a bar without the bars and weights from it on, or with other bars; and with other weights,
    what is held until the first of them can be filled."""
    executed, backtest = subject.executed, subject.experiment.backtest
    times_T = executed.backtest.equity["timestamp"].to_numpy()
    start = times_T[place]
    end = start if how == "cut" else times_T[min(place + BARS_AFTER, len(times_T) - 1)]
    bars = subject.panel.before(end)
    known_D, kept = executed.decided_D < end, np.isin(subject.panel.symbols, bars.symbols)
    decided_D, weights_DS = executed.decided_D[known_D], executed.weights_DS[known_D][:, kept]
    other = bars if how == "cut" else poisoned(bars, start, subject.rng("bars"))
    # That a symbol's bars have ended is told, not seen from later bars: it is known in both.
    ended_S = backtest.endings(price_grid(subject.panel, backtest.fields()))[kept]
    prices, others = (replace(price_grid(panel, backtest.fields()), ended_S=ended_S) for panel in (bars, other))
    again = backtest.run(decided_D, weights_DS, others).equity
    old_T, new_T = (
        frame["equity"].to_numpy()[frame["timestamp"].to_numpy() < start] for frame in (executed.backtest.equity, again)
    )
    yield from _bars_moved(how, said(how, start), "equity", times_T, old_T[: len(new_T)], new_T)
    if how == "poison":
        other_DS = np.where((decided_D < start)[:, None], weights_DS, -0.5 * weights_DS - 0.1)
        result = backtest.run(decided_D, other_DS, prices)
        filled = place + backtest.execution_lag_bars
        old_T, new_T = executed.backtest.holdings_TS[:filled].sum(axis=1), result.holdings_TS[:filled].sum(axis=1)
        yield from _bars_moved(
            how, f"with the weights from {day(start)} on changed", "what is held", times_T, old_T, new_T
        )


def _bars_moved(how: How, change: str, what: str, times_T: Time, old_T: Float, new_T: Float) -> Iterator[LeakFinding]:
    if (moved_T := moved(old_T, new_T, EXACT)).any():
        first = int(moved_T.argmax())
        yield leak(
            how,
            "backtest",
            f"{change}, {what} moves on {int(moved_T.sum())} of {len(moved_T)} bars that cannot know of it; the "
            f"first: {day(times_T[first])}, {old_T[first]:.6g} becomes {new_T[first]:.6g}",
        )
