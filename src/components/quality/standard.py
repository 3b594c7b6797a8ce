"""The checks of the data, and what is done about what they find."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from components import structure
from components.bars import Bars
from components.contracts import Quality
from components.errors import DataError
from components.panel import Panel
from components.quality import _plausibility as plausibility
from components.quality import _times as times
from components.quality._gaps import gaps
from components.quality._splits import splits
from components.quality._sufficiency import refuse_insufficient
from components.ranges import Ge, Gt, Le, Lt
from components.structure import PRICES, Check, Defect
from components.values import Finding, Int

Mend = Callable[[Bars, Int], Bars]
DONE: Mapping[str, Literal["dropped", "repaired", "kept"]] = {"drop": "dropped", "repair": "repaired", "warn": "kept"}


@dataclass(frozen=True, kw_only=True)
class _Step:
    """One check with its policy, and how its finds are repaired."""

    name: str
    check: Check
    action: str
    repair: Mend | None = None


@dataclass(frozen=True, kw_only=True)
class StandardPolicy(Quality):
    """One policy for each defect: raise (stop with an error), drop the bars, repair them, or warn and go on.

    What is dropped or repaired never depends on a later bar. Prices are never filled in.

    order            bars of a symbol from old to new, or from new to old in the whole file; repair: sort
    duplicates       bars of one symbol and time; drop: all of them; repair: keep the last; refused in any case where
                     a tenth of the bars contradict another of their symbol and time
    missing          open, high, low or close is missing
    non_positive     a price is zero or less
    negative_volume  volume below zero; repair: it becomes missing
    ohlc             high below low, or open or close outside; repair: the range is widened to hold all four
    gaps             sessions without a bar, more than max_gap_sessions in a row; of bars longer than a day, and
                     within a session beyond its usual breaks, so many bars
    max_gap_sessions sessions, or bars
    calendar         exchange_calendars name of the exchange whose sessions are expected; null: the days on which
                     any symbol has a bar and, where bars are daily or finer, weekdays
    stale            the same close for stale_bars bars or more; drop: from that bar on
    stale_bars       bars
    outliers         a return more than outlier_z robust standard deviations from the symbol's median
    outlier_z        1.4826 x median absolute deviations
    spikes           a price that is left and taken back: a close unlike both neighbours, a high or low far from open
                     and close, by more than outlier_z
    splits           a jump that stays, by a ratio of whole numbers, while volume jumps the other way
    split_tolerance  distance from the ratio, as a fraction of the price
    times            bars at weekends or hours at which hardly any other bar is, or two on one day; bars of the future,
                     weeks from Sunday to Thursday, symbols that share no time with any other
    look_alikes      two names whose returns correlate by more than look_alike_correlation
    look_alike_correlation  correlation of log returns on common dates
    minimum_history  bars with a value that every symbol must have, of every field or field -> bars; 0: any number
    completeness     share of the times between a symbol's first and last bar, at which any symbol has one, at which it
                     must have a value, of every field or field -> share; 0: any
    The last two stop the run, and a refit before it is deployed, wherever they are not met.
    """

    order: Literal["raise", "repair"]
    duplicates: Literal["raise", "drop", "repair"]
    missing: Literal["raise", "drop", "warn"]
    non_positive: Literal["raise", "drop", "warn"]
    negative_volume: Literal["raise", "drop", "repair", "warn"]
    ohlc: Literal["raise", "drop", "repair", "warn"]
    gaps: Literal["raise", "warn"]
    max_gap_sessions: Annotated[int, Ge(1)]
    calendar: str | None
    stale: Literal["raise", "drop", "warn"]
    stale_bars: Annotated[int, Ge(2)]
    outliers: Literal["raise", "warn"]
    outlier_z: Annotated[float, Gt(0)]
    spikes: Literal["raise", "warn"]
    splits: Literal["raise", "warn"]
    split_tolerance: Annotated[float, Gt(0), Le(0.1)]
    times: Literal["raise", "warn"]
    look_alikes: Literal["raise", "warn"]
    look_alike_correlation: Annotated[float, Gt(0.9), Lt(1)]
    minimum_history: Annotated[int, Ge(0)] | Mapping[str, Annotated[int, Ge(0)]]
    completeness: Annotated[float, Ge(0), Le(1)] | Mapping[str, Annotated[float, Ge(0), Le(1)]]

    def inspect(self, bars: Bars) -> tuple[Panel, tuple[Finding, ...]]:
        structure.refuse_empty(bars)
        bars = bars.arranged()
        times.refuse_lost_clocks(bars)
        findings, stamps_T = [], np.unique(bars.timestamps_R)
        for step in (*self._structure(), *self._plausibility()):
            defects = list(step.check(bars))
            if defects:
                bars, finding = _settled(bars, step, defects)
                findings.append(finding)
        refuse_insufficient(bars, stamps_T, self.minimum_history, self.completeness)
        return bars.to_panel(), tuple(findings)

    def _structure(self) -> Iterator[_Step]:
        order = _Step(name="order", check=structure.order, action=self.order, repair=lambda bars, _: bars.ordered())
        # Only sorted bars show all duplicates; unsorted ones that may not be sorted are refused in any case.
        if self.order == "repair":
            yield order
        yield _Step(name="duplicates", check=self._copies, action=self.duplicates, repair=_keep_last)
        if self.order == "raise":
            yield order
        yield _Step(name="missing", check=structure.missing_prices, action=self.missing)
        yield _Step(name="non_positive", check=structure.non_positive, action=self.non_positive)
        yield _Step(
            name="negative_volume",
            check=structure.negative_volume,
            action=self.negative_volume,
            repair=_without_volume,
        )
        yield _Step(name="ohlc", check=structure.inconsistent, action=self.ohlc, repair=_widened)

    def _copies(self, bars: Bars) -> Iterator[Defect]:
        for found in structure.duplicates(bars):
            rows = np.union1d(found.rows, found.rows - 1) if self.duplicates == "drop" else found.rows
            yield Defect(rows=rows, says=found.says, remedy=found.remedy)

    def _plausibility(self) -> Iterator[_Step]:
        stale = partial(plausibility.stale, stale_bars=self.stale_bars)
        holes = partial(gaps, max_gap_sessions=self.max_gap_sessions, calendar=self.calendar)
        outliers = partial(plausibility.outliers, outlier_z=self.outlier_z)
        steps = partial(splits, split_tolerance=self.split_tolerance, outlier_z=self.outlier_z)
        spikes = partial(plausibility.spikes, outlier_z=self.outlier_z)
        twins = partial(plausibility.look_alikes, look_alike_correlation=self.look_alike_correlation)
        yield _Step(name="stale", check=stale, action=self.stale)
        yield _Step(name="gaps", check=holes, action=self.gaps)
        yield _Step(name="outliers", check=outliers, action=self.outliers)
        yield _Step(name="spikes", check=spikes, action=self.spikes)
        yield _Step(name="splits", check=steps, action=self.splits)
        yield _Step(name="times", check=plausibility.odd_times, action=self.times)
        yield _Step(name="future", check=times.beyond_now, action=self.times)
        yield _Step(name="weekdays", check=times.shifted_weeks, action=self.times)
        yield _Step(name="together", check=times.never_together, action=self.times)
        yield _Step(name="look_alikes", check=twins, action=self.look_alikes)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "order": "raise",
            "duplicates": "raise",
            "missing": "raise",
            "non_positive": "raise",
            "negative_volume": "raise",
            "ohlc": "raise",
            "gaps": "warn",
            "max_gap_sessions": 5,
            "calendar": None,
            "stale": "warn",
            "stale_bars": 10,
            "outliers": "warn",
            "outlier_z": 25.0,
            "spikes": "warn",
            "splits": "warn",
            "split_tolerance": 0.03,
            "times": "warn",
            "look_alikes": "warn",
            "look_alike_correlation": 0.9999,
            "minimum_history": 0,
            "completeness": 0.0,
        }
        mended = {"order": "repair", "duplicates": "repair", "missing": "drop", "ohlc": "repair", "stale": "drop"}
        asked = {"minimum_history": {"close": 60}, "completeness": {"close": 0.9}}
        return (base, base | mended | asked)


def _settled(bars: Bars, step: _Step, defects: Sequence[Defect]) -> tuple[Bars, Finding]:
    """The bars after what the policy says about these defects. Raises DataError if it says so."""
    first = defects[0]
    row = int(first.rows[0])
    if step.action == "raise":
        raise first.error(bars)
    rows = np.unique(np.concatenate([defect.rows for defect in defects]))
    finding = Finding(
        check=step.name,
        count=len(rows),
        symbol=bars.symbol(row),
        timestamp=bars.time(row),
        example=f"{bars.source(row)}: {first.says}",
        action=DONE[step.action],
    )
    if step.action == "drop":
        if len(rows) == bars.n_rows:
            raise DataError(f"{bars.where}: quality.{step.name}=drop leaves no bars; {first.says}; {first.remedy}")
        return bars.take(np.setdiff1d(np.arange(bars.n_rows), rows)), finding
    if step.action == "repair" and step.repair is not None:
        return step.repair(bars, rows), finding
    return bars, finding


def _keep_last(bars: Bars, rows: Int) -> Bars:
    return bars.take(np.setdiff1d(np.arange(bars.n_rows), rows - 1))


def _without_volume(bars: Bars, rows: Int) -> Bars:
    volume_R = bars.fields["volume"].copy()
    volume_R[rows] = np.nan
    return bars.with_fields({"volume": volume_R})


def _widened(bars: Bars, rows: Int) -> Bars:
    prices = np.array([bars.fields[name][rows] for name in PRICES if name in bars.fields])
    high_R, low_R = bars.fields["high"].copy(), bars.fields["low"].copy()
    high_R[rows], low_R[rows] = np.nanmax(prices, axis=0), np.nanmin(prices, axis=0)
    return bars.with_fields({"high": high_R, "low": low_R})
