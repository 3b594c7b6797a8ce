"""Clocks: what stands behind a date, or in a column of its own, with or without colons, and offsets from UTC."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.values import Int

Offset = npt.NDArray[np.int32]
NAIVE = np.int32(np.iinfo(np.int32).min)
"""The offset of a value that says none."""
UNREAD = -1
HOUR, MINUTE, SECOND = 3_600_000_000, 60_000_000, 1_000_000
_CLOCK = re.compile(
    r"(?:(?P<h>\d{1,2}):(?P<m>\d\d)(?::(?P<s>\d\d)(?:[.,](?P<f>\d{1,9}))?)?"
    r"|(?P<H>\d\d?)(?:(?P<M>\d\d)(?:(?P<S>\d\d)(?:[.,](?P<F>\d{1,9}))?)?)?)?"
    r"\s*(?P<half>[AaPp]\.?[Mm]\.?)?"
    r"\s*(?P<zone>[Zz]|(?:UTC|GMT)?(?P<sign>[+\-\u2212])(?P<oh>\d\d?)(?::?(?P<om>\d\d)(?::?(?P<os>\d\d))?)?|UTC|GMT)?"
    r"(?:\[[^\]]*\])?"
)
# Digits of a clock without colons -> what they are.
_DIGITS: Mapping[str, tuple[int, ...]] = {
    "hours": (HOUR,),
    "HHMM": (HOUR, MINUTE),
    "HHMMSS": (HOUR, MINUTE, SECOND),
    "HHMMSSmmm": (HOUR, MINUTE, SECOND, 1_000),
}
_SECONDS = re.compile(r"-\d\d:\d\d:\d\d")
_FARTHEST = 16 * 3600 - 1
FEW_OFFSETS = 4
MANY = 0.4
"""So large a part of the different clocks of a day lie after its first hour."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Clocks:
    """micros_U: microseconds since midnight, -1 where a text is no clock; offset_U: seconds, NAIVE where none."""

    micros_U: Int
    offset_U: Offset

    @property
    def read(self) -> bool:
        """Whether all are clocks."""
        return bool((self.micros_U != UNREAD).all())


def behind_dates(texts: Sequence[str]) -> Clocks:
    """Of what stands behind dates: '', ' 09:30', 'T093000+05:30', ' 9:30 PM', ';093000', ' 00:00 UTC'."""
    micros_U = np.full(len(texts), UNREAD, dtype=np.int64)
    offset_U = np.full(len(texts), NAIVE, dtype=np.int32)
    # A date may have an offset and no clock, 2020-12-31-05:00: then there are few of them.
    joined = sum(text.startswith("-") for text in texts) > FEW_OFFSETS or any(_SECONDS.match(text) for text in texts)
    for place, text in enumerate(texts):
        body = text.strip().lstrip("Tt,;_- " if joined else "Tt,;_ ")
        found = _CLOCK.fullmatch(body)
        if found is not None:
            micros_U[place] = _micros(found)
            offset = _offset(found)
            offset_U[place] = offset
            if offset != NAIVE and abs(int(offset)) > _FARTHEST:
                micros_U[place] = UNREAD
    return Clocks(micros_U=micros_U, offset_U=offset_U)


def of_column(texts: Sequence[str]) -> Clocks:
    """Of a column of clocks: with colons each by itself; without, what they are is told by all of them."""
    digits = [_whole(text) for text in texts]
    if not digits or any(own is None for own in digits):
        return behind_dates(texts)
    number_U = np.array([int(own) for own in digits if own is not None], dtype=np.int64)
    widths = {len(own) for own in digits if own is not None}
    return Clocks(
        micros_U=_of_digits(number_U, _DIGITS[_kind(number_U, widths)]),
        offset_U=np.full(len(texts), NAIVE, dtype=np.int32),
    )


def _whole(text: str) -> str | None:
    """The digits of a whole number, as a table may write it."""
    found = re.fullmatch(r"(\d{1,9})(?:\.0*)?", text.strip())
    return found.group(1) if found else None


def _kind(number_U: Int, widths: set[int]) -> str:
    """What clocks without colons are: their width tells where it is the same, else the coarsest that fits most."""
    by_width = {4: "HHMM", 6: "HHMMSS", 9: "HHMMSSmmm"}
    fits = {kind: int((_of_digits(number_U, units) != UNREAD).sum()) for kind, units in _DIGITS.items()}
    usual = by_width.get(next(iter(widths))) if len(widths) == 1 else None
    if usual is not None and fits[usual] == len(number_U):
        return usual
    # Hours stand in the first digits: 930 is no clock of seconds.
    least = {"hours": 0, "HHMM": 100, "HHMMSS": 10_000, "HHMMSSmmm": 10_000_000}
    reached = [kind for kind in _DIGITS if (number_U >= least[kind]).mean() >= MANY]
    return max(reached, key=fits.__getitem__)


def _of_digits(number_U: Int, units: tuple[int, ...]) -> Int:
    """Microseconds of numbers that are read from the right: the finest unit has the last digits."""
    rest_U, micros_U = number_U.copy(), np.zeros(len(number_U), dtype=np.int64)
    right_U = np.ones(len(number_U), dtype=bool)
    for unit in reversed(units[1:]):
        base = 1000 if unit < SECOND else 100
        part_U = rest_U % base
        right_U &= part_U < (1000 if unit < SECOND else 60)
        micros_U += part_U * unit
        rest_U //= base
    micros_U += rest_U * HOUR
    # 24 is the end of the day, as in hours from 1 to 24.
    return np.where(right_U & (micros_U <= 24 * HOUR), micros_U, UNREAD)


def _micros(found: "re.Match[str]") -> int:
    part = {name.lower(): text for name, text in found.groupdict().items() if name in "hmsfHMSF" and text}
    hour, minute, second = (int(part.get(name, 0)) for name in "hms")
    if half := found["half"]:
        if not part or not 1 <= hour <= 12:
            return UNREAD
        hour = hour % 12 + (12 if half[0] in "pP" else 0)
    if minute > 59 or second > 59:
        return UNREAD
    micros = hour * HOUR + minute * MINUTE + second * SECOND + int(part.get("f", "0")[:6].ljust(6, "0"))
    return micros if micros <= 24 * HOUR else UNREAD


def _offset(found: "re.Match[str]") -> np.int32:
    if not found["zone"]:
        return NAIVE
    size = sum(int(found[name] or 0) * unit for name, unit in (("oh", 3600), ("om", 60), ("os", 1)))
    return np.int32(size if found["sign"] in (None, "+") else -size)
