"""Which series are recognised as one market, and which never are."""

import numpy as np
import pandas as pd
import pytest

from runner.recording.markets.alike import alike, compared
from runner.recording.markets.sketch import Sketch, sketch_of
from sketched import market, panel, unpacked


def sketch(prices: dict[str, pd.Series]) -> Sketch:
    return sketch_of(panel(prices))


def kinds(one: Sketch, two: Sketch) -> dict[tuple[int, int], str]:
    pairs = alike(one, two)
    return dict(
        zip(zip(pairs.own_N.tolist(), pairs.other_N.tolist(), strict=True), map(str, pairs.kinds()), strict=True)
    )


def found(one: dict[str, pd.Series], two: dict[str, pd.Series]) -> set[tuple[str, str]]:
    names, others = sorted(one), sorted(two)
    said = kinds(sketch(one), sketch(two))
    return {(names[a], others[b]) for (a, b), kind in said.items() if kind in ("same", "market")}


MARKET = market(6)
CHANGES = {
    "a copy": lambda p: p,
    "another scale": lambda p: p * 0.0137,
    "single precision": lambda p: p.astype("float32").astype("float64"),
    "rounded": lambda p: p.round(2),
    "dividends": lambda p: p * np.exp(0.005 * np.floor(np.arange(len(p)) / 63)),
    "another vendor": lambda p: p * np.exp(np.random.default_rng(1).normal(0, 2e-4, len(p))),
    "more bars": lambda p: p[:500],
    "later bars": lambda p: p[200:],
    "dropped days": lambda p: p[np.random.default_rng(2).random(len(p)) > 0.1],
    "the other way round": lambda p: 1 / p,
    "weeks": lambda p: p.resample("W-FRI").last(),
    **{
        f"weeks that end on {day}": lambda p, day=day: 1 / p.resample(f"W-{day}").last().shift(-6, freq="D")
        for day in ("MON", "TUE", "WED", "THU")
    },
    "weeks, stamped on Mondays": lambda p: p.resample("W-FRI").last().shift(-4, freq="D"),
    **{f"{days} days later": lambda p, days=days: p.shift(days, freq="D") for days in (-3, -2, -1, 1, 2, 3)},
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_symbol_is_recognised_and_no_other(change):
    long = market(6, 1500) if "weeks" in change else MARKET
    changed = {name: CHANGES[change](prices) for name, prices in long.items()}
    assert found(changed, long) == {(name, name) for name in long}
    assert found(long, changed) == {(name, name) for name in long}


def test_of_two_thousand_pairs_of_distinct_series_none_is_taken_for_one():
    many = market(60, 900, corr=0.8)
    assert found(many, many) == {(name, name) for name in many}


def test_drift_makes_no_market():
    """Series that nearly always rise agree in nearly all signs by chance."""
    rng = np.random.default_rng(0)
    index = pd.bdate_range("2014-01-02", periods=900)
    rising = {f"S{n}": pd.Series(np.exp(np.cumsum(rng.normal(0.02, 0.01, 900))), index=index) for n in range(8)}
    assert found(rising, rising) == {(name, name) for name in rising}


def test_nearly_the_same_is_one_market_but_not_the_same_series():
    one = MARKET["S000"]
    two = one * np.exp(np.random.default_rng(3).normal(0, 0.0012, len(one)))
    assert kinds(sketch({"A": one}), sketch({"A": two})) == {(0, 0): "market"}


def test_weeks_of_a_market_that_never_closes_may_end_on_saturday():
    days = {"A": market(1, 1500)["S000"].set_axis(pd.date_range("2014-01-02", periods=1500))}
    weeks = {"A": days["A"].resample("W-SAT").last()}
    assert found(weeks, days) == found(days, weeks) == {("A", "A")}


def test_weeks_under_one_name_are_told_apart_only_where_they_share_little():
    """Weeks to Thursday and to Monday of one market still agree; those of two markets do not."""
    thursdays, mondays = (market(2, 1500)["S000"].resample(f"W-{day}").last() for day in ("THU", "TUE"))
    other = market(2, 1500, seed=5)["S000"].resample("W-THU").last()
    own_N = np.zeros(1, dtype=np.int64)
    said = [compared(sketch({"A": thursdays}), sketch({"A": each}), own_N, own_N).kinds() for each in (mondays, other)]
    assert [str(kinds_N[0]) for kinds_N in said] == ["unknown", "other"]


@pytest.mark.parametrize(("days", "kind"), [(90, None), (101, "same"), (180, "same")])
def test_a_short_exact_copy_is_recognised_from_100_moves_on(days, kind):
    one = {"A": MARKET["S000"][:days]}
    assert kinds(sketch(one), sketch(MARKET)).get((0, 0)) == kind


@pytest.mark.parametrize(("weeks", "kind"), [(59, None), (66, "same")])
def test_weeks_of_a_daily_file_are_recognised_from_60_moves_on(weeks, kind):
    one = {"A": MARKET["S000"].resample("W-FRI").last()[:weeks]}
    assert kinds(sketch(one), sketch(MARKET)).get((0, 0)) == kind


def test_signs_agree_as_a_slow_count_says():
    rng = np.random.default_rng(5)
    one = MARKET["S001"]
    two = one * np.exp(rng.normal(0, 0.003, len(one)))
    first, second = sketch({"A": one}), sketch({"A": two})
    a, b = unpacked(first.daily, 0), unpacked(second.daily, 0)
    common = sorted(set(a) & set(b))
    agree = np.mean([a[day][0] == b[day][0] for day in common])
    p, q = (np.mean([each[day][0] for day in common]) for each in (a, b))
    chance = p * q + (1 - p) * (1 - q)
    firm = [a[day][0] == b[day][0] for day in common if a[day][1] and b[day][1]]
    pairs = compared(first, second, np.array([0]), np.array([0]))
    assert pairs.common_N.tolist() == [len(common)]
    assert pairs.sign_N == pytest.approx([(agree - chance) / (1 - chance)])
    assert pairs.firm_N == pytest.approx([np.mean(firm)])


def test_series_that_share_no_day_are_compared_with_nothing():
    early, late = {"A": MARKET["S000"][:300]}, {"A": MARKET["S000"][350:]}
    assert kinds(sketch(early), sketch(late)) == {}
    assert list(compared(sketch(early), sketch(late), np.array([0]), np.array([0])).kinds()) == ["unknown"]
