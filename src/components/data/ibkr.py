"""Historical bars of Interactive Brokers, through a running TWS or IB Gateway.

Tested with the real ib_async against a local server that speaks TWS's socket protocol.
"""

import asyncio
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Asked, Source
from components.data import _fetched
from components.data._bars import asked_of, library, moment, sorted_bars
from components.errors import DataError, Unavailable
from components.panel import TIME_DTYPE, Panel
from components.ranges import Ge, Gt, Le, MinLen
from components.structure import strict
from components.values import SourceFacts

if TYPE_CHECKING:
    import pandas as pd

FIELDS = ("open", "high", "low", "close", "volume", "vwap", "trades")
QUOTED = ("open", "high", "low", "close")
# interval -> minutes of a bar (0: it bears a date), days of one request, how IB words that duration. Within
# IB's limits of what one request may span; durations in days count trading days, and so reach far enough.
INTERVALS = {
    "1 min": (1, 1, "86400 S"),
    "5 mins": (5, 7, "7 D"),
    "15 mins": (15, 7, "7 D"),
    "30 mins": (30, 28, "28 D"),
    "1 hour": (60, 28, "28 D"),
    "1 day": (0, 364, "364 D"),
}
NAMES = {"vwap": "average", "trades": "barCount"}
# IB's code for everything about historical data, also that there is none.
HISTORY_MESSAGE = 162
DAY = 24 * 3600 * 10**6
Span = tuple[np.datetime64, np.datetime64]


@dataclass(frozen=True, kw_only=True)
class Ibkr(Source):
    """Bars that TWS or IB Gateway serve over their socket; read-only, no order can be sent.

    host, port       where TWS (7497 paper, 7496 live) or IB Gateway (4002, 4001) listens
    client_id        number of this connection, not in use by another
    symbols          IB's symbols
    security_type    STK stock, IND index, CASH currency pair, CRYPTO
    exchange         IB's name of the exchange; SMART routes stocks
    currency         of the contract
    start, end       bars from start up to, not including, end; ISO 8601 in UTC
    interval         1 min, 5 mins, 15 mins, 30 mins, 1 hour: the bar's timestamp is its end in UTC (IB gives the
                     beginning). 1 day: its date
    price            TRADES, MIDPOINT, BID or ASK. Only TRADES has volume, vwap and trades (their number); IB
                     adjusts it for splits, not for dividends
    regular_hours    only bars of regular trading hours
    requests_per_second  at most; IB refuses about sixty requests in ten minutes for the same data
    timeout_s        seconds for the connection and for each answer
    cache_folder     where answers are kept; remove it to fetch all anew

    Spans are asked for on a fixed grid, kept one by one and pinned: a span that was over when it was read is
    read from the cache ever after. A later end asks for the new spans of quotes only, but for all of TRADES:
    history may have been adjusted for a split meanwhile, and two adjustments do not mix. Where the cache
    holds everything, no connection is made. Bars that are not complete yet are left out.
    """

    inert: ClassVar[frozenset[str]] = frozenset(
        {"host", "port", "client_id", "requests_per_second", "timeout_s", "cache_folder"}
    )
    optional: ClassVar[tuple[str, ...]] = ("ib_async",)

    host: str
    port: Annotated[int, Ge(1), Le(65535)]
    client_id: Annotated[int, Ge(1)]
    symbols: Annotated[tuple[str, ...], MinLen(1)]
    security_type: Literal["STK", "IND", "CASH", "CRYPTO"]
    exchange: str
    currency: str
    start: str
    end: str
    interval: Literal["1 min", "5 mins", "15 mins", "30 mins", "1 hour", "1 day"]
    price: Literal["TRADES", "MIDPOINT", "BID", "ASK"]
    regular_hours: bool
    requests_per_second: Annotated[float, Gt(0)]
    timeout_s: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity="ibkr",
            description=f"{self.interval} bars ({self.price}) from Interactive Brokers",
            survivorship="biased",
            adjustment=self._adjustment,
            cautions=("Interactive Brokers lists no delisted symbols",),
        )

    @property
    def _adjustment(self) -> Literal["raw", "split"]:
        return "split" if self.price == "TRADES" else "raw"

    def fields(self) -> tuple[str, ...]:
        self.asked()
        return FIELDS if self.price == "TRADES" else QUOTED

    def asked(self) -> Asked:
        return asked_of(self.symbols, self.start, self.end)

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        fields = self.fields()
        wanted = [(symbol, span) for symbol in self.symbols for span in self._spans()]
        found = {part: table for part in wanted if (table := self._recall(*part)) is not None}
        missing = [part for part in wanted if part not in found]
        if missing:
            # ib_async remembers the first loop it sees: another one each time would not do.
            loop = library("ib_async").util.getLoop()
            found |= loop.run_until_complete(self._ask(missing))
        tables = [self._inside(found[part]) for part in wanted]
        counts = [len(table) for table in tables]
        for symbol in self.symbols:
            if not sum(n for n, (name, _) in zip(counts, wanted, strict=True) if name == symbol):
                raise DataError(
                    f"ibkr: no bars of symbol {symbol} from {self.start} to {self.end}; correct data.symbols, "
                    "data.security_type or data.exchange, or leave it out"
                )
        return sorted_bars(
            self.symbols,
            np.repeat([self.symbols.index(symbol) for symbol, _ in wanted], counts),
            np.concatenate([table["timestamp"].to_numpy(dtype=np.int64) for table in tables]),
            {name: np.concatenate([table[name].to_numpy(dtype=np.float64) for table in tables]) for name in fields},
            where="ibkr",
        )

    def _spans(self) -> Iterator[Span]:
        """[from, to) on a grid that does not depend on start and end, so that other spans share the cache."""
        width = np.timedelta64(INTERVALS[self.interval][1], "D")
        start, end = moment(self.start, "start"), moment(self.end, "end")
        here = start - (start - np.datetime64(0, "us")) % width
        while here < end:
            yield here, here + width
            here += width

    def _inside(self, table: "pd.DataFrame") -> "pd.DataFrame":
        """The bars that begin from start to end."""
        start, end = moment(self.start, "start"), moment(self.end, "end")
        begin_R = table["timestamp"].to_numpy(dtype=np.int64) - INTERVALS[self.interval][0] * 60 * 10**6
        return table[(begin_R >= start.astype(np.int64)) & (begin_R < end.astype(np.int64))]

    def _key(self, symbol: str, span: Span) -> str:
        contract = (symbol, self.security_type, self.exchange, self.currency)
        together = () if self._adjustment == "raw" else (self.start, self.end)
        what = (self.interval, self.price, str(self.regular_hours))
        return "\n".join(["ibkr", *contract, *what, *map(str, span), *together])

    def _recall(self, symbol: str, span: Span) -> "pd.DataFrame | None":
        import pandas as pd

        kept = _fetched.recall(self.cache_folder, self._key(symbol, span))
        return None if kept is None else pd.read_parquet(io.BytesIO(kept))

    async def _ask(self, parts: Sequence[tuple[str, Span]]) -> "dict[tuple[str, Span], pd.DataFrame]":
        ib_async = library("ib_async")
        connection = ib_async.IB()
        connection.RaiseRequestErrors = True
        try:
            await connection.connectAsync(
                self.host,
                self.port,
                clientId=self.client_id,
                timeout=self.timeout_s,
                readonly=True,
                fetchFields=ib_async.StartupFetchNONE,
            )
        except (OSError, TimeoutError) as error:
            raise Unavailable(
                f"ibkr: no connection to {self.host}:{self.port}: {str(error) or 'no answer'}; start TWS or IB "
                "Gateway, allow API connections there and check data.port and data.client_id"
            ) from None
        try:
            found = {}
            for n, part in enumerate(parts):
                await asyncio.sleep(1.0 / self.requests_per_second if n else 0.0)
                found[part] = await self._span(ib_async, connection, *part)
            return found
        finally:
            connection.disconnect()

    async def _span(self, ib_async: Any, connection: Any, symbol: str, span: Span) -> "pd.DataFrame":
        now = np.datetime64("now")
        place = f"ibkr: symbol {symbol}, {span[0].astype('datetime64[D]')} to {span[1].astype('datetime64[D]')}"
        contract = ib_async.Contract(
            secType=self.security_type, symbol=symbol, exchange=self.exchange, currency=self.currency
        )
        request = connection.reqHistoricalDataAsync(
            contract,
            endDateTime=min(span[1].astype("datetime64[s]"), now).item().replace(tzinfo=UTC),
            durationStr=INTERVALS[self.interval][2],
            barSizeSetting=self.interval,
            whatToShow=self.price,
            useRTH=self.regular_hours,
            formatDate=2,
            timeout=0,
        )
        try:
            # A time-out of the request itself would look like a span without bars.
            answer = await asyncio.wait_for(request, self.timeout_s)
        except ib_async.RequestError as error:
            if error.code != HISTORY_MESSAGE or "no data" not in error.message.lower():
                raise DataError(
                    f"{place}: IB answers {error.code}: {error.message}; check the contract, your market data "
                    "subscriptions and data.requests_per_second"
                ) from None
            answer = []
        except (TimeoutError, ConnectionError):
            raise Unavailable(
                f"{place}: no answer within {self.timeout_s:g} s; try again or raise data.timeout_s"
            ) from None
        return self._kept(symbol, span, answer, now)

    def _kept(self, symbol: str, span: Span, answer: Sequence[Any], now: np.datetime64) -> "pd.DataFrame":
        """The complete bars that begin within the span, pinned where the span is over."""
        table = _table(answer, INTERVALS[self.interval][0])
        length = INTERVALS[self.interval][0] * 60 * 10**6
        begin_R = table["timestamp"] - length
        complete_R = table["timestamp"] + (0 if length else DAY) <= _microseconds(now)
        table = table[(begin_R >= _microseconds(span[0])) & (begin_R < _microseconds(span[1])) & complete_R]
        if span[1] + np.timedelta64(1, "D") <= now and len(table):
            _fetched.keep(self.cache_folder, self._key(symbol, span), table.to_parquet())
        return table

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "host": "127.0.0.1",
            "port": 7497,
            "client_id": 17,
            "symbols": ["SPY"],
            "security_type": "STK",
            "exchange": "SMART",
            "currency": "USD",
            "start": "2020-01-01",
            "end": "2024-01-01",
            "interval": "1 day",
            "price": "TRADES",
            "regular_hours": True,
            "requests_per_second": 0.5,
            "timeout_s": 60.0,
            "cache_folder": "outputs/fetched",
        }
        pair = {"symbols": ["EUR"], "security_type": "CASH", "exchange": "IDEALPRO", "price": "MIDPOINT"}
        return (base, base | pair | {"interval": "1 min", "regular_hours": False})


def _table(answer: Sequence[Any], minutes: int) -> "pd.DataFrame":
    """Columns timestamp (microseconds, the decision time) and FIELDS of IB's bars; IB's -1 is NaN."""
    import pandas as pd

    times_R = np.array([bar.date.replace(tzinfo=None) if minutes else bar.date for bar in answer], dtype=TIME_DTYPE)
    columns = {name: np.array([getattr(bar, NAMES.get(name, name)) for bar in answer], dtype=float) for name in FIELDS}
    for name in ("volume", "vwap", "trades"):
        columns[name][columns[name] < 0] = np.nan
    return pd.DataFrame({"timestamp": times_R.astype(np.int64) + minutes * 60 * 10**6, **columns})


def _microseconds(time: np.datetime64) -> int:
    return int(time.astype(TIME_DTYPE).astype(np.int64))
