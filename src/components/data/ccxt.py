"""Bars of crypto exchanges, through the package ccxt.

Tested with the real package against a local server that answers as an exchange does.
"""

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Asked, Source
from components.data import _fetched
from components.data._bars import asked_of, library, moment, sorted_bars
from components.data._database import first_line
from components.errors import ConfigError, DataError, Problem, Unavailable
from components.panel import Float, Int, Panel
from components.ranges import Gt, MinLen
from components.structure import strict
from components.values import SourceFacts

FIELDS = ("open", "high", "low", "close", "volume")
MINUTES = {"1m": 1, "5m": 5, "15m": 15, "30m": 30, "1h": 60, "4h": 240, "1d": 1440}
MINUTE_MS = 60_000
BARS_AT_ONCE = 500
"""Further than an exchange without bars at the begin of the span is asked the next time."""


@dataclass(frozen=True, kw_only=True)
class Ccxt(Source):
    """Open, high, low, close and volume (in units of the base currency) of an exchange.

    exchange      ccxt's name of it, such as binance or kraken
    symbols       ccxt's names of markets, such as BTC/USDT
    start, end    bars that begin from start up to, not including, end; ISO 8601 in UTC
    interval      1d: the bar's timestamp is its date. 1m, 5m, 15m, 30m, 1h, 4h: it is the end of the bar in UTC
                  (exchanges give the beginning)
    timeout_s     seconds for each answer
    cache_folder  where answers are kept; remove it to fetch all anew

    Requests follow one another as slowly as ccxt knows the exchange to want it; no key is sent. Bars that are not
    complete yet are left out. What was fetched is pinned: a span that was over is read from the cache ever after.
    """

    inert: ClassVar[frozenset[str]] = frozenset({"timeout_s", "cache_folder"})
    optional: ClassVar[tuple[str, ...]] = ("ccxt",)

    exchange: str
    symbols: Annotated[tuple[str, ...], MinLen(1)]
    start: str
    end: str
    interval: Literal["1m", "5m", "15m", "30m", "1h", "4h", "1d"]
    timeout_s: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity=f"ccxt:{self.exchange}",
            description=f"{self.interval} bars from {self.exchange}",
            survivorship="biased",
            adjustment="raw",
            cautions=("exchanges list no markets that they have closed",),
        )

    def fields(self) -> tuple[str, ...]:
        self.asked()
        return FIELDS

    def asked(self) -> Asked:
        return asked_of(self.symbols, self.start, self.end)

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        self.fields()
        found = [self._of_symbol(symbol) for symbol in self.symbols]
        return sorted_bars(
            self.symbols,
            np.repeat(np.arange(len(found)), [len(begins_B) for begins_B, _ in found]),
            np.concatenate([begins_B + self._shift_ms() for begins_B, _ in found]) * 1000,
            {name: np.concatenate([fields[name] for _, fields in found]) for name in FIELDS},
            where=self.exchange,
        )

    def _shift_ms(self) -> int:
        """From the beginning of a bar to its timestamp."""
        return 0 if self.interval == "1d" else MINUTES[self.interval] * MINUTE_MS

    def _of_symbol(self, symbol: str) -> tuple[Int, dict[str, Float]]:
        where = f"{self.exchange}: symbol {symbol}, {self.start} to {self.end}, {self.interval}"
        key = "\n".join(["ccxt", self.exchange, symbol, self.start, self.end, self.interval])
        kept = _fetched.recall(self.cache_folder, key)
        rows = self._asked(symbol, where) if kept is None else np.load(io.BytesIO(kept), allow_pickle=False)
        if not len(rows):
            raise DataError(f"{where}: no bars; correct data.symbols or the span")
        if kept is None and _milliseconds(self.end, "end") + MINUTES[self.interval] * MINUTE_MS <= _now():
            sink = io.BytesIO()
            np.save(sink, rows, allow_pickle=False)
            _fetched.keep(self.cache_folder, key, sink.getvalue())
        return rows[:, 0].astype(np.int64), {name: rows[:, 1 + i] for i, name in enumerate(FIELDS)}

    def _asked(self, symbol: str, where: str) -> Float:
        """(B, 6) beginning in milliseconds and fields of the complete bars, in order, each once."""
        ccxt = library("ccxt")
        if self.exchange not in ccxt.exchanges:
            raise ConfigError(Problem("exchange", f"'{self.exchange}' is no exchange that ccxt knows"))
        client = getattr(ccxt, self.exchange)({"enableRateLimit": True, "timeout": round(self.timeout_s * 1000)})
        try:
            return self._paged(client, symbol, where)
        except ccxt.BadSymbol as error:
            if not client.markets:
                raise Unavailable(f"{where}: its answer names no market at all; try again later") from None
            raise DataError(f"{where}: {first_line(error)}; correct data.symbols") from None
        except ccxt.NetworkError as error:
            raise Unavailable(f"{where}: {first_line(error)[:200]}; try again later") from None
        except ccxt.BaseError as error:
            raise DataError(f"{where}: {first_line(error)[:200]}; correct data.exchange or data.interval") from None
        # What an exchange answers has no contract, and what ccxt raises on a strange one is open.
        except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
            raise Unavailable(f"{where}: an answer that ccxt cannot read: {first_line(error)[:200]}") from None

    def _paged(self, client: Any, symbol: str, where: str) -> Float:
        length = MINUTES[self.interval] * MINUTE_MS
        here, end = _milliseconds(self.start, "start"), min(_milliseconds(self.end, "end"), _now() - length + 1)
        found: dict[int, list[float]] = {}
        while here < end:
            rows = client.fetch_ohlcv(symbol, self.interval, since=here)
            news = [row for row in rows if here <= row[0] < end]
            found |= {int(row[0]): [float("nan") if value is None else value for value in row[:6]] for row in news}
            # Before its first bar an exchange may answer with none.
            here = max(int(row[0]) for row in news) + length if news else here + BARS_AT_ONCE * length
        return np.array([found[begin] for begin in sorted(found)], dtype=np.float64).reshape(-1, 6)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "exchange": "kraken",
            "symbols": ["BTC/USD"],
            "start": "2020-01-01",
            "end": "2024-01-01",
            "interval": "1d",
            "timeout_s": 30.0,
            "cache_folder": "outputs/fetched",
        }
        return (base, base | {"exchange": "binance", "symbols": ["BTC/USDT", "ETH/USDT"], "interval": "1h"})


def _milliseconds(text: str, name: str) -> int:
    return int(moment(text, name).astype(np.int64)) // 1000


def _now() -> int:
    return int(np.datetime64("now", "ms").astype(np.int64))
