import numpy as np
import pytest

from components.backtest.linear_costs import LinearCosts
from components.errors import ContractError
from components.values import PriceGrid

FREE = {
    "capital": 1000.0,
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
START = np.datetime64("2020-01-01", "us")


def grid(close, days=None, **fields):
    """Daily prices of symbols A, B, ..., one column each."""
    close_TS = np.asarray(close, dtype=float)
    close_TS = close_TS[:, None] if close_TS.ndim == 1 else close_TS
    elapsed = np.arange(len(close_TS)) if days is None else np.asarray(days)
    others = {name: np.asarray(values, dtype=float).reshape(close_TS.shape) for name, values in fields.items()}
    return PriceGrid(
        symbols=tuple("ABCDEFGH"[: close_TS.shape[1]]),
        timestamps_T=START + elapsed * np.timedelta64(1, "D"),
        fields={"close": close_TS, **others},
        bars_per_year=252.0,
    )


def run(prices, weights, bars=None, **changes):
    """Decisions on the given bars, by default on the first ones."""
    weights_DS = np.asarray(weights, dtype=float)
    weights_DS = weights_DS[:, None] if weights_DS.ndim == 1 else weights_DS
    decided_D = prices.timestamps_T[np.arange(len(weights_DS)) if bars is None else bars]
    return LinearCosts(**{**FREE, **changes}).run(decided_D, weights_DS, prices)


def test_one_purchase_by_hand():
    result = run(grid([90, 100, 110]), [1.0], cost_bps=10.0)
    # Bought at the second close: 1000 / 100 = 10 units; 10 basis points of 1000 are 1.
    np.testing.assert_allclose(result.equity["equity"], [1000, 999, 1099])
    np.testing.assert_allclose(result.equity["cash"], [1000, -1, -1])
    np.testing.assert_allclose(result.equity["positions_value"], [0, 1000, 1100])
    np.testing.assert_allclose(result.equity["return"], [0, -0.001, 1099 / 999 - 1])
    np.testing.assert_allclose(result.equity["gross"], [0, 1000 / 999, 1100 / 1099])
    np.testing.assert_allclose(result.equity["cost_commission"], [0, 1, 0])
    np.testing.assert_array_equal(result.holdings_TS, [[0], [10], [10]])
    (trade,) = result.trades.to_dict("records")
    assert trade == {
        "decided_at": START,
        "filled_at": START + np.timedelta64(1, "D"),
        "symbol": "A",
        "quantity": 10.0,
        "price": 100.0,
        "notional": 1000.0,
        "cost_commission": 1.0,
        "cause": "order",
    }


def test_a_fill_at_the_open_earns_the_rest_of_the_bar():
    result = run(grid([90, 110, 121], open=[90, 100, 115]), [1.0, 0.0], price="open")
    np.testing.assert_allclose(result.equity["equity"], [1000, 1100, 1150])
    np.testing.assert_allclose(result.trades["price"], [100, 115])
    np.testing.assert_allclose(result.trades["quantity"], [10, -10])


@pytest.mark.parametrize("lag", [1, 2, 3])
def test_a_decision_earns_nothing_before_its_fill(lag):
    rng = np.random.default_rng(lag)
    close = 100 * np.cumprod(1 + rng.normal(0, 0.02, 40))
    returns = close[1:] / close[:-1] - 1
    decisions = 40 - lag
    weights = np.sign(rng.normal(size=decisions))
    result = run(grid(close), weights, execution_lag_bars=lag)
    # Bar t earns the decision of bar t - 1 - lag, times the return from t - 1 to t.
    expected = np.zeros(40)
    expected[lag + 1 :] = weights[: 39 - lag] * returns[lag:]
    np.testing.assert_allclose(result.equity["return"], expected, atol=1e-12)


def test_hindsight_pays_only_when_decided_in_time():
    close = 100 * np.cumprod(1 + np.random.default_rng(5).normal(0, 0.02, 300))
    up = np.append(np.sign(np.diff(close)), 0)
    known_in_time = run(grid(close), np.append(up[1:], 0))
    known_at_the_fill = run(grid(close), up)
    assert known_in_time.equity["equity"].iloc[-1] > 10_000
    assert known_at_the_fill.equity["equity"].iloc[-1] < 2_000


def test_turnover_is_measured_from_drifted_weights():
    # Weights .6/.4 after +10 % and -10 % are .647059/.352941: two-way turnover .094118.
    result = run(grid([[1, 1], [1, 1], [1.1, 0.9]]), [[0.6, 0.4], [0.6, 0.4]])
    last = result.trades.tail(2)
    drifted = np.array([0.66, 0.36]) / 1.02
    np.testing.assert_allclose(drifted, [0.6470588235294118, 0.35294117647058826])
    np.testing.assert_allclose(last["notional"] / 1020, np.array([0.6, 0.4]) - drifted, rtol=1e-12)
    np.testing.assert_allclose(last["notional"].abs().sum() / 1020, 0.09411764705882358)


def test_between_decisions_weights_drift():
    result = run(grid([[1, 1], [1, 1], [2, 1], [4, 1]]), [[0.5, 0.5]])
    np.testing.assert_array_equal(result.holdings_TS[1:], np.full((3, 2), 500))
    np.testing.assert_allclose(result.equity["equity"], [1000, 1000, 1500, 2500])
    assert len(result.trades) == 2


def test_without_a_price_the_order_lapses_and_the_position_is_kept():
    prices = grid([[10, 10], [10, 10], [np.nan, 20], [30, 20]])
    result = run(prices, [[0.5, 0.5], [0.0, 0.0]])
    np.testing.assert_array_equal(result.holdings_TS, [[0, 0], [50, 50], [50, 0], [50, 0]])
    # The absent symbol is worth its last close, and jumps when it is quoted again.
    np.testing.assert_allclose(result.equity["equity"], [1000, 1000, 1500, 2500])


def test_a_price_that_is_not_positive_is_not_traded():
    result = run(grid([[10], [-1], [0], [10]]), [1.0, 1.0, 1.0])
    assert result.trades["filled_at"].tolist() == [START + np.timedelta64(3, "D")]


def test_a_symbol_before_its_first_bar_is_not_traded():
    result = run(grid([[10, np.nan], [10, np.nan], [10, 5], [10, 5]]), [[0, 1], [0, 1], [0, 1]])
    np.testing.assert_array_equal(result.holdings_TS[:, 1], [0, 0, 200, 200])


def test_a_decision_whose_fill_lies_beyond_the_last_bar_is_not_executed():
    result = run(grid([10, 10, 10]), [1.0, 1.0, 0.0], execution_lag_bars=1)
    assert result.trades["quantity"].tolist() == [100.0]
    assert len(run(grid([10, 10]), [1.0], execution_lag_bars=2).trades) == 0


def test_the_account_starts_at_the_first_decision():
    result = run(grid([10, 10, 10, 20]), [1.0], bars=[1])
    assert result.equity["timestamp"].iloc[0] == START + np.timedelta64(1, "D")
    np.testing.assert_array_equal(result.holdings_TS, [[0], [100], [100]])


def test_no_decisions_give_empty_frames():
    result = LinearCosts(**FREE).run(np.empty(0, "datetime64[us]"), np.empty((0, 1)), grid([10, 11]))
    assert len(result.equity) == len(result.trades) == len(result.holdings_TS) == 0


def test_interest_financing_and_borrowing_accrue_by_elapsed_time():
    # A day until the fill, then a quarter of a year of 365.25 days.
    minutes = np.array([0, 1440, 1440 + 131_490])
    prices = PriceGrid(
        symbols=("A",),
        timestamps_T=START + minutes * np.timedelta64(1, "m"),
        fields={"close": np.full((3, 1), 10.0)},
        bars_per_year=4.0,
    )
    saver = run(prices, [0.5], cash_bps_annual=400.0)
    day = 1000 * 0.04 / 365.25
    np.testing.assert_allclose(saver.equity["interest"], [0, day, (500 + day / 2) * 0.04 / 4])
    debtor = run(prices, [3.0], financing_bps_annual=800.0)
    np.testing.assert_allclose(debtor.equity["cost_financing"], [0, 0, 2000 * 0.08 / 4])
    np.testing.assert_allclose(debtor.equity["equity"], [1000, 1000, 960])
    seller = run(prices, [-1.0], borrow_bps_annual=200.0)
    np.testing.assert_allclose(seller.equity["cost_borrow"], [0, 0, 1000 * 0.02 / 4])
    np.testing.assert_allclose(seller.equity["cash"], [1000, 2000, 1995])


def test_the_band_leaves_small_drifts_alone_and_always_closes():
    prices = grid([100, 100, 104, 130, 130])
    weights = [0.5, 0.5, 0.5, 0.0]
    # Drifted to .5098, then to .5652: the first is within 5 %, the second is not.
    banded = run(prices, weights, rebalance_band=0.05)
    assert banded.trades["filled_at"].dt.day.tolist() == [2, 4, 5]
    tiny = run(grid([100, 100, 100]), [0.02, 0.0], rebalance_band=0.05)
    assert len(tiny.trades) == 0
    held = run(grid([100, 100, 20, 20]), [0.1, 0.1, 0.0], rebalance_band=0.09)
    np.testing.assert_allclose(held.holdings_TS[:, 0], [0, 1, 1, 0])


def test_ruin_closes_everything_and_stays_flat():
    result = run(grid([100, 100, 300, 10, 10]), [-1.0, -1.0, -1.0, 1.0], cash_bps_annual=100.0)
    assert result.equity["ruined"].tolist() == [False, False, True, True, True]
    debt = result.equity["equity"].iloc[2]
    assert debt < -990
    np.testing.assert_array_equal(result.equity["equity"].iloc[2:], debt)
    np.testing.assert_array_equal(result.equity["cash"].iloc[2:], debt)
    np.testing.assert_array_equal(result.equity["return"].iloc[3:], 0)
    np.testing.assert_array_equal(result.equity["gross"].iloc[2:], 0)
    np.testing.assert_array_equal(result.holdings_TS[2:], 0)
    assert result.trades["quantity"].sum() == 0


def test_a_fully_invested_account_is_not_traded_by_rounding():
    close = 100 * np.cumprod(1 + np.random.default_rng(0).normal(0, 0.02, 200))
    assert len(run(grid(close), np.ones(200)).trades) == 1


@pytest.mark.parametrize(
    ("decided", "weights", "message"),
    [
        ([0, 1], [[1.0]], "weights have shape (1, 1); decisions x symbols is (2, 1)"),
        ([1, 0], [[1.0], [1.0]], "decision times are not strictly increasing; sort them and drop duplicates"),
        ([0.5], [[1.0]], "2020-01-01T12:00:00.000000 is a decision time but no bar of the prices"),
        (
            [0, 1],
            [[1.0], [np.nan]],
            "the weight of A at 2020-01-02T00:00:00.000000 is nan; "
            "a portfolio returns finite weights, 0 for no position",
        ),
    ],
)
def test_broken_promises_are_named(decided, weights, message):
    hours = (np.asarray(decided) * 24).astype(int)
    with pytest.raises(ContractError) as error:
        LinearCosts(**FREE).run(START + hours * np.timedelta64(1, "h"), np.array(weights), grid([10, 10, 10]))
    assert str(error.value) == message


def test_a_missing_field_is_named():
    with pytest.raises(ContractError) as error:
        run(grid([10, 10]), [1.0], price="open")
    assert str(error.value) == "the prices lack open, a field that this backtest declares"


def test_fields_follow_the_fill_price():
    assert LinearCosts(**FREE).fields() == ("close",)
    assert LinearCosts(**{**FREE, "price": "open"}).fields() == ("close", "open")
