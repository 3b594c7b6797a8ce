"""Terminals and trading platforms."""

from pathlib import Path

from shapes.truth import OHLC, Shape, Truth, Written, hours, one, walk
from shapes.writing import (
    NEW_YORK,
    aware,
    german,
    lines,
    session_hours,
    texts,
    utc,
    wrote,
)


def bloomberg(folder: Path) -> Written:
    """The terminal's history as a sheet: what was asked for stands above."""
    series = walk(16, level=2_500)
    head = ["Security,SPX Index,,,,", "Start Date,1/2/2019,,,,", "End Date,12/31/2019,,,,", "Period,D,,,,",
            "Currency,USD,,,,", ",,,,,", "Date,PX_OPEN,PX_HIGH,PX_LOW,PX_LAST,PX_VOLUME"]  # fmt: skip
    rows = lines([series.dates("%-m/%-d/%Y"), *texts(series)])
    return wrote(folder / "spx.csv", [*head, *rows], one(series, aliases={"": ("SPX Index", "SPX")}))


def excel_german(folder: Path) -> Written:
    """Excel's own CSV of a German user: a line that names the separator, Windows' encoding."""
    series = walk(17, level=12_000)
    prices = [german([f"{v:,.2f}" for v in series.fields[name]]) for name in OHLC]
    rows = lines([series.dates("%d.%m.%Y"), *prices, series.texts("volume", ".0f")], ";")
    head = ["sep=;", "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen"]
    return wrote(folder / "dax.csv", [*head, *rows], one(series), encoding="cp1252", end="\r\n")


def metatrader4(folder: Path) -> Written:
    """History centre: no header."""
    series = walk(18, times_N=hours(), level=1.1, decimals=5)
    rows = lines([series.dates("%Y.%m.%d"), series.dates("%H:%M"), *texts(series, form=".5f")])
    return wrote(folder / "EURUSD60.csv", rows, one(series))


def metatrader5(folder: Path) -> Written:
    """Tabs, names in angle brackets; the volume of a currency is its ticks."""
    series = walk(19, times_N=hours(), level=1.1, decimals=5)
    zeros = ["0"] * len(series.times_N)
    names = ("<DATE>", "<TIME>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>", "<VOL>", "<SPREAD>")
    rows = lines([series.dates("%Y.%m.%d"), series.dates("%H:%M:%S"), *texts(series, form=".5f"), zeros, zeros], "\t")
    return wrote(folder / "EURUSD_H1.csv", ["\t".join(names), *rows], one(series), end="\r\n")


def metatrader5_daily(folder: Path) -> Written:
    """Days: no clock."""
    series = walk(20, level=1.1, decimals=5)
    zeros = ["0"] * len(series.times_N)
    names = ("<DATE>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>", "<VOL>", "<SPREAD>")
    rows = lines([series.dates("%Y.%m.%d"), *texts(series, form=".5f"), zeros, zeros], "\t")
    return wrote(folder / "EURUSD_Daily.csv", ["\t".join(names), *rows], one(series), end="\r\n")


def tradingview_epochs(folder: Path) -> Written:
    """The export of a chart: seconds since 1970."""
    series = walk(21, times_N=hours(), level=60_000)
    rows = lines([series.epochs("s"), *texts(series)])
    return wrote(folder / "BINANCE_BTCUSDT, 60.csv", ["time,open,high,low,close,Volume", *rows], one(series))


def tradingview_iso(folder: Path) -> Written:
    """The same with ISO times and an indicator."""
    clock_N = session_hours()
    series = walk(22, times_N=utc(clock_N, NEW_YORK))
    rows = lines([[t.isoformat() for t in aware(clock_N, NEW_YORK)], *texts(series), texts(series, ["close"])[0]])
    return wrote(folder / "NASDAQ_AAPL, 60.csv", ["time,open,high,low,close,Volume,MA", *rows], one(series))


def ibkr_flex_bars(folder: Path) -> Written:
    """A flex query's date and time: 20241001;093000, everything quoted."""
    series = walk(23, times_N=session_hours())
    stamps = series.dates("%Y%m%d;%H%M%S")
    rows = [
        ",".join(f'"{cell}"' for cell in cells)
        for cells in zip(["SPY"] * len(stamps), stamps, *texts(series), strict=True)
    ]
    header = '"Symbol","DateTime","Open","High","Low","Close","Volume"'
    return wrote(folder / "flex.csv", [header, *rows], Truth(bars={"SPY": series}))


def ibkr_flex_positions(folder: Path) -> Written:
    """Prior period positions: a price a day for every symbol held."""
    bars = {"AAPL": walk(24).only("close"), "SPY": walk(25).only("close")}
    header = (
        '"ClientAccountID","CurrencyPrimary","AssetClass","Symbol","Description","Conid","PriorMtmPnl","Date","Price"'
    )
    rows = [
        f'"U1234567","USD","STK","{symbol}","{symbol} INC","{conid}","0","{date}","{price}"'
        for conid, (symbol, series) in zip(("265598", "756733"), bars.items(), strict=True)
        for date, price in zip(series.dates("%Y%m%d"), series.texts("close"), strict=True)
    ]
    return wrote(folder / "positions.csv", [header, *rows], Truth(bars=bars))


def sierra_chart(folder: Path) -> Written:
    """A space after every comma, no zeros in dates."""
    series = walk(26, times_N=session_hours())
    more = [["10"] * len(series.times_N)] * 3
    rows = lines([series.dates("%Y/%-m/%-d"), series.dates("%H:%M:%S"), *texts(series), *more])
    header = "Date, Time, Open, High, Low, Last, Volume, NumberOfTrades, BidVolume, AskVolume"
    return wrote(folder / "ESZ24.txt", [header, *(row.replace(",", ", ") for row in rows)], one(series))


def tradestation(folder: Path) -> Written:
    """Date and clock in two columns, ticks up and down for the volume."""
    series = walk(27, times_N=session_hours()).only(*OHLC)
    more = [["1200"] * len(series.times_N), ["1100"] * len(series.times_N)]
    rows = lines([series.dates("%m/%d/%Y"), series.dates("%H:%M"), *texts(series, OHLC), *more])
    header = '"Date","Time","Open","High","Low","Close","Up","Down"'
    return wrote(folder / "ES.txt", [header, *rows], one(series), end="\r\n")


def ninjatrader(folder: Path) -> Written:
    """No header, semicolons, 20241001 093000."""
    series = walk(28, times_N=session_hours())
    rows = lines([series.dates("%Y%m%d %H%M%S"), *texts(series)], ";")
    return wrote(folder / "ES 12-24.Last.txt", rows, one(series))


SHAPES: tuple[Shape, ...] = (
    bloomberg,
    excel_german,
    metatrader4,
    metatrader5,
    metatrader5_daily,
    tradingview_epochs,
    tradingview_iso,
    ibkr_flex_bars,
    ibkr_flex_positions,
    sierra_chart,
    tradestation,
    ninjatrader,
)
