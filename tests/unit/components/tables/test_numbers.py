"""Numbers as people write them: one column is written in one way, and what both readings fit is asked about."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.tables.numbers import NoNumber, Undecided, quick, read, sign_of, texts_of

Cells = list[str]


def values(cells: Cells, decimal: str | None = None, otherwise: str | None = None) -> list[float]:
    return list(read(texts_of(pa.array(cells)), decimal=decimal, otherwise=otherwise))  # type: ignore[arg-type]


def written(number: float, group: str, decimal: str) -> str:
    return f"{number:,.2f}".translate(str.maketrans({",": group, ".": decimal}))


MARKS = [
    (",", "."),
    (".", ","),
    ("'", "."),
    ("’", "."),
    (" ", ","),
    ("\u00a0", ","),
    ("\u202f", "."),
    ("", "."),
    ("", ","),
]


@pytest.mark.parametrize(("group", "decimal"), MARKS)
@settings(max_examples=20, deadline=None)
@given(numbers=st.lists(st.integers(-(10**9), 10**9), min_size=1, max_size=8))
def test_every_way_of_marking_thousands_and_decimals_gives_the_numbers_back(
    group: str, decimal: str, numbers: list[int]
) -> None:
    wanted = [number / 100 for number in numbers]
    cells = [written(number, group, decimal) for number in wanted]
    assert values(cells) == wanted
    fast = quick(pa.chunked_array([pa.array(cells)]), None)
    assert fast is None or list(fast) == wanted


@pytest.mark.parametrize(
    ("cells", "wanted"),
    [
        (["$1,234.50", "-$2.00", "($3.25)", "$(4.00)"], [1234.5, -2, -3.25, -4]),
        (["12,5 €", "1.234,5 €"], [12.5, 1234.5]),
        (["EUR 5", "EUR 7.5"], [5, 7.5]),
        (["5 %", "-2.5%", "0"], [0.05, -0.025, 0]),
        (["2.3M", "980K", "1.2B", "1T", "17"], [2.3e6, 9.8e5, 1.2e9, 1e12, 17]),
        (["1,23,456.78", "1,234.00"], [123456.78, 1234]),
        (["+5", "−5", "5-", "1e5"], [5, -5, -5, 1e5]),
        (["", "-", "N/A", "#N/A N/A", ".", "3"], [np.nan] * 5 + [3]),
        (["True", "false"], [1, 0]),
        (["inf", "-Infinity"], [np.inf, -np.inf]),
        (["14537380000000001"], [14537380000000000]),
        (["0,995", "1,010"], [0.995, 1.01]),
    ],
)
def test_spellings(cells: Cells, wanted: list[float]) -> None:
    np.testing.assert_array_equal(values(cells), wanted)


@pytest.mark.parametrize("cell", ["abc", "1,2,3", "1.2.3", "12:30", "2020-01-01", "--5", "(5", "$5 €", "1_000"])
def test_what_is_no_number(cell: str) -> None:
    with pytest.raises(NoNumber) as error:
        values(["1.5", cell, cell])
    assert (error.value.row, error.value.text, error.value.count) == (1, cell, 2)


@pytest.mark.parametrize(
    ("cells", "why"),
    [
        (["100,00", "100.49"], "mixed"),
        (["$1", "€2"], "another currency"),
        (["5%", "0.05"], "another scale"),
    ],
)
def test_a_column_that_is_written_in_two_ways_names_both(cells: Cells, why: str) -> None:
    with pytest.raises(NoNumber) as error:
        values(cells)
    assert (error.value.row, error.value.why, error.value.other) == (1, why, (0, cells[0]))


def test_what_fits_both_readings_is_asked_unless_something_decides() -> None:
    with pytest.raises(Undecided) as error:
        values(["1,234", "2,345"])
    assert (error.value.text, error.value.readings) == ("1,234", (1234.0, 1.234))
    assert values(["1,234", "2,345"], decimal=",") == [1.234, 2.345]
    assert values(["1,234", "2,345"], otherwise=".") == [1234, 2345]
    assert values(["1,234", "12,5"]) == [1.234, 12.5]
    assert values(["1,234", "1,234,567"]) == [1234, 1234567]
    assert quick(pa.chunked_array([pa.array(["1.234", "2.345"])]), None) is None
    others = [texts_of(pa.array(cells)) for cells in (["x"], ["7"], ["1.234,5"])]
    assert sign_of(others) == ","
    assert sign_of([*others, texts_of(pa.array(["1,234.5"]))]) is None


@pytest.mark.parametrize("cell", ["1e-320", "1e301", "1e999"])
def test_numbers_at_the_ends_of_what_a_float_holds(cell: str) -> None:
    with pytest.raises(NoNumber, match=cell):
        values(["1", cell])
