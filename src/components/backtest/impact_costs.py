"""Costs that grow with the size of an order: the square-root law of market impact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

import numpy as np

from components.backtest._base import SMALL, SimulatedBacktest
from components.ranges import Ge
from components.values import Float, Int, PriceGrid


@dataclass(frozen=True, kw_only=True)
class ImpactCosts(SimulatedBacktest):
    """Linear costs, and impact that grows with the square root of an order's share of the volume.

    impact = impact_coefficient * volatility * sqrt(|notional| / volume) * |notional|, where volatility
    is the standard deviation (ddof 1) of the last volatility_bars close-to-close returns and volume the
    mean of close * volume over the last volume_bars bars; both end with the symbol's bar before the fill.
    A symbol whose past is too short for them, or whose volume was 0 throughout, is not traded.

    impact_coefficient: dimensionless, about 1 in most measurements.
    volatility_bars, volume_bars: bars of the symbol.
    The other parameters: capital: at the start, currency. execution_lag_bars: bars between a decision and
    its fill. price: where on its bar a fill happens. cost_bps: commission and half spread, basis points
    per side. borrow_bps_annual, financing_bps_annual, cash_bps_annual: paid on short positions, paid on
    negative cash, earned on positive cash. rebalance_band: distance between target and drifted weight up
    to which a symbol is left alone, a fraction of equity. delisting_bars: last bars of the prices that a symbol
    lacks if it counts as delisted. delisting_haircut: fraction of its last close that a position then loses.

    Source: Grinold and Kahn (1999), Active Portfolio Management, chapter 16; Toth et al. (2011), Anomalous
    Price Impact and the Critical Nature of Liquidity in Financial Markets, Physical Review X 1, 021006.
    """

    impact_coefficient: Annotated[float, Ge(0)]
    volatility_bars: Annotated[int, Ge(2)]
    volume_bars: Annotated[int, Ge(1)]

    def fields(self) -> tuple[str, ...]:
        return (*super().fields(), "volume")

    def costlier(self, factor: float) -> Self:
        return replace(super().costlier(factor), impact_coefficient=factor * self.impact_coefficient)

    def impact(self, prices: PriceGrid) -> Float:
        close_TS, volume_TS = prices.fields["close"], prices.fields["volume"]
        known_ST = (np.isfinite(close_TS) & np.isfinite(volume_TS)).T
        offsets = np.concatenate([[0], np.cumsum(known_ST.sum(axis=1))])
        rate_TS = np.full_like(close_TS, np.nan)
        rate_TS.T[known_ST] = self._rate(close_TS.T[known_ST], volume_TS.T[known_ST], offsets)
        return rate_TS

    def _rate(self, close_R: Float, volume_R: Float, offsets: Int) -> Float:
        """(R,) impact per sqrt(notional) on each bar, from the symbol's bars before; those of symbol s are the rows
        offsets[s] to offsets[s + 1]."""
        with np.errstate(all="ignore"):
            return_R = close_R / _lagged(close_R, offsets) - 1
            variance_R = _trailing("var", return_R, offsets, self.volatility_bars)
            traded_R = _trailing("mean", close_R * volume_R, offsets, self.volume_bars)
            rate_R: Float = self.impact_coefficient * np.sqrt(variance_R) / np.sqrt(traded_R)
        return _lagged(rate_R, offsets)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        small = {**SMALL, "impact_coefficient": 1.0, "volatility_bars": 5, "volume_bars": 5}
        return (small, {**small, "price": "open", "impact_coefficient": 0.5, "volume_bars": 1})


def _lagged(values_R: Float, offsets: Int) -> Float:
    """(R,) the value on the symbol's bar before, NaN on its first."""
    lagged_R = np.full_like(values_R, np.nan)
    lagged_R[1:] = values_R[:-1]
    lagged_R[offsets[:-1][np.diff(offsets) > 0]] = np.nan
    return lagged_R


def _trailing(moment: str, values_R: Float, offsets: Int, window: int) -> Float:
    """(R,) moment of the symbol's last `window` values, NaN on its first bars."""
    from components.expressions.kernels import window_kernel

    kernel = window_kernel(f"moments.{moment}", 1, (int,), runs=True, several=False)
    result_R = np.empty_like(values_R)
    kernel(values_R, offsets, np.zeros(len(offsets) - 1, dtype=np.int64), window, result_R)
    return result_R
