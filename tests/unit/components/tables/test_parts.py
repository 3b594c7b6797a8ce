"""The same file with some of its rows."""

import datetime as dt
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.tables.columns import columns_of
from components.tables.numeric import numbers
from components.tables.parts import part_of, row_times
from components.tables.shape import Told

UNTOLD = Told()
DAYS = pd.date_range("2019-01-01", periods=6)
FRAME = pd.DataFrame({"date": DAYS, "close": np.arange(6.0), "note": ["a", "b\nc", "d", "e", "f", "g"]})


def written(folder: Path, form: str) -> Path:
    path = folder / f"x.{form}"
    if form == "csv":
        text = "made by hand\n" + FRAME.to_csv(index=False) + "Source: Example Exchange,,\n"
        path.write_text(text.replace("\nd", "\r\nd") if form == "crlf" else text)
    elif form == "parquet":
        FRAME.to_parquet(path)
    elif form == "feather":
        FRAME.to_feather(path)
    else:
        pytest.importorskip("openpyxl")
        FRAME.to_excel(path, index=False)
    return path


@pytest.mark.parametrize("form", ["csv", "parquet", "feather", "xlsx"])
def test_both_parts_together_are_the_file(form: str, tmp_path: Path) -> None:
    path = written(tmp_path, form)
    times_N = row_times(path, UNTOLD, time="date", clock=None, date_format=None, zone=None)
    assert list(times_N) == list(DAYS.to_numpy())
    early_N = times_N < np.datetime64(dt.date(2019, 1, 4))
    for number, keep_N in enumerate((early_N, ~early_N)):
        part = tmp_path / f"{number}.{form}"
        part.write_bytes(part_of(path, UNTOLD, keep_N))
        found = columns_of(part)
        assert found.names == ("date", "close", "note")
        np.testing.assert_array_equal(numbers(found, ["close"])["close"], FRAME["close"][keep_N])


def test_lines_stay_as_they_are_written(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(b"Datum;Kurs\r\n01.01.2019;1,50 \x80\r\n\r\n02.01.2019;2,50 \x80\r\n")
    assert part_of(path, UNTOLD, np.array([False, True])) == b"Datum;Kurs\r\n\r\n02.01.2019;2,50 \x80\r\n"
