"""Bars from files: what is read, and what is refused with one exact line."""

import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.data.files import Files
from components.errors import ConfigError, DataError
from components.tables import columns, container

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = HEADER + "".join(
    f"2020-01-0{d},{s},10,12,9,{min(10 + d, 12)},100\n" for s in ("AAA", "BBB") for d in range(1, 6)
)


def source(path: Path, **changes: object) -> Files:
    values: dict[str, object] = {**Files.examples()[0], "path": str(path), "time_column": "date"}
    return Files(**(values | changes))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(text: str) -> Path:
    path = Path("bars.csv")
    path.write_text(text)
    return path


def test_reads_symbols_times_and_fields(folder: Path) -> None:
    panel = source(write(GOOD)).load()
    assert panel.symbols == ("AAA", "BBB")
    assert list(panel.offsets) == [0, 5, 10]
    assert set(panel.fields) == {"open", "high", "low", "close", "volume"}
    assert panel.fields["volume"][0] == 100.0
    assert panel.timestamps_R[0] == np.datetime64("2020-01-01")


def test_parquet_and_csv_give_the_same_panel(folder: Path) -> None:
    csv = source(write(GOOD)).load()
    table = pd.read_csv("bars.csv")
    table.to_parquet("bars.parquet")
    assert source(Path("bars.parquet")).load().fingerprint == csv.fingerprint


def test_one_symbol_named_like_the_file_and_mapped_columns(folder: Path) -> None:
    path = write("Date,Last Price,Bid Size\n2020-01-01,5,1\n2020-01-02,6,\n")
    panel = source(path, symbol_column=None, time_column="Date", columns={"close": "last price"}).load()
    assert panel.symbols == ("bars",)
    assert list(panel.fields) == ["close", "bid_size"]
    assert np.isnan(panel.fields["bid_size"][1])


def test_offsets_are_turned_into_utc(folder: Path) -> None:
    path = write("date,symbol,close\n2020-01-01T10:00:00+01:00,A,5\n2020-01-01T11:00:00+01:00,A,5\n")
    assert source(path).load().timestamps_R[0] == np.datetime64("2020-01-01T09:00")


def replaced(old: str, new: str) -> str:
    assert old in GOOD
    return GOOD.replace(old, new, 1)


BAD = {
    "missing column": (
        GOOD.replace("close", "last", 1),
        "bars.csv: no column 'close'; columns: date, symbol, open, high, low, last, volume; "
        "name it with data.columns.close=COLUMN",
    ),
    "missing time column": (
        GOOD.replace("date", "day", 1),
        "bars.csv: no column 'date' (data.time_column); columns: day, symbol, open, high, low, close, volume",
    ),
    "bad date": (
        replaced("2020-01-03", "2020-13-03"),
        "bars.csv: line 4: '2020-13-03' is no date in the format ISO 8601 (2020-12-31); "
        "mend it or set data.date_format",
    ),
    "no number": (
        replaced("10,12,9,12", "10,12,9,n/k"),
        "bars.csv: line 3: 'n/k' is no number (close); mend it",
    ),
    "duplicate": (
        replaced("2020-01-03", "2020-01-02"),
        "bars.csv: duplicate bar: symbol AAA, 2020-01-02 00:00:00; keep one of the two rows",
    ),
    "unsorted": (
        replaced("2020-01-03", "2019-01-02"),
        "bars.csv: bars are not sorted: symbol AAA, 2019-01-02 00:00:00 comes after "
        "2020-01-02 00:00:00; sort the file by symbol and time",
    ),
    "negative price": (
        replaced("10,12,9,12", "10,12,9,-12"),
        "bars.csv: close is -12: symbol AAA, 2020-01-02 00:00:00; prices must be positive, "
        "mend the value or drop the bar",
    ),
    "missing price": (
        replaced("10,12,9,12", "10,12,9,"),
        "bars.csv: missing close: symbol AAA, 2020-01-02 00:00:00; fill the value or drop the bar",
    ),
    "negative volume": (
        replaced("12,100", "12,-1"),
        "bars.csv: volume is -1: symbol AAA, 2020-01-02 00:00:00; volume must not be negative",
    ),
    "high below low": (
        replaced("10,12,9,12", "10,8,9,12"),
        "bars.csv: high 8 is below low 9: symbol AAA, 2020-01-02 00:00:00; mend the bar (are the columns swapped?)",
    ),
    "close outside the range": (
        replaced("10,12,9,12", "10,12,9,13"),
        "bars.csv: close 13 lies outside low 9 and high 12: symbol AAA, 2020-01-02 00:00:00; mend or drop the bar",
    ),
    "no rows": (HEADER, "bars.csv: no bars; the table needs at least one row"),
    "empty file": ("", "bars.csv: no column 'date' (data.time_column); columns: none"),
}


@pytest.mark.parametrize("case", BAD)
def test_refuses(folder: Path, case: str) -> None:
    text, message = BAD[case]
    with pytest.raises(DataError) as error:
        source(write(text)).load()
    assert str(error.value) == message


@pytest.mark.parametrize("key", [["symbol", "date"], ["date", "symbol"], ["date"]])
@pytest.mark.parametrize("newest_first", [False, True])
@pytest.mark.parametrize("names", [("AAA", "BBB"), ("ZZZ", "AAA")])
def test_a_file_has_an_order_of_its_own(
    folder: Path, key: list[str], newest_first: bool, names: tuple[str, str]
) -> None:
    days = [f"2020-01-{day:02}" for day in range(2, 12)]
    frame = pd.DataFrame([(day, name, 10.0 + day_number) for name in names for day_number, day in enumerate(days)])
    frame.columns = pd.Index(["date", "symbol", "close"])
    expected = source(write(frame.sort_values(["symbol", "date"]).to_csv(index=False))).load()
    frame = frame.sort_values(key, ascending=not newest_first, kind="stable")
    assert source(write(frame.to_csv(index=False))).load().fingerprint == expected.fingerprint


def test_missing_and_unreadable_files(folder: Path) -> None:
    with pytest.raises(DataError) as error:
        source(Path("absent.csv")).fields()
    assert str(error.value) == "absent.csv: no such file; give an existing CSV or Parquet file in data.path"
    Path("broken.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"^broken\.parquet: cannot be read: .*"):
        source(Path("broken.parquet")).fields()
    Path("binary.csv").write_bytes(b"\x00\x01\x02\xff")
    with pytest.raises(DataError, match=r"^binary\.csv: cannot be read: .*"):
        source(Path("binary.csv")).fields()


def test_one_file_per_symbol(folder: Path) -> None:
    Path("bars").mkdir()
    for symbol, price in (("BBB", 2), ("AAA", 1), ("A-B", 3)):
        Path(f"bars/{symbol}.csv").write_text(f"date,close,volume\n2020-01-01,{price},1\n2020-01-02,{price},1\n")
    files = source(Path("bars/*.csv"), symbol_column=None)
    panel = files.load()
    assert files.fields() == ("close", "volume")
    assert panel.symbols == ("A-B", "AAA", "BBB")
    assert list(panel.fields["close"]) == [3, 3, 1, 1, 2, 2]
    assert files.facts().identity == "files:bars/*.csv"


def test_one_file_per_year(folder: Path) -> None:
    for year in (2020, 2021):
        lines = [f"{year}-01-0{d},{s},{year}" for s in ("A", "B") for d in (1, 2)]
        Path(f"bars_{year}.csv").write_text("date,symbol,close\n" + "\n".join(lines))
    panel = source(Path("bars_*.csv")).load()
    assert panel.symbols == ("A", "B")
    assert list(panel.fields["close"]) == [2020, 2020, 2021, 2021] * 2


def test_complaints_name_the_file_of_several(folder: Path) -> None:
    Path("a_1.csv").write_text("date,close,volume\n2020-01-01,5,1\n2020-01-02,5,1\n")
    Path("a_2.csv").write_text("date,close,volume\n2020-01-01,5,1\n2020-01-02,-5,1\n")
    with pytest.raises(DataError) as error:
        source(Path("a_?.csv"), symbol_column=None).load()
    assert str(error.value) == (
        "a_2.csv: close is -5: symbol a_2, 2020-01-02 00:00:00; prices must be positive, mend the value or drop the bar"
    )
    Path("a_2.csv").write_text("date,close\n2020-01-01,5\n")
    with pytest.raises(DataError) as error:
        source(Path("a_?.csv"), symbol_column=None).load()
    assert str(error.value) == (
        "a_2.csv: no column 'volume', which a_1.csv has; columns: date, close; give it one, or leave it out with "
        "data.select"
    )


def test_a_folder_is_all_its_tables(folder: Path) -> None:
    Path("bars").mkdir()
    with pytest.raises(DataError) as error:
        source(Path("bars")).fields()
    assert str(error.value) == (
        "bars: the folder holds no table (.csv, .txt, .tsv, .tab, .dat, .prn, .gz, .parquet, .pq, .feather, .arrow, "
        ".xlsx, .xlsm); mend data.path"
    )
    with pytest.raises(DataError) as error:
        source(Path("bars/*.csv")).fields()
    assert str(error.value) == "bars/*.csv: no file fits this pattern; mend data.path"
    for symbol, price in (("B", 2), ("A", 1)):
        Path(f"bars/{symbol}.csv").write_text(f"date,close\n2020-01-01,{price}\n2020-01-02,{price}\n")
    Path("bars/README.md").write_text("no table")
    panel = source(Path("bars"), symbol_column=None).load()
    assert panel.symbols == ("A", "B")
    assert list(panel.fields["close"]) == [1, 1, 2, 2]


def times(text: str, **changes: object) -> list[str]:
    path = write("date,close\n" + "".join(f"{time},1\n" for time in text.split(";")))
    return [str(time) for time in source(path, symbol_column=None, **changes).load().timestamps_R.astype("M8[m]")]


@pytest.mark.parametrize(
    ("text", "zone", "expected"),
    [
        # Days are dates, whatever the zone; finer times are turned into UTC, over the change of the clock.
        ("2020-01-01;2020-01-02", "America/New_York", ["2020-01-01T00:00", "2020-01-02T00:00"]),
        ("2020-03-06 16:00;2020-03-09 16:00", "America/New_York", ["2020-03-06T21:00", "2020-03-09T20:00"]),
        ("2020-03-06 16:00;2020-03-09 16:00", None, ["2020-03-06T16:00", "2020-03-09T16:00"]),
        # Midnights in New York, written with their offsets.
        (
            "2020-03-06T00:00:00-05:00;2020-03-09T00:00:00-04:00",
            "America/New_York",
            ["2020-03-06T00:00", "2020-03-09T00:00"],
        ),
        ("2020-03-06T00:00:00-05:00;2020-03-09T00:00:00-04:00", None, ["2020-03-06T00:00", "2020-03-09T00:00"]),
        ("2020-03-06T10:00:00Z;2020-03-09T10:00:00Z", "America/New_York", ["2020-03-06T10:00", "2020-03-09T10:00"]),
    ],
)
def test_time_zones(folder: Path, text: str, zone: str | None, expected: list[str]) -> None:
    assert times(text, time_zone=zone) == expected


def test_times_that_a_clock_shows_twice_or_never(folder: Path) -> None:
    for time in ("2020-03-08 02:30:00", "2020-11-01 01:30:00"):
        with pytest.raises(DataError) as error:
            times(f"{time};2020-12-01 10:00:00", time_zone="America/New_York")
        assert str(error.value) == (
            f"bars.csv: line 2: {time} is shown never or twice by the clock of America/New_York (data.time_zone), "
            "which changes then; give times with an offset or in UTC"
        )
    with pytest.raises(ConfigError) as error:
        times("2020-03-08 02:30:00", time_zone="Mars/Olympus")
    assert str(error.value) == ("data.time_zone: 'Mars/Olympus' is no time zone; write it as Europe/Berlin or UTC")


@pytest.mark.parametrize(
    ("date_format", "text"),
    [
        ("%d.%m.%Y", "02.01.2020;03.01.2020"),
        ("%m/%d/%Y %H:%M", "01/02/2020 00:00;01/03/2020 00:00"),
        ("unix_s", "1577923200;1578009600"),
        ("unix_ms", "1577923200000;1578009600000"),
        (None, "20200102;20200103"),
        (None, " 2020-01-02 ;2020-01-03T00:00:00.000"),
    ],
)
def test_date_formats(folder: Path, date_format: str | None, text: str) -> None:
    assert times(text, date_format=date_format) == ["2020-01-02T00:00", "2020-01-03T00:00"]


def test_numbers_as_people_write_them(folder: Path) -> None:
    path = write('date,close,vol.,change\n2020-01-01,"1,234.5",1.5M,2.5%\n2020-01-02,"12,345",-,-0.5 %\n')
    panel = source(path, symbol_column=None).load()
    np.testing.assert_array_equal(panel.fields["close"], [1234.5, 12345.0])
    np.testing.assert_array_equal(panel.fields["vol_"], [1.5e6, np.nan])
    np.testing.assert_allclose(panel.fields["change"], [0.025, -0.005], rtol=1e-15)
    path = write("date;close\n2020-01-01;1.234,5\n2020-01-02;0,25\n")
    assert list(source(path, symbol_column=None, decimal=",").load().fields["close"]) == [1234.5, 0.25]


def test_reads_only_what_is_selected(folder: Path) -> None:
    path = write("date,close,note,volume\n2020-01-01,5,a,1\n")
    assert list(source(path, symbol_column=None, select=("volume", "close")).load().fields) == ["volume", "close"]
    assert list(source(path, symbol_column=None).load().fields) == ["close", "volume"]
    with pytest.raises(DataError) as error:
        source(path, symbol_column=None, select=("close", "note")).load()
    assert str(error.value) == "bars.csv: line 2: 'a' is no number (note); mend it"
    with pytest.raises(DataError) as error:
        source(path, symbol_column=None, select=("bid",)).fields()
    assert str(error.value) == "bars.csv: no field 'bid' (data.select); fields: close, volume"


def test_parquet_text_columns_are_no_fields(folder: Path) -> None:
    pd.DataFrame({"date": ["2020-01-01"], "close": [5], "note": ["a"], "held": [True]}).to_parquet("bars.parquet")
    panel = source(Path("bars.parquet"), symbol_column=None).load()
    assert {name: list(values) for name, values in panel.fields.items()} == {"close": [5.0], "held": [1.0]}


def test_series_that_are_no_bars_need_no_close(folder: Path) -> None:
    path = write("date,value\n2020-01-01,-5\n")
    assert list(source(path, symbol_column=None).load().fields) == ["value"]


def test_line_numbers_count_blank_lines_and_quoted_breaks(folder: Path) -> None:
    path = write("date,symbol,close\n2020-01-01,A,5\n\n\n2020-01-02,A,x\n")
    with pytest.raises(DataError) as error:
        source(path).load()
    assert str(error.value) == "bars.csv: line 5: 'x' is no number (close); mend it"
    path = write("date,symbol,close\n2020-01-01,A,5\n2020-01-02,A\n")
    with pytest.raises(DataError) as error:
        source(path).load()
    assert str(error.value) == "bars.csv: line 3: 2 values, the header has 3; mend the line"
    path = write("date,symbol,close\n2020-01-01,,5\n")
    with pytest.raises(DataError) as error:
        source(path).load()
    assert str(error.value) == "bars.csv: line 2: the symbol is missing; mend it or drop the line"


def test_every_kind_of_mistake_is_told_at_once(folder: Path) -> None:
    path = write("date,symbol,close,volume\n2020-01-01,A,x,1\n2020-13-02,A,y,2\n2020-01-03,A,5,z\n")
    with pytest.raises(DataError) as error:
        source(path).load()
    assert str(error.value) == (
        "bars.csv: line 3: '2020-13-02' is no date in the format ISO 8601 (2020-12-31); mend it or set "
        "data.date_format; also line 2: 'x' is no number (close); mend it (2 lines like it); also line 4: 'z' is no "
        "number (volume); mend it"
    )


def test_a_column_for_every_symbol(folder: Path) -> None:
    path = write("date,AAA,LOW,0001\n2020-01-01,1,2,3\n2020-01-02,1.5,,3.5\n")
    panel = source(path, symbol_column=None, wide="close").load()
    assert panel.symbols == ("0001", "AAA", "LOW")
    assert list(panel.fields["close"]) == [3, 3.5, 1, 1.5, 2]


def test_symbols_are_texts_in_every_format(folder: Path) -> None:
    names = ["NA", "TRUE", "0001", "1e5", "=cmd", "null", "nan", "Ä"]
    frame = pd.DataFrame({"date": "2020-01-01", "symbol": names, "close": 5.0})
    frame.to_csv("bars.csv", index=False)
    frame.to_parquet("bars.parquet")
    frame.to_feather("bars.feather")
    frame[names.index("=cmd") + 1 :].to_excel("bars.xlsx", index=False)  # pandas writes =cmd as a formula
    for path in ("bars.csv", "bars.parquet", "bars.feather"):
        assert source(Path(path)).bars().symbols == tuple(names)
    assert source(Path("bars.xlsx")).bars().symbols == ("null", "nan", "Ä")
    frame.assign(symbol=range(700, 708)).to_parquet("bars.parquet")
    assert source(Path("bars.parquet")).bars().symbols[0] == "700"


def test_whole_numbers_of_any_size(folder: Path) -> None:
    frame = pd.DataFrame({"date": ["2020-01-01"], "close": [5], "volume": [14537380000000001]})
    frame.to_parquet("a.parquet")
    frame.astype({"volume": "uint64"}).to_parquet("b.parquet")
    frame.to_csv("c.csv", index=False)
    for name in ("a.parquet", "b.parquet", "c.csv"):
        assert source(Path(name), symbol_column=None).load().fields["volume"][0] == 14537380000000000


def test_a_ticker_may_read_like_a_missing_value(folder: Path) -> None:
    path = write("date,symbol,close\n2020-01-01,NA,5\n2020-01-01,null,5\n")
    assert source(path).load().symbols == ("NA", "null")


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_separators_byte_order_marks_and_compression(folder: Path, separator: str) -> None:
    plain = source(write(GOOD)).load()
    text = "\ufeff" + GOOD.replace(",", separator)
    with gzip.open("bars.csv.gz", "wt", encoding="utf-8") as stream:
        stream.write(text)
    assert source(Path("bars.csv.gz")).load().fingerprint == plain.fingerprint


def test_files_larger_than_a_block(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"2020-01-{d:02},S{s:03},{s + d / 100}" for s in range(300) for d in range(1, 29)]
    path = write("date,symbol,close\n" + "\n".join(lines) + "\n")
    pd.read_csv(path, float_precision="round_trip").to_parquet("bars.parquet", row_group_size=1000)
    whole = source(path).load()
    monkeypatch.setattr(columns, "BLOCK_BYTES", 4096)
    monkeypatch.setattr(container, "BLOCK_BYTES", 777)
    assert source(path).load().fingerprint == whole.fingerprint
    assert source(Path("bars.parquet")).load().fingerprint == whole.fingerprint
    assert whole.fields["close"][-1] == 299.28
    path = write(path.read_text() + "2020-01-29,S299,x\n")
    with pytest.raises(DataError) as error:
        source(path).load()
    assert str(error.value) == "bars.csv: line 8402: 'x' is no number (close); mend it"
