"""The backtests against a slow reference: one account kept in Python numbers, symbol by symbol."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.backtest.impact_costs import ImpactCosts
from components.backtest.linear_costs import LinearCosts
from components.values import PriceGrid

SECONDS_PER_YEAR = 365.25 * 86_400


def random_case(seed):
    """A ragged grid of prices, decisions on some of its bars, weights of both signs."""
    rng = np.random.default_rng(seed)
    bars, symbols = int(rng.integers(2, 25)), int(rng.integers(1, 4))
    close = 50 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.05, 0.4]), (bars, symbols)), axis=0))
    fields = {
        "close": close,
        "open": close * np.exp(rng.normal(0, 0.02, close.shape)),
        "volume": rng.integers(0, 5_000, close.shape).astype(float),
    }
    hole = rng.random(close.shape) < rng.choice([0.0, 0.3])
    for values in fields.values():
        values[hole] = np.nan
    days = np.cumsum(rng.integers(1, 5, bars))
    stamps = np.datetime64("2015-01-02", "us") + days * np.timedelta64(1, "D")
    prices = PriceGrid(symbols=tuple("ABC"[:symbols]), timestamps_T=stamps, fields=fields, bars_per_year=252.0)
    chosen = np.sort(rng.choice(bars, size=int(rng.integers(1, bars + 1)), replace=False))
    weights = np.round(rng.normal(0, 1.0, (len(chosen), symbols)), 1)
    terms = {
        "capital": 10_000.0,
        "execution_lag_bars": int(rng.integers(1, 4)),
        "price": str(rng.choice(["close", "open"])),
        "cost_bps": float(rng.choice([0.0, 20.0])),
        "borrow_bps_annual": float(rng.choice([0.0, 400.0])),
        "financing_bps_annual": float(rng.choice([0.0, 700.0])),
        "cash_bps_annual": float(rng.choice([0.0, 300.0])),
        "rebalance_band": float(rng.choice([0.0, 0.1])),
    }
    return stamps[chosen], weights, prices, terms


def slow_impact(prices, s, t, coefficient, volatility_bars, volume_bars):
    """Impact per sqrt(notional) from the symbol's own bars before bar t, None where unknown."""
    close, volume = prices.fields["close"][:, s], prices.fields["volume"][:, s]
    past = [(close[u], volume[u]) for u in range(t) if not math.isnan(close[u])]
    if len(past) < max(volatility_bars + 1, volume_bars):
        return None
    recent = past[-volatility_bars - 1 :]
    returns = [after[0] / before[0] - 1 for before, after in itertools.pairwise(recent)]
    mean = sum(returns) / len(returns)
    volatility = math.sqrt(sum((r - mean) ** 2 for r in returns) / (len(returns) - 1))
    traded = sum(c * v for c, v in past[-volume_bars:]) / volume_bars
    return coefficient * volatility / math.sqrt(traded) if traded > 0 else None


def slow_backtest(decided, weights, prices, terms, impact=None):
    """(equity, cash, commission, impact cost, carry costs less interest) per bar, and the units held."""
    stamps = list(prices.timestamps_T)
    symbols = range(len(prices.symbols))
    orders = {stamps.index(d) + terms["execution_lag_bars"]: w for d, w in zip(decided, weights, strict=True)}
    cash, units, mark, ruined, rows = terms["capital"], [0.0 for _ in symbols], {}, False, []
    for t in range(stamps.index(decided[0]), len(stamps)):
        close, price = prices.fields["close"][t], prices.fields[terms["price"]][t]
        if not rows:
            for s in symbols:
                known = [c for c in prices.fields["close"][:t, s] if not math.isnan(c)]
                mark[s] = known[-1] if known else 0.0
        commission = impact_paid = carry = 0.0
        if rows and not ruined:
            years = (stamps[t] - stamps[t - 1]) / np.timedelta64(1, "s") / SECONDS_PER_YEAR
            rate = terms["cash_bps_annual"] if cash > 0 else terms["financing_bps_annual"]
            carry = -cash * rate / 1e4 * years
            for s in symbols:
                if units[s] < 0:
                    carry -= units[s] * mark[s] * terms["borrow_bps_annual"] / 1e4 * years
            cash -= carry
        value = {s: mark[s] if math.isnan(close[s]) else price[s] for s in symbols}
        equity = cash + sum(units[s] * value[s] for s in symbols)
        if t in orders and not ruined and equity > 0:
            for s in symbols:
                if math.isnan(close[s]):
                    continue
                rate = 0.0 if impact is None else slow_impact(prices, s, t, *impact)
                quantity = orders[t][s] * equity / price[s] - units[s]
                drift = abs(quantity * price[s]) / equity
                if rate is None or (drift <= terms["rebalance_band"] + 1e-12 and orders[t][s] != 0):
                    continue
                notional = abs(quantity * price[s])
                commission += notional * terms["cost_bps"] / 1e4
                impact_paid += rate * math.sqrt(notional) * notional
                cash -= quantity * price[s]
                units[s] += quantity
        cash -= commission + impact_paid
        for s in symbols:
            mark[s] = mark[s] if math.isnan(close[s]) else close[s]
        equity = cash + sum(units[s] * mark[s] for s in symbols)
        if equity <= 0 and not ruined:
            cash, units, ruined = equity, [0.0 for _ in symbols], True
        rows.append([equity, cash, commission, impact_paid, carry, *units])
    return np.array(rows)


def assert_equal_to_reference(result, expected):
    equity = result.equity
    np.testing.assert_allclose(equity["equity"], expected[:, 0], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(equity["cash"], expected[:, 1], rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(equity["cost_commission"], expected[:, 2], rtol=1e-9, atol=1e-9)
    if "cost_impact" in equity:
        np.testing.assert_allclose(equity["cost_impact"], expected[:, 3], rtol=1e-9, atol=1e-9)
    carry = equity["cost_financing"] + equity["cost_borrow"] - equity["interest"]
    np.testing.assert_allclose(carry, expected[:, 4], rtol=1e-9, atol=1e-9)
    np.testing.assert_allclose(result.holdings_TS, expected[:, 5:], rtol=1e-9, atol=1e-9)


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 10**6))
def test_linear_costs(seed):
    decided, weights, prices, terms = random_case(seed)
    result = LinearCosts(**terms).run(decided, weights, prices)
    assert_equal_to_reference(result, slow_backtest(decided, weights, prices, terms))


@settings(deadline=None, max_examples=150)
@given(seed=st.integers(0, 10**6), volatility_bars=st.integers(2, 5), volume_bars=st.integers(1, 5))
def test_impact_costs(seed, volatility_bars, volume_bars):
    decided, weights, prices, terms = random_case(seed)
    impact = {"impact_coefficient": 0.8, "volatility_bars": volatility_bars, "volume_bars": volume_bars}
    result = ImpactCosts(**terms, **impact).run(decided, weights, prices)
    assert_equal_to_reference(result, slow_backtest(decided, weights, prices, terms, impact.values()))


@pytest.mark.parametrize("feature", ["ruin", "hole", "short", "band"])
def test_the_random_cases_reach_what_they_should(feature):
    reached = 0
    for seed in range(60):
        decided, weights, prices, terms = random_case(seed)
        result = LinearCosts(**terms).run(decided, weights, prices)
        reached += {
            "ruin": bool(result.equity["ruined"].any()),
            "hole": bool(np.isnan(prices.fields["close"]).any()),
            "short": bool((result.holdings_TS < 0).any()),
            "band": terms["rebalance_band"] > 0,
        }[feature]
    assert reached >= 3
