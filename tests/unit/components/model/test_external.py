"""Forecasts made elsewhere: which one was known at which decision, and what is said of the others."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import Claimed
from components.errors import DataError
from components.model.external import External
from components.panel import Panel
from components.values import Head

DAYS = pd.to_datetime(["2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05", "2024-01-08"])
HOURS = pd.to_datetime([f"2024-01-02 {hour}:00" for hour in range(10, 15)])


def panel(times: pd.DatetimeIndex = DAYS, symbols: tuple[str, ...] = ("A", "B")) -> Panel:
    stamps = np.tile(times.to_numpy().astype("datetime64[us]"), len(symbols))
    offsets = np.arange(len(symbols) + 1, dtype=np.int64) * len(times)
    return Panel(symbols=symbols, offsets=offsets, timestamps_R=stamps, fields={"close": np.ones(len(stamps))})


def external(path: Path, **more: Any) -> External:
    return External(**{**External.examples()[0], "path": str(path), **more})


def claimed(folder: Path, text: str, bars: Panel | None = None, *, horizon: int = 5, **more: Any) -> Claimed:
    path = folder / "f.csv"
    path.write_text(text)
    return external(path, **more).claimed(bars or panel(), horizon_bars=horizon)


def refused(folder: Path, text: str, bars: Panel | None = None, **more: Any) -> str:
    with pytest.raises(DataError) as caught:
        claimed(folder, text, bars, **more)
    return str(caught.value).replace(f"{folder}/", "")


def told(found: Claimed, folder: Path) -> list[str]:
    return [notice.replace(f"{folder}/", "") for notice in found.notices]


HEAD = "symbol,made_at,horizon,mean\n"


def test_a_forecast_is_for_the_first_bar_decided_on_when_it_was_made_or_later(tmp_path: Path) -> None:
    """A Saturday's is for Monday; one made during a day is for that day, whose decision is taken when it is over."""
    text = HEAD + "A,2024-01-02,5,1\nA,2024-01-03 21:30,5,2\nA,2024-01-06,5,3\nB,2024-01-05,5,4\n"
    found = claimed(tmp_path, text).fields["claimed_mean"]
    assert found.tolist()[:3] == [1.0, 2.0, pytest.approx(np.nan, nan_ok=True)]
    assert found[[4, 8]].tolist() == [3.0, 4.0]
    assert np.isfinite(found).sum() == 4


def test_within_a_day_to_the_second(tmp_path: Path) -> None:
    text = HEAD + "A,2024-01-02 10:00:00,5,1\nA,2024-01-02 10:00:01,5,2\nA,2024-01-02 14:00:01,5,3\n"
    found = claimed(tmp_path, text, panel(HOURS))
    assert found.fields["claimed_mean"][:3].tolist()[:2] == [1.0, 2.0]
    assert told(found, tmp_path)[1] == "f.csv: 1 forecast later than the last bar that is looked at is not read."


def test_everything_that_is_left_out_is_counted(tmp_path: Path) -> None:
    days = [f"2024-01-0{day}" for day in (2, 3, 4, 5, 8)]
    lines = [f"A,{day},5,0.1" for day in days if day != "2024-01-04"] + [f"A,{day},10,0.1" for day in days]
    text = HEAD + "\n".join([*lines, "ZZ,2024-01-02,5,1", "YY,2024-01-02,5,1", "YY,2024-01-03,5,1", "A,2024-01-09,5,1"])
    found = claimed(tmp_path, text)
    assert told(found, tmp_path) == [
        "f.csv: 3 forecasts of 2 symbols that are not among the bars are left out: YY, ZZ.",
        "f.csv: 1 symbol of the bars without a forecast: B.",
        "f.csv: 5 forecasts of other horizons (10 bars) are left out: those of 5 bars are judged.",
        "f.csv: 1 forecast later than the last bar that is looked at is not read.",
        "f.csv: 6 of 10 bars between the first and the last forecast have none (60.0%): they are neither judged nor "
        "traded.",
    ]


def test_of_several_for_one_decision_the_latest_counts(tmp_path: Path) -> None:
    text = HEAD + "A,2024-01-02,5,1\nA,2024-01-07,5,3\nA,2024-01-06,5,2\n"
    found = claimed(tmp_path, text, panel(symbols=("A",)))
    assert found.fields["claimed_mean"][4] == 3.0
    assert told(found, tmp_path)[0] == "f.csv: 1 forecast is replaced by a later one for the same decision."


@pytest.mark.parametrize(
    ("text", "more", "line"),
    [
        (
            HEAD + "A,2024-01-02,5,1\nB,2024-01-02,5,1\nA,2024-01-02,5,2\n",
            {},
            "f.csv: line 4: a second forecast of A made at 2024-01-02, as in line 2; keep one of them",
        ),
        (
            HEAD + "C,2024-01-02,5,1\n",
            {},
            "f.csv: no forecast is of a symbol of the bars; symbols there: C; in the bars: A, B; spell them alike",
        ),
        (
            HEAD + "A,2024-01-02,3,1\nA,2024-01-02,10,1\n",
            {},
            "f.csv: no forecast is of 5 bars ahead, which the target asks for; horizons there: 3, 10; set "
            "target.horizon_bars=3",
        ),
        (
            HEAD + "A,2024-01-02,2.5,1\n",
            {},
            "f.csv: line 2: the horizon 2.5 is no whole number of bars, >= 1; mend it",
        ),
        (
            HEAD + "A,2031-01-02,5,1\n",
            {},
            "f.csv: no forecast belongs to a bar: they are of 2031-01-02 to 2031-01-02, the bars that are looked at of "
            "2024-01-02 to 2024-01-08",
        ),
        (
            "symbol,made_at,horizon,up\nA,2024-01-02,5,0.5\nA,2024-01-03,5,1.2\n",
            {"columns": {"up": "up"}},
            "f.csv: line 3: 1.2 (up) is no probability, which lies between 0 and 1; mend it",
        ),
        (
            HEAD + "A,2024-01-02,5,1\n,2024-01-03,5,1\n",
            {},
            "f.csv: line 3: no symbol (symbol); mend it",
        ),
        (
            HEAD + "A,2024-01-02,5,1\n",
            {"columns": {"mean": "forecast"}},
            "f.csv: no column 'forecast' (model.columns.mean); columns: symbol, made_at, horizon, mean",
        ),
        (
            "made_at,horizon,mean\n2024-01-02,5,1\n",
            {"symbol_column": None},
            "f.csv: no column names the symbol, and the bars have 2; name it with model.symbol_column=COLUMN",
        ),
    ],
)
def test_what_cannot_be_judged_is_refused_by_line(
    text: str, more: Mapping[str, Any], line: str, tmp_path: Path
) -> None:
    assert refused(tmp_path, text, **more) == line


def test_a_forecast_made_after_its_decision_is_refused(tmp_path: Path) -> None:
    """A day is decided on when it is over, whatever the clock says; within a day to the second."""
    head = "symbol,made_at,bar,horizon,mean\n"
    fine = "A,2024-01-02 23:59,2024-01-02,5,1\nA,2024-01-02,2024-01-03,5,1\n"
    found = claimed(tmp_path, head + fine, decided_at_column="bar").fields["claimed_mean"]
    assert np.isfinite(found[:2]).all()
    late = "A,2024-01-04,2024-01-03,5,1\nB,2024-01-05,2024-01-04,5,1\n"
    assert refused(tmp_path, head + fine + late, decided_at_column="bar") == (
        "f.csv: line 4: the forecast of A was made at 2024-01-04, after the decision at 2024-01-03 that it is for, and "
        "so were 1 more; a forecast must be known when it is used: mend the times, or leave the line out"
    )
    hourly = head + "A,2024-01-02 11:00:01,2024-01-02 11:00:00,5,1\n"
    assert refused(tmp_path, hourly, panel(HOURS), decided_at_column="bar").startswith(
        "f.csv: line 2: the forecast of A"
    )


def test_dates_beside_bars_within_a_day_are_asked_about(tmp_path: Path) -> None:
    text = HEAD + "A,2024-01-02,5,1\n"
    bars = panel(pd.to_datetime(["2024-01-02 10:00", "2024-01-03 10:00"]), ("A",))
    assert refused(tmp_path, text, bars) == (
        "f.csv: line 2: 2024-01-02 (made_at) is a date, and the bars have times of day: it may be made as that day "
        "begins or when it is over; say model.dates_mean=begin or model.dates_mean=end"
    )
    begin, end = (claimed(tmp_path, text, bars, dates_mean=way).fields["claimed_mean"] for way in ("begin", "end"))
    assert np.isfinite(begin).tolist() == [True, False]
    assert np.isfinite(end).tolist() == [False, True]


def test_outputs_are_those_that_the_loss_asks_for() -> None:
    quantiles = External(**External.examples()[1])
    assert quantiles.lacking(Head(statistic="quantile", levels=(0.1, 0.5, 0.9))) == ""
    assert quantiles.lacking(Head()) == "gives q10, q50, q90, where the loss asks for mean"
    fine = External(**{**External.examples()[0], "columns": {"q97_5": "h", "q2_5": "l"}})
    assert fine.lacking(Head(statistic="quantile", levels=(0.025, 0.975))) == ""
    assert fine.output_fields() == ("claimed_q2_5", "claimed_q97_5")
    wrong = External(**{**External.examples()[0], "columns": {"middle": "m"}})
    assert wrong.flaws() == ("columns: 'middle' is no output; write mean, up, or a quantile as q10",)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(1, 23)), min_size=1, max_size=30, unique=True)
)
def test_agrees_with_a_slow_search(tmp_path_factory: pytest.TempPathFactory, lines: list[tuple[int, int, int]]) -> None:
    """Every bar has the latest of the forecasts made after the bar before and not after it."""
    times = pd.date_range("2024-01-01 12:00", periods=8, freq="D")
    bars, folder = panel(times, ("A", "B", "C")), tmp_path_factory.mktemp("f")
    made = [(f"{'ABC'[s]}", pd.Timestamp("2024-01-01") + pd.Timedelta(days=d, hours=h)) for s, d, h in lines]
    text = HEAD + "".join(f"{name},{time},5,{place}\n" for place, (name, time) in enumerate(made))
    expected = []
    for name in "ABC":
        before = pd.Timestamp.min
        for time in times:
            known = [(when, place) for place, (who, when) in enumerate(made) if who == name and before < when <= time]
            expected.append(float(max(known)[1]) if known else np.nan)
            before = time
    if not np.isfinite(expected).any():
        assert refused(folder, text, bars).startswith("f.csv: no forecast belongs to a bar")
        return
    found = claimed(folder, text, bars).fields["claimed_mean"]
    assert np.array_equal(found, expected, equal_nan=True)
