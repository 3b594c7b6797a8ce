"""Costs that grow with the size of an order: the square-root law of market impact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Self

import numpy as np
from annotated_types import Ge
from numpy.lib.stride_tricks import sliding_window_view

from components.backtest._base import SimulatedBacktest
from components.values import Float, PriceGrid


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
        rate_TS = np.full_like(close_TS, np.nan)
        for s in range(close_TS.shape[1]):
            bars = np.flatnonzero(np.isfinite(close_TS[:, s]) & np.isfinite(volume_TS[:, s]))
            rate_TS[bars, s] = self._rate(close_TS[bars, s], volume_TS[bars, s])
        return rate_TS

    def _rate(self, close_B: Float, volume_B: Float) -> Float:
        """(B,) impact per sqrt(notional) on each bar of one symbol, from the bars before it."""
        with np.errstate(all="ignore"):
            return_B = close_B / _lagged(close_B) - 1
            volatility_B = _lagged(_trailing_std(return_B, self.volatility_bars))
            traded_B = _lagged(_trailing_mean(close_B * volume_B, self.volume_bars))
            rate_B: Float = self.impact_coefficient * volatility_B / np.sqrt(traded_B)
        return rate_B

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        small = {
            "capital": 1_000_000.0,
            "execution_lag_bars": 1,
            "price": "close",
            "cost_bps": 5.0,
            "borrow_bps_annual": 50.0,
            "financing_bps_annual": 300.0,
            "cash_bps_annual": 0.0,
            "rebalance_band": 0.0,
            "delisting_bars": 5,
            "delisting_haircut": 0.0,
            "impact_coefficient": 1.0,
            "volatility_bars": 5,
            "volume_bars": 5,
        }
        return (small, {**small, "price": "open", "impact_coefficient": 0.5, "volume_bars": 1})


def _lagged(values_B: Float) -> Float:
    return np.concatenate([np.full(min(len(values_B), 1), np.nan), values_B[:-1]])


def _trailing_std(values_B: Float, window: int) -> Float:
    """(B,) standard deviation (ddof 1) of the last `window` values, NaN in the first rows."""
    result_B = np.full_like(values_B, np.nan)
    if len(values_B) >= window:
        result_B[window - 1 :] = sliding_window_view(values_B, window).std(axis=1, ddof=1)
    return result_B


def _trailing_mean(values_B: Float, window: int) -> Float:
    """(B,) mean of the last `window` values, NaN in the first rows."""
    result_B = np.full_like(values_B, np.nan)
    if len(values_B) >= window:
        result_B[window - 1 :] = sliding_window_view(values_B, window).mean(axis=1)
    return result_B
