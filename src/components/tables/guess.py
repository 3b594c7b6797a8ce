"""What a stranger's table of bars holds, guessed from the names and the contents of its columns."""

import math
import re
import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.errors import Ask, DataError
from components.tables import meaning, times
from components.tables.columns import Columns, columns_of
from components.tables.container import paths_of
from components.tables.fetched import fetched
from components.tables.lexicon import ADJUSTED, ROLES, word
from components.tables.meaning import NOTHING_SAID, Said, Table, Taken
from components.tables.numbers import TRUTHS, Decimal, sampled, sign_of, texts_of
from components.tables.numeric import numbers
from components.tables.reading import field_name, names_of, said_of, strange_columns
from components.tables.shape import Shape, Told, shape_of
from components.tables.timing import Timing, timing
from components.tables.unread import Unread
from components.values import Float, Time

Adjustment = Literal["raw", "split", "total"]

SAMPLE_ROWS = 2000
FIELDS = ("open", "high", "low", "close", "volume")
DATES_READ = 50
SMALLEST_SPLIT = math.log(1.15)
TOLD = ("encoding", "delimiter", "header", "sheet")


@dataclass(frozen=True, kw_only=True)
class Guess:
    """parameters: those of the source Files, all of them; remarks: what was found and why, in plain words."""

    parameters: Mapping[str, Any]
    remarks: tuple[str, ...]


def guess(path: str, said: Said = NOTHING_SAID) -> Guess:
    """What the file seems to hold, but for what a person said. Raises DataError where it cannot be read as bars, saying
    what would help, and Ask where it can in several ways that are equally good."""
    told = Told(**{name: said.settings.get(name) for name in TOLD})
    shapes = {each: shape_of(each, told) for each in paths_of(path)}
    first = _usual(shapes)
    shape = shapes[first]
    strange = strange_columns(first, shape)
    whole = columns_of(first, told, shape=shape, wanted=[name for name in names_of(shape) if name not in strange])
    columns = {name: said_of(whole, name, SAMPLE_ROWS) for name in whole.raw}
    if not any(columns.values()):
        raise DataError(f"{path}: no rows; the table needs a header and at least one row")
    timed = _timing(whole, columns, said)
    time = timed.time
    others = {name: values for name, values in columns.items() if name not in (time, timed.clock)}
    sign = said.settings.get("decimal") or _decimal(whole, others)
    made = {name: _column(name, values, sign) for name, values in others.items()}
    numeric = [name for name, column in made.items() if column.holds_numbers]
    moments = columns[time] if timed.clock is None else list(zip(columns[time], columns[timed.clock], strict=True))
    symbol = said.symbol or _symbol(others, moments, numeric)
    table = Table(
        path=path,
        times=columns[time],
        columns=tuple(column for name, column in made.items() if name != symbol and field_name(name).strip("_"))
        + tuple(_of_a_strange_type(name, kind) for name, kind in strange.items()),
        symbol=symbol,
        of=columns[symbol][0] if symbol else "",
        why_unread=lambda name: _why_unread(whole, name),
    )
    taken = meaning.fields_of(table, said)
    roles = {role: taken[role].column for role in FIELDS if role in taken}
    values = [column.name for column in table.numbers()]
    fields = {**{field_name(name): name for name in values if name not in roles.values()}, **roles}
    _refuse_one_field(path, values)
    wide = None if taken else "close"
    adjustment, how = _adjustment(table, roles["close"], columns[symbol] if symbol else None) if taken else ("raw", "")
    origin = fetched(first) if len(shapes) == 1 else None
    if origin is not None:
        adjustment, how = origin.adjustment, f"adjustment: {origin.adjustment}, as fetch got it from {origin.vendor}"
    if wide is None:
        fields = _shared(path, shapes, first, [time, timed.clock, symbol, *roles.values()], fields)
    left_out = [name for name in others if name not in (symbol, *fields.values())]
    parameters = {
        "path": path,
        "folder_env": None,
        "symbols": None,
        "symbol_column": symbol,
        "time_column": time,
        "clock_column": timed.clock,
        "date_format": timed.date_format,
        "time_zone": None,
        "decimal": sign if sign == "," or shape.delimiter == ";" else None,
        "wide": wide,
        "columns": {role: name for role, name in roles.items() if field_name(name) != role},
        "select": list(fields) if wide is None and (left_out or _differ(shapes)) else None,
        **dict.fromkeys(TOLD),
        "survivorship": origin.survivorship if origin is not None else "unknown",
        "adjustment": "total" if said.settings.get("adjust_by") else adjustment,
        "adjust_by": None,
    }
    return Guess(
        parameters=parameters | dict(said.settings),
        remarks=(
            *shape.remarks,
            *_with_reason(timed, said),
            *(_wide_remarks(values) if wide else _remarks(symbol, sign, taken, left_out, len(shapes))),
            *([how] if how else []),
        ),
    )


def _usual(shapes: Mapping[Path, Shape]) -> Path:
    """The first of the files that have the columns that most of them have."""
    kinds = {path: frozenset(name.lower() for name in names_of(shape)) for path, shape in shapes.items()}
    counts = Counter(kinds.values())
    return max(kinds, key=lambda path: counts[kinds[path]])


def _refuse_one_field(path: str, names: Sequence[str]) -> None:
    """Raises DataError where two columns of numbers would become one field."""
    homes: dict[str, str] = {}
    for name in names:
        if homes.setdefault(field_name(name), name) != name:
            both = f"'{homes[field_name(name)]}' and '{name}'"
            raise DataError(f"{path}: {both} both become the field {field_name(name)}; rename or drop one of them")


def _differ(shapes: Mapping[Path, Shape]) -> bool:
    return len({frozenset(name.lower() for name in names_of(shape)) for shape in shapes.values()}) > 1


def _shared(
    path: str, shapes: Mapping[Path, Shape], first: Path, needed: Sequence[str | None], fields: Mapping[str, str]
) -> dict[str, str]:
    """The fields that all files have. Raises DataError naming a file that lacks a column that is needed."""
    kept = dict(fields)
    for each, shape in shapes.items():
        names = {name.lower() for name in names_of(shape)}
        lacking = [name for name in needed if name is not None and name.lower() not in names]
        if lacking:
            raise DataError(
                f"{each}: no column '{lacking[0]}', which the other files of {path} have, such as {first}; columns: "
                f"{', '.join(names_of(shape))}; take it out of them, or give it alone"
            )
        kept = {field: name for field, name in kept.items() if name.lower() in names}
    return kept


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
    if found is not None and (said.time or settings.get("time_column")) is None:
        _ask_for_time(whole, columns, found)
    if found is None:
        raise DataError(
            f"{whole.path}: no column holds dates; columns: {', '.join(columns)}; one column must say when a bar was"
        )
    return found


def _with_reason(timed: Timing, said: Said) -> list[str]:
    """The remarks about times, with why the column was taken."""
    if (said.time or said.settings.get("time_column")) is not None:
        why = "as you said"
    elif word(timed.time) in ROLES["time"]:
        why = "called so"
    else:
        why = "the first that holds dates"
    named = f"time: column '{timed.time}'"
    return [remark.replace(named, f"{named} ({why})", 1) for remark in timed.remarks]


def _ask_for_time(whole: Columns, columns: Mapping[str, list[str]], found: Timing) -> None:
    """Raises Ask where the column was not taken for its name, and another one holds other dates."""
    if word(found.time) in ROLES["time"]:
        return
    own_N = _days(columns[found.time])
    for name, texts in columns.items():
        days_N = _days(texts) if name not in (found.time, found.clock) else None
        if own_N is None or days_N is None or (own_N == days_N).all():
            continue
        row = int((own_N != days_N).argmax())
        raise Ask(
            f"{whole.path}: '{found.time}' and '{name}' may say when a bar was: {whole.place(row)} would be of "
            f"{columns[found.time][row]} or of {texts[row]}",
            (f"--time {shlex.quote(found.time)}", f"--time {shlex.quote(name)}"),
        )


def _days(texts: Sequence[str]) -> Time | None:
    """The days of the first texts; None where they are no dates."""
    import pyarrow as pa

    first = list(texts[:DATES_READ])
    if not all(re.search(r"\d\D+\d", text) for text in first):
        return None
    try:
        return times.read(pa.array(first, type=pa.string())).local_N.astype("datetime64[D]")
    except Unread:
        return None


def _decimal(whole: Columns, names: Mapping[str, list[str]]) -> Decimal | None:
    """The sign before the decimals, where the columns show it."""
    import pyarrow as pa

    raw = [whole.raw[name].slice(0, SAMPLE_ROWS) for name in names]
    # A slice keeps the dictionary of all rows.
    return sign_of([texts_of(column.cast(pa.string())) for column in raw if pa.types.is_dictionary(column.type)])


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


def _why_unread(whole: Columns, name: str) -> str | None:
    """What the reader says of a column that holds no numbers."""
    if name not in whole.raw:
        return None
    try:
        numbers(whole, [name])
    except DataError as error:
        return str(error).removeprefix(f"{whole.path}: ")
    return None


def _of_a_strange_type(name: str, kind: str) -> meaning.Column:
    return meaning.Column(name=name, values_N=np.full(1, np.nan), share_wrong=1.0, wrong=("its type", kind))


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


def _adjustment(table: Table, close: str, symbols: Sequence[str] | None) -> tuple[Adjustment, str]:
    """For what the close is adjusted, and how that is known: from its name, or from an adjusted close beside it, which
    takes splits out of it where it is raw, and dividends where it is adjusted for splits."""
    if word(close) in ADJUSTED:
        return "total", f"adjustment: '{close}' is called adjusted, which is for splits and dividends (total)"
    columns = {column.name: column.values_N for column in table.numbers()}
    beside = next((name for name in columns if word(name) in ADJUSTED), None)
    if beside is None:
        return "raw", "adjustment: taken as raw; if the prices are adjusted, say data.adjustment=split or total"
    offer = f"data.adjust_by={shlex.quote(beside)} adjusts open, high, low and close for dividends as well (total)"
    if _steps_with(columns[close], columns[beside], symbols):
        return "raw", f"adjustment: '{close}' is raw, since '{beside}' takes a split out of it; {offer}"
    return "split", f"adjustment: '{close}' is taken as adjusted for splits, since '{beside}' takes none out; {offer}"


def _steps_with(close_N: Float, adjusted_N: Float, symbols: Sequence[str] | None) -> bool:
    """Whether the close jumps where its ratio to the adjusted one jumps the other way."""
    same_N = np.array([symbols[n] == symbols[n + 1] for n in range(len(symbols) - 1)]) if symbols else True
    with np.errstate(divide="ignore", invalid="ignore"):
        moves_N, ratios_N = np.diff(np.log(close_N)), np.diff(np.log(adjusted_N / close_N))
    splits_N = (np.abs(ratios_N) > SMALLEST_SPLIT) & (np.abs(moves_N + ratios_N) < np.abs(ratios_N) / 3) & same_N
    return bool(splits_N.any())


def _remarks(
    symbol: str | None, sign: Decimal | None, taken: Mapping[str, Taken], left_out: Sequence[str], files: int
) -> list[str]:
    alone = "symbol: none, the file is one symbol" if files == 1 else f"symbol: each of the {files} files is one"
    remarks = [f"symbol: column '{symbol}'" if symbol else alone]
    remarks.append("fields: " + ", ".join(f"{role} = '{taken[role].column}'" for role in FIELDS if role in taken))
    named = {"price": "close", "volume": "volume"}
    remarks += [f"{name}: '{taken[role].column}', {taken[role].why}" for name, role in named.items() if role in taken]
    if sign == ",":
        remarks.append("numbers: with a decimal comma")
    if left_out:
        where = "" if files == 1 else " in all files"
        remarks.append(f"left out, since they hold no numbers{where}: {', '.join(map(repr, left_out))}")
    return remarks
