"""Daily bars of Stooq.

Tested against a local server that answers in lines as Stooq does.
"""

from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlencode

import numpy as np

from components.bars import Bars
from components.contracts import Asked, Source
from components.data import _fetched, _lines
from components.data._bars import asked_of, moment, sorted_bars
from components.data._service import Manners, Service, address_problems
from components.errors import ConfigError, DataError, Unavailable
from components.panel import Float, Panel, Time
from components.ranges import Ge, Gt, MinLen
from components.structure import strict
from components.values import SourceFacts

FIELDS = ("open", "high", "low", "close", "volume")
NAMES = ["date", "open", "high", "low", "close"]


@dataclass(frozen=True, kw_only=True)
class Stooq(Source):
    """Open, high, low, close and volume of a day; a volume that Stooq does not send is missing.

    symbols       Stooq's tickers, such as aapl.us, ^spx or eurusd
    start, end    bars from start up to, not including, end; ISO dates. A bar's timestamp is its date; the bar of a
                  day that is not over (UTC) is left out
    adjustment    what the prices are adjusted for, which Stooq lets one choose on its pages and does not say in its
                  answers: raw, split or total
    url           address of the service
    api_key_env   environment variable with the API key that Stooq asks for; null: none is sent
    retries       further attempts after connection errors, time-outs, 429 and 5xx
    timeout_s     seconds for each answer
    backoff_s     seconds before the first retry, twice as long before each further one
    requests_per_second  at most; Stooq answers a few hundred a day
    cache_folder  where answers are kept; remove it to fetch all anew

    What was fetched is pinned: a span that was over is read from the cache ever after. Stooq's terms allow personal
    use.
    """

    inert: ClassVar[frozenset[str]] = frozenset(
        {"api_key_env", "retries", "timeout_s", "backoff_s", "requests_per_second", "cache_folder"}
    )
    optional: ClassVar[tuple[str, ...]] = ("httpx",)

    symbols: Annotated[tuple[str, ...], MinLen(1)]
    start: str
    end: str
    adjustment: Literal["raw", "split", "total"]
    url: str
    api_key_env: str | None
    retries: Annotated[int, Ge(0)]
    timeout_s: Annotated[float, Gt(0)]
    backoff_s: Annotated[float, Gt(0)]
    requests_per_second: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity="stooq",
            description="daily bars from Stooq",
            survivorship="biased",
            adjustment=self.adjustment,
            cautions=("Stooq lists no delisted symbols",),
        )

    def fields(self) -> tuple[str, ...]:
        self.asked()
        if problems := list(address_problems(self.url, self.api_key_env)):
            raise ConfigError(*problems)
        return FIELDS

    def asked(self) -> Asked:
        return asked_of(self.symbols, self.start, self.end)

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        self.fields()
        manners = Manners(
            retries=self.retries,
            timeout_s=self.timeout_s,
            backoff_s=self.backoff_s,
            jitter_seed=0,
            requests_per_second=self.requests_per_second,
            key_env=self.api_key_env,
            key_header="",
            key_prefix="",
            key_parameter="apikey",
            remedy="check data.symbols",
        )
        with closing(Service(manners)) as service:
            found = [self._of_symbol(service, symbol) for symbol in self.symbols]
        return sorted_bars(
            self.symbols,
            np.repeat(np.arange(len(found)), [len(days_B) for days_B, _ in found]),
            np.concatenate([days_B for days_B, _ in found]).astype(np.int64),
            {name: np.concatenate([fields[name] for _, fields in found]) for name in FIELDS},
            where="stooq",
        )

    def _of_symbol(self, service: Service, symbol: str) -> tuple[Time, dict[str, Float]]:
        start, end = moment(self.start, "start"), moment(self.end, "end")
        days = [str(day.astype("datetime64[D]")).replace("-", "") for day in (start, end)]
        url = f"{self.url}?{urlencode({'s': symbol, 'd1': days[0], 'd2': days[1], 'i': 'd'})}"
        where, key = f"stooq: symbol {symbol}, {self.start} to {self.end}", f"stooq\n{url}"
        kept = _fetched.recall(self.cache_folder, key)
        text = service.text(url) if kept is None else kept.decode()
        days_B, fields = _bars_of(text, where)
        if kept is None and end + _lines.DAY <= np.datetime64("now"):
            _fetched.keep(self.cache_folder, key, text.encode())
        days_B, fields = _lines.within(days_B, fields, start=start, end=end)
        if not len(days_B):
            raise DataError(f"{where}: no bars; correct data.symbols or the span")
        return days_B, fields

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "symbols": ["spy.us"],
            "start": "2010-01-01",
            "end": "2020-01-01",
            "adjustment": "total",
            "url": "https://stooq.com/q/d/l/",
            "api_key_env": "STOOQ_API_KEY",
            "retries": 3,
            "timeout_s": 30.0,
            "backoff_s": 1.0,
            "requests_per_second": 2.0,
            "cache_folder": "outputs/fetched",
        }
        return (base, base | {"symbols": ["^spx", "eurusd"], "adjustment": "raw", "api_key_env": None})


def _bars_of(text: str, where: str) -> tuple[Time, dict[str, Float]]:
    """Days and fields of an answer: a table, or a sentence about why there is none."""
    said = text.strip()
    if "exceeded" in said[:200].lower() and "limit" in said[:200].lower():
        raise Unavailable(f"{where}: Stooq answers '{said:.80}'; try again tomorrow")
    if "apikey" in said[:400].lower():
        raise DataError(f"{where}: Stooq asks for an API key; name its environment variable in data.api_key_env")
    if said.lower() in ("", "no data"):
        raise DataError(f"{where}: Stooq has no data; correct data.symbols or the span")
    names, lines = _lines.table(text, where)
    columns = [name.lower() for name in names]
    if columns[:5] != NAMES:
        raise Unavailable(f"{where}: Stooq answers '{' '.join(said.split()):.80}', which is no table of bars")
    by_name = dict(zip(columns, zip(*lines, strict=True) if lines else [()] * len(columns), strict=False))
    fields = {name: _lines.numbers(by_name[name], where) for name in FIELDS if name in by_name}
    fields.setdefault("volume", np.full(len(lines), np.nan))
    return _lines.dates(by_name["date"], where), fields
