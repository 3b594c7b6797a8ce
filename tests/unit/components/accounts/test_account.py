"""The step of an account: the same bits however many bars are given at once, and nothing that is given changes."""

import io
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.accounts.account import CAUSES, Account, Market, Record, Terms, advance, step
from components.errors import ContractError

TERMS = Terms(
    cost_bps=5.0,
    borrow_bps_annual=50.0,
    financing_bps_annual=300.0,
    cash_bps_annual=100.0,
    rebalance_band=0.02,
    delisting_haircut=0.3,
)
CAPITAL = 1000.0


def random_market(seed: int, bars: int = 40, symbols: int = 5, *, spread: float = 0.5) -> Market:
    """Holes, ends, decisions on most bars, weights of both signs of which some are 0; now and then ruin."""
    rng = np.random.default_rng(seed)
    close_TS = 50 * np.exp(np.cumsum(rng.normal(0, rng.choice([0.03, 0.3]), (bars, symbols)), axis=0))
    ended_S = rng.integers(1, 2 * bars, symbols)
    close_TS[(rng.random(close_TS.shape) < 0.1) | (np.arange(bars)[:, None] >= ended_S)] = np.nan
    impact_TS = rng.uniform(0, 1e-5, close_TS.shape) if rng.random() < 0.5 else None
    weights_DS = rng.normal(0, spread, (bars, symbols)) * (rng.random((bars, symbols)) < 0.7)
    return Market(
        years_T=np.concatenate([[0.0], rng.uniform(0, 0.02, bars - 1)]),
        close_TS=close_TS,
        fill_TS=close_TS * np.exp(rng.normal(0, 0.01, close_TS.shape)),
        impact_TS=impact_TS,
        weights_DS=weights_DS,
        decision_T=np.where(rng.random(bars) < 0.8, np.arange(bars) - 1, -1),
        ended_S=np.minimum(ended_S, bars),
    )


def one_by_one(account: Account, market: Market) -> tuple[Account, list[Record]]:
    """The market bar by bar, by a caller who saves and restores the account in between."""
    records = []
    for t in range(len(market.years_T)):
        decision = int(market.decision_T[t])
        account, record = step(
            TERMS,
            restored(account),
            years=float(market.years_T[t]),
            close_S=market.close_TS[t],
            fill_S=market.fill_TS[t],
            impact_S=None if market.impact_TS is None else market.impact_TS[t],
            weights_S=None if decision < 0 else market.weights_DS[decision],
            ended_S=market.ended_S <= t,
        )
        records.append(record)
    return account, records


def restored(account: Account) -> Account:
    file = io.BytesIO()
    np.savez(file, **account.to_arrays())
    file.seek(0)
    return Account.from_arrays(np.load(file, allow_pickle=False))


def assert_same_bits(left: Account, right: Account) -> None:
    for name, values in left.to_arrays().items():
        np.testing.assert_array_equal(values, right.to_arrays()[name], err_msg=name)


@settings(deadline=None, max_examples=60)
@given(seed=st.integers(0, 10**6))
def test_bars_one_by_one_give_the_bits_of_all_at_once(seed: int) -> None:
    market, opened = random_market(seed), Account.opened(CAPITAL, 5)
    whole, record = advance(TERMS, opened, market)
    last, records = one_by_one(opened, market)
    assert_same_bits(whole, last)
    for name, values_T in record.book._asdict().items():
        np.testing.assert_array_equal(values_T, [getattr(each.book, name)[0] for each in records], err_msg=name)
    np.testing.assert_array_equal(record.units_TS, np.concatenate([each.units_TS for each in records]))
    for name, values_N in record.trades._asdict().items():
        if name != "bar_N":
            parts = [getattr(each.trades, name) for each in records]
            np.testing.assert_array_equal(values_N, np.concatenate(parts), err_msg=name)
    counts = [len(each.trades.bar_N) for each in records]
    np.testing.assert_array_equal(record.trades.bar_N, np.repeat(np.arange(40), counts))


def test_the_random_markets_reach_what_they_should() -> None:
    records = [advance(TERMS, Account.opened(CAPITAL, 5), random_market(seed))[1] for seed in range(60)]
    for cause in range(len(CAUSES)):
        assert sum(bool((record.trades.cause_N == cause).any()) for record in records) >= 5, CAUSES[cause]
    assert sum(bool(record.book.borrow_T.any() and record.book.financing_T.any()) for record in records) >= 5


@settings(deadline=None, max_examples=30)
@given(seed=st.integers(0, 10**6))
def test_cash_is_what_trades_and_carry_leave(seed: int) -> None:
    account, record = advance(TERMS, Account.opened(CAPITAL, 5), random_market(seed))
    trades, book = record.trades, record.book
    paid = trades.quantity_N @ trades.price_N + trades.commission_N.sum() + trades.impact_N.sum()
    carry = (book.interest_T - book.financing_T - book.borrow_T).sum()
    scale = CAPITAL + np.abs(trades.quantity_N * trades.price_N).sum()
    np.testing.assert_allclose(account.cash, CAPITAL - paid + carry, atol=1e-12 * scale)
    np.testing.assert_allclose(account.equity, book.cash_T[-1] + book.positions_T[-1], atol=1e-12 * scale)
    units_S = np.bincount(trades.symbol_N, weights=trades.quantity_N, minlength=5)
    np.testing.assert_allclose(account.units_S, units_S, atol=1e-12 * np.abs(trades.quantity_N).sum())
    assert (np.diff(book.ruined_T) >= 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_what_is_given_stays(seed: int) -> None:
    market, account = random_market(seed), advance(TERMS, Account.opened(CAPITAL, 5), random_market(seed + 100))[0]
    arrays = {name: np.array(values) for name, values in (vars(market) | account.to_arrays()).items()}
    first = advance(TERMS, account, market)[0]
    for name, values in (vars(market) | account.to_arrays()).items():
        np.testing.assert_array_equal(np.array(values), arrays[name], err_msg=name)
    assert_same_bits(first, advance(TERMS, account, market)[0])


def test_arrays_may_lie_in_memory_in_any_way() -> None:
    market = random_market(3)
    turned = replace(
        market,
        close_TS=np.asfortranarray(market.close_TS),
        weights_DS=np.repeat(market.weights_DS, 2, axis=1)[:, ::2],
        decision_T=market.decision_T.astype(np.int32),
    )
    opened = Account.opened(CAPITAL, 5)
    assert_same_bits(advance(TERMS, opened, market)[0], advance(TERMS, opened, turned)[0])


def test_a_ruined_account_stays_flat() -> None:
    flat = Account(cash=-10.0, ruined=True, units_S=np.zeros(5), known_S=np.zeros(5))
    account, record = advance(TERMS, flat, random_market(1))
    assert (account.cash, account.ruined, len(record.trades.bar_N)) == (-10.0, True, 0)
    np.testing.assert_array_equal(record.book.cash_T, -10.0)
    assert not record.units_TS.any()


def test_a_symbol_that_ended_cannot_be_bought() -> None:
    price_S = np.array([10.0, 10.0])
    account, record = step(
        TERMS,
        Account.opened(CAPITAL, 2),
        years=0.0,
        close_S=price_S,
        fill_S=price_S,
        weights_S=np.array([0.5, 0.5]),
        ended_S=np.array([False, True]),
    )
    np.testing.assert_array_equal(record.trades.symbol_N, [0])
    np.testing.assert_array_equal(account.units_S, [50.0, 0.0])


def test_the_same_targets_on_every_bar() -> None:
    """One row of weights, executed again and again, makes more trades than it has weights."""
    market = replace(random_market(7, bars=200), impact_TS=None, ended_S=np.full(5, 200))
    close_TS = np.abs(np.sin(np.arange(200)[:, None] + np.arange(5))) + 1.0
    constant = replace(
        market,
        close_TS=close_TS,
        fill_TS=close_TS,
        weights_DS=np.array([[0.1, -0.1, 0.2, -0.2, 0.3]]),
        decision_T=np.zeros(200, dtype=np.int64),
    )
    _, record = advance(replace(TERMS, rebalance_band=0.0), Account.opened(CAPITAL, 5), constant)
    assert len(record.trades.bar_N) == 1000


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"fill_TS": np.ones((3, 5))}, "fill_TS has shape (3, 5); beside closes of 40 bars x 5 symbols it is (40, 5)"),
        (
            {"weights_DS": np.ones((2, 4))},
            "weights_DS has shape (2, 4); beside closes of 40 bars x 5 symbols it is (2, 5)",
        ),
        ({"ended_S": np.ones(1)}, "ended_S has shape (1,); beside closes of 40 bars x 5 symbols it is (5,)"),
        ({"decision_T": np.full(40, 40)}, "decision_T names row 40; weights_DS has 40"),
    ],
)
def test_what_does_not_belong_together_is_named(changes: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(ContractError) as error:
        advance(TERMS, Account.opened(CAPITAL, 5), replace(random_market(0), **changes))
    assert str(error.value) == message
