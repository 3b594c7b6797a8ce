"""What was known of each symbol at each time, against a slow search through what had been published."""

import datetime as dt
import math
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from components.contracts import Source
from components.data.files import Files
from components.data.joined import Joined
from components.data.releases import Releases
from components.errors import AssayError, DataError
from runner.composition.build import build

HEADER = "symbol,period,published,eps"
Row = tuple[str, str, str, float]


def write(rows: list[Row], path: Path, header: str = HEADER) -> None:
    lines = [f"{s},{period},{published},{'' if math.isnan(v) else v}" for s, period, published, v in rows]
    path.write_text("\n".join([header, *lines]))


def section(path: Path, **changes: Any) -> dict[str, Any]:
    table = {**Files.examples()[0], "_target_": "components.data.files.Files", "path": str(path), "select": ["eps"]}
    table["time_column"] = "published"
    return {"_target_": "components.data.releases.Releases", **Releases.examples()[0], "table": table} | changes


def releases(rows: list[Row], folder: Path, **changes: Any) -> Source:
    write(rows, folder / "eps.csv")
    return build(Source, section(folder / "eps.csv", **changes), path="data")  # type: ignore[type-abstract]


def told(source: Source) -> list[tuple[str, str, float]]:
    bars = source.bars()
    names = [bars.symbols[code] for code in bars.codes_R]
    return list(zip(names, [str(t)[:10] for t in bars.timestamps_R], bars.fields["eps"].tolist(), strict=True))


ROWS: list[Row] = [
    ("AAA", "2019-12-31", "2020-02-10", 1.0),
    ("AAA", "2020-03-31", "2020-05-11", 1.5),
    ("AAA", "2019-12-31", "2020-05-11", 0.7),  # restated together with the next period
    ("AAA", "2020-03-31", "2020-06-01", 1.4),  # restated before the next one
    ("AAA", "2019-12-31", "2020-07-01", 0.6),  # restated when a newer one is known
    ("BBB", "2020-03-31", "2020-04-20", 9.0),
]


def test_the_newest_period_and_of_it_the_newest_figure(tmp_path: Path) -> None:
    assert told(releases(ROWS, tmp_path)) == [
        ("AAA", "2020-02-10", 1.0),
        ("AAA", "2020-05-11", 1.5),
        ("AAA", "2020-06-01", 1.4),
        ("BBB", "2020-04-20", 9.0),
    ]


def test_the_order_of_the_rows_does_not_matter(tmp_path: Path) -> None:
    assert told(releases(ROWS[::-1], tmp_path)) == told(releases(ROWS, tmp_path))


def test_fields_that_are_published_apart(tmp_path: Path) -> None:
    lines = ["AAA,2019-12-31,2020-02-10,1.0,", "AAA,2019-12-31,2020-03-01,,7", "AAA,2020-03-31,2020-05-11,2.0,8"]
    (tmp_path / "two.csv").write_text("\n".join([f"{HEADER},sales", *lines]))
    made = section(tmp_path / "two.csv")
    made["table"]["select"] = ["eps", "sales"]
    bars = build(Source, made, path="data").bars()  # type: ignore[type-abstract]
    np.testing.assert_array_equal(bars.fields["eps"], [1.0, np.nan, 2.0])
    np.testing.assert_array_equal(bars.fields["sales"], [np.nan, 7.0, 8.0])


def test_a_figure_that_is_told_twice_is_one_and_two_figures_are_refused(tmp_path: Path) -> None:
    assert told(releases([ROWS[0], ROWS[0]], tmp_path)) == [("AAA", "2020-02-10", 1.0)]
    with pytest.raises(DataError) as error:
        releases([ROWS[0], ("AAA", "2019-12-31", "2020-02-10", 2.0)], tmp_path).bars()
    assert str(error.value) == (
        f"{tmp_path / 'eps.csv'}: two figures (eps) of symbol AAA, period 2019-12-31, were published at 2020-02-10; "
        "keep one, or tell their times of publication apart"
    )


def test_columns_that_are_mixed_up_are_refused_and_estimates_are_not(tmp_path: Path) -> None:
    swapped = [(symbol, published, period, value) for symbol, period, published, value in ROWS]
    with pytest.raises(DataError) as error:
        releases(swapped, tmp_path).bars()
    assert str(error.value) == (
        f"{tmp_path / 'eps.csv'}: 6 of 6 rows were published before the day of their period, the first of symbol AAA: "
        "published 2019-12-31, period 2020-02-10; exchange data.table.time_column and data.period_column, or set "
        "data.ahead=true"
    )
    assert len(told(releases(swapped, tmp_path, ahead=True))) > 0


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"period_column": "quarter"}, "no column 'quarter' (data.table.time_column)"),
        (
            {"table": {"_target_": "components.data.bundled.Bundled", "dataset": "sp500"}},
            "table: has no column of times",
        ),
    ],
)
def test_settings(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(AssayError) as error:
        releases(ROWS, tmp_path, **changes).fields()
    assert message in str(error.value)


# Joined by symbol


def joined(folder: Path, bars: list[str], **changes: Any) -> Joined:
    (folder / "bars.csv").write_text("\n".join(["symbol,timestamp,close", *bars]))
    main = {**Files.examples()[0], "_target_": "components.data.files.Files", "path": str(folder / "bars.csv")}
    reference = {
        "source": section(folder / "eps.csv"), "field": "eps", "symbol": None, "by": "symbol", "stamps": "date",
        "lag_days": 0.0, "lag_bars": 0, "max_age_days": None,
    }  # fmt: skip
    settings = {"main": main, "stamps": "date", "references": {"eps": reference | changes}, "groups": {}}
    made = {"_target_": "components.data.joined.Joined", **settings, "universe_file": None, "universe_field": None}
    built = build(Source, made, path="data")  # type: ignore[type-abstract]
    assert isinstance(built, Joined)
    return built


DAYS = ["2020-02-09", "2020-02-10", "2020-05-10", "2020-05-11", "2020-06-02", "2020-08-01"]
BARS = [f"{symbol},{day},1" for symbol in ("AAA", "BBB") for day in DAYS]
NAN = math.nan


@pytest.mark.parametrize(
    ("changes", "aaa", "bbb"),
    [
        ({}, [NAN, 1.0, 1.0, 1.5, 1.4, 1.4], [NAN, NAN, 9.0, 9.0, 9.0, 9.0]),
        ({"lag_days": 1.0}, [NAN, NAN, 1.0, 1.0, 1.4, 1.4], [NAN, NAN, 9.0, 9.0, 9.0, 9.0]),
        ({"lag_days": 20.0}, [NAN, NAN, 1.0, 1.0, 1.5, 1.4], [NAN, NAN, 9.0, 9.0, 9.0, 9.0]),
        ({"max_age_days": 30.0}, [NAN, 1.0, NAN, 1.5, 1.4, NAN], [NAN, NAN, 9.0, 9.0, NAN, NAN]),
        ({"lag_bars": 1}, [NAN, NAN, NAN, 1.0, 1.5, 1.5], [NAN] * 6),
    ],
)
def test_every_bar_has_what_was_known_of_its_own_symbol(
    tmp_path: Path, changes: dict[str, Any], aaa: list[float], bbb: list[float]
) -> None:
    write(ROWS, tmp_path / "eps.csv")
    source = joined(tmp_path, BARS, **changes)
    np.testing.assert_array_equal(source.load().fields["eps"], [*aaa, *bbb])
    assert source.fields() == ("close", "eps")
    assert source.load().notices == ()


def test_symbols_of_which_nothing_is_known(tmp_path: Path) -> None:
    write(ROWS, tmp_path / "eps.csv")
    panel = joined(tmp_path, [*BARS, "CCC,2020-05-11,1"]).load()
    assert math.isnan(panel.fields["eps"][-1])
    assert panel.notices == ("data.references.eps: no eps of 1 of 3 symbols: CCC",)
    with pytest.raises(DataError) as error:
        joined(tmp_path, ["CCC,2020-05-11,1"]).load()
    assert str(error.value) == (
        f"{tmp_path / 'eps.csv'}: no row is about a symbol of the bars; symbols there: AAA, BBB; in the bars: CCC; "
        "spell them alike"
    )


def test_a_table_with_several_periods_at_once_is_no_series(tmp_path: Path) -> None:
    write(ROWS, tmp_path / "eps.csv")
    plain = section(tmp_path / "eps.csv")["table"]
    with pytest.raises(DataError) as error:
        joined(tmp_path, BARS, source=plain).load()
    assert str(error.value) == (
        f"{tmp_path / 'eps.csv'}: two rows of symbol AAA at 2020-05-11 00:00:00; keep one, or where they are of "
        "different periods read the table with data=releases"
    )
    write([ROWS[0], ROWS[1], ROWS[5]], tmp_path / "eps.csv")
    np.testing.assert_array_equal(
        joined(tmp_path, BARS, source=plain).load().fields["eps"],
        joined(tmp_path, BARS).load().fields["eps"],
    )


def test_one_symbol_and_by_symbol_exclude_each_other(tmp_path: Path) -> None:
    write(ROWS, tmp_path / "eps.csv")
    with pytest.raises(AssayError) as error:
        joined(tmp_path, BARS, symbol="AAA").fields()
    assert str(error.value) == (
        "references.eps.symbol: 'AAA' is one symbol, but by: symbol takes that of each bar; set it to null, or by to "
        "null"
    )


# Against a slow search, and what comes later

FIRST = dt.date(2020, 1, 1)


@st.composite
def tables(draw: st.DrawFn) -> list[Row]:
    """Rows in any order; of one symbol, period and day of publication one only."""
    keys = draw(
        st.lists(
            st.tuples(st.sampled_from("AB"), st.integers(0, 5), st.integers(0, 40)),
            min_size=1,
            max_size=25,
            unique=True,
        )
    )
    rows = []
    for number, (symbol, quarter, day) in enumerate(keys):
        period = FIRST - dt.timedelta(days=91 * (6 - quarter))
        rows.append((symbol, str(period), str(FIRST + dt.timedelta(days=day)), float(number)))
    return rows


def slow(rows: list[Row], symbol: str, day: str, lag: int, max_age: int | None) -> float:
    """The definition, row by row."""
    decided = dt.date.fromisoformat(day)
    known = [
        (period, published, value)
        for name, period, published, value in rows
        if name == symbol and dt.date.fromisoformat(published) + dt.timedelta(days=lag) <= decided
    ]
    if not known:
        return NAN
    period = max(period for period, _, _ in known)
    published, value = max((published, value) for p, published, value in known if p == period)
    too_old = max_age is not None and decided - dt.date.fromisoformat(published) > dt.timedelta(days=max_age)
    return NAN if too_old else value


QUICK = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
MAIN = [(symbol, str(FIRST + dt.timedelta(days=day))) for symbol in "AB" for day in range(0, 60, 3)]


@QUICK
@given(tables(), st.sampled_from([0, 1, 7]), st.sampled_from([None, 10]))
def test_it_is_what_a_slow_search_finds(tmp_path: Path, rows: list[Row], lag: int, max_age: int | None) -> None:
    write(rows, tmp_path / "eps.csv")
    source = joined(tmp_path, [f"{s},{day},1" for s, day in MAIN], lag_days=float(lag), max_age_days=max_age)
    expected = [slow(rows, symbol, day, lag, max_age) for symbol, day in MAIN]
    np.testing.assert_array_equal(source.load().fields["eps"], expected)


@QUICK
@given(tables(), st.integers(1, 39), st.sampled_from(["gone", "poisoned", "restated"]))
def test_what_is_published_later_changes_nothing_before(tmp_path: Path, rows: list[Row], cut: int, fate: str) -> None:
    day = str(FIRST + dt.timedelta(days=cut))
    write(rows, tmp_path / "eps.csv")
    bars = [f"{s},{when},1" for s, when in MAIN]
    frame = joined(tmp_path, bars).load().to_frame()
    late = [row for row in rows if row[2] >= day]
    changed = [row for row in rows if row[2] < day]
    if fate == "poisoned":
        changed += [(symbol, period, published, 1e9) for symbol, period, published, _ in late]
    if fate == "restated":
        late_days = {(symbol, period): day for symbol, period, _, _ in rows}
        changed += [(symbol, period, published, -7.0) for (symbol, period), published in late_days.items()]
    if not changed or {row[0] for row in changed}.isdisjoint("AB"):
        return
    write(changed, tmp_path / "eps.csv")
    again = joined(tmp_path, bars).load().to_frame()
    early = frame["timestamp"] < pd.Timestamp(day)
    pd.testing.assert_series_equal(frame["eps"][early], again["eps"][early])
