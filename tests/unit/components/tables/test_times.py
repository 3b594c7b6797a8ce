"""Times as people write them: every value by itself, and what none of them says by all of them."""

import datetime as dt
import random
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.errors import ConfigError
from components.tables import times
from components.tables.stamps import Stamps
from components.tables.unread import Unread

DAYS = pd.bdate_range("2019-01-01", periods=300)


def read(texts: Any, clock: Any = None, form: str | None = None) -> Stamps:
    column = texts if isinstance(texts, pa.Array | pa.ChunkedArray) else pa.array(list(texts))
    return times.read(column, clock=None if clock is None else pa.array(list(clock)), date_format=form)


def placed(texts: Any, zone: str | None = None, **how: Any) -> list[str]:
    return [str(time) for time in times.placed(read(texts, **how), zone).astype("datetime64[s]")]


def refused(texts: Any, zone: str | None = None, **how: Any) -> str:
    """What is said about them, with the lines of a file with a header."""

    def judge() -> None:
        stamps = read(texts, **how)
        times.refuse_exchanged(stamps)
        times.placed(stamps, zone)

    with pytest.raises(Unread) as unread:
        judge()
    return unread.value.text(lambda row: f"line {row + 2}")


OFFSETS = {
    "+09:00": 9.0,
    "+0900": 9.0,
    "+09": 9.0,
    " +05:30": 5.5,
    "-03:30": -3.5,
    "\u221203:30": -3.5,
    "Z": 0.0,
    "z": 0.0,
    " UTC": 0.0,
    " GMT": 0.0,
    "+12:45": 12.75,
    "+08:05:43": 8 + 5 / 60 + 43 / 3600,
    "+09:00[Asia/Tokyo]": 9.0,
}


@pytest.mark.parametrize("offset", OFFSETS)
@pytest.mark.parametrize(
    "form", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y%m%dT%H%M%S", "%d.%m.%Y %H:%M", "%Y-%m-%dT%H"]
)
def test_every_spelling_of_an_offset(offset: str, form: str) -> None:
    moments = [day + pd.Timedelta(hours=9) for day in DAYS[:30]]
    texts = [moment.strftime(form) + offset for moment in moments]
    expected = [str((m - pd.Timedelta(hours=OFFSETS[offset])).to_numpy().astype("datetime64[s]")) for m in moments]
    assert placed(texts) == expected
    midnights = [day.strftime(form) + offset for day in DAYS[:30]]
    for zone in (None, "America/New_York"):
        assert placed(midnights, zone) == [f"{day:%Y-%m-%d}T00:00:00" for day in DAYS[:30]]


ZONES = (
    *("America/New_York", "Europe/Berlin", "Asia/Tokyo", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo"),
    *("Australia/Adelaide", "Europe/London", "Asia/Hong_Kong"),
)


def test_midnights_of_nine_exchanges_are_the_same_dates() -> None:
    """Both hemispheres, over both changes of their clocks."""
    texts = [str(day.tz_localize(zone)) for zone in ZONES for day in DAYS]
    found = times.placed(read(texts), None).reshape(len(ZONES), -1)
    np.testing.assert_array_equal(found, np.tile(DAYS.to_numpy().astype("datetime64[us]"), (len(ZONES), 1)))
    for zone in ZONES:
        typed = pa.array(DAYS.tz_localize(zone))
        assert placed(typed) == placed(typed, "Pacific/Auckland") == [f"{day:%Y-%m-%d}T00:00:00" for day in DAYS]


def test_moments_are_utc_whatever_the_offset() -> None:
    hours = pd.date_range("2021-03-27 18:30", periods=60, freq="h", tz="UTC")
    for zone in ZONES:
        local = hours.tz_convert(zone)
        expected = [str(hour)[:19].replace(" ", "T") for hour in hours]
        assert placed([str(hour) for hour in local]) == placed(pa.array(local)) == expected


@pytest.mark.parametrize("place", [0, 1, 150, 299])
def test_one_value_of_the_other_kind_is_named_with_one_of_each(place: int) -> None:
    texts = [f"{day + pd.Timedelta(hours=10)}+01:00" for day in DAYS]
    texts[place] = texts[place].removesuffix("+01:00")
    first = 3 if place == 0 else 2
    assert refused(texts) == (
        f"line {first}: the time has an offset from UTC, and that in line {place + 2} has none; give all of a source "
        "an offset, or none and data.time_zone"
    )


def test_a_typed_column_without_a_zone_beside_texts_with_an_offset() -> None:
    both = Stamps.joined([read(pa.array(DAYS)), read([f"{day}+01:00" for day in DAYS])])
    with pytest.raises(Unread) as unread:
        times.placed(both, None)
    assert unread.value.rows == (300, 0)


def test_the_hour_that_a_clock_shows_twice() -> None:
    texts = ["2021-10-31 01:30:00", "2021-10-31 02:30:00", "2021-10-31 03:30:00"]
    assert refused(texts, "Europe/Berlin") == (
        "line 3: 2021-10-31 02:30:00 is shown never or twice by the clock of Europe/Berlin (data.time_zone), which "
        "changes then; give times with an offset or in UTC"
    )
    told = ["2021-10-31 02:30:00+02:00", "2021-10-31 02:30:00+01:00"]
    assert placed(told, "Europe/Berlin") == ["2021-10-31T00:30:00", "2021-10-31T01:30:00"]


def test_a_live_quote_among_dates_would_make_moments_of_all_of_them() -> None:
    texts = [f"{day}-05:00" for day in DAYS]
    texts[-1] = texts[-1].replace("00:00:00", "11:32:05")
    said = "has a clock, and nearly all others are dates at midnight; drop the line or give its date"
    assert refused(texts) == f"line 301: 2020-02-24 11:32:05 {said}"
    assert refused([text[:-6] for text in texts], "Asia/Tokyo") == f"line 301: 2020-02-24 11:32:05 {said}"
    # Without an offset and without a zone a date is the same moment either way.
    assert placed([text[:-6] for text in texts])[-1] == "2020-02-24T11:32:05"


def test_no_zone() -> None:
    with pytest.raises(ConfigError) as error:
        times.placed(read(["2021-01-04"]), "Mars/Olympus")
    assert str(error.value) == "data.time_zone: 'Mars/Olympus' is no time zone; write it as Europe/Berlin or UTC"


CLOCKS = {
    "HHMMSS": ("93000", "160000"),
    "HHMMSS with zeros": ("093000", "160000"),
    "HHMM": ("930", "1600"),
    "HHMM with zeros": ("0930", "1600"),
    "with colons": ("9:30", "16:00:00"),
    "of twelve hours": ("9:30 AM", "04:00 pm"),
    "milliseconds": ("093000000", "160000000"),
    "of a float column": ("930.0", "1600.0"),
}


@pytest.mark.parametrize("kind", CLOCKS)
def test_clocks_in_a_column_of_their_own(kind: str) -> None:
    first, last = CLOCKS[kind]
    for texts in ([first, last], [last, first]):
        hours = ["09:30:00" if text == first else "16:00:00" for text in texts]
        assert placed(["2021-01-04", "2021-01-05"], clock=texts) == [
            f"2021-01-0{4 + k}T{hour}" for k, hour in enumerate(hours)
        ]


def test_clocks_that_are_numbers() -> None:
    day = ["2021-01-04"] * 3
    assert placed(day, clock=[0, 900, 1605]) == ["2021-01-04T00:00:00", "2021-01-04T09:00:00", "2021-01-04T16:05:00"]
    assert placed(day, clock=[0, 90000, 160501])[2] == "2021-01-04T16:05:01"
    assert placed(day, clock=[0.0, 12.0, 23.0])[1:] == ["2021-01-04T12:00:00", "2021-01-04T23:00:00"]
    assert placed(day, clock=[1, 2, 24])[::2] == ["2021-01-04T01:00:00", "2021-01-05T00:00:00"]
    assert placed(day, clock=[dt.time(9, 30)] * 3)[0] == "2021-01-04T09:30:00"
    assert placed([20210104] * 3, clock=["01", "02", "24"])[2] == "2021-01-05T00:00:00"


@given(st.lists(st.integers(0, 1439), min_size=2, max_size=30, unique=True), st.booleans(), st.booleans())
def test_a_clock_is_read_as_it_was_written(minutes: list[int], zeros: bool, seconds: bool) -> None:
    clocks = [minute // 60 * 100 + minute % 60 for minute in minutes]
    digits = [clock * 100 if seconds else clock for clock in clocks]
    if np.mean(np.array(minutes) < 60) > 0.6 and not zeros:
        return  # the first hour nearly alone: nothing tells what the digits are
    texts = [f"{own:0{6 if seconds else 4}}" if zeros else str(own) for own in digits]
    found = read(["2021-01-04"] * len(texts), clock=texts).local_N
    np.testing.assert_array_equal((found - np.datetime64("2021-01-04")).astype("timedelta64[m]").astype(int), minutes)


def test_what_is_no_clock() -> None:
    day = ["2021-01-04"] * 2
    kinds = "beside those of the other lines; clocks are HH:MM, HHMM, HHMMSS or hours, one kind in a file; mend it"
    assert refused(day, clock=["9:30", "25:00"]) == f"line 3: '25:00' is no clock {kinds}"
    assert refused(day, clock=["930", "975"]) == f"line 3: '975' is no clock {kinds}"
    assert refused(day * 2, clock=[9, 10, 11, 25]) == f"line 5: '25' is no clock {kinds}"
    assert refused(day * 2, clock=[9, 10, 11, 1700]) == f"line 5: '1700' is no clock {kinds}"
    assert refused(day * 2, clock=[900, 1000, 1100, 93000]) == f"line 5: '93000' is no clock {kinds}"
    assert refused(day, clock=["930", None]) == "line 3: the clock is missing; mend it or drop the line"
    assert refused(["2021-01-04 09:30"] * 2, clock=["930", "1000"]) == (
        "line 2: the date has a clock of its own; leave data.clock_column out"
    )


UNITS = {"unix_s": 1, "unix_ms": 10**3, "unix_us": 10**6, "unix_ns": 10**9}
HOURS = pd.date_range("2018-12-31 20:00", periods=50, freq="h")
SECONDS = [int(hour.timestamp()) for hour in HOURS]
NAMED = {"unix_s": "seconds", "unix_ms": "milliseconds", "unix_us": "microseconds", "unix_ns": "nanoseconds"}


@pytest.mark.parametrize("unit", UNITS)
def test_epochs_are_told_by_their_range(unit: str) -> None:
    numbers = [second * UNITS[unit] for second in SECONDS]
    expected = [hour.strftime("%Y-%m-%dT%H:%M:%S") for hour in HOURS]
    for texts in (numbers, [str(n) for n in numbers], [float(n) for n in numbers], [f"{n}.0" for n in numbers]):
        stamps = read(texts)
        assert stamps.form == unit
        assert placed(texts) == placed(texts, form=unit) == expected
    assert placed(numbers, "America/New_York") == expected  # numbers since 1970 are of no zone


@pytest.mark.parametrize("place", [1, 2, 30, 49])
@pytest.mark.parametrize(("first", "then"), [(a, b) for a in UNITS for b in UNITS if a != b])
def test_a_change_of_unit_is_refused_by_line(first: str, then: str, place: int) -> None:
    numbers = [s * UNITS[then if k >= place else first] for k, s in enumerate(SECONDS)]
    said = (
        f"line {place + 2}: {numbers[place]} counts {NAMED[then]} since 1970, and {numbers[0]} in line 2 "
        f"{NAMED[first]}; bring all to one unit"
    )
    assert refused(numbers) == refused([str(n) for n in numbers]) == said


@pytest.mark.parametrize(("unit", "said"), [(a, b) for a in UNITS for b in UNITS if a != b])
def test_a_wrong_unit_in_the_setting_is_one_line(unit: str, said: str) -> None:
    numbers = [second * UNITS[unit] for second in SECONDS]
    assert refused(numbers, form=said) == (
        f"line 2: {numbers[0]} counts {NAMED[unit]} since 1970 (2018-12-31), and date_format says {said}; write "
        f"date_format: {unit}, or mend the line if it is the only one"
    )


@pytest.mark.parametrize("unit", UNITS)
def test_a_series_that_crosses_1970_has_one_unit(unit: str) -> None:
    days = pd.date_range("1968-06-01", "1972-06-01", freq="D")
    numbers = [int(day.timestamp()) * UNITS[unit] for day in days]
    for form in (None, unit) if unit != "unix_s" else (unit,):
        assert placed(numbers, form=form) == [day.strftime("%Y-%m-%dT00:00:00") for day in days]


def test_what_counts_no_time() -> None:
    assert (
        refused(["44197", "44198"])
        == "line 2: 44197 is no date: too small to count seconds since 1970; write dates or name another column"
    )
    assert refused(["1546387200", "9" * 30]) == (
        "line 3: 1000000000000000019884624838656 counts no time from 1800-01-01 to 2100-01-01 since 1970"
    )
    assert refused(["2097-01-04", "1799-12-31"]) == (
        "line 3: 1799-12-31 lies too far; dates from 1800-01-01 to 2100-01-01 are read; mend it or drop the line"
    )
    assert refused(["2021-01-04"], form="unix_s") == (
        "line 2: '2021-01-04' is no date in the format seconds since 1970; mend it or set data.date_format"
    )
    assert refused(["04/01/2021"], form="%Y-%m-%d") == (
        "line 2: '04/01/2021' is no date in the format %Y-%m-%d; mend it or set data.date_format"
    )
    assert refused([True, False]) == "the column of times holds values of type bool, no dates; choose another column"


def test_the_one_that_is_no_date_as_the_others_is_named() -> None:
    for form in ("%d/%m/%Y", "%b %d, %Y"):
        texts = [day.strftime(form) for day in DAYS]
        for place in (0, 150, 299):
            wrong = [*texts[:place], "2021-01-04", *texts[place + 1 :]]
            assert refused(wrong) == (
                f"line {place + 2}: '2021-01-04' is no date in the format {form}; mend it or set data.date_format"
            )
    numbers = [str(second) for second in SECONDS]
    assert refused([*numbers[:9], "2021-01-04", *numbers[9:]]) == (
        "line 11: '2021-01-04' is no date in the format seconds since 1970; mend it or set data.date_format"
    )


FORMS = (
    *("%Y-%m-%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d.%m.%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y", "%d%b%Y"),
    *("%a, %d %b %Y", "%Y %b %d", "%y%m%d", "%d%m%y"),
)


@pytest.mark.parametrize("form", FORMS)
def test_formats_are_found(form: str) -> None:
    days = DAYS[:70]
    expected = [day.strftime("%Y-%m-%dT00:00:00") for day in days]
    texts = [day.strftime(form) for day in days]
    assert placed(texts) == placed(texts[::-1])[::-1] == placed(texts, form=form) == expected
    for clock in ("%H:%M", "%H:%M:%S", "%I:%M %p"):
        timed = [(day + pd.Timedelta(hours=21, minutes=5)).strftime(f"{form} {clock}") for day in days]
        assert placed(timed) == [text.replace("T00:00", "T21:05") for text in expected]
        assert placed(timed, form=f"{form} {clock}") == placed(timed)


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["4. März 2021", "5. Mai 2021"], ["2021-03-04", "2021-05-05"]),
        (["04 janv. 2021", "15 août 2021"], ["2021-01-04", "2021-08-15"]),
        (["4 ene 2021", "15 dic 2021"], ["2021-01-04", "2021-12-15"]),
        (["January 4th, 2021", "March 22nd, 2021"], ["2021-01-04", "2021-03-22"]),
        (["Sept. 4, 2021", "Oct. 5, 2021"], ["2021-09-04", "2021-10-05"]),
        (["2021年1月4日", "2021年10月15日"], ["2021-01-04", "2021-10-15"]),
        (["2021M01", "2021M12"], ["2021-01-01", "2021-12-01"]),
        (["2021Q1", "2021-Q4"], ["2021-01-01", "2021-10-01"]),
        (["Q1 2021", "Q2 2021"], ["2021-01-01", "2021-04-01"]),
        (["202101040930", "202101051600"], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        ([202101040930, 202101051600], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        ([20210104093015, 20210105160000], ["2021-01-04T09:30:15", "2021-01-05T16:00:00"]),
        (["20210104;093000", "20210105;160000"], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        (["2021-01-04, 09:30:00", "2021-01-05, 16:00:00"], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        (["2021-01-04_09:30", "2021-01-05_16:00"], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        (["2021-01-04-09:30:00", "2021-01-05-16:00:00"], ["2021-01-04T09:30:00", "2021-01-05T16:00:00"]),
        ([f"2021-01-04-09:{m}" for m in range(30, 36)], [f"2021-01-04T09:{m}:00" for m in range(30, 36)]),
        (["2021-01-04-05:00", "2021-07-05-04:00"], ["2021-01-04", "2021-07-05"]),
        (["2021-01-04 9 AM", "2021-01-04 09 PM"], ["2021-01-04T09:00:00", "2021-01-04T21:00:00"]),
    ],
)
def test_dates_as_they_are_written_elsewhere(texts: list[Any], expected: list[str]) -> None:
    assert placed(texts) == [f"{text}T00:00:00"[:19] for text in expected]


def test_a_typed_column_with_a_fixed_offset() -> None:
    column = pa.array(DAYS.tz_localize("+09:00").tz_convert("UTC")).cast(pa.timestamp("ns", tz="+09:00"))
    assert placed(column) == [f"{day:%Y-%m-%d}T00:00:00" for day in DAYS]


PERIODS = {
    "months from the first": pd.date_range("1999-01-01", periods=60, freq="MS"),
    "months from the fifth": pd.date_range("1999-01-01", periods=60, freq="MS") + pd.Timedelta(days=4),
    "quarters": pd.date_range("1999-01-01", periods=24, freq="QS"),
    "half years": pd.date_range("1999-01-01", periods=12, freq="6MS"),
}


@pytest.mark.parametrize("period", PERIODS)
@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%m-%d-%Y", "%d/%m/%y", "%m/%d/%y"])
def test_even_spacing_decides_between_day_and_month(period: str, form: str) -> None:
    days = PERIODS[period]
    assert placed([day.strftime(form) for day in days]) == [day.strftime("%Y-%m-%dT00:00:00") for day in days]


def test_the_value_that_decides_may_be_the_last_of_many() -> None:
    days = [day for day in pd.date_range("1990-01-01", "2020-12-31") if day.day <= 12]
    texts = [day.strftime("%d/%m/%Y") for day in [*days, pd.Timestamp("2021-01-13")]]
    assert placed(texts)[-2:] == ["2020-12-12T00:00:00", "2021-01-13T00:00:00"]


def test_order_decides_where_spacing_does_not() -> None:
    days = [dt.date(2020, month, 1 + (month * 5) % 11) for month in range(1, 13)]
    assert placed([day.strftime("%d/%m/%Y") for day in days]) == [f"{day}T00:00:00" for day in days]
    assert placed([day.strftime("%m/%d/%Y") for day in days]) == [f"{day}T00:00:00" for day in days]


@pytest.mark.parametrize(
    "days",
    [
        pd.date_range("2020-01-01", periods=12, freq="MS"),
        pd.date_range("2020-03-01", periods=9, freq="D"),
        pd.DatetimeIndex(["2020-03-04"]),
    ],
)
def test_where_both_readings_are_as_good_both_are_shown(days: Sequence[pd.Timestamp]) -> None:
    texts = [day.strftime("%d/%m/%Y") for day in days]
    with pytest.raises(Unread) as unread:
        read(texts)
    row = next(k for k, text in enumerate(texts) if text[:2] != text[3:5])
    day, month, year = texts[row].split("/")
    readings = {f"{year}-{month}-{day}", f"{year}-{day}-{month}"}
    said = unread.value.text(lambda row: f"line {row + 2}")
    first, second = said.split("' is ")[1].split(",")[0].split(" or ")
    assert {first, second} == readings
    assert set(unread.value.options) == {"data.date_format='%d/%m/%Y'", "data.date_format='%m/%d/%Y'"}
    assert said == f"line {row + 2}: '{texts[row]}' is {first} or {second}, and both readings fit all dates"


def test_days_that_read_alike_are_no_question() -> None:
    assert placed(["01/01/2019", "02/02/2019"]) == ["2019-01-01T00:00:00", "2019-02-02T00:00:00"]


def spoiled(days: Sequence[pd.Timestamp]) -> list[str]:
    """As a spreadsheet of the other habit has them: day and month exchanged wherever both fit."""
    return [day.strftime("%Y-%d-%m" if day.day <= 12 else "%Y-%m-%d") for day in days]


def test_days_that_a_spreadsheet_exchanged_are_refused() -> None:
    said = (
        "line 3: 2019-02-01 is probably 2019-01-02: dates go back 24 times, and would not if day and month were "
        "exchanged wherever both fit, as spreadsheets do; export the file again with dates as 2020-12-31"
    )
    assert refused(spoiled(DAYS)) == said
    codes_N = np.repeat(np.arange(3, dtype=np.int32), len(DAYS))
    with pytest.raises(Unread) as unread:
        times.refuse_exchanged(read(spoiled(DAYS) * 3), codes_N)
    assert unread.value.rows == (1,)
    times.refuse_exchanged(read([str(day) for day in DAYS] * 3), codes_N)


def test_a_file_without_order_is_no_spreadsheet() -> None:
    days = [str(day) for day in DAYS]
    random.Random(1).shuffle(days)
    times.refuse_exchanged(read(days))


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.datetimes(dt.datetime(1900, 1, 1), dt.datetime(2099, 1, 1)), min_size=1, max_size=20),
    st.sampled_from(["us", "ms", "s"]),
    st.integers(-47, 47),
)
def test_iso_times_are_what_they_say(moments: list[dt.datetime], unit: str, quarters: int) -> None:
    local_N = np.array(moments, dtype=f"datetime64[{unit}]")
    sign, size = "-" if quarters < 0 else "+", abs(quarters)
    offset = f"{sign}{size // 4:02}:{size % 4 * 15:02}"
    stamps = read([f"{text}{offset}" for text in np.datetime_as_string(local_N)])
    np.testing.assert_array_equal(stamps.utc_N, local_N - np.timedelta64(quarters * 15, "m"))
    np.testing.assert_array_equal(read(np.datetime_as_string(local_N)).local_N, local_N)
    np.testing.assert_array_equal(read(pa.array(local_N)).local_N, local_N)
