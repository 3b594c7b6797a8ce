"""From forecasts to target weights, and the prices at which they are traded.

Shape legend: D decision times, T bars, S symbols, M forecast rows.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.accounts.benchmark import benchmark_weights
from components.contracts import Backtest, Constraints, Portfolio
from components.errors import DataError
from components.panel import Panel
from components.values import BacktestResult, Float, Fold, Int, PriceGrid, Relaxed, Time, View
from runner.compute.calibrate import Mask, learning_rows
from runner.compute.forecast import Forecasts
from runner.compute.orders import ordered
from runner.compute.target import Labels
from runner.compute.view import read_by, view_of
from runner.specification.described import described


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided:
    """What was decided on one path through the test spans.

    decided_D   decision times; fold_D: the fold whose portfolio decided
    weights_DS  target weights, 0 without a forecast, as outside the universe
    portfolios  fold -> configuration of the portfolio that was fitted for it
    relaxed     at which decisions which constraint could not be met
    """

    path: int
    decided_D: Time
    fold_D: Int
    weights_DS: Float
    portfolios: Mapping[int, Mapping[str, Any]]
    relaxed: tuple[tuple[int, Relaxed], ...] = ()


def decide_weights(
    panel: Panel,
    forecasts: Forecasts,
    folds: Sequence[Fold] | None = None,
    labels: Labels | None = None,
    *,
    portfolio: Portfolio,
    constraints: Constraints,
) -> Decided:
    """What the portfolio, then the constraints make of the test forecasts, all of one path.

    folds, labels: for a portfolio that is fitted, None for others.
    """
    own_M = forecasts.is_test_M
    decided_D = decision_times(panel, forecasts.row_M[own_M])
    fold_D = fold_of_decisions(panel, forecasts.row_M[own_M], forecasts.fold_M[own_M], decided_D)
    numbers = [int(number) for number in np.unique(fold_D)]
    portfolios = dict.fromkeys(numbers, portfolio)
    if portfolio.learns_from() is not None:
        assert folds is not None, "it learns fold by fold"
        assert labels is not None, "it learns from outcomes"
        portfolios = {n: fit_of_fold(portfolio, panel, forecasts, folds[n - 1], folds, labels) for n in numbers}
    view = seen(panel, forecasts, own_M, decided_D, portfolio, constraints)
    found = ordered(view, fold_D, portfolios, constraints)
    return Decided(
        path=int(forecasts.path_M.max()),
        decided_D=decided_D,
        fold_D=fold_D,
        weights_DS=found.weights_DS,
        portfolios={number: described(fitted) for number, fitted in portfolios.items()},
        relaxed=found.relaxed,
    )


def seen(
    panel: Panel, forecasts: Forecasts, own_M: Mask, decided_D: Time, portfolio: Portfolio, constraints: Constraints
) -> View:
    """What is seen at decisions that these forecasts are for."""
    return view_of(
        panel,
        forecasts.row_M[own_M],
        forecasts.values_MO[own_M],
        forecasts.outputs,
        decided_D,
        read_by(portfolio, constraints),
        bars_per_year=panel.bars_per_year,
    )


def fit_of_fold(
    portfolio: Portfolio, panel: Panel, forecasts: Forecasts, fold: Fold, folds: Sequence[Fold], labels: Labels
) -> Portfolio:
    """The portfolio with what a fold's out-of-sample forecasts teach, see `calibrate.learning_rows`."""
    source = portfolio.learns_from()
    assert source is not None, "it learns"
    known_M = learning_rows(source, forecasts, fold, folds, labels)
    return _fitted(portfolio, panel, forecasts, known_M, labels, f"fold {fold.number}")


def deployed_portfolio(portfolio: Portfolio, panel: Panel, forecasts: Forecasts, labels: Labels) -> Portfolio:
    """The portfolio beside a model that is refitted on all rows: learnt from the test forecasts, all of one path."""
    if portfolio.learns_from() is None:
        return portfolio
    known_M = forecasts.is_test_M & np.isfinite(labels.y_R[forecasts.row_M])
    return _fitted(portfolio, panel, forecasts, known_M, labels, "all test spans")


def _fitted(
    portfolio: Portfolio, panel: Panel, forecasts: Forecasts, known_M: Mask, labels: Labels, where: str
) -> Portfolio:
    rows = forecasts.row_M[known_M]
    decided_D = np.unique(panel.timestamps_R[rows])
    view = view_of(
        panel,
        rows,
        forecasts.values_MO[known_M],
        forecasts.outputs,
        decided_D,
        read_by(portfolio),
        bars_per_year=panel.bars_per_year,
    )
    outcome_DS = np.full(view.values_DSO.shape[:2], np.nan)
    outcome_DS[np.searchsorted(decided_D, panel.timestamps_R[rows]), panel.symbol_codes_R[rows]] = labels.y_R[rows]
    try:
        return portfolio.fit(view, outcome_DS)
    except DataError as error:
        raise DataError(f"portfolio, {where}: {error}") from None


def trade(panel: Panel, decided: Decided, *, backtest: Backtest) -> BacktestResult:
    """What the weights would have earned."""
    return backtest.run(decided.decided_D, decided.weights_DS, price_grid(panel, backtest.fields()))


def trade_benchmark(panel: Panel, decided: Decided, *, backtest: Backtest) -> BacktestResult:
    """What the index at equal average exposure would have earned in the same account."""
    weights_DS = benchmark_weights(decided.weights_DS)
    return backtest.run(decided.decided_D, weights_DS, price_grid(panel, backtest.fields()))


def decision_times(panel: Panel, rows: Int) -> Time:
    """(D,) times of forecasts at these rows, and those at which a symbol outside the universe has a bar between them:
    its last member must be sold, too."""
    times_N = panel.timestamps_R[rows]
    outside_R = ~panel.in_universe_R
    outside_R &= (panel.timestamps_R >= times_N.min()) & (panel.timestamps_R <= times_N.max())
    return np.union1d(times_N, panel.timestamps_R[outside_R])


def fold_of_decisions(panel: Panel, rows: Int, fold_N: Int, decided_D: Time) -> Int:
    """(D,) the fold to whose test span a decision belongs; without a forecast, that of the one before."""
    fold_D = np.zeros(len(decided_D), dtype=np.int64)
    np.maximum.at(fold_D, np.searchsorted(decided_D, panel.timestamps_R[rows]), fold_N)
    last_D = np.maximum.accumulate(np.where(fold_D > 0, np.arange(len(fold_D)), 0))
    return fold_D[last_D]


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
