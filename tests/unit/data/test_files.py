"""Bars from files: what is read, and what is refused with one exact line."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.data.files import Files
from components.errors import DataError

HEADER = "date,symbol,open,high,low,close,volume\n"
GOOD = HEADER + "".join(
    f"2020-01-0{d},{s},10,12,9,{min(10 + d, 12)},100\n" for s in ("AAA", "BBB") for d in range(1, 6)
)


def source(path: Path, **changes: object) -> Files:
    values: dict[str, object] = {
        "path": str(path),
        "symbol_column": "symbol",
        "time_column": "date",
        "date_format": None,
        "columns": {},
        "survivorship": "unknown",
        "adjustment": "raw",
    }
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
    "symbols in blocks": (
        GOOD + "2020-01-06,AAA,10,12,9,11,1\n",
        "bars.csv: bars are not sorted: symbol AAA appears in separate blocks; sort the file by symbol and time",
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


def test_missing_and_unreadable_files(folder: Path) -> None:
    with pytest.raises(DataError) as error:
        source(Path("absent.csv")).fields()
    assert str(error.value) == "absent.csv: no such file; give an existing CSV or Parquet file in data.path"
    Path("broken.parquet").write_bytes(b"not parquet")
    with pytest.raises(DataError, match=r"^broken\.parquet: cannot be read: .*"):
        source(Path("broken.parquet")).fields()
    Path("binary.csv").write_bytes(b"\xff\xfe\x00\x01")
    with pytest.raises(DataError, match=r"^binary\.csv: cannot be read: .*"):
        source(Path("binary.csv")).fields()
