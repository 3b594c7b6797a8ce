"""Joined fields against a slow search through the observations, and every refusal."""

import datetime as dt
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.bars import Bars
from components.contracts import Source
from components.data.bundled import Bundled
from components.data.files import Files
from components.data.joined import Joined, Reference
from components.errors import ConfigError, DataError
from components.panel import Panel
from components.values import SourceFacts
from harness import market_data

DAY = dt.timedelta(days=1)
LAST_MOMENT = DAY - dt.timedelta(microseconds=1)
NAN = float("nan")


GIVEN = SourceFacts(identity="given", description="given bars", survivorship="free", adjustment="total")


@dataclass(frozen=True, kw_only=True)
class Given(Source):
    """Bars that are there already."""

    frame: pd.DataFrame
    told: SourceFacts = GIVEN

    def facts(self) -> SourceFacts:
        return self.told

    def fields(self) -> tuple[str, ...]:
        return tuple(self.frame.columns.drop(["symbol", "timestamp"]))

    def load(self) -> Panel:
        return Panel.from_frame(self.frame)

    def bars(self) -> Bars:
        return Bars.from_frame(self.frame, where="given bars")

    @classmethod
    def examples(cls) -> Any:
        return ()


def frame(times: Mapping[str, list[Any]], **fields: list[float]) -> pd.DataFrame:
    """Bars of some symbols; close is 1, 2, 3 ... unless given."""
    names = [name for name, stamps in times.items() for _ in stamps]
    stamps = np.array([stamp for stamps in times.values() for stamp in stamps], dtype="datetime64[us]")
    values = fields or {"close": list(range(1, len(stamps) + 1))}
    return pd.DataFrame({"symbol": names, "timestamp": stamps, **{n: np.array(v, float) for n, v in values.items()}})


def reference(table: pd.DataFrame, **changes: Any) -> Reference:
    values: dict[str, Any] = {
        "source": Given(frame=table),
        "field": "close",
        "symbol": None,
        "stamps": "date",
        "lag_days": 0.0,
        "lag_bars": 0,
        "max_age_days": None,
    }
    return Reference(**(values | changes))


def joined(main: pd.DataFrame | Source, **changes: Any) -> Joined:
    values: dict[str, Any] = {
        "main": main if isinstance(main, Source) else Given(frame=main),
        "stamps": "date",
        "references": {},
        "groups": {},
        "universe_file": None,
        "universe_field": None,
    }
    return Joined(**(values | changes))


def column(source: Joined, name: str) -> list[float]:
    return list(source.load().fields[name])


WEEK = ["2015-03-05", "2015-03-06", "2015-03-09", "2015-03-10", "2015-03-11"]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, [1, 2, 3, 4, 5]),
        ({"lag_days": 1.0}, [NAN, 1, 2, 3, 4]),
        ({"lag_days": 3.0}, [NAN, NAN, 2, 2, 2]),
        ({"lag_bars": 1}, [NAN, 1, 2, 3, 4]),
        ({"lag_bars": 1, "lag_days": 1.0}, [NAN, NAN, 1, 2, 3]),
    ],
)
def test_latest_published_observation(changes: dict[str, Any], expected: list[float]) -> None:
    """March 7 and 8 were a weekend."""
    source = joined(frame({"A": WEEK}), references={"vix": reference(frame({"VIX": WEEK}), **changes)})
    np.testing.assert_array_equal(column(source, "vix"), expected)


def test_a_date_is_known_to_hours_when_the_day_is_over() -> None:
    hours = ["2015-03-05T12:00", "2015-03-06T00:00", "2015-03-06T21:00", "2015-03-07T00:00"]
    source = joined(frame({"A": hours}), stamps="end", references={"vix": reference(frame({"VIX": WEEK[:2]}))})
    np.testing.assert_array_equal(column(source, "vix"), [NAN, 1, 1, 2])


def test_hours_are_known_to_a_date_until_its_midnight() -> None:
    hours = ["2015-03-05T12:00", "2015-03-06T00:00", "2015-03-06T00:01"]
    source = joined(frame({"A": WEEK[:2]}), references={"fx": reference(frame({"FX": hours}), stamps="end")})
    np.testing.assert_array_equal(column(source, "fx"), [1, 3])


def test_old_observations_expire_and_missing_ones_do_not_count() -> None:
    table = frame({"VIX": WEEK[:3]}, value=[7.0, 8.0, NAN])
    kept = reference(table, field="value", max_age_days=3.0)
    source = joined(frame({"A": WEEK}), references={"vix": kept})
    np.testing.assert_array_equal(column(source, "vix"), [7, 8, 8, NAN, NAN])


def test_every_symbol_gets_the_series_and_one_symbol_of_many_is_picked() -> None:
    main = frame({"A": WEEK[:2], "B": WEEK[1:3]})
    table = frame({"X": WEEK, "Y": WEEK})
    source = joined(main, references={"y": reference(table, symbol="Y")})
    assert column(source, "y") == [6, 7, 7, 8]
    assert source.fields() == ("close", "y")


@settings(max_examples=80, deadline=None)
@given(
    main=st.lists(st.integers(0, 240), min_size=1, max_size=20, unique=True),
    other=st.lists(st.integers(0, 240), min_size=1, max_size=20, unique=True),
    missing=st.sets(st.integers(0, 19)),
    stamps=st.tuples(st.sampled_from(["end", "date"]), st.sampled_from(["end", "date"])),
    lag=st.tuples(st.sampled_from([0.0, 0.25, 1.0, 2.5]), st.integers(0, 2)),
    max_age=st.sampled_from([None, 0.5, 2.0]),
)
def test_equals_a_slow_search(
    main: list[int],
    other: list[int],
    missing: set[int],
    stamps: tuple[str, str],
    lag: tuple[float, int],
    max_age: float | None,
) -> None:
    start = dt.datetime(2015, 3, 1)

    def times(places: list[int], kind: str) -> list[dt.datetime]:
        unit = dt.timedelta(hours=24 if kind == "date" else 1)
        return [start + place * unit for place in sorted(places)]

    main_times, other_times = times(main, stamps[0]), times(other, stamps[1])
    if stamps[1] == "end":
        other_times = [time + dt.timedelta(minutes=1) for time in other_times]
    values = [NAN if i in missing else float(i) for i in range(len(other_times))]
    changes = {"stamps": stamps[1], "lag_days": lag[0], "lag_bars": lag[1], "max_age_days": max_age}
    source = joined(
        frame({"A": main_times}),
        stamps=stamps[0],
        references={"x": reference(frame({"X": other_times}, value=values), field="value", **changes)},
    )
    made = [
        (time + LAST_MOMENT * (stamps[1] == "date"), value)
        for time, value in zip(other_times, values, strict=True)
        if not math.isnan(value)
    ]
    expected = []
    for time in main_times:
        decided, found = time + LAST_MOMENT * (stamps[0] == "date"), NAN
        for i, (known, value) in enumerate(made):
            if i + lag[1] < len(made) and made[i + lag[1]][0] + DAY * lag[0] <= decided:
                found = value if max_age is None or decided - known <= DAY * max_age else NAN
        expected.append(found)
    np.testing.assert_array_equal(column(source, "x"), expected)


def test_groups_are_codes_of_the_whole_map(tmp_path: Path) -> None:
    main = frame({"A": WEEK[:2], "B": WEEK[:1], "C": WEEK[:1]})
    kinds = {"A": "tech", "B": "banks", "C": "", "Z": "energy"}
    source = joined(main, groups={"sector": kinds})
    np.testing.assert_array_equal(column(source, "sector"), [2, 2, 0, NAN])
    file = tmp_path / "sectors.csv"
    file.write_text("Symbol, Group\n" + "".join(f"{symbol}, {group}\n" for symbol, group in kinds.items()))
    np.testing.assert_array_equal(column(joined(main, groups={"sector": str(file)}), "sector"), [2, 2, 0, NAN])


def test_membership_may_end_and_begin_again(tmp_path: Path) -> None:
    file = tmp_path / "members.csv"
    file.write_text(
        "symbol,start,end\nA,2015-03-06,2015-03-09\nA,2015-03-11,\nB,2000-01-01,2015-03-06\nZ,2000-01-01,\n"
    )
    source = joined(frame({"A": WEEK, "B": WEEK, "C": WEEK[:1]}), universe_file=str(file))
    assert column(source, "in_universe") == [0, 1, 0, 0, 1, 1, 0, 0, 0, 0, 0]
    assert source.load().notices == (
        "members.csv: members of the universe without bars: 1 (Z); if they were delisted, the data is biased towards "
        "those who survived",
    )
    assert source.fields() == ("close", "in_universe")


def test_membership_from_a_field() -> None:
    main = frame({"A": WEEK}, close=[1, 1, 1, 1, 1], in_sp500=[1, 0, NAN, 1, 0])
    source = joined(main, universe_field="in_sp500")
    assert column(source, "in_universe") == [1, 0, 0, 1, 0]
    assert list(source.load().in_universe_R) == [True, False, False, True, False]


def test_bars_of_the_main_source_are_passed_on_unjudged() -> None:
    main = frame({"A": [WEEK[1], WEEK[0], WEEK[0]]}, close=[1, -2, 3])
    source = joined(main, references={"vix": reference(frame({"VIX": WEEK}))}, groups={"g": {"A": "x"}})
    bars = source.bars()
    assert list(bars.fields["vix"]) == [2, 1, 1]
    assert list(bars.fields["close"]) == [1, -2, 3]
    with pytest.raises(DataError, match="given bars: "):
        source.load()


def test_a_main_source_without_bars_is_the_main_source_s_complaint() -> None:
    with pytest.raises(DataError, match=r"^given bars: no bars"):
        joined(frame({"A": []}), references={"vix": VIX}, universe_field="close").load()


def test_facts_tell_the_weakest_survivorship_and_every_reference() -> None:
    table = frame({"VIX": WEEK})
    biased = SourceFacts(
        identity="vix", description="VIX", survivorship="biased", adjustment="raw", cautions=("Beware.",)
    )
    vix = replace(reference(table), source=Given(frame=table, told=biased))
    facts = joined(frame({"A": WEEK}), references={"vix": vix, "late": reference(table, lag_days=1.0)}).facts()
    assert facts == SourceFacts(
        identity="given",
        description="given bars, joined with vix (VIX, raw), late (given bars, total)",
        survivorship="biased",
        adjustment="total",
        cautions=(
            "Beware.",
            "vix is joined with its value of the same day: where its market closes after the main one, that is "
            "look-ahead; a lag of one day or bar excludes it",
        ),
    )
    assert joined(frame({"A": WEEK})).facts() == joined(frame({"A": WEEK})).main.facts()


def test_real_indices_meet_day_by_day() -> None:
    nasdaq = Bundled(dataset="nasdaq")
    source = joined(
        Bundled(dataset="sp500"), references={"nasdaq": replace(reference(frame({"X": []})), source=nasdaq, lag_bars=1)}
    )
    panel, other = source.load(), nasdaq.load()
    assert np.isnan(panel.fields["nasdaq"][0])
    np.testing.assert_array_equal(panel.timestamps_R, other.timestamps_R)
    np.testing.assert_array_equal(panel.fields["nasdaq"][1:], other.fields["close"][:-1])


MAIN = frame({"A": WEEK, "B": WEEK})
VIX = reference(frame({"VIX": WEEK}))
BAD_CONFIG: dict[str, tuple[dict[str, Any], str]] = {
    "name taken": (
        {"references": {"close": VIX}},
        "references.close: 'close' is taken already; choose another, of small letters, digits and _",
    ),
    "name twice": (
        {"references": {"x": VIX}, "groups": {"x": {}}},
        "groups.x: 'x' is taken already; choose another, of small letters, digits and _",
    ),
    "no name": (
        {"references": {"^VIX": VIX}},
        "references.^VIX: '^VIX' is no name for a field; choose another, of small letters, digits and _",
    ),
    "no such field": (
        {"references": {"vix": replace(VIX, field="value")}},
        "references.vix.field: the source has no field 'value'; fields: close",
    ),
    "no such universe": (
        {"universe_field": "member"},
        "universe_field: the main source has no field 'member'; fields: close",
    ),
    "two universes": (
        {"universe_field": "close", "universe_file": "members.csv"},
        "universe_file: a universe has one origin; set universe_field to null",
    ),
}


@pytest.mark.parametrize("case", BAD_CONFIG)
def test_refuses_before_any_bar_is_read(case: str) -> None:
    changes, message = BAD_CONFIG[case]
    with pytest.raises(ConfigError) as error:
        joined(MAIN, **changes).fields()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("symbol", "message"),
    [
        (None, "data.references.x.symbol: the source has 2 symbols (X, Y ...); name one"),
        ("Z", "data.references.x.symbol: the source has no symbol 'Z'; symbols: X, Y"),
    ],
)
def test_refuses_an_unclear_symbol(symbol: str | None, message: str) -> None:
    table = frame({"X": WEEK, "Y": WEEK})
    with pytest.raises(ConfigError) as error:
        joined(MAIN, references={"x": reference(table, symbol=symbol)}).load()
    assert str(error.value) == message


@pytest.mark.parametrize(
    ("main", "other", "path", "message"),
    [
        (
            ("date", "2015-03-05T21:00"),
            ("date", "2015-03-05"),
            "data.stamps",
            "the timestamps are no dates but have a time of day, such as 2015-03-05T21:00:00; set it to end",
        ),
        (
            ("end", "2015-03-05T21:00"),
            ("date", "2015-03-05T21:00"),
            "data.references.x.stamps",
            "the timestamps are no dates but have a time of day, such as 2015-03-05T21:00:00; set it to end",
        ),
        (
            ("end", "2015-03-05T21:00"),
            ("end", "2015-03-05"),
            "data.references.x.stamps",
            "the timestamps are dates, at whose midnight the value of the day is not known; set it to date",
        ),
    ],
)
def test_refuses_stamps_that_are_not_what_they_are_said_to_be(
    main: tuple[str, str], other: tuple[str, str], path: str, message: str
) -> None:
    series = reference(frame({"X": [other[1]]}), stamps=other[0])
    with pytest.raises(ConfigError) as error:
        joined(frame({"A": [main[1]]}), stamps=main[0], references={"x": series}).load()
    assert str(error.value) == f"{path}: {message}"


BAD_FILES: dict[str, tuple[str, str, str]] = {
    "no column": ("universe_file", "symbol,from,end\n", "map.csv: no column 'start'; columns: symbol, from, end"),
    "empty": ("universe_file", "", "map.csv: no column 'symbol'; columns: none"),
    "no date": (
        "universe_file",
        "symbol,start,end\nA,2015-13-01,\n",
        "map.csv: line 2: '2015-13-01' is no date in the format ISO 8601 (2020-12-31); mend it",
    ),
    "blank start": (
        "universe_file",
        "symbol,start,end\nA,,2015-01-01\n",
        "map.csv: line 2: the start is missing; write a date",
    ),
    "backwards": (
        "universe_file",
        "symbol,start,end\nA,2015-01-02,2015-01-02\n",
        "map.csv: line 2: end 2015-01-02 is not after start 2015-01-02; mend it",
    ),
    "nobody": (
        "universe_file",
        "symbol,start,end\nA,2025-01-02,\n",
        "map.csv: no bar of given bars belongs to the universe; compare its symbols and dates with those of the bars",
    ),
    "no group": (
        "groups",
        "symbol,group\nA,tech\n",
        "map.csv: no group for B; add a line a symbol, with a blank group where it has none",
    ),
    "two groups": (
        "groups",
        "symbol,group\nA,tech\nB,banks\nA,banks\n",
        "map.csv: line 4: a second group for A; keep one",
    ),
}


@pytest.mark.parametrize("case", BAD_FILES)
def test_refuses_bad_files(case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    parameter, text, message = BAD_FILES[case]
    monkeypatch.chdir(tmp_path)
    Path("map.csv").write_text(text)
    source = joined(MAIN, **{parameter: {"sector": "map.csv"} if parameter == "groups" else "map.csv"})
    with pytest.raises(DataError) as error:
        source.load()
    assert str(error.value) == message


def test_absent_files_are_named() -> None:
    with pytest.raises(DataError, match=r"^absent\.csv: no such file; give an existing .* in data\.universe_file$"):
        joined(MAIN, universe_file="absent.csv").load()


def test_complaints_of_an_inner_source_bear_its_place() -> None:
    values = dict(Files.examples()[0]) | {"path": "data.csv"}
    files = Files(**(values | {"columns": {}}))
    with pytest.raises(DataError) as error:
        joined(MAIN, references={"vix": replace(VIX, source=files)}).fields()
    assert str(error.value) == (
        "data.csv: no such file; give an existing CSV or Parquet file in data.references.vix.source.path"
    )
    inner = joined(MAIN, references={"close": VIX})
    with pytest.raises(ConfigError, match=r"^main\.references\.close: 'close' is taken already"):
        joined(inner).fields()


def real(name: str, *select: str) -> Files:
    values = dict(Files.examples()[0]) | {"path": str(market_data(name)), "columns": {}, "select": select}
    return Files(**values)


def test_a_real_cross_section_with_yields_volatility_and_index_membership() -> None:
    yields = reference(frame({"X": []}), source=real("macro_daily.parquet", "value"), field="value", symbol="DGS10")
    source = joined(
        real("us_large_cap_daily.parquet", "close", "in_sp500"),
        references={
            "vix": reference(frame({"X": []}), source=real("vix_daily.parquet", "close")),
            "dgs10": replace(yields, lag_days=1.0, max_age_days=7.0),
        },
        universe_field="in_sp500",
    )
    panel = source.load()
    table = panel.to_frame().set_index(["symbol", "timestamp"]).xs("TSLA")
    vix = pd.read_parquet(market_data("vix_daily.parquet")).set_index("timestamp")["close"]
    vix.index = pd.DatetimeIndex(vix.index)
    np.testing.assert_allclose(table["vix"], vix[table.index])
    macro = pd.read_parquet(market_data("macro_daily.parquet"))
    known = macro[macro["symbol"] == "DGS10"].set_index("timestamp")["value"]
    known.index = pd.DatetimeIndex(known.index)
    for date in table.index[::100]:
        assert table.loc[date, "dgs10"] == known[: date - pd.Timedelta(days=1)].iloc[-1]
    # Tesla joined the index on 2020-12-21.
    assert table.index[table["in_universe"] == 1][0] == pd.Timestamp("2020-12-21")


def macro(path: Path, broken: str) -> None:
    """Two series, of which the one that is not joined is broken in its times, its values or its lines."""
    days = pd.bdate_range("2018-01-01", periods=30).strftime("%Y-%m-%d")
    joined_one = pd.DataFrame({"date": days, "symbol": "DGS10", "open": 999.0, "close": np.arange(30) / 10 - 1})
    other = joined_one.assign(symbol="DFII10")
    if broken == "a wrong date":
        other.loc[3, "date"] = "2018-13-45"
    if broken == "no number":
        other["close"] = "n.v."
    if broken == "duplicates":
        other = pd.concat([other, other])
    if broken == "a look-alike":
        other = other.assign(symbol="DGS10 ".strip() + "_")
    table = pd.concat([other, joined_one])
    table.to_parquet(path) if path.suffix == ".parquet" else table.to_csv(path, index=False)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
@pytest.mark.parametrize("broken", ["a wrong date", "no number", "duplicates", "a look-alike", "nothing"])
def test_only_the_series_that_is_joined_is_judged(broken: str, ending: str, tmp_path: Path) -> None:
    """Its values may be zero and negative, its open is read by nobody."""
    if (broken, ending) == ("no number", "parquet"):
        pytest.skip("Parquet has no column of numbers and texts")
    macro(tmp_path / f"m.{ending}", broken)
    settings = dict(Files.examples()[0]) | {"path": str(tmp_path / f"m.{ending}"), "time_column": "date"}
    rate = reference(pd.DataFrame(), source=Files(**settings), symbol="DGS10")
    days = list(pd.bdate_range("2018-01-01", periods=30).strftime("%Y-%m-%d"))
    np.testing.assert_allclose(
        column(joined(frame({"A": days}), references={"rate": rate}), "rate"), np.arange(30) / 10 - 1
    )


def test_the_series_itself_is_judged_by_its_times(tmp_path: Path) -> None:
    twice = frame({"X": [WEEK[0], WEEK[0], WEEK[1]]})
    with pytest.raises(DataError) as error:
        joined(frame({"A": WEEK}), references={"x": reference(twice)}).load()
    assert str(error.value) == "given bars: duplicate bar: symbol X, 2015-03-05 00:00:00; keep one of the two rows"
    backwards = frame({"X": WEEK[::-1]})
    source = joined(frame({"A": WEEK}), references={"x": reference(backwards)})
    np.testing.assert_array_equal(column(source, "x"), [5, 4, 3, 2, 1])
