"""Which group a symbol belongs to, and when it belonged to the universe."""

import csv
import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np

from components.bars import Bars
from components.errors import DataError
from components.panel import TIME_DTYPE, Float

FOREVER = "9999-12-31"


def group_codes(name: str, given: str | Mapping[str, str], bars: Bars) -> Float:
    """(R,) place of each row's group among the sorted names of all groups; NaN for a blank group.

    given: symbol -> group, or a CSV file with the columns symbol and group. Raises DataError for a symbol of
    the bars without a group.
    """
    where = given if isinstance(given, str) else f"data.groups.{name}"
    groups = _group_file(given) if isinstance(given, str) else given
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

    path: CSV file with the columns symbol, start and end, ISO dates, a blank end for a member of today.
    """
    member_R, absent = np.zeros(bars.n_rows), set()
    first, last = bars.timestamps_R.min(), bars.timestamps_R.max()
    counts_S = np.bincount(bars.codes_R, minlength=len(bars.symbols))
    by_symbol = np.split(np.argsort(bars.codes_R, kind="stable"), np.cumsum(counts_S)[:-1])
    rows_of = dict(zip(bars.symbols, by_symbol, strict=True))
    for number, line in _lines(path, ("symbol", "start", "end")):
        start, end = _date(path, number, line["start"]), _date(path, number, line["end"] or FOREVER)
        if end <= start:
            raise DataError(f"{path}: line {number}: end {line['end']} is not after start {line['start']}; mend it")
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


def _group_file(path: str) -> dict[str, str]:
    groups: dict[str, str] = {}
    for number, line in _lines(path, ("symbol", "group")):
        if line["symbol"] in groups:
            raise DataError(f"{path}: line {number}: a second group for {line['symbol']}; keep one")
        groups[line["symbol"]] = line["group"]
    return groups


def _lines(path: str, columns: tuple[str, ...]) -> list[tuple[int, dict[str, str]]]:
    """(line number, column -> text) of every line; blanks around texts are taken away."""
    try:
        with Path(path).open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            found = [name.strip().lower() for name in reader.fieldnames or ()]
            lines = [(reader.line_num, _texts(found, line.values())) for line in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    for name in columns:
        if name not in found:
            raise DataError(f"{path}: no column '{name}'; columns: {', '.join(found) or 'none'}")
    return lines


def _texts(names: list[str], values: Iterable[str | None]) -> dict[str, str]:
    """Fewer values than names leave blanks, further ones are not read."""
    return {name: (value or "").strip() for name, value in zip(names, values, strict=False)}


def _date(path: str, number: int, text: str) -> np.datetime64:
    try:
        return np.datetime64(datetime.date.fromisoformat(text)).astype(TIME_DTYPE)
    except ValueError:
        raise DataError(f"{path}: line {number}: '{text}' is no date; write it as YYYY-MM-DD") from None


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
