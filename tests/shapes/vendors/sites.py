"""Sites and services."""

from pathlib import Path

import numpy as np

from shapes.truth import OHLC, Series, Shape, Truth, Written, hours, one, walk
from shapes.writing import (
    MINUTE,
    NEW_YORK,
    german,
    lines,
    millions,
    offsets,
    session_hours,
    texts,
    utc,
    wrote,
)


def stooq_one(folder: Path) -> Written:
    """The history of one symbol, as the page offers it."""
    series = walk(29)
    rows = lines([series.dates(), *texts(series)])
    return wrote(folder / "aapl_us_d.csv", ["Date,Open,High,Low,Close,Volume", *rows], one(series), end="\r\n")


def stooq_bulk(folder: Path, series: Series, period: str) -> Written:
    n = len(series.times_N)
    columns = [["AAPL.US"] * n, [period] * n, series.dates("%Y%m%d"), series.dates("%H%M%S"), *texts(series), ["0"] * n]
    header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"
    return wrote(folder / "aapl.us.txt", [header, *lines(columns)], Truth(bars={"AAPL.US": series}), end="\r\n")


def stooq_bulk_daily(folder: Path) -> Written:
    """The bulk download: names in angle brackets, the clock all zeros."""
    return stooq_bulk(folder, walk(30), "D")


def stooq_bulk_hourly(folder: Path) -> Written:
    """The same of hours: a clock without colons."""
    return stooq_bulk(folder, walk(31, times_N=session_hours()), "60")


def finam(folder: Path) -> Written:
    """The same with semicolons."""
    series = walk(32, times_N=session_hours(), level=250)
    n = len(series.times_N)
    columns = [["SBER"] * n, ["60"] * n, series.dates("%Y%m%d"), series.dates("%H%M%S"), *texts(series)]
    header = "<TICKER>;<PER>;<DATE>;<TIME>;<OPEN>;<HIGH>;<LOW>;<CLOSE>;<VOL>"
    return wrote(folder / "SBER_240903.txt", [header, *lines(columns, ";")], Truth(bars={"SBER": series}))


def nasdaq_com(folder: Path) -> Written:
    """Currency signs, newest first."""
    series = walk(33, level=226)
    prices = {name: ["$" + text for text in series.texts(name)] for name in OHLC}
    rows = lines([series.dates("%m/%d/%Y"), prices["close"], series.texts("volume", ".0f"),
                  prices["open"], prices["high"], prices["low"]], newest_first=True)  # fmt: skip
    return wrote(
        folder / "HistoricalData_1727800000000.csv", ["Date,Close/Last,Volume,Open,High,Low", *rows], one(series)
    )


def investing_com(folder: Path) -> Written:
    """All quoted, thousands, 1.23M, a change in percent, newest first."""
    series = walk(34, level=5_500)
    prices = [[f"{v:,.2f}" for v in series.fields[name]] for name in ("close", "open", "high", "low")]
    columns = [series.dates("%m/%d/%Y"), *prices, millions(series.fields["volume"]), ["-0.52%"] * len(prices[0])]
    rows = [",".join(f'"{cell}"' for cell in cells) for cells in zip(*columns, strict=True)][::-1]
    header = '"Date","Price","Open","High","Low","Vol.","Change %"'
    return wrote(folder / "S&P 500 Historical Data.csv", [header, *rows], one(series), encoding="utf-8-sig")


def investing_german(folder: Path) -> Written:
    """The German page: decimal commas, days first."""
    series = walk(35, level=18_500)
    prices = [german([f"{v:,.2f}" for v in series.fields[name]]) for name in ("close", "open", "high", "low")]
    volume, change = german(millions(series.fields["volume"])), ["-0,52%"] * len(prices[0])
    columns = [series.dates("%d.%m.%Y"), *prices, volume, change]
    rows = [",".join(f'"{cell}"' for cell in cells) for cells in zip(*columns, strict=True)][::-1]
    header = '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"'
    return wrote(folder / "DAX Historische Daten.csv", [header, *rows], one(series), encoding="utf-8-sig")


def alpha_vantage_csv(folder: Path) -> Written:
    """datatype=csv: newest first."""
    series = walk(36)
    rows = lines([series.dates(), *texts(series, form=".4f")], newest_first=True)
    return wrote(folder / "daily_IBM.csv", ["timestamp,open,high,low,close,volume", *rows], one(series), end="\r\n")


def alpha_vantage_frame(folder: Path) -> Written:
    """The answer's own names, which begin with numbers."""
    series = walk(37)
    n = len(series.times_N)
    columns = [series.dates(), *texts(series, OHLC, ".4f"), texts(series, ["close"], ".4f")[0],
               series.texts("volume", ".0f"), ["0.0000"] * n, ["1.0"] * n]  # fmt: skip
    header = "date,1. open,2. high,3. low,4. close,5. adjusted close,6. volume,7. dividend amount,8. split coefficient"
    return wrote(folder / "IBM.csv", [header, *lines(columns, newest_first=True)], one(series))


def tiingo(folder: Path) -> Written:
    """Raw and adjusted prices side by side; midnights of UTC."""
    series = walk(38)
    adjusted = [[f"{v * 0.97:.4f}" for v in series.fields[name]] for name in ("close", "high", "low", "open")]
    n, volume = len(series.times_N), series.texts("volume", ".0f")
    columns = [offsets(series.times_N, "UTC"), *texts(series, ("close", "high", "low", "open", "volume")),
               *adjusted, volume, ["0.0"] * n, ["1.0"] * n]  # fmt: skip
    header = "date,close,high,low,open,volume,adjClose,adjHigh,adjLow,adjOpen,adjVolume,divCash,splitFactor"
    return wrote(folder / "AAPL.csv", [header, *lines(columns)], one(series))


def polygon_aggregates(folder: Path) -> Written:
    """The answer's one-letter names; a day begins at midnight in New York."""
    series = walk(39)
    n, stamped = len(series.times_N), utc(series.times_N, NEW_YORK)
    average = texts(series, ["close"])[0]
    columns = [series.texts("volume", ".0f"), average, *texts(series, ("open", "close", "high", "low")),
               series.at(stamped).epochs("ms"), ["4321"] * n]  # fmt: skip
    return wrote(folder / "AAPL.csv", ["v,vw,o,c,h,l,t,n", *lines(columns)], one(series, times={"": stamped}))


def polygon_flat_file(folder: Path) -> Written:
    """Minute aggregates of several symbols, nanoseconds."""
    bars = {"AAPL": walk(40, times_N=hours(step="1min")), "MSFT": walk(41, times_N=hours(step="1min"), level=400)}
    rows = []
    for symbol, series in bars.items():
        n = len(series.times_N)
        prices = texts(series, ("volume", "open", "close", "high", "low"))
        rows += lines([[symbol] * n, *prices, series.epochs("ns"), ["17"] * n])
    header = "ticker,volume,open,close,high,low,window_start,transactions"
    return wrote(folder / "2024-10-01.csv", [header, *rows], Truth(bars=bars))


def fred(folder: Path) -> Written:
    """Holidays are days without a value."""
    series = walk(42, level=4).only("close")
    holiday_N = np.arange(len(series.times_N)) % 25 == 7
    cells = ["." if h else text for h, text in zip(holiday_N, series.texts("close"), strict=True)]
    truth = one(series.take(~holiday_N))
    return wrote(folder / "DGS10.csv", ["DATE,DGS10", *lines([series.dates(), cells])], truth)


def fred_today(folder: Path) -> Written:
    """The same as it is today: a hole is empty."""
    series = walk(43, level=4).only("close")
    holiday_N = np.arange(len(series.times_N)) % 25 == 7
    cells = ["" if h else text for h, text in zip(holiday_N, series.texts("close"), strict=True)]
    truth = one(series.take(~holiday_N))
    return wrote(folder / "DGS10.csv", ["observation_date,DGS10", *lines([series.dates(), cells])], truth)


def quandl_wiki(folder: Path) -> Written:
    """The whole table: many symbols, raw and adjusted."""
    bars = {"A": walk(44), "AA": walk(45), "AAPL": walk(46)}
    rows = []
    for symbol, series in bars.items():
        n, adjusted = len(series.times_N), [[f"{v * 0.68:.6f}" for v in series.fields[name]] for name in OHLC]
        volume = series.texts("volume", ".1f")
        rows += lines([[symbol] * n, series.dates(), *texts(series, OHLC), volume, ["0.0"] * n, ["1.0"] * n,
                       *adjusted, volume])  # fmt: skip
    header = ("ticker,date,open,high,low,close,volume,ex-dividend,split_ratio,adj_open,adj_high,adj_low,adj_close,"
              "adj_volume")  # fmt: skip
    return wrote(folder / "WIKI_PRICES.csv", [header, *rows], Truth(bars=bars))


def quandl_one(folder: Path) -> Written:
    """One of its symbols: raw and adjusted."""
    series = walk(47)
    n, adjusted = len(series.times_N), [[f"{v * 0.68:.6f}" for v in series.fields[name]] for name in OHLC]
    volume = series.texts("volume", ".1f")
    columns = [series.dates(), *texts(series, OHLC), volume, ["0.0"] * n, ["1.0"] * n, *adjusted, volume]
    header = ("Date,Open,High,Low,Close,Volume,Ex-Dividend,Split Ratio,Adj. Open,Adj. High,Adj. Low,Adj. Close,"
              "Adj. Volume")  # fmt: skip
    return wrote(folder / "WIKI-AAPL.csv", [header, *lines(columns, newest_first=True)], one(series))


def crsp(folder: Path) -> Written:
    """The daily stock file: a number and a ticker for every stock, days without dashes."""
    bars = {"14593": walk(48), "10107": walk(49)}
    tickers = {"14593": "AAPL", "10107": "MSFT"}
    rows = []
    for permno, series in bars.items():
        n = len(series.times_N)
        prices = texts(series, ("low", "high", "close", "volume"))
        rows += lines([[permno] * n, series.dates("%Y%m%d"), [tickers[permno]] * n, *prices, ["0.001234"] * n,
                       texts(series, ["open"])[0]])  # fmt: skip
    header = "PERMNO,date,TICKER,BIDLO,ASKHI,PRC,VOL,RET,OPENPRC"
    loose = frozenset({"open", "high", "low", "volume"})
    aliases = {permno: [ticker] for permno, ticker in tickers.items()}
    return wrote(folder / "crsp.csv", [header, *rows], Truth(bars=bars, loose=loose, aliases=aliases))


def pandas_wide(folder: Path) -> Written:
    """closes.to_csv(): a column for every symbol."""
    bars = {symbol: walk(50 + n).only("close") for n, symbol in enumerate(("AAPL", "BRK.B", "LOW", "MSFT", "SPY"))}
    columns = [series.texts("close") for series in bars.values()]
    rows = lines([bars["SPY"].dates(), *columns])
    return wrote(folder / "closes.csv", [",".join(["Date", *bars]), *rows], Truth(bars=bars))


def pandas_wide_ragged(folder: Path) -> Written:
    """The same of symbols that begin and end at their own times; the index has no name."""
    whole = {f"S{n:02d}": walk(60 + n).only("close") for n in range(10)}
    bars = {s: series.take(np.arange(260) >= 13 * n) for n, (s, series) in enumerate(whole.items())}
    columns = [["" if row < 13 * n else text for row, text in enumerate(series.texts("close"))]
               for n, series in enumerate(whole.values())]  # fmt: skip
    rows = lines([whole["S00"].dates(), *columns])
    return wrote(folder / "closes.csv", [",".join(["", *bars]), *rows], Truth(bars=bars))


def folder_of_symbols(folder: Path) -> Written:
    """One file a symbol."""
    bars = {"AAPL": walk(70), "MSFT": walk(71), "NA": walk(72)}
    for symbol, series in bars.items():
        rows = lines([series.dates(), *texts(series)])
        wrote(folder / "stocks" / f"{symbol}.csv", ["Date,Open,High,Low,Close,Volume", *rows], one(series))
    return Written(path=folder / "stocks", truth=Truth(bars=bars))


def pattern_of_symbols(folder: Path) -> Written:
    """The same as a pattern, beside a file that it does not fit."""
    written = folder_of_symbols(folder)
    (written.path / "README.txt").write_text("Prices of three symbols.\n")
    return Written(path=written.path / "*.csv", truth=written.truth)


def histdata(folder: Path) -> Written:
    """Generic ASCII: no header, no volume to speak of."""
    series = walk(73, times_N=hours(step="1min"), level=1.1, decimals=6).only(*OHLC)
    rows = lines([series.dates("%Y%m%d %H%M%S"), *texts(series, OHLC, ".6f"), ["0"] * len(series.times_N)], ";")
    return wrote(folder / "DAT_ASCII_EURUSD_M1_202410.csv", rows, one(series))


def dukascopy(folder: Path) -> Written:
    """Candles of a currency, milliseconds written out."""
    series = walk(74, times_N=hours(), level=1.1, decimals=5)
    rows = lines([series.dates("%d.%m.%Y %H:%M:%S.000"), *texts(series, form=".5f")])
    name = "EURUSD_Candlestick_1_Hour_BID_01.10.2024-11.10.2024.csv"
    return wrote(folder / name, ["Gmt time,Open,High,Low,Close,Volume", *rows], one(series))


def kaggle_five_years(folder: Path) -> Written:
    """all_stocks_5yr.csv."""
    bars = {"AAL": walk(75), "AAPL": walk(76), "ABC": walk(77)}
    rows = [row for s, b in bars.items() for row in lines([b.dates(), *texts(b), [s] * len(b.times_N)])]
    return wrote(folder / "all_stocks_5yr.csv", ["date,open,high,low,close,volume,Name", *rows], Truth(bars=bars))


def first_rate(folder: Path) -> Written:
    """No header, one column with date and clock."""
    series = walk(78, times_N=session_hours())
    rows = lines([series.dates("%Y-%m-%d %H:%M:%S"), *texts(series)])
    return wrote(folder / "AAPL_1hour.txt", rows, one(series))


def nse_india(folder: Path) -> Written:
    """Spaces behind the names, thousands, the close before beside the close."""
    series = walk(79, level=2_900)
    thousands = {name: [f"{v:,.2f}" for v in series.fields[name]] for name in OHLC}
    n, volume = len(series.times_N), [f"{v:,.0f}" for v in series.fields["volume"]]
    before = [thousands["close"][0], *thousands["close"][:-1]]
    turnover = [f"{v * 2_900:,.2f}" for v in series.fields["volume"]]
    columns = [series.dates("%d-%b-%Y"), ["EQ"] * n, thousands["open"], thousands["high"], thousands["low"], before,
               thousands["close"], volume, turnover, ["12,345"] * n]  # fmt: skip
    header = "Date ,series ,OPEN ,HIGH ,LOW ,PREV. CLOSE ,close ,VOLUME ,VALUE ,No of trades "
    rows = [",".join(f'"{cell}"' for cell in cells) for cells in zip(*columns, strict=True)][::-1]
    return wrote(folder / "RELIANCE.csv", [header, *rows], one(series), encoding="utf-8-sig")


def wall_street_journal(folder: Path) -> Written:
    """Two-digit years, a space before every name."""
    series = walk(80).only(*OHLC)
    rows = lines([series.dates("%m/%d/%y"), *texts(series, OHLC)], newest_first=True)
    return wrote(folder / "HistoricalPrices.csv", ["Date, Open, High, Low, Close", *rows], one(series))


def barchart(folder: Path) -> Written:
    """A last line that says where it is from."""
    series = walk(81)
    n = len(series.times_N)
    columns = [
        series.dates("%m/%d/%Y"),
        *texts(series, OHLC),
        ["-1.2"] * n,
        ["-0.52%"] * n,
        series.texts("volume", ".0f"),
    ]
    rows = lines(columns, newest_first=True)
    footer = '"Downloaded from Barchart.com as of 01-01-2020 04:05pm CST"'
    header = "Time,Open,High,Low,Last,Change,%Chg,Volume"
    return wrote(folder / "aapl_daily_historical-data.csv", [header, *rows, footer], one(series))


def tushare(folder: Path) -> Written:
    """Many symbols, days without dashes, newest first, the close before beside the close."""
    bars = {"000001.SZ": walk(82, level=15), "600519.SH": walk(83, level=1_700)}
    rows = []
    for symbol, series in bars.items():
        n, close = len(series.times_N), texts(series, ["close"])[0]
        amount = [f"{v * 15:.3f}" for v in series.fields["volume"]]
        rows += lines([[symbol] * n, series.dates("%Y%m%d"), *texts(series, OHLC), [close[0], *close[:-1]],
                       ["0.11"] * n, ["0.52"] * n, series.texts("volume", ".2f"), amount], newest_first=True)  # fmt: skip
    header = "ts_code,trade_date,open,high,low,close,pre_close,change,pct_chg,vol,amount"
    return wrote(folder / "daily.csv", [header, *rows], Truth(bars=bars))


def google_sheets(folder: Path) -> Written:
    """GOOGLEFINANCE: a day's bar is written at its close."""
    series = walk(84)
    clock_N = series.times_N + 960 * MINUTE
    rows = lines([series.dates("%-m/%-d/%Y 16:00:00"), *texts(series)])
    truth = one(series, times={"": clock_N})
    return wrote(folder / "GOOG.csv", ["Date,Open,High,Low,Close,Volume", *rows], truth)


def ariva(folder: Path) -> Written:
    """Pieces and turnover: the one is the volume, the other is called so."""
    series = walk(85, level=150)
    prices = [german([f"{v:,.2f}" for v in series.fields[name]]) for name in OHLC]
    pieces = german([f"{v:,.0f}" for v in series.fields["volume"]])
    turnover = german([f"{v * 150:,.0f}" for v in series.fields["volume"]])
    rows = lines([series.dates(), *prices, pieces, turnover], ";", newest_first=True)
    truth = one(series, loose=frozenset({"volume"}), others={"volume": {"": series.fields["volume"] * 150}})
    return wrote(
        folder / "wkn_865985_historic.csv", ["Datum;Erster;Hoch;Tief;Schlusskurs;Stuecke;Volumen", *rows], truth
    )


SHAPES: tuple[Shape, ...] = (
    stooq_one,
    stooq_bulk_daily,
    stooq_bulk_hourly,
    finam,
    nasdaq_com,
    investing_com,
    investing_german,
    alpha_vantage_csv,
    alpha_vantage_frame,
    tiingo,
    polygon_aggregates,
    polygon_flat_file,
    fred,
    fred_today,
    quandl_wiki,
    quandl_one,
    crsp,
    pandas_wide,
    pandas_wide_ragged,
    folder_of_symbols,
    pattern_of_symbols,
    histdata,
    dukascopy,
    kaggle_five_years,
    first_rate,
    nse_india,
    wall_street_journal,
    barchart,
    tushare,
    google_sheets,
    ariva,
)
