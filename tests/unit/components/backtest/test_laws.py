"""Laws of every backtest: the books balance, the past does not know the future, costs only cost."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.backtest.impact_costs import ImpactCosts
from components.backtest.linear_costs import LinearCosts
from components.values import PriceGrid

BACKTESTS = [
    pytest.param(cls(**example), id=f"{cls.__name__}-{number}")
    for cls in (LinearCosts, ImpactCosts)
    for number, example in enumerate(cls.examples())
]
SEEDS = st.integers(0, 10**6)


def case(seed, bars=30, symbols=3):
    """Ragged prices, a decision on every bar, long-short weights of gross exposure about 1."""
    rng = np.random.default_rng(seed)
    close = 50 * np.exp(np.cumsum(rng.normal(0, 0.03, (bars, symbols)), axis=0))
    fields = {"close": close, "open": close * 1.001, "volume": rng.uniform(1e3, 1e6, close.shape)}
    hole = rng.random(close.shape) < 0.15
    for values in fields.values():
        values[hole] = np.nan
    prices = PriceGrid(
        symbols=tuple("ABCDE"[:symbols]),
        timestamps_T=np.datetime64("2015-01-02", "us") + np.arange(bars) * np.timedelta64(1, "D"),
        fields=fields,
        bars_per_year=252.0,
    )
    return prices.timestamps_T, rng.normal(0, 1 / symbols, (bars, symbols)), prices


def cost_columns(frame):
    return [name for name in frame.columns if name.startswith("cost_")]


@pytest.mark.parametrize("backtest", BACKTESTS)
@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_the_books_balance(backtest, seed):
    backtest = replace(backtest, cash_bps_annual=150.0)
    decided, weights, prices = case(seed)
    result = backtest.run(decided, weights, prices)
    equity, trades = result.equity, result.trades
    np.testing.assert_allclose(equity["cash"] + equity["positions_value"], equity["equity"], rtol=1e-12)
    np.testing.assert_allclose(equity["net"] * equity["equity"], equity["positions_value"], atol=1e-6)
    np.testing.assert_allclose(
        equity["return"][1:], equity["equity"][1:].to_numpy() / equity["equity"][:-1].to_numpy() - 1
    )
    # Gains: what trades brought in and what is still held.
    gains = equity["positions_value"].iloc[-1] - trades["notional"].sum()
    costs = equity[cost_columns(equity)].sum().sum()
    reconciled = backtest.capital + gains + equity["interest"].sum() - costs
    np.testing.assert_allclose(equity["equity"].iloc[-1], reconciled, rtol=1e-10)


@pytest.mark.parametrize("backtest", BACKTESTS)
@settings(deadline=None, max_examples=15)
@given(seed=SEEDS)
def test_trades_explain_holdings_and_costs(backtest, seed):
    decided, weights, prices = case(seed)
    result = backtest.run(decided, weights, prices)
    trades = result.trades
    units = trades.pivot_table(index="filled_at", columns="symbol", values="quantity", aggfunc="sum")
    units = units.reindex(index=prices.timestamps_T, columns=list(prices.symbols)).fillna(0).cumsum()
    np.testing.assert_allclose(units.to_numpy(), result.holdings_TS, rtol=1e-9, atol=1e-6)
    np.testing.assert_allclose(trades["notional"], trades["quantity"] * trades["price"])
    for name in cost_columns(trades):
        per_bar = trades.groupby("filled_at")[name].sum().reindex(prices.timestamps_T, fill_value=0.0)
        np.testing.assert_allclose(per_bar.to_numpy(), result.equity[name])
    lag = pd.Timedelta(days=backtest.execution_lag_bars)
    ordered = trades["cause"] == "order"
    assert (trades["filled_at"] - trades["decided_at"])[ordered].eq(lag).all()
    assert (trades["filled_at"] == trades["decided_at"])[~ordered].all()


@pytest.mark.parametrize("backtest", BACKTESTS)
@settings(deadline=None, max_examples=10)
@given(seed=SEEDS, end=st.integers(1, 30))
def test_cutting_the_future_changes_nothing_before(backtest, seed, end):
    decided, weights, prices = case(seed)
    whole = backtest.run(decided, weights, prices)
    past = replace(
        prices,
        timestamps_T=prices.timestamps_T[:end],
        fields={name: values[:end] for name, values in prices.fields.items()},
        ended_S=backtest.endings(prices),
    )
    cut = backtest.run(decided[:end], weights[:end], past)
    pd.testing.assert_frame_equal(cut.equity, whole.equity.iloc[:end], check_exact=True)
    earlier = whole.trades[whole.trades["filled_at"] <= decided[end - 1]]
    pd.testing.assert_frame_equal(cut.trades, earlier, check_exact=True)
    np.testing.assert_array_equal(cut.holdings_TS, whole.holdings_TS[:end])


@pytest.mark.parametrize("backtest", BACKTESTS)
def test_zero_weights_earn_and_cost_nothing(backtest):
    decided, weights, prices = case(1)
    result = backtest.run(decided, np.zeros_like(weights), prices)
    np.testing.assert_array_equal(result.equity["equity"], backtest.capital)
    assert result.equity[cost_columns(result.equity)].to_numpy().sum() == 0
    assert result.trades.empty


@pytest.mark.parametrize("backtest", BACKTESTS)
@pytest.mark.parametrize("parameter", ["cost_bps", "borrow_bps_annual", "financing_bps_annual"])
def test_higher_costs_leave_less(backtest, parameter):
    decided, weights, prices = case(2)
    ends = [
        replace(backtest, **{parameter: rate}).run(decided, 3 * weights, prices).equity["equity"].iloc[-1]
        for rate in (0.0, 10.0, 100.0)
    ]
    assert ends[0] > ends[1] > ends[2]


@pytest.mark.parametrize("backtest", BACKTESTS)
def test_inputs_are_left_alone(backtest):
    decided, weights, prices = case(3)
    before = {name: values.copy() for name, values in prices.fields.items()}
    kept = weights.copy()
    backtest.run(decided, weights, prices)
    np.testing.assert_array_equal(weights, kept)
    for name, values in prices.fields.items():
        np.testing.assert_array_equal(values, before[name])


@pytest.mark.parametrize("backtest", BACKTESTS)
def test_frames_have_the_documented_columns(backtest):
    decided, weights, prices = case(4)
    result = backtest.run(decided, weights, prices)
    impact = ["cost_impact"] if isinstance(backtest, ImpactCosts) else []
    assert list(result.equity.columns) == [
        *("timestamp", "equity", "cash", "positions_value", "gross", "net", "return", "cost_commission"),
        *impact,
        *("cost_financing", "cost_borrow", "interest", "delisted", "ruined"),
    ]
    assert list(result.trades.columns) == [
        *("decided_at", "filled_at", "symbol", "quantity", "price", "notional", "cost_commission"),
        *impact,
        "cause",
    ]


@pytest.mark.parametrize("backtest", BACKTESTS)
@settings(deadline=None, max_examples=10)
@given(seed=SEEDS)
def test_worse_assumptions_keep_the_bars_and_do_what_they_say(backtest, seed):
    decided, weights, prices = case(seed)
    run = backtest.run(decided, weights, prices)
    costlier, later = (other.run(decided, weights, prices) for other in (backtest.costlier(2.0), backtest.later(1)))
    for result in (costlier, later):
        np.testing.assert_array_equal(result.equity["timestamp"], run.equity["timestamp"])
    # The first trades are the same, so their costs are exactly twice as high.
    first = run.trades["filled_at"].min()
    costs, doubled = (
        result.trades.loc[result.trades["filled_at"] == first, cost_columns(result.trades)].to_numpy()
        for result in (run, costlier)
    )
    np.testing.assert_allclose(doubled, 2 * costs)
    late = later.trades.query("cause == 'order'")
    waited = late["filled_at"] - late["decided_at"]
    assert (waited == pd.Timedelta(days=backtest.execution_lag_bars + 1)).all()
