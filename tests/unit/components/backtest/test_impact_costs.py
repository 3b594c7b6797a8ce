import numpy as np
import pytest

from components.backtest.impact_costs import ImpactCosts
from components.values import PriceGrid

TERMS = {
    "execution_lag_bars": 1,
    "price": "close",
    "cost_bps": 0.0,
    "borrow_bps_annual": 0.0,
    "financing_bps_annual": 0.0,
    "cash_bps_annual": 0.0,
    "rebalance_band": 0.0,
    "delisting_bars": 1,
    "delisting_haircut": 0.0,
}


def impact_bps(*, capital, coefficient=1.0, volume=None, weight=1.0):
    """Impact of the first order in basis points; 2 % volatility and traded value 1,000,000 before it."""
    swing = 0.02 / np.sqrt(2)  # two returns of opposite sign have the standard deviation swing * sqrt(2)
    close = 100 * np.cumprod([1, 1 + swing, 1 - swing, 1.5])
    prices = PriceGrid(
        symbols=("A",),
        timestamps_T=np.datetime64("2020-01-01", "us") + np.arange(4) * np.timedelta64(1, "D"),
        fields={"close": close[:, None], "volume": (1e6 / close if volume is None else volume)[:, None]},
        bars_per_year=252.0,
    )
    backtest = ImpactCosts(capital=capital, impact_coefficient=coefficient, volatility_bars=2, volume_bars=3, **TERMS)
    trades = backtest.run(prices.timestamps_T[2:3], np.array([[weight]]), prices).trades
    return trades["cost_impact"].to_numpy() / trades["notional"].abs().to_numpy() * 1e4


def test_the_square_root_law():
    # Y sigma sqrt(Q / V) with Y = 1, sigma = 2 %: 20 bp at 1 % of the volume, 63.25 bp at 10 %.
    np.testing.assert_allclose(impact_bps(capital=1e4), [20.0], rtol=1e-9)
    np.testing.assert_allclose(impact_bps(capital=1e5), [63.245553203367585], rtol=1e-9)
    np.testing.assert_allclose(impact_bps(capital=1e4, coefficient=0.5), [10.0], rtol=1e-9)


def test_selling_moves_the_price_as_much_as_buying():
    np.testing.assert_allclose(impact_bps(capital=1e5, weight=-1.0), impact_bps(capital=1e5), rtol=1e-12)


def test_more_impact_never_earns_more():
    paid = [impact_bps(capital=1e5, coefficient=coefficient)[0] for coefficient in (0.0, 0.5, 1.0, 2.0)]
    assert paid == sorted(paid)
    assert paid[0] == 0


def test_twice_the_order_costs_the_root_of_two_more():
    ratio = impact_bps(capital=2e4) / impact_bps(capital=1e4)
    np.testing.assert_allclose(ratio, np.sqrt(2), rtol=1e-12)


def test_the_bar_of_the_fill_is_not_yet_known():
    calm, busy = np.array([1e4, 1e4, 1e4, 1e4]), np.array([1e4, 1e4, 1e4, 1e9])
    np.testing.assert_array_equal(impact_bps(capital=1e4, volume=calm), impact_bps(capital=1e4, volume=busy))


def test_without_past_volume_nothing_is_traded():
    assert len(impact_bps(capital=1e4, volume=np.array([0.0, 0.0, 0.0, 1e6]))) == 0


@pytest.mark.parametrize(("volatility_bars", "first_fill"), [(2, 3), (5, 6)])
def test_fills_begin_when_the_past_suffices(volatility_bars, first_fill):
    close = 100 * np.cumprod(1 + np.random.default_rng(0).normal(0, 0.01, 10))[:, None]
    prices = PriceGrid(
        symbols=("A",),
        timestamps_T=np.datetime64("2020-01-01", "us") + np.arange(10) * np.timedelta64(1, "D"),
        fields={"close": close, "volume": np.full_like(close, 1e6)},
        bars_per_year=252.0,
    )
    backtest = ImpactCosts(capital=1e4, impact_coefficient=1.0, volatility_bars=volatility_bars, volume_bars=2, **TERMS)
    result = backtest.run(prices.timestamps_T, np.ones((10, 1)), prices)
    assert np.flatnonzero(result.holdings_TS[:, 0])[0] == first_fill


def test_it_needs_volume():
    assert ImpactCosts(**ImpactCosts.examples()[0]).fields() == ("close", "volume")
    assert ImpactCosts(**ImpactCosts.examples()[1]).fields() == ("close", "open", "volume")
