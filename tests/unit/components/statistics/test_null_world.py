"""Null worlds keep everything of a history but what foretells the direction of its moves."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest, kstest

from components.errors import DataError
from components.panel import Panel
from components.statistics.null_world import null_world, signs_of
from components.statistics.rank import rank_of

PRICES = ("open", "high", "low", "close", "vwap")
ANCHORS = dict.fromkeys(PRICES, "close")


def market(symbols: int = 3, bars: int = 400, seed: int = 0, hours: bool = False) -> Panel:
    """Correlated moves in clusters, drifts, a symbol listed late and one delisted, holes, still bars."""
    rng = np.random.default_rng(seed)
    every = np.datetime64("2020-01-01", "us") + np.arange(bars) * np.timedelta64(1, "h" if hours else "D")
    size_T = 0.01 * np.exp(0.5 * np.sin(np.arange(bars) / 20))
    common_T = rng.normal(size=bars)
    fields: dict[str, list[np.ndarray]] = {name: [] for name in (*PRICES, "volume", "sentiment")}
    offsets, stamps = [0], []
    for symbol in range(symbols):
        kept_T = rng.random(bars) > 0.03
        kept_T[:20] &= symbol != 1
        kept_T[-30:] &= symbol != 2
        move_T = 0.0004 * symbol + size_T * (0.6 * common_T + 0.8 * rng.standard_t(5, bars))
        move_T[rng.random(bars) < 0.05] = 0.0
        close = 50 * np.exp(np.cumsum(move_T))[kept_T]
        opening = close * np.exp(rng.normal(0, 0.004, len(close)))
        high = np.maximum(opening, close) * np.exp(rng.uniform(0, 0.004, len(close)))
        low = np.minimum(opening, close) * np.exp(-rng.uniform(0, 0.004, len(close)))
        made = dict(zip(PRICES, (opening, high, low, close, (high + low + close) / 3), strict=True))
        made |= {"volume": rng.lognormal(10, 1, len(close)), "sentiment": rng.normal(size=len(close))}
        made["close"] = np.where(rng.random(len(close)) < 0.02, np.nan, close)
        for name, values in made.items():
            fields[name].append(values)
        stamps.append(every[kept_T])
        offsets.append(offsets[-1] + int(kept_T.sum()))
    return Panel(
        symbols=tuple(f"S{number}" for number in range(symbols)),
        offsets=np.array(offsets),
        timestamps_R=np.concatenate(stamps),
        fields={name: np.concatenate(parts) for name, parts in fields.items()},
    )


def residuals(panel: Panel) -> np.ndarray:
    """(T, S) moves of the close between neighbouring bars about each symbol's mean of those that are not 0."""
    found_TS = np.full((len(panel.dates_T), len(panel.symbols)), np.nan)
    for code, (start, end) in enumerate(zip(panel.offsets[:-1], panel.offsets[1:], strict=True)):
        rows = start + np.flatnonzero(np.isfinite(panel.fields["close"][start:end]))
        move = np.diff(np.log(panel.fields["close"][rows]))
        moved = ~np.isclose(move, 0, atol=1e-12)
        move[moved] -= move[moved].mean()
        found_TS[panel.date_codes_R[rows[1:]], code] = np.where(moved, move, np.nan)
    return found_TS


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 999), symbols=st.integers(1, 4), hours=st.booleans(), bars=st.integers(60, 300))
def test_what_is_kept(seed: int, symbols: int, hours: bool, bars: int) -> None:
    real = market(symbols, bars, seed, hours)
    null = null_world(real, ANCHORS, seed=seed, world=1)
    assert null.symbols == real.symbols
    assert (null.timestamps_R == real.timestamps_R).all()
    for name in ("volume", "sentiment"):
        assert (null.fields[name] == real.fields[name]).all()
    for name in PRICES:
        assert (np.isnan(null.fields[name]) == np.isnan(real.fields[name])).all()
    close = np.isfinite(real.fields["close"])
    of = {which: {name: panel.fields[name] for name in PRICES} for which, panel in (("real", real), ("null", null))}
    assert (of["null"]["high"][close] >= np.maximum(of["null"]["open"], of["null"]["close"])[close]).all()
    assert (of["null"]["low"][close] <= np.minimum(of["null"]["open"], of["null"]["close"])[close]).all()
    ranges = [np.log(each["high"] / each["low"]) for each in of.values()]
    assert np.allclose(*ranges, rtol=1e-9, atol=1e-12)
    bodies = [np.abs(np.log(each["close"] / each["open"]))[close] for each in of.values()]
    assert np.allclose(*bodies, rtol=1e-9, atol=1e-12)


def test_moves_keep_their_size_their_mean_and_their_company() -> None:
    real = market(bars=3000)
    null = null_world(real, ANCHORS, seed=3, world=7)
    was_TS, is_TS = residuals(real), residuals(null)
    # The mean of the signs is taken out of every move, which is little of it.
    assert np.nanmax(np.abs(np.abs(was_TS) - np.abs(is_TS))) < 5 * np.nanstd(was_TS) / np.sqrt(len(was_TS))
    both = np.isfinite(was_TS).all(axis=1)
    assert np.allclose(np.corrcoef(was_TS[both].T), np.corrcoef(is_TS[both].T), atol=0.01)
    for start, end in zip(real.offsets[:-1], real.offsets[1:], strict=True):
        for panel in (real, null):
            assert np.isfinite(panel.fields["close"][start:end]).any()
        rows = start + np.flatnonzero(np.isfinite(real.fields["close"][start:end]))
        ends = rows[[0, -1]]
        assert np.allclose(real.fields["close"][ends], null.fields["close"][ends], rtol=1e-9)
        still = np.diff(real.fields["close"][rows]) == 0
        assert (np.diff(null.fields["close"][rows])[still] == 0).all()


def test_what_foretold_a_move_foretells_it_no_more() -> None:
    real = market(1, 4000)
    rng = np.random.default_rng(0)
    move = np.empty(4000)
    move[0] = 0.01
    for t in range(1, 4000):
        move[t] = 0.5 * move[t - 1] + 0.01 * rng.normal()
    close = 100 * np.exp(np.cumsum(move))[: real.n_rows]
    trending = replace(real, fields={"close": close})

    def persistence(panel: Panel) -> float:
        moves = np.diff(np.log(panel.fields["close"]))
        return float(np.corrcoef(moves[1:], moves[:-1])[0, 1])

    assert persistence(trending) > 0.45
    found = [persistence(null_world(trending, {"close": "close"}, seed=0, world=world)) for world in range(1, 21)]
    assert np.abs(found).max() < 0.1
    assert abs(np.mean(found)) < 0.02


def test_a_world_is_the_same_in_every_panel_of_the_market() -> None:
    real = market(2, 300)
    stamps = real.dates_T
    signs = signs_of(stamps, seed=1, world=2)
    assert (signs_of(stamps[100:], seed=1, world=2) == signs[100:]).all()
    assert (signs_of(stamps, seed=1, world=3) != signs).any()
    assert (signs_of(stamps, seed=2, world=2) != signs).any()
    again = null_world(real, ANCHORS, seed=1, world=2)
    assert again.fingerprint == null_world(real, ANCHORS, seed=1, world=2).fingerprint


def test_signs_are_even_and_forget_each_other() -> None:
    days = np.datetime64("2000-01-01", "us") + np.arange(5000) * np.timedelta64(1, "D")
    minutes = np.datetime64("2000-01-01", "us") + np.arange(5000) * np.timedelta64(1, "m")
    for stamps in (days, minutes):
        signs = np.array([signs_of(stamps, seed=0, world=world) for world in range(1, 41)])
        assert abs(signs.mean()) < 4 / np.sqrt(signs.size)
        for lag in (1, 2, 5, 7, 60):
            assert abs((signs[:, lag:] * signs[:, :-lag]).mean()) < 4 / np.sqrt(signs.size)
        assert np.abs(np.corrcoef(signs) - np.eye(40)).max() < 6 / np.sqrt(5000)


@pytest.mark.parametrize("prices", [[5.0], [5.0, 5.0, 5.0], [5.0, 6.0], [np.nan, np.nan], [np.nan, 5.0, np.nan, 6.0]])
def test_too_few_moves_stay_as_they_are(prices: list[float]) -> None:
    close = np.array(prices)
    stamps = np.datetime64("2020-01-01", "us") + np.arange(len(close)) * np.timedelta64(1, "D")
    real = Panel(
        symbols=("A",),
        offsets=np.array([0, len(close)]),
        timestamps_R=stamps,
        fields={"close": close, "high": np.full(len(close), 7.0)},
    )
    for world in range(1, 6):
        null = null_world(real, {"close": "close", "high": "close"}, seed=0, world=world)
        assert np.allclose(null.fields["close"], close, equal_nan=True)


def test_bid_and_ask_change_places() -> None:
    real = market(1, 200)
    close = np.where(np.isfinite(real.fields["close"]), real.fields["close"], 60.0)
    quoted = replace(real, fields={"close": close, "bid": close * 0.999, "ask": close * 1.002})
    null = null_world(quoted, {"close": "close", "bid": "close", "ask": "close"}, seed=0, world=1)
    assert (null.fields["bid"] < null.fields["close"]).all()
    assert (null.fields["ask"] > null.fields["close"]).all()
    assert np.allclose(null.fields["ask"] / null.fields["bid"], 1.002 / 0.999)
    quotes = replace(quoted, fields={name: quoted.fields[name] for name in ("bid", "ask")})
    alone = null_world(quotes, {"bid": "bid", "ask": "bid"}, seed=0, world=1)
    assert np.allclose(alone.fields["ask"] / alone.fields["bid"], 1.002 / 0.999)


def test_a_price_that_is_not_above_zero_is_refused() -> None:
    stamps = np.datetime64("2020-04-17", "us") + np.arange(3) * np.timedelta64(1, "D")
    oil = Panel(
        symbols=("OIL",), offsets=np.array([0, 3]), timestamps_R=stamps, fields={"close": np.array([18.3, -37.6, 10.0])}
    )
    with pytest.raises(DataError) as error:
        null_world(oil, {"close": "close"}, seed=0, world=1)
    assert str(error.value) == (
        "null worlds: close of OIL is -37.6 at 2020-04-18T00:00:00.000000, and moves of prices that are not above 0 "
        "have no logarithm; drop such bars, or leave sweep.null_worlds out"
    )


def best_rule(panel: Panel) -> float:
    """A search: of ten rules that hold each symbol by the sign of its last moves, what the best earned in the first
    half by a bar's spread."""
    close_TS = np.log(panel.grid("close"))
    move_TS = np.diff(close_TS, axis=0)
    found = []
    for bars in range(1, 11):
        held_TS = np.sign(close_TS[bars:-1] - close_TS[: -bars - 1])
        earned_T = (held_TS * move_TS[bars:]).mean(axis=1)[: len(move_TS) // 2]
        found += [earned_T.mean() / earned_T.std(), -earned_T.mean() / earned_T.std()]
    return float(max(found))


def p_value(skill: float, seed: int, worlds: int) -> float:
    rng = np.random.default_rng([3, seed])
    bars = 250
    size_T = 0.01 * np.exp(np.cumsum(rng.normal(0, 0.05, bars)))
    shock_TS = 0.6 * rng.standard_t(5, (bars, 1)) + 0.8 * rng.standard_t(5, (bars, 3))
    for t in range(1, bars):
        shock_TS[t] += skill * shock_TS[t - 1]
    close_TS = np.exp(np.cumsum(0.0005 * np.arange(3) + size_T[:, None] * shock_TS, axis=0))
    days = np.datetime64("2020-01-01", "us") + np.arange(bars) * np.timedelta64(1, "D")
    real = Panel(
        symbols=("A", "B", "C"),
        offsets=np.arange(4) * bars,
        timestamps_R=np.tile(days, 3),
        fields={"close": close_TS.T.ravel()},
    )
    nulls = [best_rule(null_world(real, {"close": "close"}, seed=seed, world=n + 1)) for n in range(worlds)]
    return rank_of(best_rule(real), nulls, better=1).p_value


@pytest.mark.slow
def test_p_values_are_uniform_on_noise_and_small_on_what_is_there() -> None:
    rng = np.random.default_rng(0)
    noise = np.array([p_value(0.0, seed, 19) for seed in range(200)])
    assert kstest(noise - rng.random(200) / 20, "uniform").pvalue > 0.01
    assert binomtest(int((noise <= 0.05).sum()), 200, 0.05).pvalue > 0.01
    found = np.array([p_value(0.3, 1000 + seed, 19) for seed in range(20)])
    assert (found <= 0.05).mean() > 0.8
