"""Yahoo, mostly through yfinance."""

from pathlib import Path

from shapes.truth import OHLC, OHLCV, Shape, Truth, Written, one, walk
from shapes.writing import (
    NEW_YORK,
    lines,
    offsets,
    session_hours,
    texts,
    utc,
    wrote,
)


def yfinance_download(folder: Path) -> Written:
    """yf.download("MSFT").to_csv(): three lines of header."""
    series, names = walk(1, level=200), ("close", "high", "low", "open", "volume")
    head = ["Price,Close,High,Low,Open,Volume", "Ticker" + ",MSFT" * 5, "Date,,,,,"]
    rows = lines([series.dates(), *texts(series, names, ".14g")])
    return wrote(folder / "prices.csv", [*head, *rows], Truth(bars={"MSFT": series}))


def yfinance_one_ticker_old(folder: Path) -> Written:
    """yf.download("SPY").to_csv() as it was until 2024, and the button of the page."""
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
    """yf.Ticker("SPY").history(interval="1h").to_csv(): offsets that change in winter."""
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


SHAPES: tuple[Shape, ...] = (
    yfinance_download,
    yfinance_one_ticker_old,
    yfinance_history,
    yfinance_history_of_hours,
    yfinance_wide,
    yfinance_wide_by_ticker,
    yahoo_web,
)
