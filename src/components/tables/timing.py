"""Which columns of a stranger's table say when a bar was: the date, a clock beside it, the end rather than the begin.

Shape legend: N rows of a sample.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from components.tables import clocks, times
from components.tables.stamps import Stamps, are_days
from components.tables.unread import Unread

if TYPE_CHECKING:
    import pyarrow as pa

    Whole = Callable[[str], pa.Array | pa.ChunkedArray]

NAMES = (
    *("timestamp", "datetime", "date", "datum", "day", "time", "opentime", "period", "dt", "fecha", "ts", ""),
    *("tradedate", "tradingdate", "tradetime", "data", "jour", "timestampms", "unix", "unixtime", "epoch", "zeit", "t"),
)
CLOCK_NAMES = (
    *("time", "hour", "hours", "hr", "hh", "clock", "hhmm", "hhmmss", "hourending", "he", "tm", "tradetime"),
    *("uhrzeit", "zeit", "stunde", "hora", "heure", "ora"),
)
END_WORDS = ("close", "end", "until", "ende", "fin")
_CLOCK_LIKE = re.compile(r"\s*\d{1,9}(?:\.0*)?\s*$|\s*\d{1,2}:\d\d")
MISSING = frozenset({"", "-", ".", "NA", "N/A", "#N/A", "n/a", "NaN", "nan", "NaT", "NULL", "null", "None", "none"})
# Of rows that share symbol and date without the clock, so many must be told apart by it.
TOLD_APART = 0.5
# Within a day a series takes no steps so many times as large as from day to day.
UNLIKE = 3.0


@dataclass(frozen=True, kw_only=True)
class Timing:
    """time, clock: columns; date_format: as the setting is written; remarks: whole sentences about why."""

    time: str
    clock: str | None
    date_format: str | None
    remarks: tuple[str, ...]


def timing(
    sample: Mapping[str, Sequence[str]],
    whole: "Whole",
    *,
    symbol: str | None = None,
    time: str | None = None,
    clock: str | None = None,
    date_format: str | None = None,
) -> Timing | None:
    """What the columns of a table say about times; null where none holds any.

    sample       column -> its first values as text
    whole        gives all values of a column, as `times.read` takes them: a format is decided by all of them
    symbol, time, clock, date_format: what is known already
    Unread: no format fits all values, or two are as good; rows are those of the whole table.
    """
    chosen = time or next((name for name in _in_order(sample) if _holds_times(name, sample[name])), None)
    if chosen is None:
        return None
    remarks = []
    if time is None and (end := _end_of(chosen, sample)) is not None:
        remarks.append(f"time: '{end}' rather than '{chosen}', since a bar is known at its end")
        chosen = end
    clock = clock or clock_of(sample, chosen, symbol)
    read = times.read(whole(chosen), clock=None if clock is None else whole(clock), date_format=date_format)
    form = date_format or read.form
    example = next((text for text in sample[chosen] if text not in MISSING), "")
    beside = "" if clock is None else f" and the clock of column '{clock}'"
    remarks.append(f"time: column '{chosen}'{beside}, {form or 'ISO 8601'}, for example {example}")
    if form is not None and form[:2] in ("%d", "%m") and "%m" in form and "%d" in form:
        first = "day" if form[:2] == "%d" else "month"
        remarks.append(f"dates: the {first} comes first{'; ' * bool(read.why)}{read.why}")
    if are_days(read.local_N) and read.aware_N.all() and read.offset_N.any():
        remarks.append("dates: midnights of their own offsets, taken as the dates that they show")
    return Timing(time=chosen, clock=clock, date_format=form, remarks=tuple(remarks))


def clock_of(sample: Mapping[str, Sequence[str]], time: str, symbol: str | None) -> str | None:
    """The column with the time of day of the dates in another: one that is called so, or the only one that tells rows
    of one symbol and date apart."""
    stamps = _stamps(sample[time])
    if stamps is None or not are_days(stamps.local_N):
        return None
    others = [name for name in sample if name not in (time, symbol)]
    for name in others:
        # What is missing or wrong in a column of that name is worth a line.
        if _word(name) in CLOCK_NAMES and _mostly_clocks(sample[name]):
            return name
    keys = [sample[time], *([sample[symbol]] if symbol is not None and symbol in sample else [])]
    shared = _shared(keys)
    if not shared:
        return None
    held = [name for name in others if _holds_clocks(sample[name])]
    apart = [name for name in held if _shared([*keys, sample[name]]) <= (1 - TOLD_APART) * shared]
    if len(apart) != 1 or not _goes_on(keys, sample[apart[0]]):
        return None
    # Numbers from 1 to 20 may as well name what is measured: then its neighbours differ more than its days.
    same = [sample[apart[0]], *keys[1:]]
    measured = [sample[name] for name in others if name != apart[0]]
    ratios = [ratio for texts in measured if (ratio := _step(keys, texts) / _step(same, texts)) == ratio]
    return apart[0] if ratios and max(ratios) < UNLIKE else None


def _step(keys: Sequence[Sequence[str]], texts: Sequence[str]) -> float:
    """Median size of the relative step from row to row with the same keys; NaN where these are no numbers."""
    last: dict[tuple[str, ...], float] = {}
    steps: list[float] = []
    for key, text in zip(zip(*keys, strict=True), texts, strict=True):
        try:
            value = float(text.replace(",", ""))
        except ValueError:
            return float("nan")
        if value > 0:
            if key in last:
                steps.append(abs(np.log(value / last[key])))
            last[key] = value
    middle = float(np.median(steps)) if steps else 0.0
    return middle or float("nan")


def _in_order(sample: Mapping[str, Sequence[str]]) -> list[str]:
    """Columns as their names say that they hold times, the others in the order of the table."""
    return sorted(sample, key=lambda name: NAMES.index(_word(name)) if _word(name) in NAMES else len(NAMES))


def _holds_times(name: str, texts: Sequence[str]) -> bool:
    known = [text for text in texts if text not in MISSING]
    # A number may be a year or a day: only a column that is called a date is believed to hold such dates.
    if not known or (_word(name) not in NAMES and all(_is_short_number(text) for text in known[:50])):
        return False
    try:
        times.read(_texts(known))
    except Unread as unread:
        return bool(unread.options) or _mostly(known)
    return True


def _mostly(texts: Sequence[str]) -> bool:
    """Whether nearly all are times by themselves: the others are mistakes that are worth a line."""
    few = list(dict.fromkeys(texts))[:50]
    mistakes = 0
    for text in few:
        mistakes += not _asks(text)
        # Columns of words are common: they are left at once.
        if mistakes >= 0.1 * len(few):
            return False
    return True


def _asks(text: str) -> bool:
    """Whether a text is a time, or one of two."""
    try:
        times.read(_texts([text]))
    except Unread as unread:
        return bool(unread.options)
    return True


def _is_short_number(text: str) -> bool:
    """Numbers of fewer digits than a count of seconds since 1970 has."""
    digits = text.strip("+-").replace(",", "").replace(".", "")
    return digits.isdigit() and not re.fullmatch(r"\d{9,19}(?:\.0*)?", text)


def _stamps(texts: Sequence[str]) -> Stamps | None:
    try:
        return times.read(_texts(texts))
    except Unread:
        return None


def _texts(texts: Sequence[str]) -> "pa.Array":
    import pyarrow as pa

    return pa.array(list(texts), type=pa.string())


def _end_of(begin: str, sample: Mapping[str, Sequence[str]]) -> str | None:
    """The column with the ends of the bars that begin at the times of another."""
    begins = _stamps(sample[begin])
    if begins is None or len(begins.local_N) < 3:
        return None
    steps = np.diff(np.unique(begins.utc_N))
    step = np.median(steps.astype(np.int64)) if len(steps) else 0
    for name in sample:
        ends = _stamps(sample[name]) if name != begin and _holds_times(name, sample[name]) else None
        if ends is None or not (any(word in name.lower() for word in END_WORDS) or not are_days(ends.local_N)):
            continue
        length_N = (ends.utc_N - begins.utc_N).astype(np.int64)
        if ((length_N > step / 2) & (length_N <= 1.01 * step)).mean() > TOLD_APART:
            return name
    return None


def _holds_clocks(texts: Sequence[str]) -> bool:
    if not all(_CLOCK_LIKE.match(text) for text in texts[:20]):
        return False
    different = list(dict.fromkeys(text.strip() for text in texts))
    return len(different) > 0 and "" not in different and clocks.of_column(different).read


def _mostly_clocks(texts: Sequence[str]) -> bool:
    different = list(dict.fromkeys(text.strip() for text in texts if text not in MISSING))
    return len(different) > 0 and bool((clocks.of_column(different).micros_U != clocks.UNREAD).mean() > TOLD_APART)


def _shared(keys: Sequence[Sequence[str]]) -> int:
    """Rows that are not the first with their keys."""
    rows = list(zip(*keys, strict=True))
    return len(rows) - len(set(rows))


def _goes_on(keys: Sequence[Sequence[str]], texts: Sequence[str]) -> bool:
    """Whether clocks go on from row to row of one symbol and date, or back throughout."""
    different = list(dict.fromkeys(text.strip() for text in texts))
    micros_U = clocks.of_column(different).micros_U
    place = {text: k for k, text in enumerate(different)}
    micros_N = micros_U[[place[text.strip()] for text in texts]]
    last: dict[tuple[str, ...], int] = {}
    steps: list[int] = []
    for row, key in enumerate(zip(*keys, strict=True)):
        if key in last:
            steps.append(int(np.sign(micros_N[row] - micros_N[last[key]])))
        last[key] = row
    found: npt.NDArray[np.int64] = np.array(steps)
    return bool((found > 0).all() or (found < 0).all())


def _word(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())
