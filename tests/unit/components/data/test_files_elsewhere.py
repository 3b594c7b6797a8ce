"""Files inside a folder that the environment names, and some of their symbols."""

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from components.data.files import Files
from components.errors import DataError


def files(**more: Any) -> Files:
    return Files(**{**Files.examples()[0], "path": "bars.csv", **more})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    days = pd.bdate_range("2024-01-01", periods=4)
    table = pd.concat(
        [pd.DataFrame({"symbol": s, "timestamp": days, "close": float(k)}) for k, s in enumerate("ABC", 1)]
    )
    table.to_csv(tmp_path / "bars.csv", index=False)
    monkeypatch.setenv("MARKET_DATA", str(tmp_path))
    return tmp_path


def test_the_folder_is_read_at_use_and_no_part_of_what_is_known(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source = files(folder_env="MARKET_DATA")
    assert source.load().n_rows == 12
    first = source.content()
    moved = folder / "moved"
    moved.mkdir()
    (folder / "bars.csv").rename(moved / "bars.csv")
    monkeypatch.setenv("MARKET_DATA", str(moved))
    assert source.content() == first
    assert source.facts().identity == "files:bars.csv"


def test_without_the_variable_one_line_says_what_is_missing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MARKET_DATA")
    with pytest.raises(DataError) as caught:
        files(folder_env="MARKET_DATA").fields()
    assert str(caught.value) == (
        "bars.csv: MARKET_DATA is not set: it names the folder that holds this file, which is not part of the product; "
        "set it, as in MARKET_DATA=~/data"
    )
    monkeypatch.setenv("MARKET_DATA", str(folder / "nowhere"))
    with pytest.raises(DataError, match=r"nowhere/bars\.csv: no such file"):
        files(folder_env="MARKET_DATA").fields()


def test_only_the_symbols_that_are_asked_for(folder: Path) -> None:
    panel = files(folder_env="MARKET_DATA", symbols=("B", "C")).load()
    assert panel.symbols == ("B", "C")
    assert panel.fields["close"].tolist() == [2.0] * 4 + [3.0] * 4
    with pytest.raises(DataError) as caught:
        files(folder_env="MARKET_DATA", symbols=("B", "D")).load()
    assert str(caught.value) == "bars.csv: no symbol 'D' (data.symbols); symbols: A, B, C"
