"""Sketches: what they keep, what they cannot tell, and how small they are."""

import zlib

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runner.recording.markets.sketch import ZLIB, Sketch, sketch_of
from runner.storage.formats import ARRAYS
from sketched import panel, unpacked, walk


def equal(one: Sketch, two: Sketch) -> bool:
    return one.to_bytes() == two.to_bytes()


def naive_days(prices: pd.Series) -> dict[int, tuple[bool, bool]]:
    """Day -> (up, big), slowly, for business days."""
    moves = [(day, b - a, abs(b - a) / max(abs(a), abs(b))) for day, a, b in zip(
        prices.index[1:], prices.to_numpy()[:-1], prices.to_numpy()[1:], strict=True)]  # fmt: skip
    known = [
        (day, move, size)
        for (day, move, size), before in zip(moves, prices.index[:-1], strict=True)
        if move != 0 and np.busday_count(before.date(), day.date()) <= 1
    ]
    sigma = np.median([size for _, _, size in known]) / 0.6745
    return {(day - pd.Timestamp(0)).days: (move > 0, size >= 0.25 * sigma) for day, move, size in known}


@pytest.mark.parametrize("first", ["2015-01-01", "1960-03-04"])
def test_it_keeps_sign_and_size_of_every_move_as_a_slow_reference_does(first):
    prices = {
        "A": walk(1, first=first),
        "B": walk(2, 90).round(0),
        "C": walk(3, 40).drop(walk(3, 40).index[[5, 6, 20]]),
    }
    daily = sketch_of(panel(prices)).daily
    for row, series in enumerate(prices.values()):
        assert unpacked(daily, row) == naive_days(series)


def test_a_move_over_a_hole_is_not_known():
    prices = walk(1)
    whole, holed = (sketch_of(panel({"A": each})).daily for each in (prices, prices.drop(prices.index[100])))
    gone = set(unpacked(whole, 0)) - set(unpacked(holed, 0))
    assert gone == {(day - pd.Timestamp(0)).days for day in prices.index[100:102]}


def test_weeks_are_known_by_their_last_close_whatever_day_that_has():
    prices = walk(1)
    weekly = prices.resample("W-FRI").last()
    days, weeks = sketch_of(panel({"A": prices})), sketch_of(panel({"A": weekly}))
    assert unpacked(days.weekly, 0) == unpacked(weeks.weekly, 0)
    assert unpacked(weeks.daily, 0) == {}, "a week's move is no day's"


def test_hours_and_days_are_one_sketch():
    hours = pd.date_range("2015-01-01", periods=24 * 90, freq="h")
    prices = pd.Series(100 * np.exp(np.cumsum(np.random.default_rng(0).normal(0, 0.001, len(hours)))), index=hours)
    assert equal(sketch_of(panel({"A": prices})), sketch_of(panel({"A": prices.resample("D").last()})))


@settings(max_examples=20, deadline=None)
@given(factor=st.floats(1e-3, 1e6), seed=st.integers(0, 99))
def test_neither_scale_nor_level_can_be_read_back(factor, seed):
    """Prices a thousand times apart, and moves of other sizes but the same order of magnitude, are one sketch."""
    prices = walk(seed, 200)
    assert equal(sketch_of(panel({"A": prices})), sketch_of(panel({"A": prices * factor})))
    sizes = np.log(prices).diff().fillna(0.0)
    squeezed = 7 * np.exp((np.sign(sizes) * np.where(sizes.abs() > sizes.abs().median() / 2, 0.02, 1e-4)).cumsum())
    one, two = unpacked(sketch_of(panel({"A": prices})).daily, 0), unpacked(sketch_of(panel({"A": squeezed})).daily, 0)
    assert {day: up for day, (up, _) in one.items()} == {day: up for day, (up, _) in two.items()}


def test_it_survives_its_bytes_and_takes_two_kibibytes_in_ten_years():
    prices = {f"S{n}": walk(n, 2600) for n in range(8)}
    made = sketch_of(panel(prices))
    assert equal(Sketch.from_bytes(made.to_bytes()), made)
    assert len(made.to_bytes()) <= 8 * 2048
    single = {"C": pd.Series(walk(1, 3653).to_numpy(), index=pd.date_range("2015-01-01", periods=3653))}
    assert len(sketch_of(panel(single)).to_bytes()) <= 2048


def test_shifted_bits_are_the_bits_of_shifted_days():
    prices = pd.Series(walk(1, 300).to_numpy(), index=pd.date_range("2015-01-01", periods=300))
    bits = sketch_of(panel({"A": prices})).daily
    for steps in (-3, -1, 0, 2, 63):
        moved = {day + steps: flags for day, flags in unpacked(bits, 0).items()}
        assert unpacked(bits.later(steps), 0) == moved


@pytest.mark.parametrize("values", [[], [5.0], [5.0, 5.0, 5.0], [np.nan, np.nan]])
def test_what_never_moved_is_known_by_nothing(values):
    index = pd.bdate_range("2020-01-01", periods=len(values))
    prices = {"A": pd.Series(values, index=index, dtype=float), "B": walk(1, 50)}
    sketch = sketch_of(panel(prices)).daily
    assert unpacked(sketch, len(sketch.known_SW) - 1) == naive_days(walk(1, 50))
    assert len(sketch.known_SW) == 1 or unpacked(sketch, 0) == {}


def test_negative_prices_and_yields_have_moves():
    prices = pd.Series([1.0, -2.0, -1.0, 0.0, 0.5], index=pd.bdate_range("2020-01-06", periods=5))
    found = unpacked(sketch_of(panel({"A": prices})).daily, 0)
    assert [up for up, _ in found.values()] == [False, True, True, True]


def test_what_a_ledger_holds_from_before_other_weeks_were_kept_is_read() -> None:
    made = sketch_of(panel({f"S{n}": walk(n, 200) for n in range(3)}))
    arrays = {"first": np.array([made.daily.first, made.weekly.first])}
    for name, bits in (("daily", made.daily), ("weekly", made.weekly)):
        arrays |= {f"{name}_{part}": words_SW.astype("<u8") for part, words_SW in bits.arrays.items()}
    found = Sketch.from_bytes(zlib.compress(ARRAYS.encode(arrays)["arrays.npz"], level=6))
    assert found.ends == ()
    assert equal(found, Sketch(daily=made.daily, weekly=made.weekly))
    assert not made.to_bytes().startswith(ZLIB)
