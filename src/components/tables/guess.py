"""What a stranger's table of bars holds, guessed from the names and the contents of its columns."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from components.errors import DataError
from components.tables import meaning
from components.tables.lexicon import ADJUSTED, ROLES, word
from components.tables.meaning import NOTHING_SAID, Said, Table, Taken
from components.tables.reading import MISSING, field_name, is_parquet, numbers, sample
from components.tables.times import EPOCHS

SAMPLE_ROWS = 2000
FIELDS = ("open", "high", "low", "close", "volume")
DATE_FORMATS = (
    *("%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%Y.%m.%d", "%d.%m.%y", "%m/%d/%y"),
    *("%d-%b-%Y", "%d %b %Y", "%b %d, %Y", "%B %d, %Y", "%d %B %Y", "%d-%b-%y"),
)
CLOCKS = ("", " %H:%M:%S", " %H:%M")
# 1990 to 2100, in seconds.
EPOCH_RANGE = (631_152_000, 4_102_444_800)
TRUTHS = frozenset({"True", "False", "true", "false", "TRUE", "FALSE", ""})


@dataclass(frozen=True, kw_only=True)
class Guess:
    """parameters: those of the source Files, all of them; remarks: what was found and why, in plain words."""

    parameters: Mapping[str, Any]
    remarks: tuple[str, ...]


def guess(path: str, said: Said = NOTHING_SAID) -> Guess:
    """What the file seems to hold, but for what a person said. Raises DataError where it cannot be read as bars, saying
    what would help, and Ask where it can in several ways that are equally good."""
    try:
        columns = sample(Path(path), SAMPLE_ROWS)
    except FileNotFoundError:
        raise DataError(f"{path}: no such file; give an existing CSV or Parquet file") from None
    except (OSError, UnicodeDecodeError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from None
    if not any(columns.values()):
        raise DataError(f"{path}: no rows; the table needs a header and at least one row")
    time, date_format = _time(path, columns)
    decimal = _decimal([values for name, values in columns.items() if name != time])
    numeric = [n for n, values in columns.items() if n != time and _column(n, values, decimal).holds_numbers]
    symbol = _symbol(columns, time, numeric)
    table = Table(
        path=path,
        times=columns[time],
        columns=tuple(
            _column(name, values, decimal)
            for name, values in columns.items()
            if name not in (time, symbol) and field_name(name).strip("_")
        ),
        symbol=symbol,
        of=columns[symbol][0] if symbol else "",
    )
    taken = meaning.fields_of(table, said)
    if not taken:
        _refuse_wide(path, [column.name for column in table.numbers()], time)
    roles = {role: taken[role].column for role in FIELDS if role in taken}
    values = [column.name for column in table.numbers()]
    fields = {**{field_name(name): name for name in values if name not in roles.values()}, **roles}
    left_out = [name for name in columns if name not in (time, symbol, *fields.values())]
    return Guess(
        parameters={
            "path": path,
            "symbol_column": symbol,
            "time_column": time,
            "date_format": date_format,
            "time_zone": None,
            "decimal": decimal,
            "columns": {role: name for role, name in roles.items() if field_name(name) != role},
            "select": list(fields) if left_out else None,
            "survivorship": "unknown",
            "adjustment": _adjustment(columns, roles),
        },
        remarks=tuple(_remarks(columns, time, date_format, symbol, decimal, taken, left_out)),
    )


def _time(path: str, columns: Mapping[str, list[str]]) -> tuple[str, str | None]:
    """The column with the times and their format. Raises DataError if there is none."""
    named = [name for name in columns if word(name) in ROLES["time"]]
    order = sorted(named, key=lambda name: ROLES["time"].index(word(name)))
    for name in (*order, *(name for name in columns if name not in named)):
        found = _date_format(columns[name], is_named=name in named)
        if found is None:
            continue
        clock = next((other for other in columns if word(other) == "time" and other != name), None)
        if clock is not None and all(":" in text for text in columns[clock][:50]) and ":" not in columns[name][0]:
            raise DataError(
                f"{path}: date and time stand in two columns ('{name}', '{clock}'), which is not supported; "
                "join them into one, such as 2020-12-31 16:00"
            )
        return name, found or None
    raise DataError(f"{path}: no column holds dates; columns: {', '.join(columns)}; one column must say when a bar was")


def _date_format(texts: Sequence[str], *, is_named: bool) -> str | None:
    """The format of all texts: '' for ISO 8601, None where they are no dates."""
    import pandas as pd

    unique = pd.Series(list(dict.fromkeys(text for text in texts if text not in MISSING)), dtype=object)
    if unique.empty:
        return None
    if unique.str.fullmatch(r"\d{9,19}(\.0)?").all():
        return _epoch(unique.astype(float).to_numpy())
    # A number may be a year or a day: only a column that is called a date is believed to hold such dates.
    if (is_named or not unique.str.fullmatch(r"[\d.,+-]+").all()) and _parses(unique, "ISO8601"):
        return ""
    candidates = [day + clock for clock in CLOCKS for day in DATE_FORMATS if _parses(unique, day + clock)]
    return min(candidates, key=lambda form: _spacing(unique, form), default=None)


def _parses(texts: "Any", form: str) -> bool:
    import pandas as pd

    return bool(pd.to_datetime(texts, format=form, errors="coerce", utc=True).notna().all())


def _spacing(texts: "Any", form: str) -> float:
    """Median days between the dates: read with day and month exchanged they lie far apart."""
    import pandas as pd

    days = np.sort(pd.to_datetime(texts, format=form, utc=True).dt.tz_localize(None).to_numpy().astype("datetime64[D]"))
    return float(np.median(np.diff(days).astype(float))) if len(days) > 1 else 0.0


def _epoch(numbers_N: "np.ndarray[Any, Any]") -> str | None:
    for name, scale in zip(EPOCHS, (1, 1e3, 1e6, 1e9), strict=True):
        if ((numbers_N / scale > EPOCH_RANGE[0]) & (numbers_N / scale < EPOCH_RANGE[1])).all():
            return name
    return None


def _decimal(columns: Sequence[Sequence[str]]) -> str:
    """The sign under which more of the texts are numbers; the point where both serve."""
    texts = np.array([text for values in columns for text in values[:200]], dtype=object)
    wrong = {sign: int(numbers(texts, sign)[1].sum()) for sign in (".", ",")}
    return "," if wrong[","] < wrong["."] else "."


def _column(name: str, texts: Sequence[str], decimal: str) -> meaning.Column:
    """Its numbers, or why they are none."""
    values_N, bad_N = numbers(np.array(texts, dtype=object), decimal)
    row = int(bad_N.argmax()) if bad_N.any() else None
    return meaning.Column(
        name=name,
        values_N=values_N,
        share_wrong=float(bad_N.mean()),
        wrong=None if row is None else (f"row {row + 1}", texts[row]),
        truths=any(texts) and all(text in TRUTHS for text in texts),
    )


def _first_of(role: str, names: Sequence[str]) -> str | None:
    """The column that bears the best-known name for a role."""
    words = {word(name): name for name in reversed(names)}
    return next((words[known] for known in ROLES[role] if known in words), None)


def _symbol(columns: Mapping[str, list[str]], time: str, numeric: Sequence[str]) -> str | None:
    """The column with the symbols: one that is called so, or the only text that tells rows of one time apart."""
    others = [name for name in columns if name != time]
    named = _first_of("symbol", others)
    if named is not None:
        return named
    if len(set(columns[time])) == len(columns[time]):
        return None
    texts = [name for name in others if name not in numeric]
    apart = [n for n in texts if len(set(zip(columns[time], columns[n], strict=True))) == len(columns[time])]
    return apart[0] if len(apart) == 1 else None


def _refuse_wide(path: str, values: Sequence[str], time: str) -> NoReturn:
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
    if word(roles["close"]) in ADJUSTED:
        return "total"
    return "split" if any(word(name) in ADJUSTED for name in columns) else "raw"


def _remarks(
    columns: Mapping[str, list[str]],
    time: str,
    date_format: str | None,
    symbol: str | None,
    decimal: str,
    taken: Mapping[str, Taken],
    left_out: Sequence[str],
) -> list[str]:
    example = next((text for text in columns[time] if text not in MISSING), "")
    remarks = [f"time: column '{time}', {date_format or 'ISO 8601'}, for example {example}"]
    day_month = date_format is not None and re.match(r"%[dm][./-]%[dm]", date_format)
    if day_month:
        remarks.append(f"dates: the {'day' if date_format and date_format.startswith('%d') else 'month'} comes first")
    remarks.append(f"symbol: column '{symbol}'" if symbol else "symbol: none, the file is one symbol")
    remarks.append("fields: " + ", ".join(f"{role} = '{taken[role].column}'" for role in FIELDS if role in taken))
    named = {"price": "close", "volume": "volume"}
    remarks += [f"{name}: '{taken[role].column}', {taken[role].why}" for name, role in named.items() if role in taken]
    if decimal == ",":
        remarks.append("numbers: with a decimal comma")
    if left_out:
        remarks.append(f"left out, since they hold no numbers: {', '.join(map(repr, left_out))}")
    return remarks
