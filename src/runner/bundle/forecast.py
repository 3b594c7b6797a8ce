"""What a bundle forecasts on the bars of a panel, and why not.

Shape legend: R panel rows, F columns, M forecast rows, D dates with a forecast, S symbols of the panel.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.panel import Panel
from components.values import Float, Float32, Int, Outputs, Time, View
from runner.bundle.recipe import Recipe
from runner.compute.view import view_of


def time_texts(times_D: Time) -> npt.NDArray[np.str_]:
    """ISO 8601, no finer than needed."""
    for unit in ("D", "s"):
        if (times_D == times_D.astype(f"datetime64[{unit}]")).all():
            return np.datetime_as_string(times_D, unit=unit)
    return np.datetime_as_string(times_D)


def forecast_grid(panel: Panel, row_M: Int, forecast_M: Float) -> tuple[Time, Float]:
    """(D,) dates of the rows and (D, S) forecasts, NaN where there is none."""
    dates_D, position_M = np.unique(panel.timestamps_R[row_M], return_inverse=True)
    forecast_DS = np.full((len(dates_D), len(panel.symbols)), np.nan)
    forecast_DS[position_M, panel.symbol_codes_R[row_M]] = forecast_M
    return dates_D, forecast_DS


@dataclass(frozen=True, kw_only=True, eq=False)
class BundleForecast:
    """Forecasts of the rows of a panel at which there are enough values.

    values_FR: the columns; missing_tolerance: share of the features that may be missing; row_M: panel
    rows, in order; values_MO: their forecasts, of which outputs says what each column is.
    """

    panel: Panel
    recipe: Recipe
    values_FR: Float32
    missing_tolerance: float
    row_M: Int
    values_MO: Float
    outputs: Outputs

    @property
    def forecast_M(self) -> Float:
        """The column that is decided on."""
        return self.values_MO[:, self.outputs.decision]

    @property
    def lower_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[0]]

    @property
    def upper_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[1]]

    @property
    def timestamps_M(self) -> Time:
        return self.panel.timestamps_R[self.row_M]

    @property
    def symbols_M(self) -> npt.NDArray[np.object_]:
        return np.asarray(self.panel.symbols, dtype=object)[self.panel.symbol_codes_R[self.row_M]]

    def grid(self) -> tuple[Time, Float]:
        """(D,) dates with at least one forecast and (D, S) forecasts, NaN where there is none."""
        return forecast_grid(self.panel, self.row_M, self.forecast_M)

    def interval_grids(self) -> tuple[Float, ...]:
        """(D, S) lower and upper ends on the dates of `grid`; nothing without intervals."""
        ends = [values_M for values_M in (self.lower_M, self.upper_M) if values_M is not None]
        return tuple(forecast_grid(self.panel, self.row_M, values_M)[1] for values_M in ends)

    def view(self) -> View:
        """What is seen at the dates of `grid`."""
        return view_of(
            self.panel,
            self.row_M,
            self.values_MO,
            self.outputs,
            np.unique(self.timestamps_M),
            self.recipe.reads,
            bars_per_year=self.recipe.bars_per_year,
        )

    @property
    def short_M(self) -> npt.NDArray[np.bool_]:
        """(M,) forecasts from fewer bars of the symbol than the slowest column needs: what lacks was filled."""
        first_M = self.panel.offsets[:-1][self.panel.symbol_codes_R[self.row_M]]
        return np.asarray(self.row_M - first_M + 1 < self.recipe.slowest[1])

    def why_not(self, row: int) -> str:
        """Why a row of the panel has no forecast."""
        code = int(self.panel.symbol_codes_R[row])
        who = f"{self.panel.symbols[code]}, {time_texts(self.panel.timestamps_R[row : row + 1])[0]}"
        reason = no_forecast(
            self.recipe,
            self.missing_tolerance,
            self.values_FR[:, row],
            bars=row - int(self.panel.offsets[code]) + 1,
            member=bool(self.panel.in_universe_R[row]),
        )
        return f"{who}: {reason}"


def no_forecast(recipe: Recipe, missing_tolerance: float, values_F: Float32, *, bars: int, member: bool) -> str:
    """Why a bar has no forecast. values_F: its columns; bars: of its symbol up to it; member: of the universe."""
    slowest, needed = recipe.slowest
    finite_F = np.isfinite(values_F)
    if not member:
        return "not in the universe"
    if finite_F[-1] and missing_tolerance > 0.0:
        missing, share = int((~finite_F).sum()), f"{missing_tolerance:.3g}"
        return f"{missing} of {len(finite_F) - 1} features are missing; {share} of them may be"
    if bars < needed:
        return f"{bars} bars up to here, {needed} needed ('{slowest}' looks back {needed - 1} bars)"
    if finite_F.all():
        return f"the model reads {recipe.lookback_rows} rows that can be forecast, there are fewer up to here"
    column = tuple(recipe.expressions)[int(np.argmin(finite_F))]
    return f"'{column}' cannot be computed: a value that it reads is missing or out of its range"
