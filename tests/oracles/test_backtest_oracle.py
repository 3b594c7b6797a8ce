"""The backtests against a slow reference: one account kept in Python numbers, symbol by symbol."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.backtest.impact_costs import ImpactCosts
from components.backtest.linear_costs import LinearCosts
from components.values import PriceGrid
from oracles.slow_account import slow_backtest


def random_case(seed, bars=None, symbols=None):
    """A ragged grid of prices, decisions on some of its bars, weights of both signs of which some are 0."""
    rng = np.random.default_rng(seed)
    bars, symbols = bars or int(rng.integers(2, 25)), symbols or int(rng.integers(1, 4))
    close = 50 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.05, 0.4]), (bars, symbols)), axis=0))
    fields = {
        "close": close,
        "open": close * np.exp(rng.normal(0, 0.02, close.shape)),
        "volume": rng.integers(0, 5_000, close.shape).astype(float),
    }
    hole = rng.random(close.shape) < rng.choice([0.0, 0.3])
    for s in np.flatnonzero(rng.random(symbols) < 0.3):
        hole[rng.integers(0, bars) :, s] = True
    for values in fields.values():
        values[hole] = np.nan
    days = np.cumsum(rng.integers(1, 5, bars))
    stamps = np.datetime64("2015-01-02", "us") + days * np.timedelta64(1, "D")
    prices = PriceGrid(
        symbols=tuple(f"S{s:02}" for s in range(symbols)), timestamps_T=stamps, fields=fields, bars_per_year=252.0
    )
    chosen = np.sort(rng.choice(bars, size=int(rng.integers(1, bars + 1)), replace=False))
    weights = np.round(rng.normal(0, 1.0, (len(chosen), symbols)), 1) * 2 / max(symbols, 2)
    weights *= rng.random(weights.shape) < rng.choice([0.3, 1.0])
    terms = {
        "capital": 10_000.0,
        "execution_lag_bars": int(rng.integers(1, 4)),
        "price": str(rng.choice(["close", "open"])),
        "cost_bps": float(rng.choice([0.0, 20.0])),
        "borrow_bps_annual": float(rng.choice([0.0, 400.0])),
        "financing_bps_annual": float(rng.choice([0.0, 700.0])),
        "cash_bps_annual": float(rng.choice([0.0, 300.0])),
        "rebalance_band": float(rng.choice([0.0, 0.1])),
        "delisting_bars": int(rng.integers(1, 4)),
        "delisting_haircut": float(rng.choice([0.0, 0.5, 1.0])),
    }
    return stamps[chosen], weights, prices, terms


def assert_equal_to_reference(result, expected):
    equity = result.equity
    np.testing.assert_allclose(equity["equity"], expected[:, 0], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(equity["cash"], expected[:, 1], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(equity["cost_commission"], expected[:, 2], rtol=1e-9, atol=1e-9)
    if "cost_impact" in equity:
        np.testing.assert_allclose(equity["cost_impact"], expected[:, 3], rtol=1e-9, atol=1e-9)
    carry = equity["cost_financing"] + equity["cost_borrow"] - equity["interest"]
    np.testing.assert_allclose(carry, expected[:, 4], rtol=1e-9, atol=1e-9)
    np.testing.assert_array_equal(equity["delisted"], expected[:, 5])
    np.testing.assert_allclose(result.holdings_TS, expected[:, 6:], rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 10**6))
def test_linear_costs(seed):
    decided, weights, prices, terms = random_case(seed)
    result = LinearCosts(**terms).run(decided, weights, prices)
    assert_equal_to_reference(result, slow_backtest(decided, weights, prices, terms))


@pytest.mark.parametrize("seed", range(8))
def test_many_symbols(seed):
    decided, weights, prices, terms = random_case(seed, bars=120, symbols=40)
    result = LinearCosts(**terms).run(decided, weights, prices)
    assert_equal_to_reference(result, slow_backtest(decided, weights, prices, terms))


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 10**6), volatility_bars=st.integers(2, 5), volume_bars=st.integers(1, 5))
def test_impact_costs(seed, volatility_bars, volume_bars):
    decided, weights, prices, terms = random_case(seed)
    impact = {"impact_coefficient": 0.8, "volatility_bars": volatility_bars, "volume_bars": volume_bars}
    result = ImpactCosts(**terms, **impact).run(decided, weights, prices)
    assert_equal_to_reference(result, slow_backtest(decided, weights, prices, terms, impact.values()))


@pytest.mark.parametrize("feature", ["ruin", "hole", "short", "band", "delisted"])
def test_the_random_cases_reach_what_they_should(feature):
    reached = 0
    for seed in range(60):
        decided, weights, prices, terms = random_case(seed)
        result = LinearCosts(**terms).run(decided, weights, prices)
        reached += {
            "ruin": bool(result.equity["ruined"].any()),
            "hole": bool(np.isnan(prices.fields["close"]).any()),
            "short": bool((result.holdings_TS < 0).any()),
            "delisted": bool(result.equity["delisted"].any()),
            "band": terms["rebalance_band"] > 0,
        }[feature]
    assert reached >= 3
