"""What times say about how they were read."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from components.bars import Bars
from components.errors import DataError
from components.quality.standard import StandardPolicy

DAYS = pd.bdate_range("2019-01-01", periods=200)


def bars(**times: Any) -> Bars:
    """Closes at the times of each symbol."""
    rng = np.random.default_rng(1)
    parts = [pd.DataFrame({"symbol": name, "timestamp": pd.DatetimeIndex(own)}) for name, own in times.items()]
    frame = pd.concat(parts, ignore_index=True)
    return Bars.from_frame(frame.assign(close=100 + rng.normal(size=len(frame)).cumsum()), where="bars.csv")


def told(given: Bars, **changes: str) -> dict[str, tuple[int, str]]:
    """check -> how many bars, and what is said of the first."""
    policy = StandardPolicy(**(dict(StandardPolicy.examples()[0]) | changes))
    return {
        found.check: (found.count, found.example) for found in policy.inspect(given)[1] if found.check != "look_alikes"
    }


def test_clean_dates_say_nothing() -> None:
    assert told(bars(A=DAYS, B=DAYS[3:])) == {}
    assert told(bars(A=pd.date_range("2019-01-01", periods=200))) == {}  # a market without weekends
    assert told(bars(A=DAYS, B=pd.date_range("2019-01-01", periods=280))) == {}


def test_symbols_that_never_share_a_time() -> None:
    """Midnights of three exchanges in UTC."""
    shifted = {
        "US": DAYS + pd.Timedelta(hours=5),
        "DE": DAYS - pd.Timedelta(hours=1),
        "JP": DAYS - pd.Timedelta(hours=9),
    }
    found = told(bars(**shifted))
    assert found["together"] == (
        600,
        "bars.csv: the only ones whose bars share no time with those of another: symbol DE, 2018-12-31 23:00:00",
    )
    found = told(bars(A=DAYS, B=DAYS, JP=DAYS - pd.Timedelta(hours=9)))
    assert found["together"] == (
        200,
        "bars.csv: 1 of 3 symbols whose bars share no time with those of another: symbol JP, 2018-12-31 15:00:00",
    )
    # One after the other they could not.
    assert told(bars(A=DAYS[:100], B=DAYS[100:])) == {}


def test_weeks_from_sunday_to_thursday() -> None:
    early = (DAYS - pd.Timedelta(hours=9)).normalize()
    found = told(bars(JP=early, US=DAYS))
    assert found["weekdays"] == (
        40,
        "bars.csv: bars on Sundays and none on Fridays: symbol JP, 2019-01-06 00:00:00",
    )


@pytest.mark.parametrize("every", [1, 4, 20])
def test_weekends_of_a_market_of_sessions(every: int) -> None:
    """Sunday evenings that a vendor made days of, of some weeks or of all."""
    sundays = pd.date_range("2019-01-06", DAYS[-1], freq="W")[::every]
    found = told(bars(EUR=DAYS.union(sundays), US=DAYS))
    assert found == {"times": (len(sundays), "bars.csv: bar on a Sunday: symbol EUR, 2019-01-06 00:00:00")}


def test_bars_of_the_future() -> None:
    now = pd.Timestamp.now(tz="UTC").tz_localize(None).normalize()
    days = pd.bdate_range(end=now + pd.Timedelta(days=40), periods=200)
    ahead = days[days > pd.Timestamp.now(tz="UTC").tz_localize(None) + pd.Timedelta(days=1)]
    assert told(bars(A=days))["future"] == (len(ahead), f"bars.csv: bar of the future: symbol A, {ahead[0]}")
    assert "future" not in told(bars(A=days[days <= now]))
    with pytest.raises(DataError) as error:
        told(bars(A=days), times="raise")
    assert str(error.value) == (
        f"bars.csv: bar of the future: symbol A, {ahead[0]}; are dates read as they are meant? mend data.date_format "
        "or the file"
    )


@pytest.mark.parametrize("duplicates", ["raise", "drop", "repair"])
def test_where_a_clock_was_lost_nothing_is_repaired(duplicates: str) -> None:
    lost = bars(A=np.repeat(DAYS, 5))
    with pytest.raises(DataError) as error:
        told(lost, duplicates=duplicates)
    assert str(error.value) == (
        "bars.csv: 800 of 1,000 bars are duplicates of their symbol and time, for example symbol A, 2019-01-01 "
        "00:00:00; nothing is repaired: is the clock or the symbol another column (data.clock_column, "
        "data.symbol_column)?"
    )


def test_rows_that_stand_twice_are_repaired_where_that_is_asked() -> None:
    twice = bars(A=DAYS).take(np.repeat(np.arange(200), 2))
    assert told(twice, duplicates="repair")["duplicates"][0] == 200
    few = bars(A=np.sort(np.append(DAYS, DAYS[:15])))
    assert told(few, duplicates="repair")["duplicates"][0] == 15
