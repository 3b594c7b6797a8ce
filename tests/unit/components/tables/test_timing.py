"""Which columns of a stranger's table say when a bar was."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.tables import times
from components.tables.timing import Timing, timing
from components.tables.unread import Unread

DAYS = pd.bdate_range("2022-01-03", periods=30)
CLOCKS = {
    "HHMMSS": ["90000", "110000", "153000"],
    "HHMM": ["930", "1030", "1530"],
    "HHMM with zeros": ["0930", "1030", "1530"],
    "hours from 0": ["0", "8", "23"],
    "hours from 1": ["1", "8", "24"],
    "colons": ["9:30", "10:30", "15:30"],
    "twelve hours": ["9:30 AM", "10:30 AM", "3:30 PM"],
}


def found(columns: Mapping[str, Sequence[Any]], sample: int = 100, **said: str) -> Timing:
    texts = {name: [str(value) for value in values] for name, values in columns.items()}
    made = timing({name: own[:sample] for name, own in texts.items()}, lambda name: pa.array(texts[name]), **said)
    assert made is not None
    return made


def intraday(clocks: Sequence[str], name: str) -> dict[str, list[str]]:
    dates = [f"{day:%Y-%m-%d}" for day in DAYS for _ in clocks]
    rng = np.random.default_rng(1)
    prices = [f"{price:.2f}" for price in 100 + rng.normal(size=len(dates)).cumsum()]
    volumes = [str(volume) for volume in rng.integers(1000, 900_000, len(dates))]
    return {"Date": dates, name: [*clocks] * len(DAYS), "Close": prices, "Volume": volumes}


@pytest.mark.parametrize("kind", CLOCKS)
@pytest.mark.parametrize("name", ["<TIME>", "Hour", "quoted at"])
def test_a_clock_is_found_whatever_it_is_called(kind: str, name: str) -> None:
    made = found(intraday(CLOCKS[kind], name))
    assert (made.time, made.clock, made.date_format) == ("Date", name, None)
    assert made.remarks == (f"time: column 'Date' and the clock of column '{name}', ISO 8601, for example 2022-01-03",)
    both = {column: [*values, *values] for column, values in intraday(CLOCKS[kind], name).items()}
    both["Ticker"] = [symbol for symbol in "AB" for _ in range(len(both["Date"]) // 2)]
    assert found(both, sample=1000, symbol="Ticker").clock == name


def test_numbers_that_are_no_clock() -> None:
    dates = [f"{day:%Y-%m-%d}" for day in DAYS]
    assert found({"Date": dates, "Close": range(1, 31), "Trades": range(900, 930)}).clock is None
    rng = np.random.default_rng(1)
    names = {"Date": np.repeat(dates, 20), "stock": [*range(1, 21)] * 30}
    prices = 100 * np.exp(rng.normal(size=20)) * np.exp(0.01 * rng.normal(size=(30, 20)).cumsum(axis=0))
    assert found({**names, "Close": prices.ravel().round(2), "index": np.repeat(prices[:, 0], 20)}, 600).clock is None
    by_name = {name: np.reshape(values, (30, 20)).T.ravel() for name, values in names.items()}
    assert found({**by_name, "Close": prices.T.ravel().round(2)}, sample=600).clock is None


@pytest.mark.parametrize("begin", ["open_time", "timeOpen", "Open Time", "date"])
@pytest.mark.parametrize("length", ["h", "D", "W", "15min"])
def test_a_bar_is_known_at_its_end(begin: str, length: str) -> None:
    opens = pd.date_range("2022-01-03", periods=90, freq=length)
    step = opens[1] - opens[0]
    ends = opens + step - pd.Timedelta(milliseconds=1)
    millis = [[int(time.timestamp() * 1000) for time in own] for own in (opens, ends)]
    made = found({begin: millis[0], "close": range(90), "close_time": millis[1], "volume": range(90)})
    assert (made.time, made.date_format) == ("close_time", "unix_ms")
    assert made.remarks[0] == f"time: 'close_time' rather than '{begin}', since a bar is known at its end"
    assert found({begin: millis[0], "close_time": millis[1]}, time=begin).time == begin


def test_other_times_are_no_ends() -> None:
    opens = pd.date_range("2022-01-03 09:30", periods=90, freq="h")
    later = {
        "received": opens + pd.Timedelta(milliseconds=3),
        "settles": opens.normalize() + pd.Timedelta(days=2),
        "updated": [pd.Timestamp("2022-06-01 12:00")] * 90,
    }
    assert found({"time": opens, "close": range(90), **later}).time == "time"


def test_the_format_rests_on_all_values() -> None:
    days = [day for day in pd.date_range("2000-01-01", "2020-12-31") if day.day <= 12]
    texts = [f"{day:%d/%m/%Y}" for day in [*days, pd.Timestamp("2021-01-13")]]
    made = found({"date": texts, "close": range(len(texts))})
    assert made.date_format == "%d/%m/%Y"
    assert made.remarks == ("time: column 'date', %d/%m/%Y, for example 01/01/2000", "dates: the day comes first")
    with pytest.raises(Unread) as unread:
        found({"date": [f"{day:%d/%m/%Y}" for day in pd.date_range("2020-03-01", periods=9)], "close": range(9)})
    assert unread.value.options == ("data.date_format='%d/%m/%Y'", "data.date_format='%m/%d/%Y'")


@pytest.mark.parametrize("name", ["t", "when", "unix"])
@pytest.mark.parametrize("ending", ["", ".0"])
def test_epochs_are_times_whatever_the_column_is_called(name: str, ending: str) -> None:
    numbers = [f"{int(day.timestamp())}{ending}" for day in DAYS]
    made = found({"v": range(30), name: numbers, "c": range(30)})
    assert (made.time, made.date_format) == (name, "unix_s")


def test_where_another_format_fits_it_is_said() -> None:
    months = pd.date_range("1999-01-01", periods=48, freq="MS")
    made = found({"date": [f"{month:%m/%d/%Y}" for month in months], "close": range(48)})
    assert made.remarks[1] == "dates: the month comes first; as %d/%m/%Y they would follow less evenly"
    days = [pd.Timestamp(2020, month, 1 + (month * 5) % 11) for month in range(1, 13)]
    made = found({"date": [f"{day:%d/%m/%Y}" for day in days], "close": range(12)})
    assert made.remarks[1] == "dates: the day comes first; as %m/%d/%Y they would go back and forth"


def test_no_column_holds_times() -> None:
    assert timing({"close": ["1", "2"], "name": ["a", "b"]}, lambda _: pa.array([])) is None


def test_midnights_of_offsets_are_said_to_be_dates() -> None:
    made = found({"Date": [str(day) for day in DAYS.tz_localize("Asia/Tokyo")], "close": range(30)})
    assert made.remarks[1] == "dates: midnights of their own offsets, taken as the dates that they show"
    assert made.date_format is None


def test_dates_without_rows() -> None:
    assert len(times.read(pa.array([], pa.string())).local_N) == 0
