"""Numbers that count from 1970: which unit they are of, told by the range in which every single one lies."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from components.panel import TIME_DTYPE
from components.tables.unread import Unread
from components.values import Int, Time

EPOCHS: Mapping[str, str] = MappingProxyType(
    {"unix_s": "seconds", "unix_ms": "milliseconds", "unix_us": "microseconds", "unix_ns": "nanoseconds"}
)
"""Units as settings write them, each a thousand times as fine as the one before."""
EARLIEST, LATEST = np.datetime64("1800-01-01"), np.datetime64("2100-01-01")
"""No time outside is believed."""
_FORMS = tuple(EPOCHS)
_FIRST, _LAST = (float(day.astype("datetime64[s]").astype(np.int64)) for day in (EARLIEST, LATEST))
# Where all are smaller they are days of a calendar or counts of days rather than seconds of the early seventies.
_SMALLEST = 1e8
# A series of milliseconds that crosses 1970 has values there that would be seconds of any year.
_CROSSING = np.timedelta64(400, "D")


def are_epochs(numbers_N: npt.NDArray[Any]) -> bool:
    """Whether numbers can be times since 1970, of whatever unit."""
    return len(numbers_N) > 0 and bool((_units(numbers_N) >= 0).all() and (np.abs(numbers_N) >= _SMALLEST).any())


def times(numbers_N: npt.NDArray[Any], form: str | None) -> tuple[Time, str]:
    """(N,) times in UTC, and their unit. form: the unit as a setting names it; null: as their ranges tell.

    Unread: a value of the range of another unit, and one that lies outside 1800 .. 2100.
    """
    units_N = _units(numbers_N)
    lost_N = units_N < 0
    if form is None and not lost_N.any() and not are_epochs(numbers_N):
        raise Unread(
            f"{{0}}: {_shown(numbers_N[0])} is no date: too small to count seconds since 1970; write dates or name "
            "another column",
            0,
        )
    if lost_N.any():
        row = int(lost_N.argmax())
        raise Unread(f"{{0}}: {_shown(numbers_N[row])} counts no time from {EARLIEST} to {LATEST} since 1970", row)
    unit = int(units_N.max(initial=0)) if form is None else _FORMS.index(form)
    times_N = _in(unit, numbers_N)
    if (units_N != unit).any() and not _crosses(units_N, unit, times_N):
        _refuse(numbers_N, units_N, form)
    return times_N, _FORMS[unit]


def _units(numbers_N: npt.NDArray[Any]) -> Int:
    """(N,) place of the coarsest unit under which a value lies in 1800 .. 2100; -1 where there is none."""
    values_N = np.asarray(numbers_N, dtype=np.float64)
    units_N = np.full(len(values_N), -1, dtype=np.int64)
    for unit in reversed(range(len(_FORMS))):
        seconds_N = values_N / 1000.0**unit
        units_N[(seconds_N >= _FIRST) & (seconds_N < _LAST)] = unit
    return units_N


def _in(unit: int, numbers_N: npt.NDArray[Any]) -> Time:
    if numbers_N.dtype.kind not in "iu":
        micros_N = np.round(numbers_N * 1000.0 ** (2 - unit)).astype(np.int64)
    elif unit == len(_FORMS) - 1:
        micros_N = numbers_N.astype(np.int64) // 1000
    else:
        with np.errstate(over="ignore"):  # what overflows is of another unit, and refused as such
            micros_N = numbers_N.astype(np.int64) * 1000 ** (2 - unit)
    return np.asarray(micros_N).astype(TIME_DTYPE)


def _crosses(units_N: Int, unit: int, times_N: Time) -> bool:
    own_N = times_N[units_N == unit]
    near_N = np.abs(own_N - np.datetime64(0, "us")) < _CROSSING
    return bool((units_N <= unit).all() and near_N.any())


def _refuse(numbers_N: npt.NDArray[Any], units_N: Int, form: str | None) -> None:
    if form is None:
        row = int((units_N != units_N[0]).argmax())
        raise Unread(
            f"{{0}}: {_shown(numbers_N[row])} counts {_word(units_N[row])} since 1970, and {_shown(numbers_N[0])} in "
            f"{{1}} {_word(units_N[0])}; bring all to one unit",
            row,
            0,
        )
    row = int((units_N != _FORMS.index(form)).argmax())
    own = _FORMS[int(units_N[row])]
    day = _in(int(units_N[row]), numbers_N[row : row + 1])[0].astype("datetime64[D]")
    raise Unread(
        f"{{0}}: {_shown(numbers_N[row])} counts {EPOCHS[own]} since 1970 ({day}), and date_format says {form}; "
        f"write date_format: {own}, or mend the line if it is the only one",
        row,
    )


def _word(unit: np.int64) -> str:
    return EPOCHS[_FORMS[int(unit)]]


def _shown(number: Any) -> str:
    return str(int(number)) if np.isfinite(number) and number == int(number) else str(number)
