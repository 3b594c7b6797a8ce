"""Times as the values of a column say them: what the clock shows, and how far it is ahead of UTC."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.bars import Mask
from components.errors import ConfigError
from components.panel import TIME_DTYPE
from components.tables.clocks import NAIVE, Offset
from components.values import Time


@dataclass(frozen=True, kw_only=True, eq=False)
class Stamps:
    """local_N (N,) datetime64[us] as the clock of each value shows it, never NaT; offset_N (N,) seconds that this clock
    is ahead of UTC, NAIVE where the value does not say; form: the date format that was found, null: ISO 8601; why: a
    clause on the format that fits as well."""

    local_N: Time
    offset_N: Offset
    form: str | None = None
    why: str = ""

    @property
    def aware_N(self) -> Mask:
        return np.asarray(self.offset_N != NAIVE)

    @property
    def utc_N(self) -> Time:
        """Times in UTC; what says no offset is taken for it."""
        utc_N: Time = self.local_N - np.where(self.aware_N, self.offset_N, 0).astype("timedelta64[s]")
        return utc_N

    @staticmethod
    def joined(parts: Sequence["Stamps"]) -> "Stamps":
        """Those of several files, one after the other."""
        return Stamps(
            local_N=np.concatenate([part.local_N for part in parts]),
            offset_N=np.concatenate([part.offset_N for part in parts]),
        )


def are_days(times_N: Time) -> bool:
    return bool((times_N == times_N.astype("datetime64[D]")).all())


def zone_of(name: str) -> Any:
    import zoneinfo

    import pandas as pd

    try:
        return pd.Timestamp(0, tz=name).tz
    except (zoneinfo.ZoneInfoNotFoundError, KeyError, ValueError, OSError):
        raise ConfigError(f"data.time_zone: '{name}' is no time zone; write it as Europe/Berlin or UTC") from None


def shown_in(zone: Any, utc_N: Time) -> Time:
    """What the zone's clock shows."""
    import pandas as pd

    index = pd.DatetimeIndex(utc_N, tz="UTC").tz_convert(zone).tz_localize(None)
    return np.asarray(index.to_numpy()).astype(TIME_DTYPE)
