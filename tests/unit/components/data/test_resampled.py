"""Resampled bars against a slow count, and what makes them honest: their stamps and their completeness."""

import datetime as dt
import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import Source
from components.data.bundled import Bundled
from components.data.resampled import Resampled
from components.errors import ConfigError, DataError
from components.panel import Panel
from components.values import SourceFacts
from harness import market_data

MONDAY = np.datetime64("2015-03-02T00:00", "m")


@dataclass(frozen=True, kw_only=True)
class Given(Source):
    """Bars that are there already."""

    panel: Panel

    def facts(self) -> SourceFacts:
        return SourceFacts(identity="given", description="given bars", survivorship="free", adjustment="raw")

    def fields(self) -> tuple[str, ...]:
        return tuple(self.panel.fields)

    def load(self) -> Panel:
        return self.panel

    @classmethod
    def examples(cls) -> Any:
        return ()


def bars(times: Any, symbol: str = "A", seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    n = len(times)
    open_, close = random.uniform(10, 20, (2, n))
    spread = random.uniform(0, 2, (2, n))
    return pd.DataFrame(
        {
            "symbol": symbol,
            "timestamp": np.array(times, dtype="datetime64[us]"),
            "open": open_,
            "high": np.maximum(open_, close) + spread[0],
            "low": np.minimum(open_, close) - spread[1],
            "close": close,
            "volume": random.integers(0, 100, n).astype(float),
            "spread": random.uniform(0, 1, n),
        }
    )


def resampled(frame: pd.DataFrame, **settings: Any) -> Resampled:
    values = {"bar": "1min", "stamps": "start", "to": "1h", "calendar": None, "sum_fields": ("volume",)}
    return Resampled(source=Given(panel=Panel.from_frame(frame)), **(values | settings))


def minutes(*texts: str) -> list[np.datetime64]:
    return [np.datetime64(text, "m") for text in texts]


def stamps(panel: Panel) -> list[str]:
    return [str(time) for time in panel.timestamps_R.astype("datetime64[m]")]


def naive(frame: pd.DataFrame, step: dt.timedelta) -> dict[tuple[str, dt.datetime], list[float]]:
    """(symbol, end) -> open, high, low, close, volume, spread of the full periods of 24/7 minute bars."""
    found: dict[tuple[str, dt.datetime], list[float]] = {}
    minute = dt.timedelta(minutes=1)
    first, last = frame["timestamp"].min().to_pydatetime(), frame["timestamp"].max().to_pydatetime() + minute
    for line in frame.to_dict("records"):
        start = line["timestamp"].to_pydatetime()
        midnight = dt.datetime.combine(start.date(), dt.time())
        end = midnight + (math.floor((start - midnight) / step) + 1) * step
        if end > last or end - step < first:
            continue
        bar = found.setdefault((line["symbol"], end), [line["open"], -math.inf, math.inf, 0.0, 0.0, 0.0])
        bar[1], bar[2] = max(bar[1], line["high"]), min(bar[2], line["low"])
        bar[3], bar[4], bar[5] = line["close"], bar[4] + line["volume"], line["spread"]
    return found


def as_dict(panel: Panel) -> dict[tuple[str, dt.datetime], list[float]]:
    values = zip(*(panel.fields[n] for n in ("open", "high", "low", "close", "volume", "spread")), strict=True)
    names = (panel.symbols[code] for code in panel.symbol_codes_R)
    keys = zip(names, panel.timestamps_R.tolist(), strict=True)
    return {key: list(bar) for key, bar in zip(keys, values, strict=True)}


@st.composite
def two_symbols(draw: st.DrawFn) -> pd.DataFrame:
    blocks = []
    for seed, symbol in enumerate(("A", "B")):
        offsets = draw(st.lists(st.integers(0, 900), min_size=1, max_size=60, unique=True))
        blocks.append(bars([MONDAY + offset for offset in sorted(offsets)], symbol, seed))
    return pd.concat(blocks, ignore_index=True)


@settings(max_examples=60, deadline=None)
@given(two_symbols(), st.sampled_from([("5min", 5), ("30min", 30), ("1h", 60), ("4h", 240)]))
def test_equals_a_slow_count(frame: pd.DataFrame, to: tuple[str, int]) -> None:
    expected = naive(frame, dt.timedelta(minutes=to[1]))
    if not expected:
        with pytest.raises(DataError, match="given bars: no period of"):
            resampled(frame, to=to[0]).load()
        return
    assert as_dict(resampled(frame, to=to[0]).load()) == expected


@settings(max_examples=60, deadline=None)
@given(two_symbols(), st.integers(0, 900), st.sampled_from(["5min", "1h", "4h"]), st.sampled_from([None, "24/5"]))
def test_bars_to_come_change_no_bar_that_was_given(
    frame: pd.DataFrame, cut: int, to: str, calendar: str | None
) -> None:
    known = frame[frame["timestamp"] < MONDAY + cut]
    if known.empty:
        return
    # The same beginning: what comes first decides where the first full period lies.
    try:
        before = as_dict(resampled(known, to=to, calendar=calendar).load())
    except DataError:
        return
    after = as_dict(resampled(frame, to=to, calendar=calendar).load())
    horizon = (known["timestamp"].max() + dt.timedelta(minutes=1)).to_pydatetime()
    assert before == {key: bar for key, bar in after.items() if key[1] <= horizon}


def test_a_bar_is_stamped_with_its_end_whatever_the_vendor_stamps() -> None:
    times = minutes("2015-03-02T14:00", "2015-03-02T14:59", "2015-03-02T15:00", "2015-03-02T15:59")
    assert stamps(resampled(bars(times)).load()) == ["2015-03-02T15:00", "2015-03-02T16:00"]
    ends = resampled(bars([time + 1 for time in times]), stamps="end")
    assert stamps(ends.load()) == ["2015-03-02T15:00", "2015-03-02T16:00"]


def test_what_is_unfinished_is_left_out() -> None:
    times = minutes("2015-03-02T14:00", "2015-03-02T14:30", "2015-03-02T15:00", "2015-03-02T15:58")
    assert stamps(resampled(bars(times)).load()) == ["2015-03-02T15:00"]
    # The other symbol's clock says that the hour is over, although A has no bar in its last minute.
    other = bars(minutes("2015-03-02T15:59"), "B")
    both = resampled(pd.concat([bars(times), other], ignore_index=True)).load()
    assert both.symbols == ("A", "B")
    assert stamps(both) == ["2015-03-02T15:00", "2015-03-02T16:00", "2015-03-02T16:00"]


def test_a_first_period_without_its_beginning_is_left_out() -> None:
    times = minutes("2015-03-02T14:01", "2015-03-02T15:00", "2015-03-02T15:59")
    assert stamps(resampled(bars(times)).load()) == ["2015-03-02T16:00"]


def test_hours_of_a_session_count_from_its_open_and_end_at_its_close() -> None:
    """2015-11-27: New York closed at 13:00, 18:00 UTC; 09:30 there was 14:30 UTC."""
    early, late = minutes("2015-11-27T14:29", "2015-11-27T18:00")
    session = [np.datetime64("2015-11-27T14:30", "m") + i for i in range(210)]
    panel = resampled(bars([early, *session, late]), calendar="XNYS").load()
    assert stamps(panel) == ["2015-11-27T15:30", "2015-11-27T16:30", "2015-11-27T17:30", "2015-11-27T18:00"]
    daily = resampled(bars([early, *session, late]), calendar="XNYS", to="1d").load()
    assert stamps(daily) == ["2015-11-27T18:00"]
    frame = bars([early, *session, late])
    assert daily.fields["volume"][0] == frame["volume"][1:-1].sum()


SHORTER = {
    # New York: 9:30 to 16:00, on 2015-11-27 to 13:00; bars of an hour from the open, the last one of half an hour.
    "XNYS": ("America/New_York", "2015-11-23", "2015-12-04", ["09:30", "10:30", "11:30", "12:30"], "1h"),
    # Tokyo: 9:00 to 15:00, a break from 11:30 to 12:30; the bar before it and the last one are shorter.
    "XTKS": ("Asia/Tokyo", "2015-11-24", "2015-12-04", ["09:00", "10:00", "11:00", "12:30", "13:30", "14:30"], "1h"),
    # London: 8:00 to 16:30 is no multiple of four hours.
    "XLON": ("Europe/London", "2015-11-23", "2015-12-04", ["08:00", "12:00", "16:00"], "4h"),
}


@pytest.mark.parametrize("stamped", ["start", "end"])
@pytest.mark.parametrize("calendar", SHORTER)
def test_a_bar_that_begins_inside_a_session_is_complete_at_its_close(calendar: str, stamped: str) -> None:
    zone, first, last, clocks, length = SHORTER[calendar]
    dates = [date for date in pd.bdate_range(first, last) if str(date.date()) != "2015-11-26" or calendar != "XNYS"]
    if calendar == "XNYS":
        later = ["13:30", "14:30", "15:30"]
        begins = [f"{d.date()} {c}" for d in dates for c in [*clocks, *(later if d.day != 27 else [])]]
    else:
        begins = [f"{d.date()} {c}" for d in dates for c in clocks]
    local = pd.DatetimeIndex(begins)
    utc = local.tz_localize(zone).tz_convert("UTC").tz_localize(None)
    frame = bars(utc + pd.Timedelta(length) if stamped == "end" else utc)
    daily = resampled(frame, bar=length, stamps=stamped, to="1d", calendar=calendar).load()
    expected = frame.groupby(local.date).agg({"close": "last", "volume": "sum", "open": "first"})
    assert len(daily.timestamps_R) == len(dates)
    for field in ("open", "close", "volume"):
        np.testing.assert_array_equal(daily.fields[field], expected[field])
    closes = pd.DatetimeIndex(daily.timestamps_R).tz_localize("UTC").tz_convert(zone)
    usual = {"XNYS": "16:00", "XTKS": "15:00", "XLON": "16:30"}[calendar]
    assert [f"{c:%H:%M}" for c in closes] == ["13:00" if c.day == 27 and calendar == "XNYS" else usual for c in closes]
    assert daily.notices == ()


def test_a_bar_that_goes_on_in_the_next_session_is_not_known_at_the_close_of_its_own() -> None:
    """Currencies: at 17:00 in New York, 22:00 UTC, one day ends and the next begins."""
    hours = [np.datetime64("2015-03-01T22:30", "m") + 60 * i for i in range(60)]
    daily = resampled(bars(hours), bar="1h", to="1d", calendar="24/5").load()
    frame = bars(hours).set_index("timestamp")
    first = frame.loc["2015-03-01T22:30":"2015-03-02T20:30"]  # type: ignore[misc]
    assert stamps(daily) == ["2015-03-03T22:00"]
    assert daily.fields["close"][0] == frame.loc["2015-03-03T20:30", "close"]
    assert len(first) == 23


def test_what_is_left_out_is_counted() -> None:
    early, late = minutes("2015-11-27T14:29", "2015-11-27T18:00")
    session = [np.datetime64("2015-11-27T14:30", "m") + i for i in range(210)]
    unfinished = minutes("2015-11-30T14:30", "2015-11-30T14:31")
    made = resampled(bars([early, *session, late, *unfinished]), calendar="XNYS", to="1d").load()
    assert made.notices == (
        "resampled to 1d: 2 of 214 bars left out, outside every session of XNYS, the first of 2015-11-27 14:29:00",
        "resampled to 1d: 2 of 214 bars left out, in periods of 1d that are not whole, the first of 2015-11-30 "
        "14:30:00",
    )


def test_currency_days_and_weeks_follow_new_york_through_daylight_saving() -> None:
    """Clocks went forward on Sunday, 2015-03-08."""
    hours = [np.datetime64("2015-03-01T22:00", "h") + i for i in range(24 * 12)]
    daily = resampled(bars(hours), bar="1h", to="1d", calendar="24/5").load()
    days = ["02", "03", "04", "05", "06"]
    assert stamps(daily)[:7] == [
        *(f"2015-03-{day}T22:00" for day in days),
        "2015-03-09T21:00",
        "2015-03-10T21:00",
    ]
    weekly = resampled(bars(hours), bar="1h", to="1w", calendar="24/5").load()
    assert stamps(weekly) == ["2015-03-06T22:00", "2015-03-13T21:00"]
    four = resampled(bars(hours), bar="1h", to="4h", calendar="24/5").load()
    assert {"2015-03-06T02:00", "2015-03-06T22:00", "2015-03-09T01:00", "2015-03-09T21:00"} <= set(stamps(four))
    assert not {stamp for stamp in stamps(four) if stamp.startswith("2015-03-07")}


def test_days_become_weeks_under_the_date_of_their_last_session() -> None:
    """Good Friday 2015 was April 3."""
    dates = pd.bdate_range("2015-03-23", "2015-04-17").drop(pd.Timestamp("2015-04-03"))
    frame = bars(dates)
    weekly = resampled(frame, bar="1d", to="1w", calendar="XNYS").load()
    fridays = ["2015-03-27T00:00", "2015-04-02T00:00", "2015-04-10T00:00", "2015-04-17T00:00"]
    assert stamps(weekly) == fridays
    assert weekly.fields["open"][1] == frame["open"][5]
    assert weekly.fields["close"][1] == frame["close"][8]
    assert weekly.fields["high"][1] == frame["high"][5:9].max()
    ends = bars(dates + pd.Timedelta(hours=22))
    assert stamps(resampled(ends, bar="1d", stamps="end", to="1w", calendar="XNYS").load()) == fridays
    midnights = bars(dates + pd.Timedelta(days=1))
    assert stamps(resampled(midnights, bar="1d", stamps="end", to="1w", calendar="XNYS").load()) == fridays
    assert stamps(resampled(frame.iloc[:-1], bar="1d", to="1w", calendar="XNYS").load()) == fridays[:-1]


def test_months_of_real_days() -> None:
    source = Bundled(dataset="sp500")
    days = source.load().to_frame().set_index("timestamp")
    monthly = Resampled(
        source=source, bar="1d", stamps="start", to="1mo", calendar="XNYS", sum_fields=("volume",)
    ).load()
    expected = days.groupby(days.index.to_period("M")).agg(
        {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    )
    for field in expected:
        np.testing.assert_allclose(monthly.fields[field], expected[field])
    last = days.groupby(days.index.to_period("M")).apply(lambda month: month.index[-1])
    np.testing.assert_array_equal(monthly.timestamps_R, last.to_numpy().astype("datetime64[us]"))


def test_high_and_low_leave_nan_out() -> None:
    frame = bars(minutes("2015-03-02T14:00", "2015-03-02T14:30", "2015-03-02T14:59"))
    frame.loc[1, ["high", "low"]] = np.nan
    panel = resampled(frame).load()
    assert panel.fields["high"][0] == frame["high"].max()
    assert panel.fields["low"][0] == frame["low"].min()


def minute_bars() -> pd.DataFrame:
    table = pd.read_parquet(market_data("xagusd_minute.parquet"))
    return table.assign(timestamp=table["timestamp"].dt.tz_localize(None))


def test_minutes_of_silver_close_every_utc_day_as_its_daily_bars_do() -> None:
    panel = Panel.from_frame(minute_bars())
    made = Resampled(
        source=Given(panel=panel), bar="1min", stamps="start", to="1d", calendar=None, sum_fields=()
    ).load()
    daily = pd.read_parquet(market_data("fx_metal_index_daily.parquet"))
    daily = daily[daily["symbol"] == "XAGUSD"].set_index("timestamp")
    dates = pd.DatetimeIndex(made.timestamps_R) - pd.Timedelta(days=1)
    compared = 0
    for row, date in enumerate(dates):
        if 1 <= date.dayofweek <= 4:
            vendor = daily.loc[date.date()]
            for field in ("high", "low", "close"):
                assert made.fields[field][row] == pytest.approx(vendor[field], rel=1e-5), (date, field)
            compared += 1
    assert compared > 190


def test_states_what_it_is() -> None:
    frame = bars(minutes("2015-03-02T14:00"))
    facts = resampled(frame).facts()
    assert facts == replace(facts, identity="given", description="given bars, 1min bars put together to 1h")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"bar": "1h", "to": "1h"}, "to: '1h' is not longer than the source's bars of 1h"),
        ({"bar": "1d", "to": "4h"}, "to: '4h' is not longer than the source's bars of 1d"),
        (
            {"sum_fields": ("turnover",)},
            "sum_fields: the source has no field 'turnover'; fields: open, high, low, close, volume, spread",
        ),
    ],
)
def test_refuses(settings: dict[str, Any], message: str) -> None:
    source = resampled(bars(minutes("2015-03-02T14:00")), **settings)
    for ask in (source.fields, source.load):
        with pytest.raises(ConfigError) as error:
            ask()
        assert str(error.value) == message


def test_complains_where_no_period_is_complete() -> None:
    with pytest.raises(DataError) as error:
        resampled(bars(minutes("2015-03-02T14:00")), calendar="XNYS").load()
    assert str(error.value) == (
        "given bars: no period of 1h is complete under the calendar XNYS; give more bars, a shorter period or "
        "another calendar"
    )
