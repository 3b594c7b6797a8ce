"""Expressions on bars of several bars, against a slow reference that puts them together one by one."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import DataError
from components.expressions import Reach, evaluate, parse, reach
from components.panel import Panel

MINUTES = {
    **{"minutes_5": 2, "minutes_15": 4, "minutes_30": 7, "hourly": 20, "hours_4": 50},
    **{"daily": 300, "weekly": 1_440, "monthly": 2_000},
}
PERIOD: dict[str, Callable[[datetime], object]] = {
    "minutes_5": lambda t: (t.date(), t.hour, t.minute // 5),
    "minutes_15": lambda t: (t.date(), t.hour, t.minute // 15),
    "minutes_30": lambda t: (t.date(), t.hour, t.minute // 30),
    "hours_4": lambda t: (t.date(), t.hour // 4),
    "hourly": lambda t: (t.date(), t.hour),
    "daily": lambda t: t.date(),
    "weekly": lambda t: t.isocalendar()[:2],
    "monthly": lambda t: (t.year, t.month),
}
FIELDS = ("open", "high", "low", "close", "volume", "vix")
MERGE: dict[str, Callable[[list[float]], float]] = {
    "open": lambda v: v[0],
    "high": lambda v: float(np.max(v)),
    "low": lambda v: float(np.min(v)),
    "close": lambda v: v[-1],
    "volume": lambda v: float(np.sum(v)),
    "vix": lambda v: v[-1],
}


def _panel(seed: int, minutes: int) -> Panel:
    """Ragged symbols with holes, over the turn of a year."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(1, 90, size=3)
    grid = np.datetime64("2019-12-20T22:10") + np.arange(120) * np.timedelta64(minutes, "m")
    rows = int(lengths.sum())
    return Panel(
        symbols=("A", "B", "C"),
        offsets=np.concatenate([[0], np.cumsum(lengths)]),
        timestamps_R=np.concatenate([np.sort(rng.choice(grid, size=n, replace=False)) for n in lengths]),
        fields={name: np.where(rng.random(rows) < 0.03, np.nan, np.round(rng.normal(size=rows), 2)) for name in FIELDS},
    )


def _long_bars(panel: Panel, timeframe: str, s: int) -> list[list[int]]:
    """Rows of a symbol, period by period."""
    periods: dict[object, list[int]] = {}
    for row in range(panel.offsets[s], panel.offsets[s + 1]):
        periods.setdefault(PERIOD[timeframe](panel.timestamps_R[row].astype(object)), []).append(row)
    return list(periods.values())


@pytest.mark.parametrize("timeframe", PERIOD)
@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9))
def test_fields_and_windows_of_long_bars(timeframe: str, seed: int) -> None:
    panel = _panel(seed, MINUTES[timeframe])
    texts = [*(f"{timeframe}({name}, 99)" for name in FIELDS), f"{timeframe}(mean(close, 2) - ref(volume, 3), 99)"]
    actual = evaluate({text: parse(text) for text in texts}, panel, dtype=np.float64)
    expected = np.full(actual.shape, np.nan)
    for s in range(3):
        bars = _long_bars(panel, timeframe, s)
        merged = np.array([[MERGE[name](list(panel.fields[name][rows])) for rows in bars] for name in FIELDS])
        close, volume = merged[3], merged[4]
        for number in range(1, len(bars)):
            expected[:6, bars[number]] = merged[:, [number - 1]]
            if number >= 4:
                expected[6, bars[number]] = (close[number - 1] + close[number - 2]) / 2 - volume[number - 4]
    np.testing.assert_allclose(actual, expected, rtol=1e-12, atol=1e-12)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10**9), cut=st.integers(1, 119), timeframe=st.sampled_from(list(PERIOD)))
def test_bars_to_come_change_no_value(seed: int, cut: int, timeframe: str) -> None:
    panel = _panel(seed, MINUTES[timeframe])
    nodes = {"x": parse(f"{timeframe}(mean(close, 2) + cs_rank(volume), 99)"), "y": parse(f"{timeframe}(high, 99)")}
    known_R = panel.timestamps_R < panel.timestamps_R.min() + cut * np.timedelta64(MINUTES[timeframe], "m")
    before = evaluate(nodes, panel.take(known_R), dtype=np.float64)
    np.testing.assert_array_equal(before, evaluate(nodes, panel, dtype=np.float64)[:, known_R])


def test_a_period_is_visible_from_the_next_one_on() -> None:
    days = np.array(["2024-01-04", "2024-01-05", "2024-01-08", "2024-01-09", "2024-01-22"], "datetime64[D]")
    panel = Panel(symbols=("A",), offsets=np.array([0, 5]), timestamps_R=days, fields={"close": np.arange(1.0, 6.0)})
    close = evaluate({"f": parse("weekly(close)")}, panel, dtype=np.float64)[0]
    np.testing.assert_array_equal(close, [np.nan, np.nan, 2.0, 2.0, 4.0])


def test_cross_sections_of_long_bars_compare_equal_periods_of_members() -> None:
    days = np.datetime64("2024-01-01") + np.arange(14)
    fields = {"close": np.repeat([5.0, 0, 3, 0, 9, 0], 7), "in_universe": np.repeat([1.0, 1, 1, 1, 0, 1], 7)}
    panel = Panel(
        symbols=("A", "B", "C"), offsets=np.array([0, 14, 28, 42]), timestamps_R=np.tile(days, 3), fields=fields
    )
    ranks = evaluate({"f": parse("weekly(cs_rank(close))")}, panel)[0].reshape(3, 14)
    np.testing.assert_array_equal(ranks[:, 7:], np.repeat([[1.0], [0.5], [np.nan]], 7, axis=1))
    assert np.isnan(ranks[:, :7]).all()


@pytest.mark.parametrize(
    ("text", "lookback"),
    [
        ("weekly(close)", 13),
        ("weekly(mean(close, 4))", 34),
        ("mean(weekly(close), 5)", 17),
        ("ref(weekly(close, 5), -3)", 6),
        ("hourly(ref(close, 2), 60) + close", 239),
    ],
)
def test_stated_reach(text: str, lookback: int) -> None:
    stated = reach(parse(text))
    ahead = 3 if "-3" in text else 0
    assert stated == Reach(
        lookback_bars=lookback, lookahead_bars=ahead, first_offset=-lookback, cross_sectional=False, timeframe=True
    )


@pytest.mark.parametrize("text", ["weekly(close, 7)", "weekly(mean(close, 3), 7)", "mean(weekly(volume, 7), 3)"])
def test_no_bar_before_the_stated_lookback_is_read(text: str) -> None:
    """The worst case is reached: the own week and all that are read are full."""
    rows = 70
    days = np.datetime64("2024-01-01") + np.arange(rows)
    node, measured = parse(text), 0
    fields = {"close": np.arange(1.0, rows + 1), "volume": np.full(rows, 2.0)}
    panel = Panel(symbols=("A",), offsets=np.array([0, rows]), timestamps_R=days, fields=fields)
    whole = evaluate({"f": node}, panel)[0]
    for bar in range(rows):
        broken = {name: np.where(np.arange(rows) == bar, 1e6, values) for name, values in fields.items()}
        changed = np.flatnonzero(evaluate({"f": node}, replace(panel, fields=broken))[0] != whole)
        known = changed[~np.isnan(whole[changed])]
        measured = max(measured, *(known - bar), 0)
    # Of a week's closes only the last is used, so that the first six bars of the oldest week do not matter.
    assert measured == reach(node).lookback_bars - (6 if "close" in text else 0)


def test_more_bars_than_declared() -> None:
    days = np.datetime64("2024-01-01T00:00") + np.arange(48) * np.timedelta64(1, "h")
    panel = Panel(symbols=("A",), offsets=np.array([0, 48]), timestamps_R=days, fields={"close": np.ones(48)})
    message = (
        "weekly(x, 7): A has 48 bars in the period of 2024-01-01T00:00, at most 7 are declared; write weekly(x, 48)"
    )
    with pytest.raises(DataError, match=f"^{re.escape(message)}$"):
        evaluate({"f": parse("weekly(close)")}, panel)
    assert np.isnan(evaluate({"f": parse("weekly(close, 48)")}, panel)).all()


def test_symbols_without_bars() -> None:
    empty = Panel(
        symbols=("A",),
        offsets=np.array([0, 0]),
        timestamps_R=np.array([], "datetime64[us]"),
        fields={"close": np.array([])},
    )
    assert evaluate({"f": parse("weekly(mean(close, 3))")}, empty).shape == (1, 0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("minute", lambda t: t.minute),
        ("hour", lambda t: t.hour),
        ("day_of_week", lambda t: t.weekday()),
        ("day_of_month", lambda t: t.day),
        ("day_of_year", lambda t: t.timetuple().tm_yday),
        ("month", lambda t: t.month),
    ],
)
def test_calendar_fields(name: str, value: Callable[[datetime], int]) -> None:
    stamps = [datetime(1969, 12, 1, 0, 7) + timedelta(hours=37 * n) for n in range(900)]
    panel = Panel(
        symbols=("A",),
        offsets=np.array([0, 900]),
        timestamps_R=np.array(stamps, "datetime64[us]"),
        fields={"close": np.ones(900)},
    )
    own, past = evaluate({"f": parse(name), "g": parse(f"ref({name}, 1) * close")}, panel)
    np.testing.assert_array_equal(own, [value(stamp) for stamp in stamps])
    np.testing.assert_array_equal(past[1:], own[:-1])
