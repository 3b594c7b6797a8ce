"""Series of FRED, the data base of the Federal Reserve Bank of St. Louis.

Tested against a local server that answers as FRED does, in JSON and in lines.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
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
from components.errors import ConfigError, DataError, Problem
from components.panel import Float, Panel, Time
from components.ranges import Ge, Gt, MinLen
from components.structure import strict
from components.values import SourceFacts

FIELDS = ("close",)
JSON_URL = "https://api.stlouisfed.org/fred/series/observations"
CSV_URL = "https://fred.stlouisfed.org/graph/fredgraph.csv"
EVER = {"realtime_start": "1776-07-04", "realtime_end": "9999-12-31"}
MOST = 100_000
LATEST = (
    "FRED stamps a value with the first day of its period and shows it as it was revised since: it was published "
    "later, so join it with a lag that covers that, or choose release: first"
)
Series = tuple[Time, dict[str, Float]]


@dataclass(frozen=True, kw_only=True)
class Fred(Source):
    """The observations of series as the field close; missing ones (".") are no bars.

    symbols       FRED's names of series, such as DGS10 or CPIAUCSL
    start, end    observations from start up to, not including, end; ISO dates
    release       latest: each value as it is known today, stamped with the first day of its period, as FRED does.
                  first: each value as it was first published, stamped with the day of that; of several on a day the
                  newest period. Needs an API key
    url           address of the service; null: FRED's own
    api_key_env   environment variable with the API key; null: none, and FRED's answers in lines are read
    retries       further attempts after connection errors, time-outs, 429 and 5xx
    timeout_s     seconds for each answer
    backoff_s     seconds before the first retry, twice as long before each further one
    requests_per_second  at most
    cache_folder  where answers are kept; remove it to fetch all anew

    What was fetched is pinned: a span that was over is read from the cache ever after, as it was known then.
    """

    inert: ClassVar[frozenset[str]] = frozenset(
        {"api_key_env", "retries", "timeout_s", "backoff_s", "requests_per_second", "cache_folder"}
    )
    optional: ClassVar[tuple[str, ...]] = ("httpx",)

    symbols: Annotated[tuple[str, ...], MinLen(1)]
    start: str
    end: str
    release: Literal["latest", "first"]
    url: str | None
    api_key_env: str | None
    retries: Annotated[int, Ge(0)]
    timeout_s: Annotated[float, Gt(0)]
    backoff_s: Annotated[float, Gt(0)]
    requests_per_second: Annotated[float, Gt(0)]
    cache_folder: str

    def facts(self) -> SourceFacts:
        return SourceFacts(
            identity="fred",
            description=f"series of FRED ({self.release} release)",
            survivorship="unknown",
            adjustment="raw",
            cautions=(LATEST,) if self.release == "latest" else (),
        )

    def fields(self) -> tuple[str, ...]:
        self.asked()
        if self.url is not None and (problems := list(address_problems(self.url, self.api_key_env))):
            raise ConfigError(*problems)
        if self.release == "first" and self.api_key_env is None:
            raise ConfigError(Problem("api_key_env", "is null, but release: first needs an API key of FRED"))
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
            key_parameter="api_key",
            remedy="check data.symbols",
        )
        with closing(Service(manners)) as service:
            found = [self._of_series(service, symbol) for symbol in self.symbols]
        return sorted_bars(
            self.symbols,
            np.repeat(np.arange(len(found)), [len(days_B) for days_B, _ in found]),
            np.concatenate([days_B for days_B, _ in found]).astype(np.int64),
            {name: np.concatenate([fields[name] for _, fields in found]) for name in FIELDS},
            where="fred",
        )

    def _of_series(self, service: Service, symbol: str) -> Series:
        start, end = moment(self.start, "start"), moment(self.end, "end")
        where = f"fred: series {symbol}, {self.start} to {self.end}"
        url = self._address(symbol, start, end)
        kept = _fetched.recall(self.cache_folder, f"fred\n{url}")
        pages = json.loads(kept) if kept else list(self._pages(service, url))
        days_B, values_B = self._read(pages, symbol, where)
        if kept is None and end + _lines.DAY <= np.datetime64("now"):
            _fetched.keep(self.cache_folder, f"fred\n{url}", json.dumps(pages).encode())
        there_B = ~np.isnan(values_B)
        days_B, fields = _lines.within(days_B[there_B], {"close": values_B[there_B]}, start=start, end=end)
        if not len(days_B):
            raise DataError(f"{where}: no observations; correct data.symbols or the span")
        return days_B, fields

    def _address(self, symbol: str, start: np.datetime64, end: np.datetime64) -> str:
        first, last = (str(day.astype("datetime64[D]")) for day in (start, end))
        if self.api_key_env is None:
            return f"{self.url or CSV_URL}?{urlencode({'id': symbol, 'cosd': first, 'coed': last})}"
        asked = {"series_id": symbol, "file_type": "json", "limit": MOST}
        if self.release == "first":
            # A value of the span may be of a period before it; 4 is FRED's number for the first release only.
            return f"{self.url or JSON_URL}?{urlencode({**asked, **EVER, 'output_type': 4})}"
        return f"{self.url or JSON_URL}?{urlencode({**asked, 'observation_start': first, 'observation_end': last})}"

    def _pages(self, service: Service, url: str) -> Iterator[Any]:
        if self.api_key_env is None:
            yield service.text(url)
            return
        seen = 0
        while True:
            page = service.json(f"{url}&offset={seen}")
            yield page
            found = page.get("observations") if isinstance(page, dict) else None
            seen += len(found) if isinstance(found, list) else 0
            if not found or seen >= page.get("count", 0):
                return

    def _read(self, pages: Sequence[Any], symbol: str, where: str) -> tuple[Time, Float]:
        if self.api_key_env is None:
            return _of_lines(pages[0], symbol, where)
        try:
            rows = [row for page in pages for row in page["observations"]]
            days, known, texts = zip(*((row["date"], row["realtime_start"], row["value"]) for row in rows), strict=True)
        except (KeyError, TypeError):
            raise DataError(f"{where}: its answer holds no observations with date and value") from None
        except ValueError:
            raise DataError(f"{where}: no observations; correct data.symbols or the span") from None
        days_B, values_B = _lines.dates(days, where), _lines.numbers([str(text) for text in texts], where)
        return (
            (days_B, values_B) if self.release == "latest" else _released(days_B, _lines.dates(known, where), values_B)
        )

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "symbols": ["DGS10", "DGS2"],
            "start": "2010-01-01",
            "end": "2020-01-01",
            "release": "latest",
            "url": None,
            "api_key_env": None,
            "retries": 3,
            "timeout_s": 30.0,
            "backoff_s": 1.0,
            "requests_per_second": 2.0,
            "cache_folder": "outputs/fetched",
        }
        return (base, base | {"symbols": ["CPIAUCSL"], "release": "first", "api_key_env": "FRED_API_KEY"})


def _of_lines(text: str, symbol: str, where: str) -> tuple[Time, Float]:
    names, lines = _lines.table(text, where)
    if len(names) != 2 or names[0].lower() not in ("date", "observation_date") or names[1] != symbol:
        raise DataError(f"{where}: its answer has the columns {', '.join(names)}; wanted are a date and {symbol}")
    return _lines.dates([line[0] for line in lines], where), _lines.numbers([line[1] for line in lines], where)


def _released(days_B: Time, known_B: Time, values_B: Float) -> tuple[Time, Float]:
    """Values by the day of their publication; of several on one day that of the newest period."""
    order = np.lexsort((days_B, known_B))
    known_B, values_B = known_B[order][~np.isnan(values_B[order])], values_B[order][~np.isnan(values_B[order])]
    last_B = np.append(known_B[1:] != known_B[:-1], np.ones(min(len(known_B), 1), dtype=bool))
    return known_B[last_B], values_B[last_B]
