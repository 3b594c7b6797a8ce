"""Does the bundle forecast and order what its run did? Comparisons that need numpy alone.

A forecast f differs beyond the tolerance by more than 1e-5 x max(|f|, standard deviation of its fold's forecasts).
An order differs if its sign does (a position that one side does not hold at all included), or its weight by more
than 1e-6.

Shape legend: R panel rows, M out-of-sample forecasts, D decisions, S symbols, C columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from components.panel import Panel
from components.values import Float, Float32, Int, Time, View
from runner.bundle.forecast import time_texts
from runner.bundle.reader import Bundle
from runner.compute.decisions import Decided
from runner.compute.orders import Orders, ordered, seen_at
from runner.compute.view import view_of

FORECAST_TOLERANCE = 1e-5
WEIGHT_TOLERANCE = 1e-6
TOLERANCE = "1e-5 x max(|f|, standard deviation of the fold's forecasts); weights 1e-6"


@dataclass(frozen=True, kw_only=True, eq=False)
class OutOfSample:
    """What a run forecast and ordered out of sample.

    names, values_CR: the columns of the run's design matrix on the panel's rows; row_M, fold_M, path_M, values_MO:
    panel row, fold, path and forecasts; decision: the column that is decided on; decided: on each path.
    """

    panel: Panel
    names: Sequence[str]
    values_CR: Float32
    row_M: Int
    fold_M: Int
    path_M: Int
    values_MO: Float
    decision: int
    decided: Sequence[Decided]

    @cached_property
    def decided_D(self) -> Time:
        """(D,) decision times, path by path."""
        return np.concatenate([each.decided_D for each in self.decided])

    @cached_property
    def weights_DS(self) -> Float:
        return np.concatenate([each.weights_DS for each in self.decided])

    @cached_property
    def fold_D(self) -> Int:
        """The fold to whose test span a decision belongs."""
        return np.concatenate([each.fold_D for each in self.decided])

    @cached_property
    def tolerance_MO(self) -> Float:
        spread_MO = np.empty(self.values_MO.shape)
        for fold in np.unique(self.fold_M):
            spread_MO[self.fold_M == fold] = self.values_MO[self.fold_M == fold].std(axis=0)
        tolerance_MO: Float = FORECAST_TOLERANCE * np.maximum(np.abs(self.values_MO), spread_MO)
        return tolerance_MO

    @property
    def forecast_M(self) -> Float:
        return self.values_MO[:, self.decision]

    def beyond_M(self, replay: "Replay") -> npt.NDArray[np.bool_]:
        """Forecasts of which any output differs by more than the tolerance; a missing one is none of them."""
        return np.asarray((np.abs(replay.values_MO - self.values_MO) > self.tolerance_MO).any(axis=1))

    def view(self, values_MO: Float, decided: Decided, bundle: Bundle) -> View:
        """What is seen on a path with these forecasts."""
        own_M = self.path_M == decided.path
        return view_of(
            self.panel,
            self.row_M[own_M],
            values_MO[own_M],
            bundle.outputs,
            decided.decided_D,
            bundle.recipe.reads,
            bars_per_year=bundle.recipe.bars_per_year,
        )

    def where(self, row: int) -> str:
        """Bar and symbol of a panel row."""
        stamp = time_texts(self.panel.timestamps_R[row : row + 1])[0]
        return f"{stamp}, {self.panel.symbols[self.panel.symbol_codes_R[row]]}"


@dataclass(frozen=True, kw_only=True, eq=False)
class Replay:
    """The same from a bundle; values_MO: NaN where it made none; values_CM: its columns at these rows."""

    values_MO: Float
    weights_DS: Float
    values_CM: Float32


def at_once(bundles: Mapping[int, Bundle], run: OutOfSample, *, threads: int) -> Replay:
    """Replays all bars at once, each fold by its own bundle."""
    from components.expressions import evaluate

    any_bundle = next(iter(bundles.values()))
    values_CR: Float32 = evaluate(any_bundle.recipe.nodes, run.panel, threads=threads)
    values_MO = np.full(run.values_MO.shape, np.nan)
    for fold, bundle in bundles.items():
        own = np.flatnonzero(run.fold_M == fold)
        dates_T = np.zeros(len(run.panel.dates_T), dtype=bool)
        dates_T[run.panel.date_codes_R[run.row_M[own]]] = True
        members_R, asked_R = run.panel.in_universe_R, np.zeros(run.panel.n_rows, dtype=bool)
        asked_R[run.row_M[own]] = True
        if bundle.recipe.lookback_rows == 1:  # no other row plays a part
            members_R = members_R & dates_T[run.panel.date_codes_R]
        rows, found_NO = bundle.infer(values_CR, run.panel.timestamps_R, members_R, run.panel.symbol_codes_R, asked_R)
        found_RO = np.full((run.panel.n_rows, run.values_MO.shape[1]), np.nan)
        found_RO[rows] = found_NO
        values_MO[own] = found_RO[run.row_M[own]]
    weights_DS = np.concatenate([_at_once(bundles, run, values_MO, decided) for decided in run.decided])
    return Replay(values_MO=values_MO, weights_DS=weights_DS, values_CM=values_CR[:, run.row_M])


def _at_once(bundles: Mapping[int, Bundle], run: OutOfSample, values_MO: Float, decided: Decided) -> Float:
    """(D, S) weights of a path."""
    any_bundle = next(iter(bundles.values()))
    portfolios = {int(fold): bundles[int(fold)].portfolio for fold in np.unique(decided.fold_D)}
    view = run.view(values_MO, decided, any_bundle)
    return ordered(view, decided.fold_D, portfolios, any_bundle.constraints).weights_DS


def bar_by_bar(bundles: Mapping[int, Bundle], run: OutOfSample, *, threads: int) -> Replay:
    """Replays the bars one date after the other, by streams that start before the first of them."""
    from components.expressions.stream import FeatureStream

    panel, any_bundle = run.panel, next(iter(bundles.values()))
    features = FeatureStream(any_bundle.recipe.nodes, any_bundle.recipe.fields, len(panel.symbols), threads=threads)
    stamps_M = panel.timestamps_R[run.row_M]
    history = panel.before(stamps_M.min())
    features.warm(history, np.searchsorted(panel.symbols, history.symbols))
    fields_IR = np.array([panel.fields[name] for name in features.program.fields])
    places_S = np.searchsorted(panel.symbols, history.symbols)
    pasts = {
        fold: bundle.past_of(history, places_S, len(panel.symbols), threads=threads) for fold, bundle in bundles.items()
    }
    carried = {fold: bundle.begun(len(panel.symbols)) for fold, bundle in bundles.items()}
    values_MO = np.full(run.values_MO.shape, np.nan)
    values_CM = np.full((len(any_bundle.recipe.nodes), len(run.row_M)), np.nan, dtype=np.float32)
    m_of_R = [(fold, _positions(run, fold)) for fold in bundles]
    for rows in _dates(panel, stamps_M.min(), stamps_M.max()):
        codes_N, times_N, members_N = (
            panel.symbol_codes_R[rows].astype(np.int64),
            panel.timestamps_R[rows],
            panel.in_universe_R[rows],
        )
        values_CN = features.push(codes_N, times_N, fields_IR[:, rows], members_N)
        for fold, position_R in m_of_R:
            m_N = position_R[rows]
            if pasts[fold] is not None or carried[fold] is not None or (m_N >= 0).any():
                found, found_NO = bundles[fold].infer_next(
                    values_CN, times_N, members_N, codes_N, pasts[fold], carried[fold], m_N >= 0
                )
                values_MO[m_N[found]] = found_NO
                values_CM[:, m_N[m_N >= 0]] = values_CN[:, m_N >= 0]
    weights_DS = np.concatenate([_one_by_one(bundles, run, values_MO, decided) for decided in run.decided])
    return Replay(values_MO=values_MO, weights_DS=weights_DS, values_CM=values_CM)


def _positions(run: OutOfSample, fold: int) -> Int:
    """(R,) the forecast of the fold at each panel row, -1 where there is none."""
    position_R = np.full(run.panel.n_rows, -1)
    own = np.flatnonzero(run.fold_M == fold)
    position_R[run.row_M[own]] = own
    return position_R


def _dates(panel: Panel, first: np.datetime64, last: np.datetime64) -> Iterator[Int]:
    """The rows of each date of a period, symbols in order."""
    order = np.argsort(panel.date_codes_R, kind="stable")
    bounds = np.searchsorted(panel.timestamps_R[order], panel.dates_T)
    begin, end = np.searchsorted(panel.dates_T, [first, last])
    for date in range(begin, end + 1):
        yield order[bounds[date] : bounds[date + 1] if date + 1 < len(bounds) else None]


def _one_by_one(bundles: Mapping[int, Bundle], run: OutOfSample, values_MO: Float, decided: Decided) -> Float:
    """(D, S) weights of a path, each decision from what it may depend on alone."""
    any_bundle = next(iter(bundles.values()))
    orders, constraints = Orders(any_bundle.constraints, len(run.panel.symbols)), any_bundle.constraints
    view, weights_DS = run.view(values_MO, decided, any_bundle), np.zeros(decided.weights_DS.shape)
    for d, fold in enumerate(decided.fold_D):
        portfolio = bundles[int(fold)].portfolio
        weights_DS[d] = orders.decide(portfolio, seen_at(view, d, portfolio, constraints))[1].weight_S
    return weights_DS


def compared(run: OutOfSample, replay: Replay) -> dict[str, Any]:
    """What differs, in all and fold by fold; passed: every forecast, none beyond the tolerance, and all orders."""
    difference_M = np.abs(replay.values_MO - run.values_MO).max(axis=1)
    beyond_M = run.beyond_M(replay)
    order_DS = (run.weights_DS != 0) | (replay.weights_DS != 0)
    wrong_DS = wrong_orders(run.weights_DS, replay.weights_DS)

    def figures(at_M: npt.NDArray[np.bool_], at_D: npt.NDArray[np.bool_]) -> dict[str, Any]:
        missing = int(np.isnan(difference_M[at_M]).sum())
        beyond = int(beyond_M[at_M].sum())
        differing = int(wrong_DS[at_D].sum())
        first, last = time_texts(np.sort(run.panel.timestamps_R[run.row_M[at_M]])[[0, -1]])
        return {
            "passed": missing == beyond == differing == 0,
            "first": str(first),
            "last": str(last),
            "forecasts": int(at_M.sum()),
            "missing_forecasts": missing,
            "max_abs_difference": float(np.nanmax(difference_M[at_M])) if missing < at_M.sum() else None,
            "forecasts_beyond_tolerance": beyond,
            "orders": int(order_DS[at_D].sum()),
            "differing_orders": differing,
        }

    everywhere = figures(np.ones(len(run.row_M), dtype=bool), np.ones(len(run.decided_D), dtype=bool))
    folds = [{"fold": int(k), **figures(run.fold_M == k, run.fold_D == k)} for k in np.unique(run.fold_M)]
    divergence = first_divergence(run, replay)
    return {**everywhere, "tolerance": TOLERANCE, "first_divergence": divergence, "folds": folds}


def wrong_orders(ours_DS: Float, theirs_DS: Float) -> npt.NDArray[np.bool_]:
    """(D, S) orders that differ."""
    far_DS = np.abs(ours_DS - theirs_DS) > WEIGHT_TOLERANCE
    wrong_DS: npt.NDArray[np.bool_] = far_DS | (np.sign(ours_DS) != np.sign(theirs_DS))
    return wrong_DS


def first_divergence(run: OutOfSample, replay: Replay) -> str:
    """Bar, symbol and column of the first difference in time, features before forecasts before orders; or ''."""
    ran_CM = run.values_CR[:, run.row_M]
    columns_M = ((ran_CM != replay.values_CM) & ~(np.isnan(ran_CM) & np.isnan(replay.values_CM))).any(axis=0)
    # Not <=, which a missing forecast would pass.
    forecasts_M = ~(np.abs(replay.values_MO - run.values_MO) <= run.tolerance_MO).all(axis=1)
    stamps_M = run.panel.timestamps_R[run.row_M]
    found = []
    for kind, wrong_M in (("column", columns_M), ("forecast", forecasts_M)):
        if wrong_M.any():
            m = np.flatnonzero(wrong_M)[np.argmin(stamps_M[wrong_M])]
            found.append((stamps_M[m], kind, int(m)))
    wrong_DS = wrong_orders(run.weights_DS, replay.weights_DS)
    if wrong_DS.any():
        wrong_D = np.flatnonzero(wrong_DS.any(axis=1))
        d = int(wrong_D[np.argmin(run.decided_D[wrong_D])])
        found.append((run.decided_D[d], "order", d))
    if not found:
        return ""
    _, kind, place = min(found, key=lambda each: each[0])
    if kind == "order":
        symbol = int(np.flatnonzero(wrong_DS[place])[0])
        who = f"{time_texts(run.decided_D[place : place + 1])[0]}, {run.panel.symbols[symbol]}"
        return f"{who}: weight {replay.weights_DS[place, symbol]:.9g}, the run's {run.weights_DS[place, symbol]:.9g}"
    if kind == "forecast":
        output = int(np.argmax(~(np.abs(replay.values_MO - run.values_MO) <= run.tolerance_MO)[place]))
        return (
            f"{run.where(int(run.row_M[place]))}: forecast {replay.values_MO[place, output]:.9g}, the run's "
            f"{run.values_MO[place, output]:.9g}, though all features agree"
        )
    column = int(np.argmax((ran_CM[:, place] != replay.values_CM[:, place]) & np.isfinite(ran_CM[:, place])))
    return (
        f"{run.where(int(run.row_M[place]))}: feature '{run.names[column]}' {replay.values_CM[column, place]:.9g}, "
        f"the run's {ran_CM[column, place]:.9g}"
    )
