"""Bars that a second source confirms."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.data._content import joint
from components.data._nested import bars_of, content_of, fields_of
from components.errors import ConfigError, DataError, Problem
from components.panel import Float, Int, Panel, Time
from components.ranges import Ge, Lt, MinLen
from components.structure import strict
from components.values import SourceFacts

SHOWN = 3
AROUND = 1e-9
"""Of a value: what adding and dividing may do to it."""


@dataclass(frozen=True, kw_only=True)
class Reconciled(Source):
    """The bars of one source, compared with those of another before anything is computed from them.

    Bars of one symbol at one time (or on one day) disagree in a field where |a - b| > tolerance x |b|; where moves are
    compared, a and b are the ratios to the same source's bar before, so that prices adjusted in different ways agree.
    A value that one of both lacks is a disagreement. More of them than `allowed` are an error that names symbol, day,
    field and both values; fewer are noticed.

    main       the bars
    witness    the other source
    symbols    symbol -> name in the witness, of those whose names differ or that alone are compared; empty: every
               symbol that both have
    tolerance  field -> how far the witness's value may be off, as a fraction of it
    compare    levels: the values; moves: their ratios from bar to bar
    match      time: bars of one timestamp are one; date: of one day (UTC), of each source the last
    allowed    share of the bars that both have that may disagree
    missing    raise or warn: days within the span of both at which one of them has no bar
    """

    main: Source
    witness: Source
    symbols: Mapping[str, str]
    tolerance: Annotated[Mapping[str, Annotated[float, Ge(0)]], MinLen(1)]
    compare: Literal["levels", "moves"]
    match: Literal["time", "date"]
    allowed: Annotated[float, Ge(0), Lt(1)]
    missing: Literal["raise", "warn"]

    def facts(self) -> SourceFacts:
        facts, other = self.main.facts(), self.witness.facts()
        return replace(facts, description=f"{facts.description}, reconciled with {other.description}")

    def fields(self) -> tuple[str, ...]:
        names = fields_of(self.main, "main")
        for part, known in (("main", names), ("witness", fields_of(self.witness, "witness"))):
            if lacking := [field for field in self.tolerance if field not in known]:
                message = f"the {part} source has no field '{lacking[0]}'"
                raise ConfigError(Problem(f"tolerance.{lacking[0]}", message, f"fields: {', '.join(known)}"))
        return names

    def content(self) -> str | None:
        known = (content_of(self.main, "main"), content_of(self.witness, "witness"))
        return None if None in known else joint(*map(str, known))

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        self.fields()
        bars, other = bars_of(self.main, "main"), bars_of(self.witness, "witness").ordered()
        pairs, n_bars, found, gaps = self._pairs(bars, other), 0, list[str](), list[str]()
        for name, theirs in pairs.items():
            ours, confirmed = _one(bars.ordered(), name), _one(other, theirs)
            both = _Both.of(ours, confirmed, self.match)
            gaps += both.gaps(name, bars.where, other.where)
            n_bars += len(both.time_B)
            found += [line for field in self.tolerance for line in self._disagreements(name, field, both)]
        if not n_bars:
            raise DataError(f"{bars.where} and {other.where}: no bar in common; compare their spans and data.match")
        if len(found) > self.allowed * n_bars:
            raise DataError(self._refusal(found, n_bars, bars, other))
        if gaps and self.missing == "raise":
            raise DataError(f"{_some(gaps)}; give the missing bars, or set data.missing=warn")
        return replace(bars, notices=(*bars.notices, *other.notices, *self._notices(pairs, n_bars, found, gaps, bars)))

    def _pairs(self, bars: Bars, other: Bars) -> Mapping[str, str]:
        """symbol -> name in the witness."""
        known, theirs = _names(bars), _names(other)
        if not self.symbols:
            common = {name: name for name in sorted(known & theirs)}
            if not common:
                raise DataError(
                    f"{bars.where} and {other.where}: no symbol in common ({_some(sorted(known))} and "
                    f"{_some(sorted(theirs))}); name them in data.symbols"
                )
            return common
        for name, named in self.symbols.items():
            if name not in known or named not in theirs:
                absent, part, there = (name, "main", known) if name not in known else (named, "witness", theirs)
                message = f"the {part} source has no symbol '{absent}'"
                raise ConfigError(Problem(f"data.symbols.{name}", message, f"symbols: {_some(sorted(there))}"))
        return self.symbols

    def _disagreements(self, name: str, field: str, both: "_Both") -> Iterator[str]:
        one_B, other_B = both.values(field)
        if self.compare == "moves":
            one_B, other_B = _moves(one_B), _moves(other_B)
        apart_B = np.abs(one_B - other_B) > (self.tolerance[field] + AROUND) * np.abs(other_B)
        apart_B |= np.isnan(one_B) != np.isnan(other_B)
        for at in np.flatnonzero(apart_B):
            yield f"{name} {_moment(both.time_B[at])} {field} {one_B[at]:.7g} against {other_B[at]:.7g}"

    def _refusal(self, found: Sequence[str], n_bars: int, bars: Bars, other: Bars) -> str:
        what = "moves" if self.compare == "moves" else "values"
        return (
            f"{bars.where} and {other.where} disagree in {len(found):,} {what} of {n_bars:,} bars: {_some(found)}; "
            "mend the source that is wrong, widen data.tolerance, or raise data.allowed"
        )

    def _notices(
        self, pairs: Mapping[str, str], n_bars: int, found: Sequence[str], gaps: Sequence[str], bars: Bars
    ) -> Iterator[str]:
        if found:
            yield f"data: {len(found):,} disagreements with the witness in {n_bars:,} bars: {_some(found)}"
        if gaps:
            yield f"data: bars that the witness or the main source lacks: {_some(gaps)}"
        if alone := sorted(_names(bars) - set(pairs)):
            yield f"data: no witness of {len(alone)} symbols: {_some(alone)}"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        bundled = {"_target_": "components.data.bundled.Bundled", "dataset": "sp500"}
        base: dict[str, Any] = {
            "main": bundled,
            "witness": bundled,
            "symbols": {},
            "tolerance": {"close": 0.001},
            "compare": "levels",
            "match": "time",
            "allowed": 0.0,
            "missing": "warn",
        }
        moves = {
            "compare": "moves",
            "match": "date",
            "allowed": 0.01,
            "missing": "raise",
            "symbols": {"sp500": "sp500"},
        }
        return (base, base | moves | {"symbols": {"sp500": "sp500"}})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Both:
    """Bars that two sources have in common. time_B: when; one_B, other_B: their rows; only_one, only_other: times
    within the span of both at which the other has none."""

    one: Bars
    other: Bars
    time_B: Time
    one_B: Int
    other_B: Int
    only_one: Time
    only_other: Time

    @staticmethod
    def of(one: Bars, other: Bars, match: str) -> "_Both":
        (one_T, one_rows), (other_T, other_rows) = _times(one, match), _times(other, match)
        time_B, at_one, at_other = np.intersect1d(one_T, other_T, assume_unique=True, return_indices=True)
        # Every symbol that is compared has a bar in both.
        first, last = max(one_T[0], other_T[0]), min(one_T[-1], other_T[-1])
        within = [times[(times >= first) & (times <= last)] for times in (one_T, other_T)]
        return _Both(
            one=one,
            other=other,
            time_B=time_B,
            one_B=one_rows[at_one],
            other_B=other_rows[at_other],
            only_one=np.setdiff1d(within[0], other_T),
            only_other=np.setdiff1d(within[1], one_T),
        )

    def values(self, field: str) -> tuple[Float, Float]:
        return self.one.fields[field][self.one_B], self.other.fields[field][self.other_B]

    def gaps(self, name: str, where: str, other: str) -> Iterator[str]:
        for times, lacking in ((self.only_one, other), (self.only_other, where)):
            if len(times):
                yield f"{name}: {len(times):,} bars that {lacking} lacks, the first {_moment(times[0])}"


def _times(bars: Bars, match: str) -> tuple[Time, Int]:
    """Distinct times or days in order, and the last row of each."""
    stamps = bars.timestamps_R if match == "time" else bars.timestamps_R.astype("datetime64[D]")
    times, from_the_end = np.unique(stamps[::-1], return_index=True)
    return times, len(stamps) - 1 - from_the_end


def _names(bars: Bars) -> set[str]:
    return {bars.symbols[code] for code in np.unique(bars.codes_R)}


def _one(bars: Bars, name: str) -> Bars:
    return bars.take(bars.codes_R == bars.symbols.index(name))


def _moves(values_B: Float) -> Float:
    """Ratio to the value before; the first has none."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.append(np.nan, values_B[1:] / values_B[:-1])


def _moment(time: np.datetime64) -> str:
    return str(time.astype("datetime64[s]")).removesuffix("T00:00:00")


def _some(lines: Sequence[str]) -> str:
    more = f" and {len(lines) - SHOWN:,} more" if len(lines) > SHOWN else ""
    return ", ".join(lines[:SHOWN]) + more
