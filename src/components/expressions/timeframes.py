"""Bars of several bars: what `minutes_5` to `minutes_30`, `hourly`, `hours_4`, `daily`, `weekly` and `monthly` compute
on.

A bar belongs to the period in which its timestamp lies. The bars of a symbol in one period make one long bar:
open is the first, high the greatest, low the least, volume the sum, and every other field the last value; NaN
where a value that it needs is. A long bar is complete as soon as its symbol has a bar in a later period, and is
visible from that bar on: no calendar says earlier that a week is over, and cutting off the future changes
nothing.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import numpy as np

from components.errors import DataError
from components.expressions.calendar import PERIODS
from components.expressions.kernels import adding_kernel
from components.panel import Float, Int, Panel

_REDUCED: Mapping[str, np.ufunc] = {"high": np.maximum, "low": np.minimum}


@dataclass(frozen=True, kw_only=True, eq=False)
class Frames:
    """panel: the long bars, stamped with the beginning of their period; visible_R: row of the one that is visible
    at each row of the original panel, -1 if none is."""

    panel: Panel
    visible_R: Int

    def spread(self, values: Float) -> Float:
        """(R,) what is visible of values of the long bars."""
        if len(values) == 0:
            return np.full(len(self.visible_R), np.nan)
        return np.where(self.visible_R < 0, np.nan, values[self.visible_R])


def frames(panel: Panel, timeframe: str, fields: Collection[str], most: int) -> Frames:
    """The long bars of a panel with these fields. Raises DataError if one consists of more than `most` bars."""
    begins_R = PERIODS[timeframe](panel.timestamps_R)
    new_R = np.ones(panel.n_rows, dtype=bool)
    new_R[1:] = begins_R[1:] != begins_R[:-1]
    firsts = panel.offsets[:-1][np.diff(panel.offsets) > 0]
    new_R[firsts] = True
    starts = np.flatnonzero(new_R)
    _check(panel, timeframe, starts, most)
    visible_R = np.cumsum(new_R) - 2
    for first, frame in zip(firsts, visible_R[firsts] + 1, strict=True):
        end = starts[frame + 1] if frame + 1 < len(starts) else panel.n_rows
        visible_R[first:end] = -1
    return Frames(
        panel=Panel(
            symbols=panel.symbols,
            offsets=np.searchsorted(starts, panel.offsets),
            timestamps_R=begins_R[starts],
            fields={name: _long(name, panel.fields[name], starts) for name in fields},
        ),
        visible_R=visible_R,
    )


def _long(name: str, values_R: Float, starts: Int) -> Float:
    """The field of the long bars that begin at these rows."""
    if len(starts) == 0:
        return values_R
    if name in _REDUCED:
        reduced: Float = _REDUCED[name].reduceat(values_R, starts)
        return reduced
    if name == "volume":
        total = np.empty(len(starts))
        adding_kernel()(values_R, starts, total)
        return total
    rows = starts if name == "open" else np.append(starts[1:], len(values_R)) - 1
    return np.take(values_R, rows)


def _check(panel: Panel, timeframe: str, starts: Int, most: int) -> None:
    """A period with more bars than declared would make the stated look-back too short."""
    bars = np.diff(starts, append=panel.n_rows)
    if len(bars) == 0 or bars.max() <= most:
        return
    row = starts[bars.argmax()]
    symbol, stamp = panel.symbols[panel.symbol_codes_R[row]], panel.timestamps_R[row].astype("M8[m]")
    raise too_many(timeframe, symbol, int(bars.max()), stamp, most)


def too_many(timeframe: str, symbol: str, bars: int, stamp: np.datetime64, most: int) -> DataError:
    """What is said of a period with more bars than declared."""
    return DataError(
        f"{timeframe}(x, {most}): {symbol} has {bars} bars in the period of {stamp.astype('M8[m]')}, at most {most} "
        f"are declared; write {timeframe}(x, {bars})"
    )
