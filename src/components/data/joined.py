"""Bars joined with reference series, groups and the membership of a universe."""

import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.data._by_symbol import by_symbol
from components.data._content import content_of_files, joint
from components.data._membership import group_codes, membership
from components.data._nested import bars_of, content_of, fields_of, series_of
from components.errors import ConfigError, DataError, Problem
from components.panel import IN_UNIVERSE, Float, Panel, Time
from components.ranges import Ge, Gt
from components.structure import duplicates, strict
from components.values import SourceFacts

NAME = re.compile(r"[a-z_][a-z0-9_]*")
DAY = np.timedelta64(1, "D")
TICK = np.timedelta64(1, "us")
WEAKEST_FIRST = ("biased", "unknown", "free")


@dataclass(frozen=True, kw_only=True)
class Reference:
    """One series of another source, to be read at every bar.

    source        where the series is found
    field         its field there
    symbol        its symbol there; null: the source has only one
    by            symbol: every bar gets the series of its own symbol, and `symbol` is null; null: all get the same one
    stamps        end: a timestamp says when the value is known; date: it names a day, and the value is
                  known when that day (UTC) is over. Dates that are declared as end are refused
    lag_days      calendar days from then until it is published
    lag_bars      further observations of the series that must have been made: 1 takes Friday's value from
                  Monday's observation on, whatever lies between
    max_age_days  calendar days after which a value without successor is missing; null: never
    """

    source: Source
    field: str
    symbol: str | None
    stamps: Literal["end", "date"]
    lag_days: Annotated[float, Ge(0)]
    lag_bars: Annotated[int, Ge(0)]
    max_age_days: Annotated[float, Gt(0)] | None
    by: Literal["symbol"] | None = None


@dataclass(frozen=True, kw_only=True)
class Joined(Source):
    """A main source whose bars also bear the latest known value of reference series.

    main            the bars
    stamps          what its timestamps are. end: the moment at which a bar is complete; date: a day, with
                    the decision taken when that day (UTC) is over
    references      name -> series: a field of that name with the latest observation that was published when
                    the bar's decision is taken. A series has source, field and symbol (null: the only one),
                    stamps as above (end: when the value is known), lag_days (calendar days from then until it
                    is published), lag_bars (further observations that must have been made) and max_age_days
                    (calendar days after which it is missing; null: never). Observations that are NaN do not
                    count; before the first the field is NaN. Only the series itself is judged, by its times: its
                    values may be zero or negative, and other symbols and fields of the source may be broken.
                    by: symbol gives every bar the series of its own symbol (filings, option flow: data=releases keeps
                    their revisions apart), NaN where it has none
    groups          name -> CSV file with the columns symbol and group, or a map of symbol to group: a field
                    of that name with the group's place among the sorted names of all groups. A blank group
                    is NaN; a symbol without a line is an error
    universe_file   CSV file with the columns symbol, start and end (ISO dates): a bar is a member from start
                    up to, not including, end; a blank end means until today; several lines a symbol
    universe_field  a field of the main source instead, positive for members; null in both: all are
    Where there is a universe, the field in_universe is 1 or 0: outsiders are never trained on, scored or
    held, but their bars warm up their features. Membership must be stated as it was known at the time.
    """

    main: Source
    stamps: Literal["end", "date"]
    references: Mapping[str, Reference]
    groups: Mapping[str, str | Mapping[str, str]]
    universe_file: str | None
    universe_field: str | None

    def facts(self) -> SourceFacts:
        facts = self.main.facts()
        others = {name: reference.source.facts() for name, reference in self.references.items()}
        told = [f"{name} ({other.description}, {other.adjustment})" for name, other in others.items()]
        described = f"{facts.description}, joined with {', '.join(told)}" if told else facts.description
        known = [facts, *others.values()]
        cautions = [*itertools.chain.from_iterable(fact.cautions for fact in known), *self._same_day()]
        return replace(
            facts,
            description=described,
            survivorship=min((fact.survivorship for fact in known), key=WEAKEST_FIRST.index),
            cautions=tuple(dict.fromkeys(cautions)),
        )

    def _same_day(self) -> Iterator[str]:
        for name, reference in self.references.items():
            if self.stamps == reference.stamps == "date" and reference.lag_days == reference.lag_bars == 0:
                yield (
                    f"{name} is joined with its value of the same day: where its market closes after the main one, "
                    "that is look-ahead; a lag of one day or bar excludes it"
                )

    def fields(self) -> tuple[str, ...]:
        main = fields_of(self.main, "main")
        problems = [*self._universe_problems(main), *self._name_problems(main), *self._reference_problems()]
        if problems:
            raise ConfigError(*problems)
        names = [*main, *self.references, *self.groups]
        if self.universe_field is not None or self.universe_file is not None:
            names = [*(name for name in names if name != IN_UNIVERSE), IN_UNIVERSE]
        return tuple(names)

    def _universe_problems(self, main: Sequence[str]) -> Iterator[Problem]:
        if self.universe_field is None:
            return
        if self.universe_field not in main:
            message, hint = f"the main source has no field '{self.universe_field}'", f"fields: {', '.join(main)}"
            yield Problem("universe_field", message, hint)
        if self.universe_file is not None:
            yield Problem("universe_file", "a universe has one origin", "set universe_field to null")

    def _name_problems(self, main: Sequence[str]) -> Iterator[Problem]:
        taken = set(main)
        for section, names in (("references", self.references), ("groups", self.groups)):
            for name in names:
                if name in taken or not NAME.fullmatch(name):
                    why = "is taken already" if name in taken else "is no name for a field"
                    message, hint = f"'{name}' {why}", "choose another, of small letters, digits and _"
                    yield Problem(f"{section}.{name}", message, hint)
                taken.add(name)

    def _reference_problems(self) -> Iterator[Problem]:
        for name, reference in self.references.items():
            if reference.by == "symbol" and reference.symbol is not None:
                message = f"'{reference.symbol}' is one symbol, but by: symbol takes that of each bar"
                yield Problem(f"references.{name}.symbol", message, "set it to null, or by to null")
            known = fields_of(reference.source, f"references.{name}.source")
            if reference.field not in known:
                message, hint = f"the source has no field '{reference.field}'", f"fields: {', '.join(known)}"
                yield Problem(f"references.{name}.field", message, hint)

    def content(self) -> str | None:
        others = {f"references.{name}.source": reference.source for name, reference in self.references.items()}
        digests = [content_of(source, path) for path, source in {"main": self.main, **others}.items()]
        files = [*self.groups.values(), self.universe_file]
        known = [digest for digest in digests if digest is not None]
        if len(known) < len(digests):
            return None
        return joint(*known, content_of_files(Path(file) for file in files if isinstance(file, str)))

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        """The main source's bars, still to be judged, with the joined fields."""
        self.fields()
        bars = bars_of(self.main, "main")
        if bars.n_rows == 0:
            return bars
        if self.stamps == "date":
            _check_stamps(bars.timestamps_R, self.stamps, "data.stamps")
        decided_R = _known(bars.timestamps_R, self.stamps)
        joined: dict[str, Float] = {}
        notices = list(bars.notices)
        for name, reference in self.references.items():
            if reference.by == "symbol":
                joined[name], told = self._of_own_symbol(name, reference, bars, decided_R)
                notices += [notice for notice in told if notice not in notices]
                continue
            series = series_of(reference.source, f"references.{name}.source", reference.symbol, reference.field)
            joined[name] = _as_of(reference, _observations(name, reference, series), decided_R)
            notices += [notice for notice in series.notices if notice not in notices]
        joined |= {name: group_codes(name, given, bars) for name, given in self.groups.items()}
        if self.universe_field is not None:
            joined[IN_UNIVERSE] = (bars.fields[self.universe_field] > 0).astype(np.float64)
        if self.universe_file is not None:
            joined[IN_UNIVERSE], told = membership(self.universe_file, bars)
            notices += told
        if IN_UNIVERSE in joined and not joined[IN_UNIVERSE].any():
            raise DataError(
                f"{self.universe_file or self.universe_field}: no bar of {self.main.facts().description} belongs to "
                "the universe; compare its symbols and dates with those of the bars"
            )
        return replace(bars.with_fields(joined), notices=tuple(notices))

    def _of_own_symbol(
        self, name: str, reference: Reference, bars: Bars, decided_R: Time
    ) -> tuple[Float, tuple[str, ...]]:
        observed = bars_of(reference.source, f"references.{name}.source")
        _check_stamps(observed.timestamps_R, reference.stamps, f"data.references.{name}.stamps")
        values_R, told = by_symbol(bars, observed, reference.field, partial(_as_of, reference), decided_R)
        return values_R, (*observed.notices, *(f"data.references.{name}: {sentence}" for sentence in told))

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        bundled = {"_target_": "components.data.bundled.Bundled"}
        index: dict[str, Any] = {
            "source": bundled | {"dataset": "nasdaq"},
            "field": "close",
            "symbol": None,
            "stamps": "date",
            "lag_days": 0.0,
            "lag_bars": 1,
            "max_age_days": 7.0,
            "by": None,
        }
        base: dict[str, Any] = {
            "main": bundled | {"dataset": "sp500"},
            "stamps": "date",
            "references": {"nasdaq": index},
            "groups": {},
            "universe_file": None,
            "universe_field": None,
        }
        return (base, base | {"references": {}, "groups": {"kind": {"sp500": "index"}}, "universe_field": "volume"})


def _known(times: Time, stamps: Literal["end", "date"]) -> Time:
    """The moments for which the timestamps stand: of a date, the last one of its day."""
    return times + DAY - TICK if stamps == "date" else times


def _check_stamps(times: Time, stamps: Literal["end", "date"], path: str) -> None:
    """Raises ConfigError where timestamps are declared to be what they are not: that would be look-ahead."""
    timed = times[times != times.astype("datetime64[D]")]
    if stamps == "date" and len(timed):
        message = f"the timestamps are no dates but have a time of day, such as {timed[0].astype('datetime64[s]')}"
        raise ConfigError(Problem(path, message, "set it to end"))
    if stamps == "end" and len(times) and not len(timed):
        message = "the timestamps are dates, at whose midnight the value of the day is not known"
        raise ConfigError(Problem(path, message, "set it to date"))


def _observations(name: str, reference: Reference, series: Bars) -> tuple[Time, Float]:
    """Times and values of the series, in order, without what is missing. Only its own bars are judged: a rate may be
    zero or negative, and what is wrong with another symbol or field concerns nobody."""
    names = [series.symbols[code] for code in np.unique(series.codes_R)]
    if reference.symbol is None and len(names) > 1:
        message = f"the source has {len(names)} symbols ({', '.join(sorted(names)[:5])} ...)"
        raise ConfigError(Problem(f"data.references.{name}.symbol", message, "name one"))
    if reference.symbol is not None and reference.symbol not in names:
        message = f"the source has no symbol '{reference.symbol}'"
        hint = f"symbols: {', '.join(sorted(names)[:10])}"
        raise ConfigError(Problem(f"data.references.{name}.symbol", message, hint))
    ordered = series.ordered()
    for defect in duplicates(ordered):
        raise defect.error(ordered)
    values_K, times_K = ordered.fields[reference.field], ordered.timestamps_R
    there_K = np.isfinite(values_K)
    _check_stamps(times_K, reference.stamps, f"data.references.{name}.stamps")
    return times_K[there_K], values_K[there_K]


def _as_of(reference: Reference, observations: tuple[Time, Float], decided_R: Time) -> Float:
    """(R,) the latest observation that was published at each decision, NaN where it is none or too old."""
    times_K, values_K = observations
    made_K = _known(times_K, reference.stamps)
    n_usable = max(len(made_K) - reference.lag_bars, 0)
    if n_usable == 0:
        return np.full(len(decided_R), np.nan)
    published_K = made_K[reference.lag_bars :] + _days(reference.lag_days)
    place_R = np.searchsorted(published_K, decided_R, side="right") - 1
    usable_R = place_R >= 0
    if reference.max_age_days is not None:
        usable_R &= decided_R - made_K[place_R] <= _days(reference.max_age_days)
    return np.where(usable_R, values_K[place_R], np.nan)


def _days(days: float) -> np.timedelta64:
    return np.timedelta64(round(days * 86_400_000_000), "us")
