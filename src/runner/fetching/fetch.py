"""Asking a vendor for what a file does not hold yet."""

import random
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.contracts import Source
from components.errors import ConfigError, DataError, Unavailable
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.places import config_files
from runner.composition.schema import parameters
from runner.fetching import held as files
from runner.fetching.held import Held, Revised, Symbol, Vintage
from runner.fetching.revisions import differ, revisions

if TYPE_CHECKING:
    import pandas as pd

ASKED = ("symbols", "start", "end")
"""What a source of a vendor is asked for; a source without one of these is none."""
OVERLAP = 5
"""Bars that are asked for again behind new ones, to see whether the vendor changed them."""
LONGEST_WAIT_S = 60.0
OLD_S = 12 * 3600.0


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is wanted. section: the section `data` of a configuration without symbols, start and end; again: all bars
    are asked for again; retries, wait_s: further attempts where the vendor cannot be had, and seconds before the first
    of them, doubled each time."""

    vendor: str
    section: Mapping[str, Any]
    symbols: tuple[str, ...]
    start: str
    end: str
    out: Path
    again: bool = False
    retries: int = 4
    wait_s: float = 2.0


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """What became of one symbol. new: bars that the file did not hold; revised: what the vendor changed of the others;
    failed: why it could not be had, None where it could."""

    symbol: str
    new: int = 0
    last: str = ""
    revised: tuple[Revised, ...] = ()
    failed: str | None = None


def vendors() -> tuple[str, ...]:
    """Choices of data that can be fetched, by the parameters of their classes."""
    import yaml

    known = catalogue()
    fitting = {target for target in known.fitting(Source) if set(ASKED) <= set(parameters(known[target]))}
    chosen = {name: yaml.safe_load(path.read_text(encoding="utf-8")) for name, path in config_files("data").items()}
    return tuple(name for name, section in chosen.items() if section.get("_target_") in fitting)


def fetch(order: Order, say: Callable[[Outcome], None]) -> Held:
    """The file with what was asked for, written; each symbol is told when it is done.

    What a killed fetch had got lies beside the file and is taken up by the next one. Raises ConfigError for wrong
    settings, DataError where symbols could not be had, after everything else was written.
    """
    if not _moment(order.start) < _moment(order.end):
        raise ConfigError(f"fetch: --to {order.end} must be later than --from {order.start}")
    if order.section.get("fallback") is not None:
        raise ConfigError("data.fallback: a fetched file holds the bars of one vendor; leave it null")
    settings = _settings(order)
    parts = order.out.with_name(f".{order.out.name}.parts")
    _forget_old_answers(parts)
    source = _source(order, order.symbols[0], order.start, order.end, parts)
    source.fields()  # wrong settings, before anything is asked
    held = replace(
        _held(order, settings, parts),
        adjustment=source.facts().adjustment,
        survivorship=source.facts().survivorship,
    )
    failed: list[Outcome] = []
    for number, name in enumerate(order.symbols):
        try:
            held, outcome = _with_symbol(held, order, name, parts)
        except DataError as error:
            failed.append(Outcome(symbol=name, failed=str(error)))
            say(failed[-1])
            if isinstance(error, Unavailable) and number + 1 < len(order.symbols):
                break  # the vendor is down: the other symbols would only wait in vain
            continue
        if outcome.new or outcome.revised:
            part = replace(held, symbols={name: held.symbols[name]}, revised=outcome.revised)
            files.write(parts / f"{_file_name(name)}.parquet", part)
        say(outcome)
    if held.symbols:
        files.write(order.out, held)
    if failed:  # answers about parts of a span are taken up by the next attempt
        for file in parts.glob("*.parquet"):
            file.unlink()
        raise DataError(_failure(order, failed, held))
    shutil.rmtree(parts, ignore_errors=True)
    return held


def _forget_old_answers(parts: Path) -> None:
    """Answers that an attempt left long ago are no longer what the vendor says."""
    answers = parts / "answers"
    if answers.exists() and time.time() - answers.stat().st_mtime > OLD_S:
        shutil.rmtree(answers, ignore_errors=True)


def _failure(order: Order, failed: Sequence[Outcome], held: Held) -> str:
    done = f"{order.out} holds what was got; the same command asks for the rest" if held.symbols else "nothing was got"
    lacking = [name for name in order.symbols if name not in held.symbols]
    return (
        f"{failed[0].failed}; {len(failed)} of {len(order.symbols)} symbols failed, {len(lacking)} are lacking: {done}"
    )


def _settings(order: Order) -> dict[str, Any]:
    """Settings that decide which bars come, for the file to say."""
    inert = catalogue()[order.section["_target_"]].inert
    skipped = {*ASKED, *inert, "_target_", "fallback", "cache_folder"}
    return {name: value for name, value in order.section.items() if name not in skipped}


def _held(order: Order, settings: Mapping[str, Any], parts: Path) -> Held:
    """What the file holds, and what a fetch that was killed had got beside it."""
    held = Held(vendor=order.vendor, settings=settings, symbols={})
    if order.out.exists():
        held = files.read(order.out)
        files.refuse_other(held, order.vendor, settings, order.out)
    for path in sorted(parts.glob("*.parquet")):
        part = files.read(path)
        if part.vendor == order.vendor and part.settings == settings:
            for name, symbol in part.symbols.items():
                held = held.with_symbol(name, symbol, part.revised)
    return held


def _with_symbol(held: Held, order: Order, name: str, parts: Path) -> tuple[Held, Outcome]:
    before = held.symbols.get(name)
    now = str(np.datetime64("now"))
    # Of what lies ahead nothing was asked for, whatever the vendor was told.
    start, end = order.start, min(order.end, now, key=_moment)
    if before is not None:
        # What is held stays, whatever span is asked for now.
        start, end = min(start, before.start, key=_moment), max(end, before.end, key=_moment)
        covered = (start, end) == (before.start, before.end)
        if covered and not order.again:
            return held, Outcome(symbol=name, last=_last(before.bars))
    if before is None or order.again or _moment(start) < _moment(before.start):
        bars = _patiently(order, name, start, end, parts)
    else:
        bars = _continued(order, name, before, start, end, parts)
    revised = () if before is None else revisions(name, before.bars, bars, now)
    known = set() if before is None else set(before.bars["timestamp"])
    news = bars[~bars["timestamp"].isin(known)]
    vintages = () if before is None else before.vintages
    got = bars if revised else news
    if len(got):
        vintages = (*vintages, Vintage(fetched_at=now, first=_first(got), last=_last(got), bars=len(got)))
    symbol = Symbol(bars=bars, start=start, end=end, vintages=vintages)
    outcome = Outcome(symbol=name, new=len(news), last=_last(bars), revised=revised)
    return held.with_symbol(name, symbol, revised), outcome


def _continued(order: Order, name: str, before: Symbol, start: str, end: str, parts: Path) -> "pd.DataFrame":
    """The held bars with later ones; all of them anew, where the vendor changed those that were asked for again."""
    import pandas as pd

    overlap = before.bars.tail(OVERLAP)
    # A bar may bear its end: it began a bar earlier.
    since = before.bars["timestamp"].iloc[-min(len(before.bars), OVERLAP + 1)]
    later = _patiently(order, name, str(since.date()), end, parts)
    again = later[later["timestamp"].isin(set(overlap["timestamp"]))]
    if len(again) < len(overlap) or differ(overlap, again):
        return _patiently(order, name, start, end, parts)
    news = later[later["timestamp"] > before.bars["timestamp"].iloc[-1]]
    return pd.concat([before.bars, news], ignore_index=True)


def _patiently(order: Order, name: str, start: str, end: str, parts: Path) -> "pd.DataFrame":
    for wait_s in _waits(order):
        try:
            return files.bars_of(_source(order, name, start, end, parts).load(), name)
        except Unavailable:
            if wait_s is None:
                raise
            time.sleep(wait_s)
    raise AssertionError("the last attempt raises or returns")


def _waits(order: Order) -> Iterator[float | None]:
    """Seconds before each further attempt, with a jitter so that many who wait do not come back at once."""
    for attempt in range(order.retries):
        yield min(LONGEST_WAIT_S, order.wait_s * 2.0**attempt) * random.uniform(0.5, 1.0)  # noqa: S311  # no secret
    yield None


def _source(order: Order, name: str, start: str, end: str, parts: Path) -> Source:
    """The vendor's source of one symbol. Its answers are kept only as long as this fetch lasts: bars that were pinned
    long ago would hide what the vendor changed since."""
    section = {**order.section, "symbols": [name], "start": start, "end": end, "fallback": None}
    if "cache_folder" in section:
        section["cache_folder"] = str(parts / "answers")
    source: Source = build(Source, section, path="data")  # type: ignore[type-abstract]
    return source


def _moment(text: str) -> np.datetime64:
    from datetime import UTC, datetime

    try:
        time_ = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"fetch: '{text}' is no time; write ISO 8601 in UTC, for example 2020-12-31") from None
    return np.datetime64(time_.astimezone(UTC).replace(tzinfo=None) if time_.tzinfo else time_, "us")


def _first(bars: "pd.DataFrame") -> str:
    return str(bars["timestamp"].iloc[0].isoformat()).removesuffix("T00:00:00")


def _last(bars: "pd.DataFrame") -> str:
    return str(bars["timestamp"].iloc[-1].isoformat()).removesuffix("T00:00:00")


def _file_name(symbol: str) -> str:
    """A name for a file, one for each symbol, whatever characters that has."""
    return symbol.encode().hex()
