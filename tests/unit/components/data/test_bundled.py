"""Data files of installed packages, against their own lines."""

import numpy as np
import pytest

from components.data.bundled import FILES, Bundled

FIRST_AND_LAST = {
    # dataset: (symbols, rows, first time, last time, field, its first value, its last value)
    "sp500": (("sp500",), 5031, "1999-01-04", "2018-12-31", "close", 1228.099976, 2506.850098),
    "nasdaq": (("nasdaq",), 5031, "1999-01-04", "2018-12-31", "close", 2208.050049, 6635.279785),
    "sp500_index": (("sp500",), 8313, "1990-01-02", "2022-12-28", "close", 359.69, 3783.22),
    "vix": (("vix",), 1259, "2014-01-03", "2019-01-03", "value", 13.76, 25.45),
    "wti": (("wti",), 8321, "1986-01-02", "2019-01-03", "value", 25.56, 46.92),
    "core_cpi": (("core_cpi",), 743, "1957-01-31", "2018-11-30", "value", 28.5, 259.481),
    "fama_french": (("us",), 1109, "1926-07-31", "2018-11-30", "smb", -2.3, -0.75),
}


@pytest.mark.parametrize("dataset", FILES)
def test_loads_what_it_declares(dataset: str) -> None:
    source = Bundled(dataset=dataset)
    panel = source.load()
    assert tuple(panel.fields) == source.fields()
    assert list(panel.symbols) == sorted(panel.symbols)
    assert panel.n_rows > 1000 or FILES[dataset].is_monthly
    assert all(np.isfinite(values).any() for values in panel.fields.values())
    # Nothing but these packages carries a series that is known later than its time: each says so.
    assert bool(source.facts().cautions) == bool(FILES[dataset].lag)


@pytest.mark.parametrize("dataset", FIRST_AND_LAST)
def test_first_and_last_line(dataset: str) -> None:
    symbols, n_rows, first, last, field, first_value, last_value = FIRST_AND_LAST[dataset]
    panel = Bundled(dataset=dataset).load()
    assert panel.symbols == symbols
    assert panel.n_rows == n_rows
    assert (panel.timestamps_R[0], panel.timestamps_R[-1]) == (np.datetime64(first), np.datetime64(last))
    assert (panel.fields[field][0], panel.fields[field][-1]) == (first_value, last_value)


def test_a_column_is_a_symbol() -> None:
    stocks = Bundled(dataset="us20").load()
    assert len(stocks.symbols) == 20
    assert set(np.diff(stocks.offsets)) == {8313}
    assert stocks.fields["close"][stocks.symbols.index("XOM") * 8313] == 4.068
    yields = Bundled(dataset="corporate_yields").load()
    assert yields.symbols == ("AAA", "BAA")
    assert (yields.fields["value"][0], yields.fields["value"][1200]) == (5.35, 7.12)
    oil = Bundled(dataset="crude_oil").load()
    assert oil.symbols == ("Brent", "WTI")
    assert (oil.fields["value"][0], oil.timestamps_R[0]) == (18.58, np.datetime64("1987-05-31"))
    assert Bundled(dataset="factor_etfs").load().symbols == ("MTUM", "QUAL", "SIZE", "USMV", "VLUE")


def test_months_are_stamped_with_their_last_day() -> None:
    panel = Bundled(dataset="fama_french").load()
    assert panel.timestamps_R[19] == np.datetime64("1928-02-29")
    assert list(panel.fields) == ["mkt_rf", "smb", "hml", "rf"]
    assert [values[0] for values in panel.fields.values()] == [2.96, -2.3, -2.87, 0.22]
