"""From forecasts to target weights, and the prices at which they are traded.

Shape legend: D decision times, T bars, S symbols.
"""

import numpy as np

from components.contracts import Portfolio
from components.errors import DataError
from components.panel import Panel
from components.values import Float, Int, PriceGrid, Time
from runner.compute.forecast import Forecasts


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
