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
# Digits of a clock without colons -> what they are. Fourteen hours is the farthest offset there is, local time 16.
_DIGITS: Mapping[str, tuple[int, ...]] = {
    "hours": (HOUR,),
    "HHMM": (HOUR, MINUTE),
    "HHMMSS": (HOUR, MINUTE, SECOND),
    "HHMMSSmmm": (HOUR, MINUTE, SECOND, 1_000),
}
_FARTHEST = 18 * 3600


@dataclass(frozen=True, kw_only=True, eq=False)
class Clocks:
    """micros_U: microseconds since midnight, -1 where a text is no clock; offset_U: seconds, NAIVE where none is said;
    kind: what the texts are, in words; empty_U: no clock at all, which is midnight."""

    micros_U: Int
    offset_U: Offset
    kind: str

    @property
    def read(self) -> bool:
        """Whether all are clocks."""
        return bool((self.micros_U != UNREAD).all())


def behind_dates(texts: Sequence[str]) -> Clocks:
    """Of what stands behind dates: '', ' 09:30', 'T093000+05:30', ' 9:30 PM', ' 00:00 UTC'."""
    micros_U = np.full(len(texts), UNREAD, dtype=np.int64)
    offset_U = np.full(len(texts), NAIVE, dtype=np.int32)
    for place, text in enumerate(texts):
        body = text.strip()
        found = _CLOCK.fullmatch(body[1:].lstrip() if body[:1] in ("T", "t") else body)
        if found is not None:
            micros_U[place] = _micros(found)
            offset = _offset(found)
            offset_U[place] = offset
            if offset != NAIVE and abs(int(offset)) > _FARTHEST:
                micros_U[place] = UNREAD
    return Clocks(micros_U=micros_U, offset_U=offset_U, kind="HH:MM")


def of_column(texts: Sequence[str]) -> Clocks:
    """Of a column of clocks: with colons each by itself; without, what they are is told by all of them."""
    digits = [_whole(text) for text in texts]
    if not digits or any(own is None for own in digits):
        return behind_dates(texts)
    kind = _kind([own for own in digits if own is not None])
    number_U = np.array([int(own) for own in digits if own is not None], dtype=np.int64)
    return Clocks(
        micros_U=np.full(len(texts), UNREAD, dtype=np.int64) if kind is None else _of_digits(number_U, _DIGITS[kind]),
        offset_U=np.full(len(texts), NAIVE, dtype=np.int32),
        kind=kind or "",
    )


def _whole(text: str) -> str | None:
    """The digits of a whole number, as a table may write it."""
    found = re.fullmatch(r"(\d{1,9})(?:\.0*)?", text.strip())
    return found.group(1) if found else None


def _kind(digits: Sequence[str]) -> str | None:
    """What clocks without colons are: their width tells where it is the same, else the coarsest that fits all."""
    widths = {len(own) for own in digits}
    number_U = np.array([int(own) for own in digits], dtype=np.int64)
    by_width = {4: "HHMM", 6: "HHMMSS", 9: "HHMMSSmmm"}
    if len(widths) == 1 and (kind := by_width.get(next(iter(widths)))) and _fits(number_U, kind):
        return kind
    return next((kind for kind in _DIGITS if _fits(number_U, kind) and _reaches(number_U, kind)), None)


def _fits(number_U: Int, kind: str) -> bool:
    return bool((_of_digits(number_U, _DIGITS[kind]) != UNREAD).all())


def _reaches(number_U: Int, kind: str) -> bool:
    """Whether numbers are large enough for hours in their first digits: 930 is no clock of seconds."""
    least = {"hours": 0, "HHMM": 100, "HHMMSS": 10_000, "HHMMSSmmm": 10_000_000}
    return bool(number_U.max() >= least[kind])


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
