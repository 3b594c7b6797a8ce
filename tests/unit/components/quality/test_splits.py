"""Splits of any ratio of whole numbers are told from crashes, spikes and crises."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.bars import Bars
from components.quality._splits import Ratio, likely_ratio, splits
from components.values import Float

N, DAY = 500, 250
DAYS = np.datetime64("2018-01-01", "us") + np.arange(N) * np.timedelta64(1, "D")


def world(seed: int) -> tuple[Float, Float]:
    """Closes with heavy tails and volumes that remember yesterday's; the day of the split is an ordinary one."""
    rng = np.random.default_rng(seed)
    moves = rng.standard_t(5, N) * 0.012
    moves[DAY] = rng.normal(0, 0.01)
    activity = np.zeros(N)
    for day in range(1, N):
        activity[day] = 0.7 * activity[day - 1] + rng.normal(0, 0.2)
    return 50 * np.exp(np.cumsum(moves)), 1e6 * np.exp(activity)


def bars(close: Float, volume: Float | None = None) -> Bars:
    fields = {"close": close} if volume is None else {"close": close, "volume": volume}
    return Bars(symbols=("A",), codes_R=np.zeros(N, dtype=np.int32), timestamps_R=DAYS, fields=fields, where="a.csv")


def found(given: Bars) -> tuple[list[int], str]:
    defects = list(splits(given, 0.03, 25.0))
    return ([row for defect in defects for row in defect.rows.tolist()], defects[0].says if defects else "")


RATIOS = ((7, 1), (1, 8), (50, 1), (1, 190), (5, 4), (1, 30), (3, 2), (4, 3), (2, 1), (1, 2), (20, 1), (1, 100), (7, 2))


@pytest.mark.parametrize(("new", "old"), RATIOS)
def test_a_step_of_price_with_the_opposite_step_of_volume(new: int, old: int) -> None:
    before = np.where(np.arange(N) < DAY, new / old, 1.0)
    hits = names = 0
    for seed in range(10):
        close, volume = world(seed)
        rows, says = found(bars(close * before, volume / before))
        hits += rows == [DAY]
        names += f" {new}:{old} split, while volume steps the other way: symbol A, 2018-09-08" in says
    assert hits >= 9
    assert names >= 8


@pytest.mark.parametrize("fall", [0.2, 0.5, 0.857])
def test_a_crash_is_no_split(fall: float) -> None:
    """With one day of heavy volume, with volume that calms down over weeks, or with none that changes."""
    before = np.where(np.arange(N) < DAY, 1 / (1 - fall), 1.0)
    after = np.maximum(np.arange(N) - DAY, 0)
    heavy = np.where(np.arange(N) == DAY, 8.0, 1.0)
    calming = np.where(np.arange(N) >= DAY, 1 + 7 * np.exp(-after / 5), 1.0)
    called = 0
    for seed in range(10):
        close, volume = world(seed)
        called += sum(bool(found(bars(close * before, volume * more))[0]) for more in (heavy, calming))
    assert called == 0


def test_what_is_taken_back_is_no_split() -> None:
    close, volume = world(0)
    spike = np.where(np.arange(N) == DAY, 0.5, 1.0)
    assert found(bars(close * spike, volume / spike)) == ([], "")


def test_in_a_crisis_a_fifth_is_an_ordinary_fall() -> None:
    close, volume = world(1)
    rng = np.random.default_rng(5)
    wild = np.where(abs(np.arange(N) - DAY) < 20, rng.choice([-0.08, 0.08], N), 0.0)
    wild[DAY] = math.log(0.8)
    more = np.where(np.arange(N) >= DAY, 1.25, 1.0)
    assert found(bars(close * np.exp(np.cumsum(wild)), volume * more)) == ([], "")


def test_without_volume_usual_ratios_alone_are_believed_and_it_is_said() -> None:
    close, _ = world(2)
    for factor, says in ((7.0, "7:1"), (1 / 8, "1:8"), (1.25, "5:4"), (100.0, "100:1")):
        rows, said = found(bars(np.where(np.arange(N) < DAY, factor, 1.0) * close))
        assert rows == [DAY]
        assert f"as in a {says} split, though there is no volume to tell: " in said
    assert found(bars(np.where(np.arange(N) < DAY, 37.0, 1.0) * close))[0] == []


def test_it_says_what_to_do() -> None:
    close, volume = world(3)
    for factor, remedy in ((7.0, "divide them by 7"), (1 / 8, "multiply them by 8"), (1.5, "divide them by 3/2")):
        before = np.where(np.arange(N) < DAY, factor, 1.0)
        (defect,) = splits(bars(close * before, volume / before), 0.03, 25.0)
        assert defect.remedy == f"adjust the prices before it for the split: {remedy}"


@given(st.integers(2, 10), st.integers(1, 5), st.floats(-0.008, 0.008))
def test_the_simplest_ratio_is_the_likely_one(p: int, q: int, noise: float) -> None:
    if p <= q or math.gcd(p, q) > 1 or (q > 1 and p / q > 4):
        return
    for sign in (1, -1):
        assert likely_ratio(sign * math.log(p / q) + noise, 0.01) == Ratio(p=p, q=q, reverse=sign > 0)


@given(st.floats(0.15, 7.0), st.floats(0.001, 0.1))
def test_a_ratio_lies_within_the_tolerance_or_there_is_none(size: float, tolerance: float) -> None:
    ratio = likely_ratio(size, tolerance)
    if ratio is not None:
        assert abs(math.log(ratio.p / ratio.q) - size) <= math.log1p(tolerance) + 1e-9
