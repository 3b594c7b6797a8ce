"""What a stranger's table of bars holds, guessed from the names and the contents of its columns."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.errors import DataError
from components.tables import meaning
from components.tables.columns import Columns, columns_of
from components.tables.container import paths_of
from components.tables.lexicon import ADJUSTED, ROLES, word
from components.tables.meaning import NOTHING_SAID, Said, Table, Taken
from components.tables.numbers import TRUTHS, Decimal, sampled, sign_of, texts_of
from components.tables.reading import field_name, said_of
from components.tables.shape import Told, shape_of
from components.tables.timing import Timing, timing
from components.tables.unread import Unread

SAMPLE_ROWS = 2000
FIELDS = ("open", "high", "low", "close", "volume")
TOLD = ("encoding", "delimiter", "header", "sheet")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """parameters: those of the source Files, all of them; remarks: what was found and why, in plain words."""

    parameters: Mapping[str, Any]
    remarks: tuple[str, ...]


def guess(path: str, said: Said = NOTHING_SAID) -> Guess:
    """What the file seems to hold, but for what a person said. Raises DataError where it cannot be read as bars, saying
    what would help, and Ask where it can in several ways that are equally good."""
    path_of_first = paths_of(path)[0]
    told = Told(**{name: said.settings.get(name) for name in TOLD})
    shape = shape_of(path_of_first, told)
    whole = columns_of(path_of_first, told, shape=shape)
    columns = {name: said_of(whole, name, SAMPLE_ROWS) for name in whole.names}
    if not any(columns.values()):
        raise DataError(f"{path}: no rows; the table needs a header and at least one row")
    timed = _timing(whole, columns, said)
    time = timed.time
    others = {name: values for name, values in columns.items() if name not in (time, timed.clock)}
    sign = said.settings.get("decimal") or _decimal(whole, others)
    numeric = [name for name, values in others.items() if _column(name, values, sign).holds_numbers]
    moments = columns[time] if timed.clock is None else list(zip(columns[time], columns[timed.clock], strict=True))
    symbol = said.symbol or _symbol(others, moments, numeric)
    table = Table(
        path=path,
        times=columns[time],
        columns=tuple(
            _column(name, values, sign)
            for name, values in others.items()
            if name != symbol and field_name(name).strip("_")
        ),
        symbol=symbol,
        of=columns[symbol][0] if symbol else "",
    )
    taken = meaning.fields_of(table, said)
    roles = {role: taken[role].column for role in FIELDS if role in taken}
    values = [column.name for column in table.numbers()]
    fields = {**{field_name(name): name for name in values if name not in roles.values()}, **roles}
    left_out = [name for name in others if name not in (symbol, *fields.values())]
    wide = None if taken else "close"
    parameters = {
        "path": path,
        "symbol_column": symbol,
        "time_column": time,
        "clock_column": timed.clock,
        "date_format": timed.date_format,
        "time_zone": None,
        "decimal": sign if sign == "," or shape.delimiter == ";" else None,
        "wide": wide,
        "columns": {role: name for role, name in roles.items() if field_name(name) != role},
        "select": list(fields) if left_out and wide is None else None,
        **dict.fromkeys(TOLD),
        "survivorship": "unknown",
        "adjustment": _adjustment(columns, roles) if roles else "raw",
    }
    return Guess(
        parameters=parameters | dict(said.settings),
        remarks=(
            *shape.remarks,
            *timed.remarks,
            *(_wide_remarks(values) if wide else _remarks(symbol, sign, taken, left_out)),
        ),
    )


def _timing(whole: Columns, columns: Mapping[str, list[str]], said: Said) -> Timing:
    """The columns with the times. Raises DataError if there is none, or it cannot be read, and Ask where it can be in
    two ways."""
    settings = said.settings
    try:
        found = timing(
            columns,
            lambda name: whole.raw[name],
            symbol=said.symbol or _first_of("symbol", list(columns)),
            time=said.time or settings.get("time_column"),
            clock=settings.get("clock_column"),
            date_format=settings.get("date_format"),
        )
    except Unread as unread:
        raise whole.unread(unread) from None
    if found is None:
        raise DataError(
            f"{whole.path}: no column holds dates; columns: {', '.join(columns)}; one column must say when a bar was"
        )
    return found


def _decimal(whole: Columns, names: Mapping[str, list[str]]) -> Decimal | None:
    """The sign before the decimals, where the columns show it."""
    import pyarrow as pa

    raw = [whole.raw[name].slice(0, SAMPLE_ROWS) for name in names]
    return sign_of([texts_of(column) for column in raw if pa.types.is_dictionary(column.type)])


def _column(name: str, texts: Sequence[str], sign: Decimal | None) -> meaning.Column:
    """Its numbers, or why they are none."""
    values_N, bad_N = sampled(texts, sign)
    row = int(bad_N.argmax()) if bad_N.any() else None
    return meaning.Column(
        name=name,
        values_N=values_N,
        share_wrong=float(bad_N.mean()),
        wrong=None if row is None else (f"row {row + 1}", texts[row]),
        truths=any(texts) and all(text.lower() in (*TRUTHS, "") for text in texts),
    )


def _first_of(role: str, names: Sequence[str]) -> str | None:
    """The column that bears the best-known name for a role."""
    words = {word(name): name for name in reversed(names)}
    return next((words[known] for known in ROLES[role] if known in words), None)


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


def _wide_remarks(names: Sequence[str]) -> list[str]:
    shown = ", ".join([*names[:3], *(["..."] if len(names) > 3 else [])])
    return [f"symbols: one column each ({shown}); what they hold is taken for close (data.wide)"]


def _adjustment(columns: Mapping[str, list[str]], roles: Mapping[str, str]) -> str:
    """A close that is called adjusted is so for dividends; one beside it, as of Yahoo, for splits."""
    if word(roles["close"]) in ADJUSTED:
        return "total"
    return "split" if any(word(name) in ADJUSTED for name in columns) else "raw"


def _remarks(
    symbol: str | None, sign: Decimal | None, taken: Mapping[str, Taken], left_out: Sequence[str]
) -> list[str]:
    remarks = [f"symbol: column '{symbol}'" if symbol else "symbol: none, the file is one symbol"]
    remarks.append("fields: " + ", ".join(f"{role} = '{taken[role].column}'" for role in FIELDS if role in taken))
    named = {"price": "close", "volume": "volume"}
    remarks += [f"{name}: '{taken[role].column}', {taken[role].why}" for name, role in named.items() if role in taken]
    if sign == ",":
        remarks.append("numbers: with a decimal comma")
    if left_out:
        remarks.append(f"left out, since they hold no numbers: {', '.join(map(repr, left_out))}")
    return remarks
