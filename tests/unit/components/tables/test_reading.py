"""Files that are damaged, absurdly large or of the wrong kind end in one line, whichever verb reads them."""

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from components.data.files import Files
from components.errors import DataError
from components.tables import container
from components.tables.whole import Reading, whole_table
from runner.composition.first_experiment import first_experiment

ROWS = 400
CLOSE = (100 * np.exp(np.cumsum(0.01 * np.random.default_rng(1).standard_normal(ROWS)))).round(4)
DATES = pd.bdate_range("2019-01-02", periods=ROWS)
FRAME = pd.DataFrame({"date": DATES.strftime("%Y-%m-%d"), "open": CLOSE, "close": CLOSE, "volume": 1000})
TEXT = FRAME.to_csv(index=False)
LINES = TEXT.splitlines()


def arrow(path: Path, **columns: pa.Array) -> None:
    pq.write_table(pa.table(list(columns.values()), names=[name.rstrip("_") for name in columns]), path)


def replaced(line: int, text: str) -> str:
    return "\n".join([*LINES[:line], text, *LINES[line + 1 :]])


WRITTEN: dict[str, tuple[str, Callable[[Path], object], str]] = {
    "cut off": (
        "x.csv.gz",
        lambda path: path.write_bytes(gzip.compress(TEXT.encode())[:-400]),
        "{}: cannot be unpacked: Compressed file ended before the end-of-stream marker was reached; it was cut off or "
        "damaged",
    ),
    "a long cell": (
        "x.csv",
        lambda path: path.write_text(replaced(200, LINES[200].replace(",", "+" + "9" * 200_000 + ",", 1))),
        "{}: line 201: cannot be read: field larger than field limit (131072); mend the line",
    ),
    "the end of time": (
        "x.csv",
        lambda path: path.write_text(TEXT.replace(LINES[-1][:10], "9999-12-31")),
        "{}: line 401: 9999-12-31 lies too far; dates from 1800-01-01 to 2100-01-01 are read; mend it or drop the line",
    ),
    "prices next to nothing": (
        "x.csv",
        lambda path: FRAME.assign(open=FRAME["open"] * 1e-320, close=FRAME["close"] * 1e-320).to_csv(path, index=False),
        "{}: line 2: '1.00345e-318' (open) is beyond what is calculated with (1e-307 to 1e300); mend it; also line 2: "
        "'1.00345e-318' (close) is beyond what is calculated with (1e-307 to 1e300); mend it",
    ),
    "truths for prices": (
        "x.parquet",
        lambda path: arrow(path, date=pa.array(DATES), close=pa.array([True] * ROWS)),
        "{}: the column of close holds true and false, no prices; choose another column",
    ),
    "times of day": (
        "x.parquet",
        lambda path: arrow(path, date=pa.array([dt.time(9, 30)] * ROWS), close=pa.array(CLOSE)),
        "{}: the column of times holds values of type time64[us], no dates; choose another column",
    ),
    "two of a name": (
        "x.parquet",
        lambda path: arrow(path, date=pa.array(DATES), close=pa.array(CLOSE), close_=pa.array(CLOSE)),
        "{}: two columns are called 'close'; rename or drop one of them",
    ),
    "columns without end": (
        "x.csv",
        lambda path: path.write_text("date," + ",".join(f"c{i}" for i in range(20_000)) + "\n"),
        "{}: 20,001 columns, at most 10,000 are read; give those that are needed a file of their own",
    ),
}


def read_table(path: Path) -> object:
    return whole_table(path, Reading())


def load(path: Path) -> object:
    settings = dict(Files.examples()[0]) | {"path": str(path), "symbol_column": None, "time_column": "date"}
    return Files(**settings | {"columns": {}, "select": None, "date_format": None, "clock_column": None}).load()


@pytest.mark.parametrize("kind", WRITTEN)
def test_a_file_that_cannot_be_bars_is_one_line(tmp_path: Path, kind: str) -> None:
    name, write, message = WRITTEN[kind]
    write(tmp_path / name)
    with pytest.raises(DataError) as error:
        load(tmp_path / name)
    said = str(error.value)
    assert said.removeprefix("data: ") == message.format(tmp_path / name)
    assert "\n" not in said


def test_old_line_ends_are_lines(tmp_path: Path) -> None:
    (tmp_path / "old.csv").write_bytes(TEXT.replace("\n", "\r").encode())
    (tmp_path / "new.csv").write_text(TEXT)
    old, new = load(tmp_path / "old.csv"), load(tmp_path / "new.csv")
    np.testing.assert_array_equal(old.fields["close"], new.fields["close"])


def test_what_inflates_beyond_measure_is_no_table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bomb = tmp_path / "bomb.csv.gz"
    bomb.write_bytes(gzip.compress(b"date,close\n" + b"2020-01-01,1\n" * 200_000))
    monkeypatch.setattr(container, "INFLATED_BYTES", 1 << 20)
    monkeypatch.setattr(container, "BLOCK_BYTES", 1 << 16)
    for read in (load, read_table):
        with pytest.raises(DataError) as error:
            read(bomb)
        assert str(error.value) == f"{bomb}: inflates to more than 200 times its size; unpack and check it"
    (tmp_path / "bars.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    assert load(tmp_path / "bars.csv.gz").n_rows == ROWS


def test_rows_that_no_memory_holds_are_refused_before_they_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "x.parquet"
    arrow(path, date=pa.array(DATES), close=pa.array(CLOSE))
    monkeypatch.setattr(container, "ROW_BYTES", 1 << 50)
    for read in (load, read_table):
        with pytest.raises(
            DataError, match=r"x.parquet: 400 rows, which take 419,430,400 GiB at least and this machine"
        ):
            read(path)


@pytest.mark.parametrize("kind", ["a long cell", "columns without end", "two of a name"])
def test_init_says_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    name, write, message = WRITTEN[kind]
    write(tmp_path / name)
    with pytest.raises(DataError) as error:
        first_experiment(name)
    assert str(error.value).removeprefix("data: ") == message.format(name)
