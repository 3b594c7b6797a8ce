"""What vendors of data and programs write, by their documents and by what users of theirs show in public.

Every function writes one shape into a folder, with numbers of its own, and says what stands in it.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from shapes.truth import OHLC, OHLCV, Float, Series, Shape, Time, Truth, Written, days, hours, one, walk

NEW_YORK = "America/New_York"
MINUTE = np.timedelta64(60_000_000, "us")


def lines(columns: Sequence[Sequence[str]], sep: str = ",", *, newest_first: bool = False) -> list[str]:
    """Lines of columns of text; a cell that holds the separator or a quote is quoted."""
    out = io.StringIO()
    csv.writer(out, delimiter=sep, lineterminator="\n").writerows(zip(*columns, strict=True))
    rows = out.getvalue().splitlines()
    return rows[::-1] if newest_first else rows


def wrote(path: Path, rows: Iterable[str], truth: Truth, *, encoding: str = "utf-8", end: str = "\n") -> Written:
    """A text file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes((end.join(rows) + end).encode(encoding))
    return Written(path=path, truth=truth)


def texts(series: Series, names: Sequence[str] = OHLCV, form: str = ".2f") -> list[list[str]]:
    """Fields as text, volume without decimals."""
    return [series.texts(name, ".0f" if name == "volume" else form) for name in names]


def offsets(times_N: Time, zone: str) -> list[str]:
    """Clock times of a zone, written with their offsets, as pandas writes them."""
    return [str(time) for time in pd.DatetimeIndex(times_N).tz_localize(zone)]


def aware(times_N: Time, zone: str) -> pd.DatetimeIndex:
    return pd.DatetimeIndex(times_N).tz_localize(zone)


def utc(times_N: Time, zone: str) -> Time:
    """Clock times of a zone in UTC."""
    return aware(times_N, zone).tz_convert("UTC").tz_localize(None).to_numpy().astype("datetime64[us]")


def german(texts_N: Sequence[str]) -> list[str]:
    """1,234.56 becomes 1.234,56."""
    return [text.translate(str.maketrans(",.", ".,")) for text in texts_N]


def millions(values_N: Float) -> list[str]:
    """Volumes as 1.23M."""
    return [f"{value / 1e6:.2f}M" for value in values_N]


def session_hours(n_days: int = 60) -> Time:
    """Seven bars a session, on the clock of New York, over a change of that clock."""
    starts = days(n_days, "2024-09-03")
    return (starts[:, None] + MINUTE * (570 + 60 * np.arange(7))[None, :]).ravel()


# --- Yahoo -----------------------------------------------------------------------------------------------------------


def yfinance_download(folder: Path) -> Written:
    """yf.download("MSFT").to_csv(): three lines of header."""
    series, names = walk(1, level=200), ("close", "high", "low", "open", "volume")
    head = ["Price,Close,High,Low,Open,Volume", "Ticker" + ",MSFT" * 5, "Date,,,,,"]
    rows = lines([series.dates(), *texts(series, names, ".14g")])
    return wrote(folder / "prices.csv", [*head, *rows], Truth(bars={"MSFT": series}))


def yfinance_one_ticker_old(folder: Path) -> Written:
    series = walk(2)
    rows = lines([series.dates(), *texts(series, OHLC, ".6f"), [f"{v * 0.9:.6f}" for v in series.fields["close"]],
                  series.texts("volume", ".0f")])  # fmt: skip
    return wrote(folder / "SPY.csv", ["Date,Open,High,Low,Close,Adj Close,Volume", *rows], one(series))


def yfinance_history(folder: Path) -> Written:
    """yf.Ticker("SPY").history().to_csv(): midnights of New York, which are dates."""
    series = walk(3)
    zeros = ["0.0"] * len(series.times_N)
    rows = lines([offsets(series.times_N, NEW_YORK), *texts(series, form=".14g"), zeros, zeros])
    header = "Date,Open,High,Low,Close,Volume,Dividends,Stock Splits"
    return wrote(folder / "SPY.csv", [header, *rows], one(series))


def yfinance_history_of_hours(folder: Path) -> Written:
    clock_N = session_hours()
    series = walk(4, times_N=utc(clock_N, NEW_YORK))
    rows = lines([offsets(clock_N, NEW_YORK), *texts(series, form=".14g")])
    return wrote(folder / "SPY.csv", ["Datetime,Open,High,Low,Close,Volume", *rows], one(series))


def yfinance_wide(folder: Path) -> Written:
    """yf.download(["AAPL", "MSFT"]).to_csv(): a column for every field of every symbol."""
    bars = {"AAPL": walk(5), "MSFT": walk(6, level=300)}
    names = [(field, symbol) for field in sorted(OHLCV) for symbol in bars]
    head = [
        ",".join(["Price", *(field.capitalize() for field, _ in names)]),
        ",".join(["Ticker", *(symbol for _, symbol in names)]),
        "Date" + "," * len(names),
    ]
    columns = [bars[symbol].texts(field, ".0f" if field == "volume" else ".2f") for field, symbol in names]
    rows = lines([bars["AAPL"].dates(), *columns])
    return wrote(folder / "download.csv", [*head, *rows], Truth(bars=bars))


def yfinance_wide_by_ticker(folder: Path) -> Written:
    """The same with group_by="ticker"."""
    bars = {"AAPL": walk(7), "MSFT": walk(8, level=300), "BRK-B": walk(9, level=400)}
    names = [(symbol, field) for symbol in bars for field in OHLCV]
    head = [
        ",".join(["Ticker", *(symbol for symbol, _ in names)]),
        ",".join(["Price", *(field.capitalize() for _, field in names)]),
        "Date" + "," * len(names),
    ]
    columns = [bars[symbol].texts(field, ".0f" if field == "volume" else ".2f") for symbol, field in names]
    rows = lines([bars["AAPL"].dates(), *columns])
    return wrote(folder / "download.csv", [*head, *rows], Truth(bars=bars))


def yahoo_web(folder: Path) -> Written:
    """The table of the web page, copied."""
    series = walk(10)
    rows = lines([series.dates("%b %-d, %Y"), *texts(series, OHLC), texts(series, ["close"])[0],
                  [f"{v:,.0f}" for v in series.fields["volume"]]], newest_first=True)  # fmt: skip
    return wrote(folder / "AAPL.csv", ["Date,Open,High,Low,Close*,Adj Close**,Volume", *rows], one(series))


# --- Crypto ----------------------------------------------------------------------------------------------------------


def cryptodatadownload(folder: Path) -> Written:
    """A line with an address, newest first, volumes in both currencies."""
    series = walk(11, times_N=hours(), level=60_000)
    quote = [f"{v * 60_000:.2f}" for v in series.fields["volume"]]
    rows = lines([series.epochs("ms"), series.dates("%Y-%m-%d %H:%M:%S"), ["BTC/USDT"] * len(quote),
                  *texts(series), quote, ["99"] * len(quote)], newest_first=True)  # fmt: skip
    head = [
        "https://www.CryptoDataDownload.com",
        "Unix,Date,Symbol,Open,High,Low,Close,Volume BTC,Volume USDT,tradecount",
    ]
    truth = Truth(bars={"BTC/USDT": series}, loose=frozenset({"volume"}), aliases={"BTC/USDT": ["BTCUSDT"]})
    return wrote(folder / "Binance_BTCUSDT_1h.csv", [*head, *rows], truth)


def binance_klines(folder: Path, unit: str, name: str) -> Written:
    """No header; open time, prices, volume, close time, quote volume, trades, taker volumes, ignore."""
    series = walk(12, times_N=hours() + 60 * MINUTE, level=60_000)
    opens = series.at(series.times_N - 60 * MINUTE).epochs(unit)
    closes = [str(int(text) - 1) for text in series.epochs(unit)]
    volume_N = series.fields["volume"]
    quote = [f"{v * 60_000:.4f}" for v in volume_N]
    rows = lines([opens, *texts(series, form=".8f"), closes, quote, ["1234"] * len(opens),
                  [f"{v / 2:.4f}" for v in volume_N], [f"{v * 30_000:.4f}" for v in volume_N], ["0"] * len(opens)])  # fmt: skip
    last_N = series.times_N - np.timedelta64(1, unit).astype("timedelta64[us]")
    return wrote(folder / name, rows, one(series, times={"": last_N}))


def binance_klines_ms(folder: Path) -> Written:
    return binance_klines(folder, "ms", "BTCUSDT-1h-2024-10.csv")


def binance_klines_us(folder: Path) -> Written:
    return binance_klines(folder, "us", "BTCUSDT-1h-2025-01.csv")


def kraken(folder: Path) -> Written:
    """OHLCVT without header."""
    series = walk(13, times_N=hours(), level=60_000)
    rows = lines([series.epochs("s"), *texts(series), ["42"] * len(series.times_N)])
    return wrote(folder / "XBTUSD_60.csv", rows, one(series))


def coinbase(folder: Path) -> Written:
    """The candles of the exchange: time, low, high, open, close, volume, newest first."""
    series = walk(14, times_N=hours(), level=60_000)
    rows = lines([series.epochs("s"), *texts(series, ("low", "high", "open", "close", "volume"))], newest_first=True)
    return wrote(folder / "BTC-USD.csv", ["time,low,high,open,close,volume", *rows], one(series))


def ccxt_ohlcv(folder: Path) -> Written:
    """pandas.DataFrame(exchange.fetch_ohlcv(...)).to_csv(): a counter first."""
    series = walk(15, times_N=hours(), level=60_000)
    rows = lines([[str(n) for n in range(len(series.times_N))], series.epochs("ms"), *texts(series, form=".1f")])
    rounded = Series(times_N=series.times_N, fields={k: _rounded(series, k) for k in OHLCV})
    return wrote(folder / "btc_usdt.csv", [",timestamp,open,high,low,close,volume", *rows], one(rounded))


def _rounded(series: Series, name: str) -> Float:
    return np.array([float(text) for text in series.texts(name, ".1f")])


# --- Terminals and platforms -----------------------------------------------------------------------------------------


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
    series = walk(20, level=1.1, decimals=5)
    zeros = ["0"] * len(series.times_N)
    names = ("<DATE>", "<OPEN>", "<HIGH>", "<LOW>", "<CLOSE>", "<TICKVOL>", "<VOL>", "<SPREAD>")
    rows = lines([series.dates("%Y.%m.%d"), *texts(series, form=".5f"), zeros, zeros], "\t")
    return wrote(folder / "EURUSD_Daily.csv", ["\t".join(names), *rows], one(series), end="\r\n")


def tradingview_epochs(folder: Path) -> Written:
    series = walk(21, times_N=hours(), level=60_000)
    rows = lines([series.epochs("s"), *texts(series)])
    return wrote(folder / "BINANCE_BTCUSDT, 60.csv", ["time,open,high,low,close,Volume", *rows], one(series))


def tradingview_iso(folder: Path) -> Written:
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


# --- Free and paid sites ---------------------------------------------------------------------------------------------


def stooq_one(folder: Path) -> Written:
    series = walk(29)
    rows = lines([series.dates(), *texts(series)])
    return wrote(folder / "aapl_us_d.csv", ["Date,Open,High,Low,Close,Volume", *rows], one(series), end="\r\n")


def stooq_bulk(folder: Path, series: Series, period: str) -> Written:
    n = len(series.times_N)
    columns = [["AAPL.US"] * n, [period] * n, series.dates("%Y%m%d"), series.dates("%H%M%S"), *texts(series), ["0"] * n]
    header = "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>"
    return wrote(folder / "aapl.us.txt", [header, *lines(columns)], Truth(bars={"AAPL.US": series}), end="\r\n")


def stooq_bulk_daily(folder: Path) -> Written:
    return stooq_bulk(folder, walk(30), "D")


def stooq_bulk_hourly(folder: Path) -> Written:
    return stooq_bulk(folder, walk(31, times_N=session_hours()), "60")


def finam(folder: Path) -> Written:
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
    series = walk(35, level=18_500)
    prices = [german([f"{v:,.2f}" for v in series.fields[name]]) for name in ("close", "open", "high", "low")]
    volume, change = german(millions(series.fields["volume"])), ["-0,52%"] * len(prices[0])
    columns = [series.dates("%d.%m.%Y"), *prices, volume, change]
    rows = [",".join(f'"{cell}"' for cell in cells) for cells in zip(*columns, strict=True)][::-1]
    header = '"Datum","Zuletzt","Eröffn.","Hoch","Tief","Vol.","+/- %"'
    return wrote(folder / "DAX Historische Daten.csv", [header, *rows], one(series), encoding="utf-8-sig")


def alpha_vantage_csv(folder: Path) -> Written:
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


# --- Binary formats --------------------------------------------------------------------------------------------------


def frame(series: Series) -> pd.DataFrame:
    """Columns as pandas has them."""
    return pd.DataFrame({name.capitalize(): values_N for name, values_N in series.fields.items()})


def parquet_with_index(folder: Path) -> Written:
    """history().to_parquet(): the index has a zone, and is not a column of its own."""
    series = walk(90)
    table = frame(series).set_index(aware(series.times_N, NEW_YORK).rename("Date"))
    table.to_parquet(folder / "SPY.parquet")
    return Written(path=folder / "SPY.parquet", truth=one(series))


def parquet_long(folder: Path) -> Written:
    """Many symbols, categories, whole volumes, milliseconds."""
    bars = {"AAA": walk(91), "BBB": walk(92), "NA": walk(93)}
    table = pd.concat([
        frame(series).assign(symbol=symbol, timestamp=series.times_N.astype("datetime64[ms]"))
        for symbol, series in bars.items()
    ])  # fmt: skip
    table = table.assign(symbol=table["symbol"].astype("category"), Volume=table["Volume"].astype(np.int64))
    table.to_parquet(folder / "bars.parquet", index=False)
    return Written(path=folder / "bars.parquet", truth=Truth(bars=bars))


def parquet_wide(folder: Path) -> Written:
    """closes.to_parquet()."""
    bars = {symbol: walk(94 + n).only("close") for n, symbol in enumerate(("AAPL", "MSFT", "SPY"))}
    table = pd.DataFrame({s: b.fields["close"] for s, b in bars.items()}, index=pd.DatetimeIndex(days(), name="Date"))
    table.to_parquet(folder / "closes.parquet")
    return Written(path=folder / "closes.parquet", truth=Truth(bars=bars))


def feather(folder: Path) -> Written:
    series = walk(97)
    frame(series).assign(Date=series.times_N).to_feather(folder / "SPY.feather")
    return Written(path=folder / "SPY.feather", truth=one(series))


def excel(folder: Path) -> Written:
    """A sheet with dates as dates."""
    series = walk(98)
    table = frame(series)
    table.insert(0, "Date", series.times_N)
    table.to_excel(folder / "SPY.xlsx", index=False)
    return Written(path=folder / "SPY.xlsx", truth=one(series))


def excel_with_preamble(folder: Path) -> Written:
    """A terminal's sheet: what was asked for stands above, days are written as text."""
    series = walk(99, level=2_500)
    head = [["Security", "SPX Index"], ["Period", "D"], [], ["Date", "PX_LAST", "PX_VOLUME"]]
    rows = zip(series.dates("%d/%m/%Y"), series.fields["close"], series.fields["volume"], strict=True)
    table = pd.DataFrame([*head, *map(list, rows)])
    table.to_excel(folder / "spx.xlsx", index=False, header=False)
    truth = one(series.only("close", "volume"), aliases={"": ("SPX Index", "SPX")})
    return Written(path=folder / "spx.xlsx", truth=truth)


VENDORS: dict[str, Shape] = {
    shape.__name__: shape
    for shape in (
        *(yfinance_download, yfinance_one_ticker_old, yfinance_history, yfinance_history_of_hours, yfinance_wide),
        *(yfinance_wide_by_ticker, yahoo_web, cryptodatadownload, binance_klines_ms, binance_klines_us, kraken),
        *(coinbase, ccxt_ohlcv, bloomberg, excel_german, metatrader4, metatrader5, metatrader5_daily),
        *(tradingview_epochs, tradingview_iso, ibkr_flex_bars, ibkr_flex_positions, sierra_chart, tradestation),
        *(ninjatrader, stooq_one, stooq_bulk_daily, stooq_bulk_hourly, finam, nasdaq_com, investing_com),
        *(investing_german, alpha_vantage_csv, alpha_vantage_frame, tiingo, polygon_aggregates, polygon_flat_file),
        *(fred, fred_today, quandl_wiki, quandl_one, crsp, pandas_wide, pandas_wide_ragged, folder_of_symbols),
        *(pattern_of_symbols, histdata, dukascopy, kaggle_five_years, first_rate, nse_india, wall_street_journal),
        *(barchart, tushare, google_sheets, ariva, parquet_with_index, parquet_long, parquet_wide, feather, excel),
        excel_with_preamble,
    )
}
