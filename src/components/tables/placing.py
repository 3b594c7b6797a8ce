"""From what values say to the times of a panel: dates at midnight, moments in UTC.

Shape legend: N rows of a source.
"""

from typing import Any

import numpy as np

from components.bars import Codes, Mask
from components.panel import TIME_DTYPE
from components.tables.stamps import Stamps, are_days, shown_in, zone_of
from components.tables.unread import Unread
from components.values import Int, Time

# So large a part of midnights are dates: the others have been written into them by something else.
_NEARLY_ALL, _FEW = 0.9, 20


def placed(stamps: Stamps, zone: str | None) -> Time:
    """(N,) times as a panel has them, of all values of a source.

    zone: where times without an offset were read off the clock, and where days begin; null: they are UTC.
    Values that are all midnights, of their own offset or of that clock, are dates and stay dates. Unread: values with
    an offset beside values without, clocks among dates, times that the zone's clock shows twice or never. Raises
    ConfigError for a zone that does not exist.
    """
    aware_N = stamps.aware_N
    if aware_N.any() and not aware_N.all():
        kinds = int(aware_N.argmax()), int((~aware_N).argmax())
        raise Unread(
            "{0}: the time has an offset from UTC, and that in {1} has none; give all of a source an offset, or none "
            "and data.time_zone",
            *kinds,
        )
    own_zone = zone_of(zone) if zone is not None else None
    if are_days(stamps.local_N):
        return stamps.local_N
    if aware_N.all() and len(aware_N):
        if own_zone is not None and are_days(local_N := shown_in(own_zone, stamps.utc_N)):
            return local_N
        if stamps.offset_N.any():
            _refuse_clocks_among_dates(stamps.local_N)
        return stamps.utc_N
    if own_zone is None:
        return stamps.local_N
    _refuse_clocks_among_dates(stamps.local_N)
    return _placed_in(own_zone, str(zone), stamps.local_N)


def refuse_exchanged(stamps: Stamps, codes_N: Codes | None = None) -> None:
    """Unread where days and months up to 12 were exchanged, as spreadsheets do: dates go back and forth, and would go
    one way if they were exchanged again. codes_N: the symbol of each row; null: one."""
    order_N = np.argsort(codes_N, kind="stable") if codes_N is not None else np.arange(len(stamps.local_N))
    times_N = stamps.local_N[order_N]
    same_N = np.ones(max(len(times_N) - 1, 0), dtype=bool)
    if codes_N is not None:
        same_N = codes_N[order_N][1:] == codes_N[order_N][:-1]
    backs = _against(times_N, same_N)
    if len(backs) < 2:
        return
    other_N = _exchanged(times_N)
    if len(_against(other_N, same_N)) * 10 > len(backs):
        return
    row = int((other_N != times_N).argmax())
    day, meant = (own_N[row].astype("datetime64[D]") for own_N in (times_N, other_N))
    raise Unread(
        f"{{0}}: {day} is probably {meant}: dates go back {len(backs)} times, and would not if day and month were "
        "exchanged wherever both fit, as spreadsheets do; export the file again with dates as 2020-12-31",
        int(order_N[row]),
    )


def _placed_in(zone: Any, name: str, local_N: Time) -> Time:
    import pandas as pd

    index = pd.DatetimeIndex(local_N).tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    if index.isna().any():
        row = int(index.isna().argmax())
        raise Unread(
            f"{{0}}: {local_N[row].item()} is shown never or twice by the clock of {name} (data.time_zone), which "
            "changes then; give times with an offset or in UTC",
            row,
        )
    return np.asarray(index.tz_convert("UTC").tz_localize(None).to_numpy()).astype(TIME_DTYPE)


def _refuse_clocks_among_dates(local_N: Time) -> None:
    """A few clocks among midnights would make all dates moments, days earlier or later."""
    clock_N = local_N != local_N.astype("datetime64[D]")
    if clock_N.mean() <= 1 - _NEARLY_ALL and len(clock_N) >= _FEW:
        row = int(clock_N.argmax())
        raise Unread(
            f"{{0}}: {local_N[row].item()} has a clock, and nearly all others are dates at midnight; drop the line or "
            "give its date",
            row,
        )


def _against(times_N: Time, same_N: Mask) -> Int:
    """Steps within a symbol against the direction of most."""
    steps_N = np.diff(times_N).astype(np.int64)
    back_N, ahead_N = same_N & (steps_N < 0), same_N & (steps_N > 0)
    return np.flatnonzero(back_N if back_N.sum() <= ahead_N.sum() else ahead_N)


def _exchanged(times_N: Time) -> Time:
    """Day and month the other way round wherever both fit."""
    day_N = times_N.astype("datetime64[D]")
    month_N = day_N.astype("datetime64[M]")
    number_N = (day_N - month_N).astype(np.int64)
    year_N = month_N.astype("datetime64[Y]")
    of_year_N = (month_N - year_N).astype(np.int64)
    other_N = (year_N.astype("datetime64[M]") + number_N).astype("datetime64[D]") + of_year_N
    return np.where(number_N < 12, other_N.astype(TIME_DTYPE) + (times_N - day_N), times_N)
