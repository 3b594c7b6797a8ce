"""The answers of a market-data service: where bars, times and the next page are found in them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

import numpy as np

from components.errors import DataError
from components.panel import TIME_DTYPE, Float, Int, Time

TimeFormat = Literal["iso", "unix_s", "unix_ms"]
MICROSECONDS = {"unix_s": 10**6, "unix_ms": 10**3}


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The shape of a page.

    bars_path    dotted path of the list of bars; empty: the page is the list
    time_field   name of the time in a bar; a number, counted from 0, where bars are lists
    time_format  iso, unix_s or unix_ms
    columns      field -> name in a bar
    """

    bars_path: str
    time_field: str
    time_format: TimeFormat
    columns: Mapping[str, str]

    def bars(self, page: Any, where: str) -> list[Any]:
        """The list of bars; null is an empty one."""
        found = at(page, self.bars_path)
        if found is None and (not self.bars_path or _has(page, self.bars_path)):
            return []
        if not isinstance(found, list):
            raise DataError(f"{where}: no list of bars at '{self.bars_path}'; {_holds(page)}; mend data.bars_path")
        return found

    def times(self, bars: Sequence[Any], where: str) -> Int:
        """(R,) the times as they are written, microseconds since 1970 UTC."""
        written = [_entry(bar, self.time_field, row, "data.time_field", where) for row, bar in enumerate(bars)]
        if self.time_format == "iso":
            times_R = _iso(written)
        else:
            numbers_R = np.array([_seconds(n) for n in written], dtype=np.float64)
            times_R = np.full(len(written), np.datetime64("NaT", "us"), dtype=TIME_DTYPE)
            good_R = np.abs(numbers_R) < 2.0**53 / MICROSECONDS[self.time_format]
            scaled = np.round(numbers_R[good_R] * MICROSECONDS[self.time_format])
            times_R[good_R] = scaled.astype(np.int64).astype(TIME_DTYPE)
        bad_R = np.isnat(times_R)
        if bad_R.any():
            row = int(bad_R.argmax())
            raise DataError(f"{where}: bar {row + 1}: {written[row]!r:.60} is no {self.time_format} time")
        return times_R.astype(np.int64)

    def fields(self, bars: Sequence[Any], where: str) -> dict[str, Float]:
        """field -> (R,) values; null is NaN."""
        return {
            field: np.array(
                [
                    _number(_entry(bar, name, row, f"data.columns.{field}", where), row, name, where)
                    for row, bar in enumerate(bars)
                ],
                dtype=np.float64,
            )
            for field, name in self.columns.items()
        }


def at(node: Any, path: str) -> Any:
    """What lies at a dotted path; None where nothing does."""
    for name in path.split(".") if path else ():
        node = node.get(name) if isinstance(node, dict) else None
    return node


def with_parameter(url: str, name: str, value: str) -> str:
    """The URL with a query parameter set."""
    parts = urlsplit(url)
    kept = [(key, old) for key, old in parse_qsl(parts.query, keep_blank_values=True) if key != name]
    return urlunsplit(parts._replace(query=urlencode([*kept, (name, value)])))


def linked(url: str, link: Any) -> str:
    """The URL that a page names as the next one, relative or absolute."""
    return urljoin(url, str(link))


def _has(page: Any, path: str) -> bool:
    parent, _, name = path.rpartition(".")
    found = at(page, parent)
    return isinstance(found, dict) and name in found


def _holds(node: Any) -> str:
    if isinstance(node, dict):
        return f"it holds: {', '.join(map(str, node)) or 'nothing'}"
    return f"it is a {type(node).__name__}"


def _entry(bar: Any, name: str, row: int, key: str, where: str) -> Any:
    if isinstance(bar, dict) and name in bar:
        return bar[name]
    if isinstance(bar, list) and name.isdecimal() and int(name) < len(bar):
        return bar[int(name)]
    raise DataError(f"{where}: bar {row + 1} has no '{name}' ({key}); {_holds(bar)}")


def _number(value: Any, row: int, name: str, where: str) -> float:
    if value is None:
        return float("nan")
    try:
        if not isinstance(value, bool) and not math.isinf(number := float(value)):
            return number
    except (TypeError, ValueError, OverflowError):
        pass
    raise DataError(f"{where}: bar {row + 1}: {value!r:.60} is no number ('{name}')")


def _seconds(value: Any) -> float:
    """NaN for what is no number of that kind, or none that a time could be."""
    try:
        return float(value) if type(value) in (int, float) else float("nan")
    except OverflowError:
        return float("nan")


def _iso(written: Sequence[Any]) -> Time:
    import pandas as pd

    texts = pd.Series([text if isinstance(text, str) else None for text in written], dtype=object)
    stamps = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True)
    return np.asarray(stamps.dt.tz_localize(None).to_numpy(), dtype=TIME_DTYPE)
