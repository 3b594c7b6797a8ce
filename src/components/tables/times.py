"""From what a file calls a time to the decision times of a panel.

A panel's times are naive. Days are dates as the exchange writes them, at midnight; anything finer is UTC.
"""

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from components.bars import Mask
from components.errors import ConfigError
from components.panel import TIME_DTYPE
from components.values import Time

if TYPE_CHECKING:
    import pyarrow as pa

OFFSET = re.compile(r"(Z|[+-]\d\d:?\d\d)$")
EPOCHS = {"unix_s": "s", "unix_ms": "ms", "unix_us": "us", "unix_ns": "ns"}
DAY = np.timedelta64(1, "D")


@dataclass(frozen=True, kw_only=True, eq=False)
class Stamps:
    """times_N (N,) datetime64[us], NaT where there is no date; aware: they are UTC since they had an offset."""

    times_N: Time
    aware: bool


def parsed(column: "pa.Array", date_format: str | None) -> Stamps:
    """Times of one column of a file: dates, timestamps, numbers since 1970 or texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if pa.types.is_temporal(column.type):
        aware = getattr(column.type, "tz", None) is not None
        return Stamps(times_N=pc.cast(column, pa.timestamp("us")).to_numpy(zero_copy_only=False), aware=aware)
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(pc.cast(column, pa.string()))
    texts_U = pc.utf8_trim_whitespace(pc.cast(column.dictionary, pa.string())).to_numpy(zero_copy_only=False)
    # One day stands in the table once for every symbol, and is read once.
    times_U = _from_texts(texts_U, date_format)
    codes_N = column.indices.fill_null(len(texts_U)).to_numpy(zero_copy_only=False)
    times_N = np.append(times_U, np.datetime64("NaT", "us"))[codes_N]
    return Stamps(times_N=times_N, aware=any(OFFSET.search(text) and ":" in text for text in texts_U[:1]))


def _from_texts(texts_U: "np.ndarray[Any, Any]", date_format: str | None) -> Time:
    import pandas as pd

    if date_format in EPOCHS:
        numbers_U = pd.to_numeric(pd.Series(texts_U, dtype=object), errors="coerce")
        stamps_U = pd.to_datetime(numbers_U, unit=EPOCHS[date_format], errors="coerce")
        return np.asarray(stamps_U.to_numpy(), dtype=TIME_DTYPE)
    stamps_U = pd.to_datetime(
        pd.Series(texts_U, dtype=object), format=date_format or "ISO8601", errors="coerce", utc=True
    )
    return np.asarray(stamps_U.dt.tz_localize(None).to_numpy(), dtype=TIME_DTYPE)


def decision_times(times_N: Time, *, aware: bool, zone: str | None) -> tuple[Time, Mask]:
    """Times as a panel has them, and which of them the zone's clock never or twice shows.

    zone: where naive times were read off the clock, and where days begin; null: they are UTC. Times that are
    midnights there throughout are dates and stay dates.
    """
    import pandas as pd

    nowhere_N = np.zeros(len(times_N), dtype=bool)
    if zone is None:
        return times_N, nowhere_N
    index = pd.DatetimeIndex(times_N)
    try:
        if aware:
            local_N = index.tz_localize("UTC").tz_convert(zone).tz_localize(None).to_numpy()
            return (local_N.astype(TIME_DTYPE) if _are_days(local_N) else times_N), nowhere_N
        if _are_days(times_N):
            return times_N, nowhere_N
        placed = index.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"data.time_zone: '{zone}' is no time zone; write it as Europe/Berlin or UTC") from None
    return placed.tz_convert("UTC").tz_localize(None).to_numpy().astype(TIME_DTYPE), np.asarray(placed.isna())


def _are_days(times_N: Time) -> bool:
    return bool((times_N == times_N.astype("datetime64[D]")).all())
