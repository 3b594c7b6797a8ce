"""Columns are taken for what their names are known to say, and where two are as good a question is asked."""

from collections.abc import Mapping

import numpy as np
import pytest

from components.errors import DataError
from components.tables.lexicon import ROLES, is_no_price, word
from components.tables.meaning import Column, Said, Table, fields_of

TIMES = ("2020-01-02", "2020-01-03", "2020-01-06")
UNREADABLE = "unreadable"


def column(name: str, place: int) -> Column:
    if name.endswith(UNREADABLE):
        wrong = ("row 1", "n/m")
        return Column(name=name.removesuffix(UNREADABLE), values_N=np.full(3, np.nan), share_wrong=1.0, wrong=wrong)
    return Column(name=name, values_N=np.arange(3) + 10.0 * place + 1, share_wrong=0.0, wrong=None)


def table(*names: str, symbol: str | None = None, of: str = "") -> Table:
    columns = tuple(column(name, place) for place, name in enumerate(names))
    return Table(path="x.csv", times=TIMES, columns=columns, symbol=symbol, of=of)


def taken(*names: str, said: Mapping[str, str] | None = None, **more: str) -> dict[str, str]:
    return {role: each.column for role, each in fields_of(table(*names, **more), Said(**(said or {}))).items()}


CLOSES = {
    "Nasdaq": (("Close/Last", "Volume", "Open", "High", "Low"), "Close/Last"),
    "market value beside it": (("Market Cap", "Close"), "Close"),
    "turnover beside it": (("Umsatz", "Schluss"), "Schluss"),
    "Bloomberg": (("PX_OPEN", "PX_LAST", "PX_VOLUME"), "PX_LAST"),
    "Alpha Vantage": (("1. open", "2. high", "3. low", "4. close", "5. volume"), "4. close"),
    "Polygon": (("v", "vw", "o", "c", "h", "l", "n"), "c"),
    "Investing.com": (("Price", "Open", "High", "Low", "Vol.", "Change %"), "Price"),
    "with its currency": (("Open (USD)", "Close (USD)", "Volume"), "Close (USD)"),
    "with its stars": (("Open", "Close*", "Adj Close**", "Volume"), "Close*"),
    "with its symbol": (("AAPL Open", "AAPL Close", "AAPL Volume"), "AAPL Close"),
    "adjusted beside it": (("Adj Close", "Close", "Volume"), "Close"),
    "adjusted alone": (("Adj Close", "Volume"), "Adj Close"),
    "Tiingo": (("adjClose", "adjHigh", "close", "high", "low", "open", "divCash", "splitFactor"), "close"),
    "the day before beside it": (("Prev Close", "Close", "Change"), "Close"),
    "French": (("Ouverture", "Plus haut", "Plus bas", "Clôture", "Capitaux"), "Clôture"),
    "Spanish": (("Apertura", "Máximo", "Mínimo", "Cierre", "Efectivo"), "Cierre"),
    "Italian": (("Apertura", "Massimo", "Minimo", "Ultimo", "Controvalore"), "Ultimo"),
    "Portuguese": (("Abertura", "Máxima", "Mínima", "Fechamento", "Volume"), "Fechamento"),
    "Dutch": (("Opening", "Hoog", "Laag", "Slotkoers", "Omzet"), "Slotkoers"),
    "Polish": (("Otwarcie", "Najwyższy", "Najniższy", "Zamknięcie", "Wolumen"), "Zamknięcie"),
    "Russian": (("Открытие", "Максимум", "Минимум", "Закрытие", "Объём"), "Закрытие"),
    "Chinese": (("开盘", "最高", "最低", "收盘", "成交量", "成交额"), "收盘"),
    "Japanese": (("始値", "高値", "安値", "終値", "出来高"), "終値"),
    "an exchange rate": (("Rate",), "Rate"),
    "one column of any name": (("DGS10",), "DGS10"),
    "one value": (("VALUE",), "VALUE"),
    "features beside it": (("close", *(f"f{n}" for n in range(12))), "close"),
}


@pytest.mark.parametrize("case", CLOSES)
def test_the_price(case: str) -> None:
    names, close = CLOSES[case]
    assert taken(*names)["close"] == close
    assert taken(*reversed(names))["close"] == close


def test_fields_of_a_bar_in_other_languages() -> None:
    for case in ("French", "Spanish", "Portuguese", "Polish", "Russian", "Chinese", "Japanese"):
        names = CLOSES[case][0]
        assert [taken(*names)[role] for role in ("open", "high", "low", "close")] == list(names[:4])


@pytest.mark.parametrize(
    "name",
    [
        *(
            "Volume",
            "VOL",
            "Umsatz",
            "Turnover",
            "Market Cap",
            "marketCap",
            "Marktkapitalisierung",
            "Shares Outstanding",
        ),
        *("Change %", "pct_change", "Price Change", "Veränderung", "No. of Trades", "Open Interest", "Dividends"),
        *("成交额", "売買代金", "Capitalisation boursière", "Volume USD", "Price to Earnings Ratio", "Prev. Close"),
    ],
)
def test_what_is_no_price_is_never_taken_for_one(name: str) -> None:
    assert is_no_price(name)
    with pytest.raises(DataError) as error:
        taken(name)
    assert str(error.value) == (
        f"x.csv: no column is called close, last or price; '{name}': known as something else; columns: {name}; say "
        "--close COLUMN, or rename the one that holds the price to close"
    )
    assert taken(name, said={"close": name})["close"] == name


def test_two_that_are_as_good_are_asked_about() -> None:
    with pytest.raises(DataError) as error:
        taken("Last", "Settle", "Volume")
    assert str(error.value) == (
        "x.csv: 'Last' and 'Settle' may be the price: on 2020-01-02 it would be 1 ('Last') or 11 ('Settle'); say "
        "--close Last or --close Settle"
    )
    assert taken("Last", "Settle", "Volume", said={"close": "Settle"})["close"] == "Settle"
    with pytest.raises(
        DataError, match=r"^x\.csv: 'Bid Close' and 'Ask Close' may be the price: on 2020-01-02 it would"
    ):
        taken("Bid Close", "Ask Close")


def test_a_column_of_no_known_name_beside_others_is_asked_about() -> None:
    with pytest.raises(DataError) as error:
        taken("Volume", "Zzz")
    assert str(error.value) == (
        "x.csv: 'Zzz' may be the price, and none is called close, last or price: on 2020-01-02 it would be 11 ('Zzz'); "
        "say --close Zzz"
    )


@pytest.mark.parametrize("other", ["Volume", "Last", "Price", "Adj Close", "Zzz"])
def test_a_known_price_that_cannot_be_read_is_never_replaced(other: str) -> None:
    with pytest.raises(DataError) as error:
        taken(f"Close{UNREADABLE}", other)
    instead = "" if other == "Volume" else f", or say --close {other} if that is the price"
    assert str(error.value).replace("'Adj Close'", "Adj Close") == (
        "x.csv: 'Close' is called as the price is, but cannot be read: 'n/m' (row 1) is no number; mend the "
        f"column{instead}"
    )


def test_true_and_false_are_no_prices() -> None:
    close = Column(name="close", values_N=np.array([1.0, 0.0, 1.0]), share_wrong=0.0, wrong=None, truths=True)
    given = Table(path="x.csv", times=TIMES, columns=(close,), symbol=None, of="")
    with pytest.raises(
        DataError, match=r"^x\.csv: 'close' is called as the price is, but cannot be read: it holds true"
    ):
        fields_of(given, Said())


def test_what_a_person_says_must_be_there_and_hold_numbers() -> None:
    with pytest.raises(DataError) as error:
        taken("Close", said={"close": "Last"})
    assert str(error.value) == "x.csv: no column 'Last' (--close); columns: Close"
    with pytest.raises(DataError) as error:
        taken("Close", f"Zzz{UNREADABLE}", said={"close": "Zzz"})
    assert str(error.value) == "x.csv: --close Zzz: 'n/m' (row 1) is no number; name another column, or mend it"


def test_symbols_side_by_side() -> None:
    assert taken("AAPL", "MSFT", "LOW", "KO") == {}
    assert taken("AAPL", "LAST", "OPEN", "IBM", "KO", "GE", "T", "V", "C") == {}
    assert taken("AAPL", "MSFT", "close") == {"close": "close"}
    with pytest.raises(DataError, match="'AAPL' and 'MSFT' may be the price"):
        taken("AAPL", "MSFT", symbol="symbol")
    with pytest.raises(DataError, match="'AAPL' and 'MSFT' may be the price"):
        taken("AAPL", "MSFT", "Volume")


def test_the_volume() -> None:
    assert taken("close", "Volume", "Umsatz")["volume"] == "Volume"
    assert "volume" not in taken("close", "Umsatz")
    assert taken("close", "Volume BTC", "Volume USDT", symbol="symbol", of="BTC/USDT")["volume"] == "Volume BTC"
    assert "volume" not in taken("close", "Volume BTC", "Volume USDT")
    assert taken("close", "a", "volume", said={"volume": "a"})["volume"] == "a"
    ticks = Column(name="<TICKVOL>", values_N=np.array([5.0, 6.0, 7.0]), share_wrong=0.0, wrong=None)
    none = Column(name="<VOL>", values_N=np.zeros(3), share_wrong=0.0, wrong=None)
    given = Table(path="x.csv", times=TIMES, columns=(column("<CLOSE>", 0), ticks, none), symbol=None, of="")
    assert fields_of(given, Said())["volume"].column == "<TICKVOL>"


def test_a_word_in_a_name() -> None:
    quantmod = ("SPY.Open", "SPY.High", "SPY.Low", "SPY.Close", "SPY.Volume", "SPY.Adjusted")
    assert list(taken(*quantmod).values()) == list(quantmod[:5])
    assert taken("close", "Volume [shares]")["volume"] == "Volume [shares]"
    assert "volume" not in taken("close", "Dollar Volume")
    assert "open" not in taken("close", "adjOpen")
    assert taken("High", "52 Week High", "close")["high"] == "High"


def test_columns_without_names_are_no_symbols() -> None:
    with pytest.raises(DataError, match="'column_2' and 'column_3' may be the price, and line 1 holds values, not"):
        taken("column_2", "column_3")


def test_words_are_written_as_they_are_compared_and_mean_one_thing() -> None:
    homes: dict[str, str] = {}
    for role, words in ROLES.items():
        for known in words:
            assert word(known) == known, f"{known} of {role}"
            assert homes.setdefault(known, role) in (role, "time", "symbol"), f"{known}: {homes[known]} and {role}"
