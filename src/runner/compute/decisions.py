"""From forecasts to target weights, and the prices at which they are traded.

Shape legend: D decision times, T bars, S symbols.
"""

from dataclasses import dataclass

import numpy as np

from components.contracts import Backtest, Portfolio
from components.errors import DataError
from components.panel import Panel
from components.portfolio.benchmark import benchmark_weights
from components.values import BacktestResult, Float, Int, PriceGrid, Time
from runner.compute.forecast import Forecasts


@dataclass(frozen=True, kw_only=True, eq=False)
class Decided:
    """decided_D: decision times of the test spans; weights_DS: target weights, 0 without a forecast, as outside the
    universe."""

    decided_D: Time
    weights_DS: Float


def decide_weights(panel: Panel, forecasts: Forecasts, *, portfolio: Portfolio) -> Decided:
    """What the portfolio makes of the forecasts."""
    decided_D, forecast_DS = forecast_grid(forecasts, panel)
    return Decided(decided_D=decided_D, weights_DS=portfolio.weights(forecast_DS, bars_per_year=panel.bars_per_year))


def trade(panel: Panel, decided: Decided, *, backtest: Backtest) -> BacktestResult:
    """What the weights would have earned."""
    return backtest.run(decided.decided_D, decided.weights_DS, price_grid(panel, backtest.fields()))


def trade_benchmark(panel: Panel, decided: Decided, *, backtest: Backtest) -> BacktestResult:
    """What the index at equal average exposure would have earned in the same account."""
    weights_DS = benchmark_weights(decided.weights_DS)
    return backtest.run(decided.decided_D, weights_DS, price_grid(panel, backtest.fields()))


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
