"""Longer bars out of shorter ones, stamped with the moment at which they are complete."""

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components.bars import Mask
from components.contracts import Source
from components.data._calendar import STEPS, Period, Sessions, check_calendar, sessions
from components.data._nested import content_of, fields_of, load
from components.errors import ConfigError, DataError, Problem
from components.panel import TIME_DTYPE, Float, Panel, Time
from components.values import SourceFacts

LENGTHS = (*STEPS, "1d", "1w", "1mo")
DAY = np.timedelta64(1, "D")
TICK = np.timedelta64(1, "us")


@dataclass(frozen=True, kw_only=True)
class Resampled(Source):
    """Bars of another source, put together to longer ones.

    A RESAMPLED BAR IS STAMPED WITH ITS END: the moment at which it is complete and a decision can rest
    on it. The hour from 14:00 to 15:00 has the timestamp 15:00, whatever the vendor's habit is. Where the
    bars of the source are days, which vendors stamp with a date, the new bar bears the date of its last
    session.

    source      the shorter bars
    bar         their length
    stamps      start or end: what of a bar its timestamp in the source is; of a day, end is the midnight
                or the close that ends it
    to          length of the new bars, longer than `bar`
    calendar    which bars belong together. null: every day from midnight to midnight UTC; 24/5: currencies
                and metals, days ending at 17:00 in New York, Monday to Friday; else an exchange_calendars
                name, such as XNYS or CMES. Bars within a day count from the session's open, and its close
                ends the last one early; a week or month ends with its last session. A bar of the source
                that begins inside a session is complete at its close at the latest. Bars outside every
                session are left out. Daylight saving time and holidays are the calendar's.
    sum_fields  fields that are added up, such as volume
    The open is the first of its bars, high and low the extremes (NaN left out), every other field the last.
    A period is kept where it lies between the begin of the source's first bar and the end of its last,
    whichever symbol these are of: an unfinished one is left out, so that bars to come change no bar that
    was ever given. A period without bars has no row. A notice counts the bars that are left out.
    """

    source: Source
    bar: Literal["1min", "5min", "15min", "30min", "1h", "4h", "1d"]
    stamps: Literal["start", "end"]
    to: Period
    calendar: str | None
    sum_fields: tuple[str, ...]

    def facts(self) -> SourceFacts:
        facts = self.source.facts()
        return replace(facts, description=f"{facts.description}, {self.bar} bars put together to {self.to}")

    def fields(self) -> tuple[str, ...]:
        if LENGTHS.index(self.to) <= LENGTHS.index(self.bar):
            raise ConfigError(Problem("to", f"'{self.to}' is not longer than the source's bars of {self.bar}"))
        check_calendar(self.calendar)
        fields = fields_of(self.source, "source")
        for name in self.sum_fields:
            if name not in fields:
                raise ConfigError(
                    Problem("sum_fields", f"the source has no field '{name}'", f"fields: {', '.join(fields)}")
                )
        return fields

    def content(self) -> str | None:
        return content_of(self.source, "source")

    def load(self) -> Panel:
        self.fields()
        panel = load(self.source, "source")
        from_R = self._begins(panel)
        length = DAY if self.bar == "1d" else STEPS[self.bar]
        covered_from = from_R.min()
        calendar = sessions(self.calendar, covered_from, from_R.max() + length)
        known_R = from_R + length if self.bar == "1d" else calendar.complete(from_R, length)
        stamp_R, begin_R, end_R = self._periods(calendar, known_R)
        # NaT compares false: a bar outside every session is not kept.
        kept_R = (begin_R >= covered_from) & (end_R <= known_R.max())
        if not kept_R.any():
            raise DataError(
                f"{self.source.facts().description}: no period of {self.to} is complete under the calendar "
                f"{self.calendar or '24/7'}; give more bars, a shorter period or another calendar"
            )
        made = _aggregated(panel.take(kept_R), stamp_R[kept_R], self.sum_fields)
        return replace(made, notices=(*panel.notices, *self._left_out(panel, np.isnat(begin_R), kept_R)))

    def _begins(self, panel: Panel) -> Time:
        """(R,) when each bar of the source begins; of a day, its midnight."""
        stamp_R = panel.timestamps_R
        if self.bar == "1d":
            # At the end of a day, midnight still belongs to the day before.
            return (stamp_R if self.stamps == "start" else stamp_R - TICK).astype("datetime64[D]").astype(TIME_DTYPE)
        return stamp_R if self.stamps == "start" else stamp_R - STEPS[self.bar]

    def _left_out(self, panel: Panel, outside_R: Mask, kept_R: Mask) -> Iterator[str]:
        """Sentences about the bars that are in no bar that is given."""
        unfinished_R = ~outside_R & ~kept_R
        where = f"outside every session of {self.calendar or 'the days'}", f"in periods of {self.to} that are not whole"
        for left_R, what in zip((outside_R, unfinished_R), where, strict=True):
            if left_R.any():
                first = panel.timestamps_R[left_R].min().astype("datetime64[m]").item()
                yield (
                    f"resampled to {self.to}: {left_R.sum():,} of {panel.n_rows:,} bars left out, {what}, the first of "
                    f"{first}"
                )

    def _periods(self, calendar: Sessions, known_R: Time) -> tuple[Time, Time, Time]:
        """(R,) timestamp, begin and end of the period of each bar; NaT between sessions."""
        days = self.bar == "1d"
        place_R = calendar.on((known_R - DAY).astype("datetime64[D]")) if days else calendar.at(known_R)
        if self.to in ("1d", "1w", "1mo"):
            first_R, last_R = (place_D[place_R] for place_D in calendar.around(self.to))
            begin_R = (calendar.dates_D if days else calendar.opens_D)[first_R].astype(TIME_DTYPE)
            stamp_R = (calendar.dates_D if days else calendar.closes_D)[last_R].astype(TIME_DTYPE)
        else:
            begin_R, stamp_R = _steps(calendar.opens_D[place_R], calendar.closes_D[place_R], known_R, STEPS[self.to])
        begin_R[place_R < 0] = np.datetime64("NaT")
        return stamp_R, begin_R, stamp_R + DAY if days else stamp_R

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "source": {"_target_": "components.data.bundled.Bundled", "dataset": "sp500"},
            "bar": "1d",
            "stamps": "start",
            "to": "1w",
            "calendar": "XNYS",
            "sum_fields": ["volume"],
        }
        return (base, base | {"to": "1mo", "calendar": None})


def _steps(open_R: Time, close_R: Time, known_R: Time, step: np.timedelta64) -> tuple[Time, Time]:
    """Begin and end of the step, counted from the open and cut at the close, in which each bar ends."""
    begin_R = open_R + (known_R - open_R - TICK) // step * step
    return begin_R, np.minimum(begin_R + step, close_R)


def _aggregated(panel: Panel, stamp_R: Time, sum_fields: tuple[str, ...]) -> Panel:
    """One row for every run of rows of one symbol with one stamp."""
    codes_R = panel.symbol_codes_R
    begins_R: npt.NDArray[np.bool_] = np.append(True, (stamp_R[1:] != stamp_R[:-1]) | (codes_R[1:] != codes_R[:-1]))
    first_P = np.flatnonzero(begins_R)
    last_P = np.append(first_P[1:], panel.n_rows) - 1

    def together(name: str, values_R: Float) -> Float:
        if name in sum_fields:
            return np.add.reduceat(values_R, first_P)
        if name in ("high", "low"):
            return (np.fmax if name == "high" else np.fmin).reduceat(values_R, first_P)
        return values_R[first_P if name == "open" else last_P]

    counts_S = [int(begins_R[start:end].sum()) for start, end in itertools.pairwise(panel.offsets)]
    return replace(
        panel,
        offsets=np.concatenate([[0], np.cumsum(counts_S)]).astype(np.int64),
        timestamps_R=stamp_R[first_P],
        fields={name: together(name, values_R) for name, values_R in panel.fields.items()},
    )
