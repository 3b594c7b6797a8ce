"""Which group a symbol belongs to, and when it belonged to the universe."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.panel import TIME_DTYPE, Float, Time
from components.tables import times
from components.tables.columns import columns_of
from components.tables.container import paths_of
from components.tables.reading import said_of
from components.tables.unread import Unread

FOREVER = "9999-12-31"


def group_codes(name: str, given: str | Mapping[str, str], bars: Bars) -> Float:
    """(R,) place of each row's group among the sorted names of all groups; NaN for a blank group.

    given: symbol -> group, or a table with the columns symbol and group. Raises DataError for a symbol of
    the bars without a group.
    """
    setting = f"data.groups.{name}"
    where = given if isinstance(given, str) else setting
    groups = _group_file(given, setting) if isinstance(given, str) else given
    absent = [symbol for symbol in bars.symbols if symbol not in groups]
    if absent:
        raise DataError(
            f"{where}: no group for {_some(absent)}; add a line a symbol, with a blank group where it has none"
        )
    names = sorted({group for group in groups.values() if group})
    codes = {group: float(code) for code, group in enumerate(names)} | {"": np.nan}
    codes_S = np.array([codes[groups[symbol]] for symbol in bars.symbols])
    return codes_S[bars.codes_R]


def membership(path: str, bars: Bars) -> tuple[Float, tuple[str, ...]]:
    """(R,) 1 where start <= timestamp < end in a line of the row's symbol, else 0; and what to know of it.

    path: table with the columns symbol, start and end, dates, a blank end for a member of today.
    """
    member_R, absent = np.zeros(bars.n_rows), set()
    first, last = bars.timestamps_R.min(), bars.timestamps_R.max()
    counts_S = np.bincount(bars.codes_R, minlength=len(bars.symbols))
    by_symbol = np.split(np.argsort(bars.codes_R, kind="stable"), np.cumsum(counts_S)[:-1])
    rows_of = dict(zip(bars.symbols, by_symbol, strict=True))
    lines, place = _lines(path, ("symbol", "start", "end"), "data.universe_file")
    spans = zip(_dates(path, lines, place, "start"), _dates(path, lines, place, "end"), strict=True)
    for row, (line, (start, end)) in enumerate(zip(lines, spans, strict=True)):
        if end <= start:
            raise DataError(f"{path}: {place(row)}: end {line['end']} is not after start {line['start']}; mend it")
        if line["symbol"] in rows_of:
            rows = rows_of[line["symbol"]]
            times = bars.timestamps_R[rows]
            member_R[rows[(times >= start) & (times < end)]] = 1.0
        elif start <= last and end > first:
            absent.add(line["symbol"])
    return member_R, (_without_bars(path, absent),) if absent else ()


def _without_bars(path: str, absent: set[str]) -> str:
    return (
        f"{Path(path).name}: members of the universe without bars: {len(absent)} ({_some(sorted(absent))}); if they "
        "were delisted, the data is biased towards those who survived"
    )


def _group_file(path: str, setting: str) -> dict[str, str]:
    groups: dict[str, str] = {}
    lines, place = _lines(path, ("symbol", "group"), setting)
    for row, line in enumerate(lines):
        if line["symbol"] in groups:
            raise DataError(f"{path}: {place(row)}: a second group for {line['symbol']}; keep one")
        groups[line["symbol"]] = line["group"]
    return groups


def _lines(path: str, names: tuple[str, ...], setting: str) -> tuple[list[dict[str, str]], Callable[[int], str]]:
    """column -> text of every line, blanks around texts taken away, and where a line stands."""
    columns = columns_of(paths_of(path, setting=setting)[0])
    found = {name.lower(): name for name in columns.names}
    for name in names:
        if name not in found:
            raise DataError(f"{path}: no column '{name}'; columns: {', '.join(columns.names) or 'none'}")
    cells = [said_of(columns, found[name]) for name in names]
    return [dict(zip(names, line, strict=True)) for line in zip(*cells, strict=True)], columns.place


def _dates(path: str, lines: Sequence[Mapping[str, str]], place: Callable[[int], str], name: str) -> Time:
    """(N,) dates of a column; a blank end is later than all others."""
    import pyarrow as pa

    told = [row for row, line in enumerate(lines) if line[name]]
    if name == "start" and len(told) < len(lines):
        row = next(row for row, line in enumerate(lines) if not line[name])
        raise DataError(f"{path}: {place(row)}: the start is missing; write a date")
    found_N = np.full(len(lines), np.datetime64(FOREVER), dtype=TIME_DTYPE)
    if told:
        try:
            stamps = times.read(pa.array([lines[row][name] for row in told], type=pa.string()))
            found_N[told] = times.placed(stamps, None)
        except Unread as unread:
            said = unread.at(told).text(place)
            raise DataError(f"{path}: {said.replace(' or set data.date_format', '')}") from None
    return found_N


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
