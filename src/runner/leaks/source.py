"""Sources and the quality policy on data that end earlier: what they say of the past must be the same.

A source made of sources is given the bars of its parts up to a time. A source that reads one CSV or Parquet
file is given a copy of the file up to that time. Others fetch what they are served and cannot be asked.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.errors import DataError, Unavailable
from components.panel import Panel
from components.structure import strict
from components.tables.columns import UNTOLD
from components.tables.parts import part_of, row_times
from components.tables.shape import shape_of
from components.values import LeakFinding, SourceFacts
from runner.compute.vault import visible_bars
from runner.leaks.subject import Subject, day, leak, moved

NAME = "source"
QUALITY = "quality"
SHARES = (0.55, 0.8)
"""Places on the axis of times at which the data are cut."""

DAY = np.timedelta64(1, "D")
TIME_NAMES = ("date", "time", "timestamp", "datetime")


@dataclass(frozen=True, kw_only=True, eq=False)
class _Given(Source):
    """Bars that are there already, under the name of the source that had them."""

    given: Bars
    origin: Source

    def facts(self) -> SourceFacts:
        return self.origin.facts()

    def fields(self) -> tuple[str, ...]:
        return self.origin.fields()

    def load(self) -> Panel:
        return strict(self.given)

    def bars(self) -> Bars:
        return self.given

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ()


def source(subject: Subject) -> Iterator[LeakFinding]:
    """The source on what there was at some times."""
    data = subject.experiment.data
    bars, _ = visible_bars(data, subject.experiment.split)
    found: list[LeakFinding] = []
    for start in _times(bars):
        with tempfile.TemporaryDirectory() as folder:
            found += _source_at(data, bars, start, Path(folder))
    yield from _once(found)


def quality(subject: Subject) -> Iterator[LeakFinding]:
    """The quality policy on the bars that there were at some times."""
    bars, _ = visible_bars(subject.experiment.data, subject.experiment.split)
    yield from _once([finding for start in _times(bars) for finding in _quality_at(subject, bars, start)])


def _once(found: Sequence[LeakFinding]) -> Iterator[LeakFinding]:
    """The first finding of each place."""
    yield from {finding.where: finding for finding in reversed(found)}.values()


def _times(bars: Bars) -> Iterator[np.datetime64]:
    """Two times, and those of the largest fall and rise: hindsight likes to leave out what came before them."""
    times_T = np.unique(bars.timestamps_R)
    for share in SHARES:
        yield times_T[int(len(times_T) * share)]
    ordered = bars.ordered()
    price_R = ordered.fields["close" if "close" in ordered.fields else next(iter(ordered.fields))]
    with np.errstate(divide="ignore", invalid="ignore"):
        move_R = np.append(np.nan, price_R[1:] / price_R[:-1] - 1)
    move_R[1:][ordered.codes_R[1:] != ordered.codes_R[:-1]] = np.nan
    move_R[ordered.timestamps_R < times_T[len(times_T) // 4]] = np.nan
    if np.isfinite(move_R).any():
        yield ordered.timestamps_R[int(np.nanargmin(move_R))]
        yield ordered.timestamps_R[int(np.nanargmax(move_R))]


def testable(source: Source) -> bool:
    """Whether the source can be given less data."""
    return bool(_parts(source)) or _file(source) is not None


def _source_at(data: Source, bars: Bars, start: np.datetime64, folder: Path) -> Iterator[LeakFinding]:
    shorter = _cut(data, start, folder)
    if shorter is None:
        return
    try:
        again = shorter.bars()
    except DataError:
        return  # too little is left for the source to work on, which it says
    said = f"with its data from {day(start)} on cut off"
    yield from _compared(NAME, "data", said, bars.before(start).ordered(), again.before(start).ordered())


def _quality_at(subject: Subject, bars: Bars, start: np.datetime64) -> Iterator[LeakFinding]:
    policy = subject.experiment.quality
    try:
        (whole, _), (again, _) = policy.inspect(bars), policy.inspect(bars.before(start))
    except DataError:
        return
    early = [Bars.of(panel.before(start), where="") for panel in (whole, again)]
    yield from _compared(QUALITY, "quality", f"with the bars from {day(start)} on cut off", *early)


def _compared(test: str, where: str, said: str, old: Bars, new: Bars) -> Iterator[LeakFinding]:
    """Bars that came or went, then fields whose values moved."""
    old_keys, new_keys = _keys(old), _keys(new)
    if old_keys != new_keys:
        odd = min(set(old_keys).symmetric_difference(new_keys) or {old_keys[0]})
        count = len(set(old_keys).symmetric_difference(new_keys))
        yield leak(
            test,
            f"{where} (symbol {odd[0]})",
            f"{said}, {count} earlier bars come or go; the first: {odd[0]} {day(np.datetime64(odd[1], 'us'))}: which "
            "bars there are depends on later ones",
        )
        return
    for name, old_R in old.fields.items():
        moved_R = moved(old_R, new.fields[name])
        if moved_R.any():
            first = int(moved_R.argmax())
            yield leak(
                test,
                f"{where}.{name}",
                f"{said}, {int(moved_R.sum())} of {len(moved_R)} earlier values move; the first: {old.symbol(first)} "
                f"{day(old.timestamps_R[first])}, {old_R[first]:.6g} becomes {new.fields[name][first]:.6g}",
            )


def _keys(bars: Bars) -> list[tuple[str, int]]:
    names = [bars.symbols[code] for code in bars.codes_R]
    return list(zip(names, bars.timestamps_R.astype("datetime64[us]").view(np.int64).tolist(), strict=True))


def _parts(source: Source) -> dict[str, Any]:
    """Parameters that are sources, or hold some."""
    return {
        field.name: getattr(source, field.name)
        for field in fields(source)
        if field.name != "fallback" and _holds_sources(getattr(source, field.name))
    }


def _holds_sources(value: Any) -> bool:
    if isinstance(value, Source):
        return True
    if isinstance(value, Mapping):
        return any(_holds_sources(inner) for inner in value.values())
    if is_dataclass(value) and not isinstance(value, type):
        return any(_holds_sources(getattr(value, field.name)) for field in fields(value))
    return False


def _cut(source: Source, start: np.datetime64, folder: Path) -> Source | None:
    """The source with less data; None where it cannot be given any."""
    source = _used(source)
    parts = _parts(source)
    if parts:
        dated = getattr(source, "stamps", None) == "date"
        inner = {name: _cut_value(value, start, folder, dated=dated) for name, value in parts.items()}
        return replace(source, **inner)
    path = _file(source)
    if path is None:
        return None
    shorter = _shorter_file(source, path, start, folder)
    return None if shorter is None else replace(source, path=str(shorter))  # type: ignore[call-arg]


def _used(source: Source) -> Source:
    """The source without its fallback, or the fallback where that stands in."""
    own = replace(source, fallback=None)
    if source.fallback is None:
        return own
    try:
        own.fields()
    except Unavailable:
        return _used(source.fallback)
    return own


def _cut_value(value: Any, start: np.datetime64, folder: Path, *, dated: bool) -> Any:
    if isinstance(value, Source):
        whole = value.bars()
        return _cut(value, start, folder) or _Given(given=whole.before(start), origin=value)
    if isinstance(value, Mapping):
        return {name: _cut_value(inner, start, folder, dated=dated) for name, inner in value.items()}
    if _holds_sources(value):
        # A bar that is a date is decided at the end of its day: what was known by then belongs to it.
        own = start + DAY if dated and getattr(value, "stamps", None) == "end" else start
        inner = {f.name: getattr(value, f.name) for f in fields(value)}
        return replace(
            value, **{k: _cut_value(v, own, folder, dated=dated) for k, v in inner.items() if _holds_sources(v)}
        )
    return value


def _file(source: Source) -> Path | None:
    name = getattr(source, "path", None)
    path = Path(name) if isinstance(name, str) else None
    return path if path is not None and path.is_file() else None


def _shorter_file(source: Source, path: Path, start: np.datetime64, folder: Path) -> Path | None:
    """A copy of the file without the lines from `start` on; None where its times cannot be read."""
    told = getattr(source, "told", UNTOLD)
    named = getattr(source, "time_column", None)
    try:
        columns = shape_of(path, told).names
        time = named or next(name for name in columns if name.lower() in TIME_NAMES)
        times_N = row_times(
            path,
            told,
            time=time,
            clock=getattr(source, "clock_column", None),
            date_format=getattr(source, "date_format", None),
            zone=getattr(source, "time_zone", None),
        )
        content = part_of(path, told, times_N < start)
    except (DataError, StopIteration):
        return None
    copy = folder / path.name
    copy.write_bytes(content)
    return copy
