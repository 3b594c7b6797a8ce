"""Exchanges of cryptocurrencies and who collects from them."""

from pathlib import Path

import numpy as np

from shapes.truth import OHLCV, Float, Series, Shape, Truth, Written, hours, one, walk
from shapes.writing import (
    MINUTE,
    lines,
    texts,
    wrote,
)


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
    """No header: until 2024 in milliseconds; a bar is known at its close time."""
    return binance_klines(folder, "ms", "BTCUSDT-1h-2024-10.csv")


def binance_klines_us(folder: Path) -> Written:
    """The same from 2025 on: microseconds."""
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


SHAPES: tuple[Shape, ...] = (cryptodatadownload, binance_klines_ms, binance_klines_us, kraken, coinbase, ccxt_ohlcv)
