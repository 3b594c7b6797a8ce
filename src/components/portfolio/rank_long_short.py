"""Long the best forecasts of a date, short the worst, in overlapping portfolios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np
import numpy.typing as npt

from components.contracts import Portfolio
from components.ranges import Ge, Gt, Le
from components.values import Float, View

ROUNDING = 1e-9
"""0.29 * 100 is 28.999999999999996 in floating point, and means 29 symbols."""


@dataclass(frozen=True, kw_only=True)
class RankLongShort(Portfolio):
    """Ranks the symbols of a date by forecast: long the top quantile, short the bottom one.

    Each leg holds k = max(1, floor(quantile * n)) of the n symbols with a finite forecast, at equal
    weights that sum to gross_exposure / 2. Symbols tied at a leg's edge share the places left: the
    symbols' order decides nothing, and what is tied across both legs nets out (all equal: weight 0).
    The weights of a date are the mean of the last holding_bars such portfolios (in the first rows, of
    those there are). With fewer than two forecasts, and where today's forecast is NaN, weight 0.

    quantile: share of the symbols in each leg. gross_exposure: sum of the sizes of all weights, as a
    fraction of equity. holding_bars: decision dates each portfolio is held for; 1 rebalances fully.

    Source: Jegadeesh and Titman (1993), Returns to Buying Winners and Selling Losers, Journal of Finance
    48(1).
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("return", "direction")

    quantile: Annotated[float, Gt(0), Le(0.5)]
    gross_exposure: Annotated[float, Gt(0)]
    holding_bars: Annotated[int, Ge(1)]

    @property
    def lookback_bars(self) -> int:
        return self.holding_bars

    def weights(self, view: View) -> Float:
        forecast_DS = view.forecast_DS
        available_DS = np.isfinite(forecast_DS)
        count_D = available_DS.sum(axis=1)
        places_D = np.maximum(1, np.floor(self.quantile * count_D + ROUNDING).astype(np.int64))
        score_DS = np.where(available_DS, forecast_DS, np.nan)
        spread_DS = _top(score_DS, places_D) - _top(-score_DS, places_D)
        spread_DS[count_D < 2] = 0.0
        weight_DS = self.gross_exposure / 2 * _trailing_mean(spread_DS, self.holding_bars)
        return np.where(available_DS, weight_DS, 0.0)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"quantile": 0.2, "gross_exposure": 1.0, "holding_bars": 1},
            {"quantile": 0.5, "gross_exposure": 2.0, "holding_bars": 3},
        )


def _top(score_DS: Float, places_D: npt.NDArray[np.int64]) -> Float:
    """(D, S) equal shares of 1 over the places_D highest scores of each row; NaN scores get none."""
    if score_DS.shape[1] == 0:
        return np.zeros_like(score_DS)
    descending_DS = -np.sort(-score_DS, axis=1)
    places_D1 = places_D[:, None]
    edge_D1 = np.take_along_axis(descending_DS, places_D1 - 1, axis=1)
    above_DS = score_DS > edge_D1
    tied_DS = score_DS == edge_D1
    left_D1 = places_D1 - above_DS.sum(axis=1, keepdims=True)
    share_D1 = left_D1 / np.maximum(tied_DS.sum(axis=1, keepdims=True), 1)
    shares_DS: Float = (above_DS + share_D1 * tied_DS) / places_D1
    return shares_DS


def _trailing_mean(values_DS: Float, window: int) -> Float:
    """(D, S) mean over the last `window` rows, added in the same order for every row."""
    total_DS = values_DS.copy()
    for lag in range(1, min(window, len(values_DS))):
        total_DS[lag:] += values_DS[:-lag]
    rows_D = np.minimum(np.arange(len(values_DS)) + 1, window)
    return total_DS / rows_D[:, None]
