"""Bars from a market-data service: JSON over HTTP, by symbol and span."""

import json
import re
import string
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import quote, urlsplit

import numpy as np

from components.addresses import NAMED, NO_ADDRESS, flaws
from components.bars import Bars
from components.contracts import Asked, Source
from components.data import _fetched
from components.data._bars import moment, sorted_bars
from components.data._pages import Layout, TimeFormat, at, linked, with_parameter
from components.data._service import Manners, Service, address_problems, origin
from components.errors import ConfigError, DataError, Problem
from components.panel import Float, Int, Panel
from components.ranges import Ge, Gt, MinLen
from components.structure import strict
from components.values import SourceFacts

PLACES = frozenset({"symbol", "start", "end", "interval"})
HEADER = re.compile(r"[A-Za-z][A-Za-z0-9-]{0,39}")
PREFIXES = frozenset({"", "bearer", "token", "key", "apikey", "api-key", "basic"})
REMEDY = (
    "name the environment variable in api_key_env (sent in a header, or as api_key_parameter); list in harmless what "
    "anybody may read"
)
Moment = np.datetime64
Rows = tuple[Int, dict[str, Float]]


@dataclass(frozen=True, kw_only=True)
class Http(Source):
    """Bars of a service that answers GET requests with JSON, one request for each symbol and span.

    url             template with {symbol}, {start}, {end} and, if wanted, {interval}; never with a key in it: a
                    parameter that is not known to be harmless is refused
    symbols         the symbols to ask for
    start, end      bars from start up to, not including, end; ISO 8601 in UTC
    interval        text for {interval}, in the service's words
    span_days       days to ask for in one request; null: all at once. Complete spans are kept one by one, so
                    that a later end asks for the new ones only (for all of them where prices are adjusted, since
                    history may have been adjusted again)
    request_time    how start and end are written in the URL: date, iso, unix_s or unix_ms
    bars_path       dotted path of the list of bars in the answer; empty: the answer is the list
    time_field      name of the time in a bar (its place, from 0, where bars are lists)
    time_format     how it is written: iso, unix_s or unix_ms
    close_after_s   seconds from that time to the decision time of the bar, when it is complete: for bars that
                    are stamped with their beginning, their length; a beginning taken as the decision time
                    is look-ahead
    columns         field -> name in a bar; close is required
    paging          none; token: what lies at next_path becomes the query parameter next_parameter; link: what
                    lies there is the URL of the next page; number: next_parameter counts pages from 1 until
                    one has no bars
    next_path, next_parameter  see paging; empty where it needs none
    max_pages       pages of one span, at most
    api_key_env     environment variable with the API key; null: none is sent
    api_key_header, api_key_prefix  the header that carries the key, and the text before it, such as "Bearer "
    api_key_parameter  the query parameter that carries it instead; null: the header does
    harmless        names of query parameters, and parts of the path, of `url` that anybody may read
    survivorship    free: delisted names are in it; biased: they are not; unknown
    adjustment      raw, split (split-adjusted) or total (dividends too)
    retries         further attempts after connection errors, time-outs, 429, 5xx and broken JSON
    timeout_s       seconds for one answer, from the request to its last byte
    backoff_s       seconds before the first retry; doubled each time, with a random jitter of half of it
    jitter_seed     from which the jitter is drawn
    requests_per_second  at most; a Retry-After of the service is obeyed up to a minute
    cache_folder    where answers are kept, by URL; remove it to fetch all anew

    What was fetched is pinned: a span that was complete when it was read is read from the cache ever after,
    whatever the service says by then. A span whose end lies in the future is never kept, and a bar whose
    decision time lies there is left out, since it is not complete. The panel's fingerprint is its content, so
    that other bars make another run. The key is sent to the origin of `url` alone, over https or to this
    machine, and stands in no message, cache or configuration.
    """

    inert: ClassVar[frozenset[str]] = frozenset(
        {"max_pages", "api_key_env", "harmless", "retries", "timeout_s", "backoff_s", "jitter_seed"}
        | {"requests_per_second", "cache_folder"}
    )
    optional: ClassVar[tuple[str, ...]] = ("httpx",)

    url: str
    symbols: Annotated[tuple[str, ...], MinLen(1)]
    start: str
    end: str
    interval: str
    span_days: Annotated[int, Ge(1)] | None
    request_time: Literal["date", "iso", "unix_s", "unix_ms"]
    bars_path: str
    time_field: str
    time_format: TimeFormat
    close_after_s: Annotated[float, Ge(0)]
    columns: Annotated[Mapping[str, str], MinLen(1)]
    paging: Literal["none", "token", "link", "number"]
    next_path: str
    next_parameter: str
    max_pages: Annotated[int, Ge(1)]
    api_key_env: str | None
    api_key_header: str
    api_key_prefix: str
    api_key_parameter: str | None
    harmless: tuple[str, ...]
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]
    retries: Annotated[int, Ge(0)]
    timeout_s: Annotated[float, Gt(0)]
    backoff_s: Annotated[float, Gt(0)]
    jitter_seed: Annotated[int, Ge(0)]
    requests_per_second: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        host = urlsplit(self.url).hostname or "?"
        return SourceFacts(
            identity=f"http:{host}",
            description=f"bars from {host}",
            survivorship=self.survivorship,
            adjustment=self.adjustment,
        )

    def fields(self) -> tuple[str, ...]:
        if problems := list(self._problems()):
            raise ConfigError(*problems)
        return tuple(self.columns)

    def asked(self) -> Asked:
        return Asked(symbols=self.symbols, start=moment(self.start, "start"), end=moment(self.end, "end"))

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        if problems := list(self._problems()):
            raise ConfigError(*problems)
        return self._asked()

    def _problems(self) -> Iterator[Problem]:
        found = list(address_problems(self.url, self.api_key_env))
        yield from found
        if any(problem.message == NO_ADDRESS for problem in found):
            return
        yield from (Problem("url", flaw, REMEDY) for flaw in flaws(self.url, self.harmless))
        places = _places(self.url)
        if not places <= PLACES or "symbol" not in places:
            yield Problem("url", "must hold {symbol} and may hold {start}, {end}, {interval}")
        if not HEADER.fullmatch(self.api_key_header):
            yield Problem("api_key_header", "is no name of a header", "write its name alone, such as X-Api-Key")
        if self.api_key_prefix.strip(" :=").lower() not in PREFIXES:
            allowed = ", ".join(sorted(filter(None, PREFIXES)))
            yield Problem("api_key_prefix", "may be a secret, which would be logged", f"allowed: empty, {allowed}")
        if self.api_key_parameter is not None and not NAMED.fullmatch(self.api_key_parameter):
            yield Problem("api_key_parameter", "is no name of a query parameter", "write its name alone, such as token")
        if moment(self.start, "start") >= moment(self.end, "end"):
            yield Problem("end", "must be later than start")
        if len(set(self.symbols)) < len(self.symbols):
            yield Problem("symbols", "names a symbol twice")
        if "close" not in self.columns:
            yield Problem("columns", "must name the field close")
        if self.paging in ("token", "link") and not self.next_path:
            yield Problem("next_path", f"is empty, but paging={self.paging} needs it")
        if self.paging in ("token", "number") and not self.next_parameter:
            yield Problem("next_parameter", f"is empty, but paging={self.paging} needs it")

    def _asked(self) -> Bars:
        rows: list[list[Rows]] = []
        with closing(Service(self._manners())) as service:
            for symbol in self.symbols:
                found = [self._span(service, symbol, start, end) for start, end in self._spans()]
                if not sum(len(times_R) for times_R, _ in found):
                    raise DataError(
                        f"{urlsplit(self.url).hostname}: no bars of symbol {symbol} from {self.start} to {self.end}; "
                        "correct it in data.symbols or leave it out"
                    )
                rows.append(found)
        flat = [part for found in rows for part in found]
        counts_S = [sum(len(times_R) for times_R, _ in found) for found in rows]
        return sorted_bars(
            self.symbols,
            np.repeat(np.arange(len(self.symbols)), counts_S),
            np.concatenate([times_R for times_R, _ in flat]),
            {name: np.concatenate([fields[name] for _, fields in flat]) for name in self.columns},
            where=urlsplit(self.url).hostname or self.url,
        )

    def _span(self, service: Service, symbol: str, start: Moment, end: Moment) -> Rows:
        """Decision times and fields of one symbol within one span; from the cache, where they are there."""
        url = self._address(symbol, start, end)
        # History that was adjusted at two different times does not mix.
        together = [] if self.adjustment == "raw" else [self.start, self.end]
        key = "\n".join([url, self.paging, self.next_path, self.next_parameter, *together])
        kept = _fetched.recall(self.cache_folder, key)
        pages = list(self._pages(service, url)) if kept is None else json.loads(kept)
        where = f"{url}: symbol {symbol}"
        layout = Layout(
            bars_path=self.bars_path,
            time_field=self.time_field,
            time_format=self.time_format,
            columns=self.columns,
        )
        bars = [bar for page in pages for bar in layout.bars(page, where)]
        times_R, fields = layout.times(bars, where), layout.fields(bars, where)
        after, now = round(self.close_after_s * 1e6), np.datetime64("now", "us")
        # No bars may be an outage, and a span that is not over will have more.
        if kept is None and bars and end + np.timedelta64(after, "us") <= now:
            _fetched.keep(self.cache_folder, key, json.dumps(pages).encode())
        decided_R = times_R + after
        inside_R = (times_R >= start.astype(np.int64)) & (times_R < end.astype(np.int64))
        inside_R &= decided_R <= now.astype(np.int64)
        return decided_R[inside_R], {name: values_R[inside_R] for name, values_R in fields.items()}

    def _pages(self, service: Service, url: str) -> Iterator[Any]:
        here = with_parameter(url, self.next_parameter, "1") if self.paging == "number" else url
        seen: set[str] = set()
        while here not in seen:
            if len(seen) == self.max_pages:
                raise DataError(
                    f"{url}: more than {self.max_pages} pages; shorten data.span_days or raise data.max_pages"
                )
            seen.add(here)
            page = service.json(here)
            yield page
            following = self._following(url, page, len(seen))
            if following is None:
                return
            here = following
        raise DataError(f"{url}: page {len(seen)} names a page as the next one that came before; check data.next_path")

    def _following(self, url: str, page: Any, n_pages: int) -> str | None:
        """The URL of the next page; None after the last."""
        if self.paging == "none":
            return None
        if self.paging == "number":
            more = at(page, self.bars_path)
            return with_parameter(url, self.next_parameter, str(n_pages + 1)) if more else None
        mark = at(page, self.next_path)
        if mark is None or mark is False or mark == "":
            return None
        if self.paging == "token":
            return with_parameter(url, self.next_parameter, str(mark))
        try:
            link = linked(url, mark)
            elsewhere = origin(link) != origin(url)
        except ValueError:
            raise DataError(f"{url}: what it names as its next page is no address; check data.next_path") from None
        if elsewhere:
            raise DataError(f"{url}: its next page lies on {urlsplit(link).netloc}, another host; it is not asked")
        return link

    def _spans(self) -> Iterator[tuple[Moment, Moment]]:
        here, end = moment(self.start, "start"), moment(self.end, "end")
        while here < end:
            following = end if self.span_days is None else min(end, here + np.timedelta64(self.span_days, "D"))
            yield here, following
            here = following

    def _address(self, symbol: str, start: Moment, end: Moment) -> str:
        written = {"start": _written(start, self.request_time), "end": _written(end, self.request_time)}
        values = {"symbol": symbol, "interval": self.interval, **written}
        return self.url.format(**{name: quote(value, safe="") for name, value in values.items()})

    def _manners(self) -> Manners:
        return Manners(
            retries=self.retries,
            timeout_s=self.timeout_s,
            backoff_s=self.backoff_s,
            jitter_seed=self.jitter_seed,
            requests_per_second=self.requests_per_second,
            key_env=self.api_key_env,
            key_header=self.api_key_header,
            key_prefix=self.api_key_prefix,
            key_parameter=self.api_key_parameter,
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "url": "https://api.example.com/v1/bars/{symbol}?from={start}&to={end}&every={interval}",
            "symbols": ["AAA", "BBB"],
            "start": "2020-01-01",
            "end": "2024-01-01",
            "interval": "1day",
            "span_days": None,
            "request_time": "date",
            "bars_path": "results",
            "time_field": "t",
            "time_format": "iso",
            "close_after_s": 0.0,
            "columns": {"open": "o", "high": "h", "low": "l", "close": "c", "volume": "v"},
            "paging": "none",
            "next_path": "",
            "next_parameter": "",
            "max_pages": 1000,
            "api_key_env": None,
            "api_key_header": "Authorization",
            "api_key_prefix": "Bearer ",
            "api_key_parameter": None,
            "harmless": (),
            "survivorship": "unknown",
            "adjustment": "raw",
            "retries": 4,
            "timeout_s": 30.0,
            "backoff_s": 0.5,
            "jitter_seed": 0,
            "requests_per_second": 5.0,
            "cache_folder": "outputs/fetched",
            "fallback": None,
        }
        paged = {"paging": "token", "next_path": "next_page_token", "next_parameter": "page_token", "span_days": 365}
        fallback = {"_target_": "components.data.bundled.Bundled", "dataset": "sp500"}
        named = {"url": f"{base['url']}&plan=free", "harmless": ("plan",), "api_key_parameter": "apikey"}
        return (base, base | paged | named | {"api_key_env": "MARKET_DATA_KEY", "fallback": fallback})


def _places(template: str) -> set[str]:
    """Names between braces; an empty one where the template is broken."""
    try:
        return {name for _, name, _, _ in string.Formatter().parse(template) if name is not None}
    except ValueError:
        return {""}


def _written(time: Moment, form: str) -> str:
    if form == "date":
        return str(time.astype("datetime64[D]"))
    if form == "iso":
        return f"{time.astype('datetime64[s]')}Z"
    seconds = int(time.astype(np.int64)) / 1e6
    return str(round(seconds if form == "unix_s" else seconds * 1000))
