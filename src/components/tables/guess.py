"""What a stranger's table of bars holds, guessed from the names and the contents of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.errors import DataError
from components.tables.reading import column, field_name, is_parquet, numbers, place, sample
from components.tables.timing import Timing, timing
from components.tables.unread import Unread

SAMPLE_ROWS = 2000
ROLES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "tic", "instrument", "asset", "isin", "permno", "secid", "pair", "stock", "name"),
    "open": ("open", "pxopen", "openprice", "eroffnung", "eröffnung", "eröffnungskurs", "erster"),
    "high": ("high", "pxhigh", "highprice", "hoch", "tageshoch", "max"),
    "low": ("low", "pxlow", "lowprice", "tief", "tagestief", "min"),
    "close": (
        *("close", "closelast", "last", "lastprice", "price", "pxlast", "closeprice", "closingprice", "settle"),
        *("schluss", "schlusskurs", "kurs", "zuletzt", "cierre", "nav", "adjclose", "adjustedclose", "value"),
    ),
    "volume": ("volume", "vol", "pxvolume", "volumen", "stück", "tickvol", "tickvolume", "tickcount", "qty"),
}
ADJUSTED = ("adjclose", "adjustedclose")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """parameters: those of the source Files, all of them; remarks: what was found, in plain words."""

    parameters: Mapping[str, Any]
    remarks: tuple[str, ...]


def guess(path: str) -> Guess:
    """What the file seems to hold. Raises DataError where it cannot be read as bars, saying what would help."""
    try:
        columns = sample(Path(path), SAMPLE_ROWS)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; give an existing CSV or Parquet file") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if not any(columns.values()):
        raise DataError(f"{path}: no rows; the table needs a header and at least one row")
    timed = _timing(path, columns)
    time = timed.time
    others = {name: values for name, values in columns.items() if name not in (time, timed.clock)}
    decimal = _decimal(list(others.values()))
    numeric = [name for name, values in others.items() if _is_numeric(values, decimal)]
    moments = columns[time] if timed.clock is None else list(zip(columns[time], columns[timed.clock], strict=True))
    symbol = _symbol(others, moments, numeric)
    values = [name for name in numeric if name != symbol and field_name(name).strip("_")]
    roles = _roles(path, values, time, symbol)
    fields = {**{field_name(name): name for name in values if name not in roles.values()}, **roles}
    left_out = [name for name in others if name not in (symbol, *fields.values())]
    return Guess(
        parameters={
            "path": path,
            "symbol_column": symbol,
            "time_column": time,
            "clock_column": timed.clock,
            "date_format": timed.date_format,
            "time_zone": None,
            "decimal": decimal,
            "columns": {role: name for role, name in roles.items() if field_name(name) != role},
            "select": list(fields) if left_out else None,
            "survivorship": "unknown",
            "adjustment": _adjustment(columns, roles),
        },
        remarks=(*timed.remarks, *_remarks(symbol, decimal, roles, left_out)),
    )


def _word(name: str) -> str:
    return "".join(c for c in name.lower() if c.isalnum())


def _first_of(role: str, names: Sequence[str]) -> str | None:
    """The column that bears the best-known name for a role."""
    words = {_word(name): name for name in reversed(names)}
    return next((words[word] for word in ROLES[role] if word in words), None)


def _timing(path: str, columns: Mapping[str, list[str]]) -> Timing:
    """The columns with the times. Raises DataError if there is none, or it cannot be read."""
    symbol = _first_of("symbol", list(columns))
    try:
        found = timing(columns, lambda name: column(Path(path), name), symbol=symbol)
    except Unread as unread:
        raise DataError(f"{path}: {unread.text(lambda row: place(Path(path), row))}") from None
    if found is None:
        raise DataError(
            f"{path}: no column holds dates; columns: {', '.join(columns)}; one column must say when a bar was"
        )
    return found


def _decimal(columns: Sequence[Sequence[str]]) -> str:
    """The sign under which more of the texts are numbers; the point where both serve."""
    texts = np.array([text for values in columns for text in values[:200]], dtype=object)
    wrong = {sign: int(numbers(texts, sign)[1].sum()) for sign in (".", ",")}
    return "," if wrong[","] < wrong["."] else "."


def _is_numeric(texts: Sequence[str], decimal: str) -> bool:
    values, bad = numbers(np.array(texts, dtype=object), decimal)
    as_bool = all(text in ("True", "False", "") for text in texts)
    return bool((np.isfinite(values).any() and bad.mean() < 0.01) or as_bool)


def _symbol(others: Mapping[str, list[str]], moments: Sequence[Any], numeric: Sequence[str]) -> str | None:
    """The column with the symbols: one that is called so, or the only text that tells rows of one time apart."""
    named = _first_of("symbol", list(others))
    if named is not None:
        return named
    if len(set(moments)) == len(moments):
        return None
    texts = [name for name in others if name not in numeric]
    apart = [name for name in texts if len(set(zip(moments, others[name], strict=True))) == len(moments)]
    return apart[0] if len(apart) == 1 else None


def _roles(path: str, values: Sequence[str], time: str, symbol: str | None) -> dict[str, str]:
    """role -> column. Raises DataError where no column can be the price."""
    found = {role: _first_of(role, values) for role in ("open", "high", "low", "close", "volume")}
    roles = {role: name for role, name in found.items() if name is not None}
    if "close" in roles:
        return roles
    if len(values) == 1:
        return {"close": values[0]}
    # Some tickers, such as LOW, read like fields: many further columns of numbers are symbols all the same.
    if symbol is not None or len(values) - len(roles) < 2:
        raise DataError(
            f"{path}: no column is called close, last or price; columns: {', '.join(values) or 'no numbers'}; "
            "rename the one that holds the price to close"
        )
    shown = ", ".join([*values[:3], *(["..."] if len(values) > 3 else [])])
    raise DataError(
        f"{path}: one column per symbol ({shown}) is not supported; "
        f"make it one line per symbol and time: pandas.{_reader(path)}({path!r}).melt(id_vars={time!r}, "
        "var_name='symbol', value_name='close').dropna().to_csv('long.csv', index=False)"
    )


def _reader(path: str) -> str:
    return "read_parquet" if is_parquet(Path(path)) else "read_csv"


def _adjustment(columns: Mapping[str, list[str]], roles: Mapping[str, str]) -> str:
    """A close that is called adjusted is so for dividends; one beside it, as of Yahoo, for splits."""
    if _word(roles["close"]) in ADJUSTED:
        return "total"
    return "split" if any(_word(name) in ADJUSTED for name in columns) else "raw"


def _remarks(symbol: str | None, decimal: str, roles: Mapping[str, str], left_out: Sequence[str]) -> list[str]:
    remarks = [f"symbol: column '{symbol}'" if symbol else "symbol: none, the file is one symbol"]
    remarks.append("fields: " + ", ".join(f"{role} = '{name}'" for role, name in roles.items()))
    if decimal == ",":
        remarks.append("numbers: with a decimal comma")
    if left_out:
        remarks.append(f"left out, since they hold no numbers: {', '.join(map(repr, left_out))}")
    return remarks
