"""A symbol whose bars have ended is closed at its last close, worse by the haircut, and counted."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.backtest.linear_costs import LinearCosts
from components.values import PriceGrid

FREE = LinearCosts(
    capital=1000.0,
    execution_lag_bars=1,
    price="close",
    cost_bps=0.0,
    borrow_bps_annual=0.0,
    financing_bps_annual=0.0,
    cash_bps_annual=0.0,
    rebalance_band=0.0,
    delisting_bars=2,
    delisting_haircut=0.0,
)
NAN = np.nan


def grid(*closes):
    """Daily closes, one list a symbol."""
    close_TS = np.array(closes, dtype=float).T
    return PriceGrid(
        symbols=tuple("ABCDEFGH"[: len(closes)]),
        timestamps_T=np.datetime64("2020-01-01", "us") + np.arange(len(close_TS)) * np.timedelta64(1, "D"),
        fields={"close": close_TS},
        bars_per_year=252.0,
    )


def run(backtest, prices, *weights):
    """The weights decided on the first bar, and again on each bar where several are given."""
    return backtest.run(prices.timestamps_T[: len(weights)], np.array(weights, dtype=float), prices)


@pytest.mark.parametrize("last", [4.0, 25.0], ids=["after a fall", "after a rise"])
@pytest.mark.parametrize("weight", [0.5, -0.5], ids=["long", "short"])
@pytest.mark.parametrize("haircut", [0.0, 0.3, 1.0])
def test_closed_on_the_next_bar_at_the_last_close_less_the_haircut(last, weight, haircut):
    prices = grid([10, 10, last, NAN, NAN], [10, 10, 10, 10, 10])
    result = run(replace(FREE, delisting_haircut=haircut), prices, [weight, 0.0])
    opened, closed = result.trades.to_dict("records")
    assert (opened["cause"], closed["cause"]) == ("order", "delisting")
    assert (closed["symbol"], closed["filled_at"], closed["decided_at"]) == ("A", *[prices.timestamps_T[3]] * 2)
    assert closed["quantity"] == -opened["quantity"]
    assert closed["price"] == pytest.approx(last * (1 - np.sign(weight) * haircut))
    assert closed["cost_commission"] == 0
    assert result.equity["delisted"].tolist() == [0, 0, 0, 1, 0]
    np.testing.assert_array_equal(result.holdings_TS[3:], 0)
    expected = 1000 + opened["quantity"] * (closed["price"] - 10)
    np.testing.assert_allclose(result.equity["equity"].iloc[3:], expected)
    np.testing.assert_allclose(result.equity["gross"].iloc[3:], 0)


def test_several_at_once_and_one_after_the_other():
    prices = grid([10, 10, 10, NAN, NAN, NAN], [10, 10, 20, NAN, NAN, NAN], [10, 10, 10, 10, NAN, NAN], [10] * 6)
    result = run(FREE, prices, [0.2, -0.2, 0.2, 0.2])
    assert result.equity["delisted"].tolist() == [0, 0, 0, 2, 1, 0]
    assert result.trades.loc[result.trades["cause"] == "delisting", "symbol"].tolist() == ["A", "B", "C"]
    np.testing.assert_array_equal(np.flatnonzero(result.holdings_TS[-1]), [3])


def test_what_is_set_free_can_be_traded_on_the_same_bar():
    prices = grid([10, 10, 10, NAN, NAN], [10, 10, 10, 10, 10])
    result = run(FREE, prices, [1.0, 0.0], [1.0, 0.0], [0.0, 1.0])
    assert result.trades["cause"].tolist() == ["order", "delisting", "order"]
    np.testing.assert_array_equal(result.holdings_TS[3], [0, 100])
    assert result.equity["cash"].iloc[3] == 0


def test_a_halt_is_not_closed():
    result = run(replace(FREE, delisting_bars=1), grid([10, 10, NAN, NAN, NAN, NAN, 15, 15]), [1.0])
    assert result.trades["cause"].tolist() == ["order"]
    assert not result.equity["delisted"].any()
    assert result.equity["equity"].iloc[-1] == 1500


def test_an_end_on_the_last_bar_closes_nothing():
    result = run(replace(FREE, delisting_bars=1), grid([10, 10, 10]), [1.0])
    assert not result.equity["delisted"].any()
    assert result.holdings_TS[-1, 0] == 100


@pytest.mark.parametrize(("missing", "closed"), [(1, 0), (2, 0), (3, 1), (4, 1)])
def test_a_few_missing_bars_at_the_end_are_no_delisting(missing, closed):
    closes = [10.0] * 8 + [NAN] * missing
    result = run(replace(FREE, delisting_bars=3), grid(closes, [10.0] * (8 + missing)), [0.5, 0.5])
    assert result.equity["delisted"].sum() == closed


def test_a_symbol_that_is_not_held_is_not_counted():
    prices = grid([10, 10, NAN, NAN, NAN], [NAN] * 5, [10] * 5)
    result = run(FREE, prices, [0.0, 0.5, 0.5], [0.5, 0.5, 0.5])
    assert not result.equity["delisted"].any()
    assert result.trades["symbol"].tolist() == ["C"]


def test_ruin_by_a_haircut():
    result = run(replace(FREE, delisting_haircut=1.0), grid([10, 10, 10, NAN, NAN], [10] * 5), [1.2, -0.2])
    assert result.equity["ruined"].tolist() == [False, False, False, True, True]
    assert result.trades["cause"].tolist() == ["order", "order", "delisting", "ruin"]
    np.testing.assert_allclose(result.equity["equity"].iloc[3:], -200)


def test_gross_exposure_is_what_was_asked_for_after_an_end():
    rng = np.random.default_rng(0)
    closes = 100 * np.exp(np.cumsum(rng.normal(0, 0.02, (3, 60)), axis=1))
    closes[1, 20:] = NAN
    weights = [[0.5, 0.5, 0.0]] * 21 + [[0.5, 0.0, 0.5]] * 39
    result = run(FREE, grid(*closes), *weights)
    np.testing.assert_allclose(result.equity["gross"].iloc[23:], 1.0, atol=0.05)


def ended(seed, bars=30, symbols=4):
    rng = np.random.default_rng(seed)
    closes = 50 * np.exp(np.cumsum(rng.normal(0, 0.03, (symbols, bars)), axis=1))
    closes[rng.random(closes.shape) < 0.1] = NAN
    for s in range(symbols - 1):
        closes[s, rng.integers(3, bars) :] = NAN
    return grid(*closes), rng.normal(0, 1 / symbols, (bars, symbols))


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6))
def test_a_larger_haircut_never_earns_more(seed):
    """Compared at weights that are not decided again, since other equity means other orders."""
    prices, weights = ended(seed)
    ends = [
        run(replace(FREE, delisting_haircut=haircut), prices, *weights[:1]).equity["equity"].iloc[-1]
        for haircut in (0.0, 0.2, 1.0)
    ]
    assert ends[0] >= ends[1] >= ends[2]


@settings(deadline=None, max_examples=25)
@given(seed=st.integers(0, 10**6), end=st.integers(1, 30), haircut=st.sampled_from([0.0, 0.4]))
def test_later_bars_change_nothing_once_the_endings_are_told(seed, end, haircut):
    backtest = replace(FREE, delisting_haircut=haircut, cost_bps=5.0)
    prices, weights = ended(seed)
    whole = run(backtest, prices, *weights)
    past = replace(
        prices,
        timestamps_T=prices.timestamps_T[:end],
        fields={"close": prices.fields["close"][:end]},
        ended_S=backtest.endings(prices),
    )
    cut = run(backtest, past, *weights[:end])
    pd.testing.assert_frame_equal(cut.equity, whole.equity.iloc[:end], check_exact=True)
    np.testing.assert_array_equal(cut.holdings_TS, whole.holdings_TS[:end])


def test_endings():
    prices = grid([10, 10, NAN, NAN], [10, NAN, 10, NAN], [NAN] * 4, [10] * 4)
    days = prices.timestamps_T
    never = np.datetime64("NaT", "us")
    np.testing.assert_array_equal(FREE.endings(prices), [days[1], never, never, never])
    np.testing.assert_array_equal(replace(FREE, delisting_bars=1).endings(prices), [days[1], days[2], never, never])
