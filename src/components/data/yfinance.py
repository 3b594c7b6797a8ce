"""Bars of Yahoo Finance, through the package yfinance.

Tested with the real package against answers in the shape of Yahoo's chart endpoint, served locally.
"""

import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Asked, Source
from components.data import _fetched
from components.data._bars import asked_of, library, moment, sorted_bars
from components.data._database import first_line
from components.errors import DataError, Unavailable
from components.panel import TIME_DTYPE, Panel
from components.ranges import Gt, MinLen
from components.structure import strict
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("open", "high", "low", "close", "volume")
MINUTES = {"1m": 1, "2m": 2, "5m": 5, "15m": 15, "30m": 30, "1h": 60}
CAUTION = (
    "Yahoo Finance lists no delisted symbols and adjusts history for later splits and dividends: "
    "price levels of the past know the future, ratios of prices do not"
)


@dataclass(frozen=True, kw_only=True)
class YFinance(Source):
    """Open, high, low, close and volume of Yahoo Finance.

    symbols       Yahoo's tickers, such as SPY, BRK-B or ^GSPC
    start, end    bars from start up to, not including, end; ISO dates in the exchange's time
    interval      1d: the bar's timestamp is its date. 1m, 2m, 5m, 15m, 30m, 1h: it is the end of the bar in UTC
                  (Yahoo gives the beginning); Yahoo keeps these for some days to months only
    adjustment    split: prices adjusted for splits; total: for dividends too
    timeout_s     seconds for each answer
    cache_folder  where answers are kept; remove it to fetch all anew

    Bars that are not complete yet are left out: those of a day until it is over in UTC. What was fetched is
    pinned: a span whose end has passed is read from the cache ever after, whatever Yahoo says by then. A
    later end fetches the whole span again, since history may have been adjusted meanwhile; that is other
    data, and another fingerprint. Yahoo's terms allow personal use.
    """

    inert: ClassVar[frozenset[str]] = frozenset({"timeout_s", "cache_folder"})
    optional: ClassVar[tuple[str, ...]] = ("yfinance",)

    symbols: Annotated[tuple[str, ...], MinLen(1)]
    start: str
    end: str
    interval: Literal["1d", "1h", "30m", "15m", "5m", "2m", "1m"]
    adjustment: Literal["split", "total"]
    timeout_s: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity="yfinance",
            description=f"{self.interval} bars from Yahoo Finance",
            survivorship="biased",
            adjustment=self.adjustment,
            cautions=(CAUTION,),
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
        tables = [self._table(symbol) for symbol in self.symbols]
        return sorted_bars(
            self.symbols,
            np.repeat(np.arange(len(tables)), [len(table) for table in tables]),
            np.concatenate([table["timestamp"].to_numpy(dtype=np.int64) for table in tables]),
            {name: np.concatenate([table[name].to_numpy(dtype=np.float64) for table in tables]) for name in FIELDS},
            where="yfinance",
        )

    def _table(self, symbol: str) -> "pd.DataFrame":
        """Columns timestamp (microseconds) and the fields; from the cache, where they are there."""
        import pandas as pd

        key = "\n".join(["yfinance", symbol, self.start, self.end, self.interval, self.adjustment])
        kept = _fetched.recall(self.cache_folder, key)
        if kept is not None:
            return pd.read_parquet(io.BytesIO(kept))
        table = self._fetched(symbol)
        # A day of the exchange is over everywhere one day later.
        if moment(self.end, "end") + np.timedelta64(1, "D") <= np.datetime64("now"):
            _fetched.keep(self.cache_folder, key, table.to_parquet())
        return table

    def _fetched(self, symbol: str) -> "pd.DataFrame":
        place = f"yfinance: symbol {symbol}, {self.start} to {self.end}, {self.interval}"
        yfinance = library("yfinance")
        with _raising(yfinance):
            try:
                history = yfinance.Ticker(symbol).history(
                    start=self.start,
                    end=self.end,
                    interval=self.interval,
                    auto_adjust=self.adjustment == "total",
                    actions=False,
                    timeout=self.timeout_s,
                )
            # Yahoo's answers have no contract, and what yfinance raises on a strange one is open.
            except Exception as error:
                missing = isinstance(error, yfinance.exceptions.YFTickerMissingError)
                kind = DataError if missing else Unavailable
                raise kind(f"{place}: {first_line(error)}; correct data.symbols or try again later") from error
        table = self._converted(history)
        if table.empty:
            raise DataError(f"{place}: no bars; correct data.symbols or the span")
        return table

    def _converted(self, history: "pd.DataFrame") -> "pd.DataFrame":
        import pandas as pd

        if history.empty:
            return history
        stamps, minutes = history.index, MINUTES.get(self.interval)
        if minutes is None:
            times_R = np.asarray(stamps.tz_localize(None).to_numpy(), dtype=TIME_DTYPE)
            complete_R = times_R + np.timedelta64(1, "D") <= np.datetime64("now")
        else:
            ends = stamps.tz_convert("UTC").tz_localize(None) + pd.Timedelta(minutes=minutes)
            times_R = np.asarray(ends.to_numpy(), dtype=TIME_DTYPE)
            complete_R = times_R <= np.datetime64("now")
        fields = {name: history[name.capitalize()].to_numpy(dtype=np.float64) for name in FIELDS}
        return pd.DataFrame({"timestamp": times_R.astype(np.int64), **fields})[complete_R]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "symbols": ["SPY"],
            "start": "2010-01-01",
            "end": "2020-01-01",
            "interval": "1d",
            "adjustment": "total",
            "timeout_s": 30.0,
            "cache_folder": "outputs/fetched",
        }
        return (base, base | {"symbols": ["AAPL", "MSFT"], "interval": "1m", "adjustment": "split"})


@contextmanager
def _raising(yfinance: Any) -> Iterator[None]:
    """Has yfinance raise its errors, instead of logging them and returning no bars."""
    debug = yfinance.config.debug
    hidden = debug.hide_exceptions
    debug.hide_exceptions = False
    try:
        yield
    finally:
        debug.hide_exceptions = hidden
