"""What a file says about how it is written."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from components.errors import DataError
from components.tables.columns import columns_of
from components.tables.numeric import numbers
from components.tables.reading import said_of
from components.tables.shape import Told, shape_of

ROWS = [f"2019-01-{day:02},{100 + day}.5,{day}000" for day in range(2, 12)]
UNTOLD = Told()


def write(folder: Path, *lines: str, encoding: str = "utf-8") -> Path:
    path = folder / "x.csv"
    path.write_bytes("\n".join([*lines, ""]).encode(encoding))
    return path


def closes(path: Path, told: Told = UNTOLD) -> list[float]:
    return list(numbers(columns_of(path, told), ["close"])["close"])


WANTED = [100 + day + 0.5 for day in range(2, 12)]
HEADER = "date,close,volume"


@pytest.mark.parametrize(
    ("lines", "first"),
    [
        ((HEADER, *ROWS), 2),
        (("https://www.example.com", HEADER, *ROWS), 3),
        (("Security,SPX Index,", "Start Date,1/2/2019,", "Period,D,", ",,", HEADER, *ROWS), 6),
        (("# made by hand", HEADER, "", *ROWS), 3),
        ((HEADER, ",USD,USD", *ROWS), 3),
        ((HEADER, "----,-----,------", *ROWS), 3),
        ((HEADER, *ROWS, "", "Source: Example Exchange,,"), 2),
        ((HEADER, *ROWS, "Total,,65000", "(10 rows affected)"), 2),
        ((HEADER, *ROWS[:4], HEADER, *ROWS[4:]), 2),
        (("date,close,volume,", *(f"{row}," for row in ROWS)), 2),
        ((HEADER, *(f"{row}," for row in ROWS)), 2),
        (("sep=;", HEADER.replace(",", ";"), *(row.replace(",", ";").replace(".", ",") for row in ROWS)), 3),
        (("date close volume", *(row.replace(",", "  ") for row in ROWS)), 2),
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_lines_that_are_no_rows_are_told_from_those_that_are(
    lines: tuple[str, ...], first: int, encoding: str, tmp_path: Path
) -> None:
    path = write(tmp_path, *lines, encoding=encoding)
    assert closes(path) == WANTED
    assert columns_of(path).names[:3] == ("date", "close", "volume")
    assert shape_of(path, UNTOLD).body <= first
    assert columns_of(path).place(0).removeprefix("line ") >= str(first)


def test_what_is_left_out_is_remembered(tmp_path: Path) -> None:
    found = columns_of(write(tmp_path, HEADER, *ROWS[:4], HEADER, *ROWS[4:], "Source: Example Exchange,,"))
    assert found.left_out == ((6, HEADER), (13, "Source: Example Exchange,,"))


@pytest.mark.parametrize("last", ["2019-13-12,1,2", "2019-01-12,,", "2019-01-12,n/k,3"])
def test_a_bad_last_row_is_no_footer(last: str, tmp_path: Path) -> None:
    found = columns_of(write(tmp_path, HEADER, *ROWS, last))
    assert found.n_rows == len(ROWS) + 1
    assert found.left_out == ()


def test_a_first_row_with_a_bad_cell_is_a_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"x\.csv: line 2: 'n/k' is no number \(close\); mend it$"):
        closes(write(tmp_path, HEADER, "2019-01-01,n/k,3", *ROWS))


def test_names_of_files_without_a_header(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    close = 100 * np.exp(np.cumsum(rng.normal(0, 0.01, 40)))
    opened = np.append(100, close[:-1])
    bars = [
        f"{o:.4f},{max(o, c) * 1.002:.4f},{min(o, c) * 0.998:.4f},{c:.4f},{n}"
        for n, (o, c) in enumerate(zip(opened, close, strict=True))
    ]
    days = [f"2024.10.01,{n // 60:02}:{n % 60:02}" for n in range(40)]
    path = write(tmp_path, *(f"{day},{bar}" for day, bar in zip(days, bars, strict=True)))
    assert shape_of(path, UNTOLD).names == ("date", "time", "open", "high", "low", "close", "volume")
    seconds = [str(1_727_740_800 + 60 * n) for n in range(40)]
    path = write(tmp_path, *(f"{second},{bar}" for second, bar in zip(seconds, bars, strict=True)))
    assert shape_of(path, UNTOLD).names == ("timestamp", "open", "high", "low", "close", "volume")
    path = write(tmp_path, *ROWS)
    assert shape_of(path, UNTOLD).names == ("column_1", "column_2", "column_3")
    assert shape_of(write(tmp_path, HEADER, *ROWS), Told(header=0)).names == ("column_1", "column_2", "column_3")


@pytest.mark.parametrize(
    "head",
    [
        ("Price,Close,Close,Volume", "Ticker,A,B,A", "Date,,,"),
        ("Ticker,A,B,A", "Price,Close,Close,Volume", "Date,,,"),
        (",A,B,A", "Date,Close,Close,Volume"),
    ],
)
def test_several_lines_of_names_give_a_line_for_every_symbol(head: tuple[str, ...], tmp_path: Path) -> None:
    path = write(tmp_path, *head, "2019-01-02,1,5,10", "2019-01-03,2,,20", "2019-01-04,3,7,30")
    found = columns_of(path)
    assert found.names == ("Date", "symbol", "Close", "Volume")
    assert said_of(found, "symbol") == ["A", "A", "A", "B", "B"]
    assert said_of(found, "Date")[3:] == ["2019-01-02", "2019-01-04"]
    values = numbers(found, ["Close", "Volume"])
    np.testing.assert_array_equal(values["Close"], [1, 2, 3, 5, 7])
    np.testing.assert_array_equal(values["Volume"], [10, 20, 30, np.nan, np.nan])
    assert found.place(4) == f"line {len(head) + 3}"


def test_a_parquet_file_of_pandas_levels_is_the_same(tmp_path: Path) -> None:
    names = pd.MultiIndex.from_tuples([("Close", "A"), ("Close", "B")], names=["Price", "Ticker"])
    frame = pd.DataFrame([[1.0, 5.0], [2.0, 6.0]], index=pd.DatetimeIndex(["2019-01-02", "2019-01-03"], name="Date"))
    frame.columns = names
    frame.to_parquet(tmp_path / "x.parquet")
    found = columns_of(tmp_path / "x.parquet")
    assert found.names == ("Date", "symbol", "Close")
    np.testing.assert_array_equal(numbers(found, ["Close"])["Close"], [1, 2, 5, 6])


@pytest.mark.parametrize(("one", "other"), [("close", "close"), ("close", "Close"), ("close", " close ")])
@pytest.mark.parametrize("form", ["csv", "parquet", "feather", "xlsx"])
def test_two_columns_of_one_name_are_refused_in_every_format(one: str, other: str, form: str, tmp_path: Path) -> None:
    if other.strip() != other and form != "csv":
        pytest.skip("only texts are trimmed")
    path = tmp_path / f"x.{form}"
    table = pa.table([pa.array(["2019-01-02"]), pa.array([1.0]), pa.array([2.0])], names=["date", one, other])
    if form == "csv":
        path.write_text(f"date,{one},{other}\n2019-01-02,1,2\n")
    elif form == "parquet":
        pa.parquet.write_table(table, path)
    elif form == "feather":
        with pa.ipc.new_file(str(path), table.schema) as writer:
            writer.write_table(table)
    else:
        openpyxl = pytest.importorskip("openpyxl")
        book = openpyxl.Workbook()
        for row in (["date", one, other], [dt.date(2019, 1, 2), 1.0, 2.0]):
            book.active.append(row)
        book.save(path)
    called = f"'{one}'" if one == other.strip() else f"'{one}' and '{other}'"
    with pytest.raises(DataError) as error:
        columns_of(path)
    assert str(error.value) == f"{path}: two columns are called {called}; rename or drop one of them"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"<!DOCTYPE html><html>", "is a web page or XML, no table; download the file itself"),
        (b'{"chart": []}', "is JSON, no table; write it as CSV or Parquet"),
        (b"\xd0\xcf\x11\xe0\x00\x00", "is an old Excel workbook; save it as .xlsx or CSV"),
        (b"%PDF-1.7\n", "is a PDF; give the table as CSV"),
        (b"SQLite format 3\x00", "is an SQLite database; read it with data=sql, or give the table as CSV"),
        (b"date,close\n2019-01-02,\x001\n", "line 2: holds a NUL character; mend the line"),
        (
            "日期,价格\n2019-01-02,1\n".encode("gb18030"),
            "is not in UTF-8; name its encoding in data.encoding, such as gb18030, shift_jis or cp1251",
        ),
    ],
)
def test_what_is_no_table_says_what_it_is(content: bytes, says: str, tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(content)
    with pytest.raises(DataError) as error:
        columns_of(path)
    assert str(error.value) == f"{path}: {says}"


def test_western_letters_late_in_a_file(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    rows = "".join(f"2019-01-02,{n}.5,M\n" for n in range(40_000))
    path.write_bytes(b"date,close,place\n" + rows.encode() + "2019-01-02,7,Köln\n".encode("cp1252"))
    found = columns_of(path)
    assert said_of(found, "place")[-1] == "Köln"
    assert numbers(found, ["close"])["close"][-1] == 7
