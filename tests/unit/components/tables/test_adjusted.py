"""For what a close is adjusted is said, with what is known of it; all prices can be brought to an adjusted close."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from components.data.files import Files
from components.errors import DataError
from components.tables.guess import Guess, guess
from components.tables.meaning import Said

DAYS = pd.bdate_range("2020-01-01", periods=60)
CLOSE = 100.0 + np.sin(np.arange(60.0))


def written(path: Path, **columns: object) -> str:
    table = {"Date": DAYS, "Open": CLOSE, "High": CLOSE + 1, "Low": CLOSE - 1, "Close": CLOSE, "Volume": 7.0}
    pd.DataFrame(table | columns).to_csv(path, index=False)
    return str(path)


def told(found: Guess) -> str:
    return next(remark for remark in found.remarks if remark.startswith("adjustment: "))


OFFER = "data.adjust_by='Adj Close' adjusts open, high, low and close for dividends as well (total)"


def test_dividends_alone_are_taken_out_of_a_close_that_is_adjusted_for_splits(tmp_path: Path) -> None:
    paid = np.where(np.arange(60) < 30, 0.98, 1.0)
    found = guess(written(tmp_path / "x.csv", **{"Adj Close": CLOSE * paid}))
    assert found.parameters["adjustment"] == "split"
    assert (
        told(found) == f"adjustment: 'Close' is taken as adjusted for splits, since 'Adj Close' takes none out; {OFFER}"
    )


@pytest.mark.parametrize("factor", [7.0, 1.5, 1 / 8])
def test_a_split_is_taken_out_of_a_raw_close(factor: float, tmp_path: Path) -> None:
    before = np.where(np.arange(60) < 30, factor, 1.0)
    found = guess(written(tmp_path / "x.csv", Close=CLOSE * before, **{"Adj Close": CLOSE}))
    assert found.parameters["adjustment"] == "raw"
    assert told(found) == f"adjustment: 'Close' is raw, since 'Adj Close' takes a split out of it; {OFFER}"


def test_what_is_not_known_is_said(tmp_path: Path) -> None:
    found = guess(written(tmp_path / "x.csv"))
    assert found.parameters["adjustment"] == "raw"
    assert told(found) == "adjustment: taken as raw; if the prices are adjusted, say data.adjustment=split or total"
    alone = tmp_path / "y.csv"
    pd.DataFrame({"Date": DAYS, "Adj Close": CLOSE}).to_csv(alone, index=False)
    assert guess(str(alone)).parameters["adjustment"] == "total"


def test_all_prices_are_brought_to_the_adjusted_close(tmp_path: Path) -> None:
    adjusted = CLOSE * np.linspace(0.5, 1.0, 60)
    path = written(tmp_path / "x.csv", **{"Adj Close": adjusted})
    found = guess(path, Said(settings={"adjust_by": "Adj Close"}))
    assert found.parameters["adjustment"] == "total"
    source, plain = Files(**found.parameters), Files(**guess(path).parameters)
    bars, before = source.bars().fields, plain.bars().fields
    assert tuple(bars) == source.fields() == plain.fields()
    np.testing.assert_array_equal(bars["close"], before["adj_close"])
    for name in ("open", "high", "low"):
        np.testing.assert_allclose(bars[name] / bars["close"], before[name] / before["close"])
    np.testing.assert_array_equal(bars["volume"], before["volume"])
    np.testing.assert_allclose(source.series(None, "open").fields["open"], bars["open"])
    selected = Files(**found.parameters | {"select": ("high", "close")})
    assert selected.fields() == tuple(selected.bars().fields) == ("high", "close")
    np.testing.assert_array_equal(selected.bars().fields["high"], bars["high"])


def test_a_close_does_not_adjust_itself(tmp_path: Path) -> None:
    path = written(tmp_path / "x.csv", **{"Adj Close": CLOSE})
    parameters = guess(path).parameters
    with pytest.raises(DataError) as error:
        Files(**{**parameters, "adjust_by": "Close"}).bars()
    assert (
        str(error.value)
        == f"{path}: 'Close' (data.adjust_by) adjusts a close beside it, and there is none; set it to null"
    )
    with pytest.raises(DataError, match=r"no column 'Other' \(data\.adjust_by\)"):
        Files(**{**parameters, "adjust_by": "Other"}).bars()
