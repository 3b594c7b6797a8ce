"""What a guess refuses and asks about before any bar is read."""

from pathlib import Path

import pandas as pd
import pytest

from components.data.files import Files
from components.errors import Ask, DataError
from components.tables.guess import guess
from components.tables.meaning import Said

DAYS = pd.bdate_range("2019-01-01", periods=40)


def test_two_columns_of_dates_are_asked_about_unless_one_is_called_so(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    ended = (DAYS - pd.Timedelta(days=40)).strftime("%Y-%m-%d")
    table = pd.DataFrame({"published": DAYS.strftime("%Y-%m-%d"), "period_end": ended, "close": 1.5})
    table.to_csv(file, index=False)
    with pytest.raises(Ask) as error:
        guess(str(file))
    assert str(error.value) == (
        f"{file}: 'published' and 'period_end' may say when a bar was: line 2 would be of 2019-01-01 or of 2018-11-22; "
        "say --time published or --time period_end"
    )
    assert error.value.options == ("--time published", "--time period_end")
    assert guess(str(file), Said(time="period_end")).parameters["time_column"] == "period_end"
    table.rename(columns={"published": "Date"}).to_csv(file, index=False)
    assert guess(str(file)).parameters["time_column"] == "Date"


@pytest.mark.parametrize(("values", "kind"), [([[1.0, 2.0]] * 40, "list<element: double>"), ([b"1"] * 40, "binary")])
def test_a_price_of_a_type_that_is_no_number_is_named(values: list[object], kind: str, tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    pd.DataFrame({"date": DAYS, "close": values}).to_parquet(file)
    with pytest.raises(DataError) as error:
        guess(str(file))
    assert str(error.value).replace("<item:", "<element:") == (
        f"{file}: 'close' is called as the price is, but cannot be read: '{kind}' (its type) is no number; mend the "
        "column"
    )


def test_a_column_of_another_type_beside_the_bars_is_left_out(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    pd.DataFrame({"date": DAYS, "close": 1.5, "tags": [["a"]] * 40}).to_parquet(file)
    assert guess(str(file)).parameters["columns"] == {}


def test_a_program_is_told_what_chooses(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    pd.DataFrame({"date": DAYS, "Close": "n/m", "My price": 1.5}).to_csv(file, index=False)
    with pytest.raises(DataError) as error:
        guess(str(file))
    (problem,) = error.value.problems
    assert (problem.code, problem.value, problem.fix) == ("unreadable_price", "Close", ("--close 'My price'",))


def test_two_columns_that_become_one_field_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    pd.DataFrame({"date": DAYS, "close": 1.5, "my field": 2.0, "my_field": 3.0}).to_csv(file, index=False)
    with pytest.raises(DataError) as error:
        guess(str(file))
    assert (
        str(error.value)
        == f"{file}: 'my field' and 'my_field' both become the field my_field; rename or drop one of them"
    )


def test_prices_that_are_texts_are_read(tmp_path: Path) -> None:
    file = tmp_path / "x.parquet"
    pd.DataFrame({"date": DAYS, "close": ["$1,001.5"] * 40, "volume": 7}).to_parquet(file)
    bars = Files(**guess(str(file)).parameters).bars()
    assert (bars.fields["close"] == 1001.5).all()
    assert set(bars.fields) == {"close", "volume"}


@pytest.mark.parametrize(
    ("closes", "says"),
    [
        (
            ["100,00", "100.49"],
            "line 3: '100.49' (Close), but '100,00' in line 2: point and comma are mixed in one column; write it in "
            "one way",
        ),
        (["$1", "x1"], "line 3: 'x1' is no number (Close); mend it (20 lines like it)"),
        ([True, False], "it holds true and false; mend the column"),
    ],
)
def test_a_price_that_cannot_be_read_is_refused_by_line(closes: list[object], says: str, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    pd.DataFrame({"date": DAYS, "Close": closes * 20, "Volume": 7}).to_csv(file, index=False, sep=";")
    with pytest.raises(DataError) as error:
        guess(str(file))
    assert str(error.value) == f"{file}: 'Close' is called as the price is, but cannot be read: {says}"


def test_why_a_column_is_the_time(tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    for name, said, why in (
        ("Date", Said(), "called so"),
        ("as_of", Said(), "the first that holds dates"),
        ("as_of", Said(time="as_of"), "as you said"),
    ):
        pd.DataFrame({name: DAYS.strftime("%Y-%m-%d"), "close": 1.5}).to_csv(file, index=False)
        assert guess(str(file), said).remarks[0] == f"time: column '{name}' ({why}), ISO 8601, for example 2019-01-01"
