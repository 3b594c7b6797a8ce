"""What the columns of a table hold as numbers; the first value that is none is named by its line.

Shape legend: N rows of the table.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import Ask, DataError
from components.tables import numbers as spelling
from components.tables.columns import Columns, cut
from components.tables.looks import is_number
from components.tables.numbers import NoNumber, Undecided
from components.values import Float

if TYPE_CHECKING:
    pass

MOST_LOOKED_AT = 1000


def numbers(columns: Columns, names: Sequence[str], shown: Mapping[str, str] | None = None) -> dict[str, Float]:
    """name -> (N,) values of columns that hold numbers, NaN where missing.

    shown: what messages call a column, such as its field. Raises DataError naming the line of the first value that is
    none, and asks where both readings of a comma or a point fit.
    """
    found: dict[str, Float] = {}
    for name in names:
        found[name] = _numbers(columns, name, (shown or {}).get(name, name))
    return found


def _numbers(columns: Columns, name: str, shown: str) -> Float:
    import pyarrow as pa
    import pyarrow.compute as pc

    column, kinds = columns.raw[name], pa.types
    if kinds.is_null(column.type):
        return np.full(columns.n_rows, np.nan)
    if kinds.is_integer(column.type) or kinds.is_floating(column.type) or kinds.is_decimal(column.type):
        # Whole numbers beyond 2^53 are rounded, as they are when read from text.
        values_N = np.asarray(pc.cast(column, pa.float64(), safe=False).to_numpy())
        _refuse_beyond(columns, values_N, shown)
        return values_N
    if kinds.is_boolean(column.type):
        return np.asarray(pc.cast(pc.cast(column, pa.int8()), pa.float64()).to_numpy())
    if not (kinds.is_dictionary(column.type) or kinds.is_string(column.type) or kinds.is_large_string(column.type)):
        raise DataError(
            f"{columns.path}: the column '{name}' holds values of type {column.type}, no numbers; choose another column"
        )
    return _from_texts(columns, name, shown)


def _refuse_beyond(columns: Columns, values_N: Float, shown: str) -> None:
    with np.errstate(invalid="ignore"):
        size_N = np.abs(values_N)
        far_N = ((size_N > spelling.LARGEST) & np.isfinite(size_N)) | ((size_N < spelling.SMALLEST) & (size_N > 0))
    if far_N.any():
        row = int(far_N.argmax())
        raise DataError(
            f"{columns.path}: {columns.place(row)}: {values_N[row]:g} ({shown}) {spelling.BEYOND}; mend it"
            f"{_more(far_N)}"
        )


def _from_texts(columns: Columns, name: str, shown: str) -> Float:
    column = columns.raw[name]
    if (values_N := spelling.quick(column, columns.decimal)) is not None:
        return values_N
    found = spelling.texts_of(column)
    try:
        return spelling.read(found, decimal=columns.decimal, otherwise=None)
    except Undecided as open_:
        sign = spelling.sign_of(_others(columns, name))
        sign = sign or ("." if columns.pointed and "," not in open_.text else None)
        if sign is None:
            raise _asked(columns, shown, open_) from None
    except NoNumber as wrong:
        raise _wrong(columns, shown, wrong) from None
    try:
        return spelling.read(found, decimal=None, otherwise=sign)
    except NoNumber as wrong:
        raise _wrong(columns, shown, wrong) from None


def _others(columns: Columns, name: str) -> Iterator[spelling.Texts]:
    import pyarrow as pa

    for other, column in columns.raw.items():
        if other != name and (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type)):
            yield spelling.texts_of(column)


def _asked(columns: Columns, shown: str, open_: Undecided) -> DataError:
    point, comma = (f"{value:.15g}" for value in open_.readings)
    return Ask(
        f"{columns.path}: {columns.place(open_.row)}: '{cut(open_.text)}' ({shown}) is {point} or {comma}, and "
        "no other value tells",
        ("data.decimal=.", "data.decimal=,"),
    )


def _wrong(columns: Columns, shown: str, wrong: NoNumber) -> DataError:
    where, said = f"{columns.path}: {columns.place(wrong.row)}", cut(wrong.text)
    if wrong.other is not None:
        row, other = wrong.other
        why = {
            "mixed": "point and comma are mixed in one column; write it in one way",
            "another currency": "two currencies stand in one column; give them columns of their own",
            "another scale": "percents stand beside plain numbers; write the column in one way",
        }[wrong.why]
        return DataError(f"{where}: '{said}' ({shown}), but '{cut(other)}' in {columns.place(row)}: {why}")
    if wrong.why:
        return DataError(f"{where}: '{said}' ({shown}) {wrong.why}; mend it")
    more = f" ({wrong.count:,} lines like it)" if wrong.count > 1 else ""
    return DataError(f"{where}: '{said}' is no number ({shown}); mend it{more}")


def is_truths(columns: Columns, name: str) -> bool:
    """Whether a column holds true and false alone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = columns.raw[name]
    if pa.types.is_boolean(column.type):
        return True
    if not (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type)):
        return False
    found = {str(text).strip().lower() for text in pc.unique(pc.cast(column, pa.string())).to_pylist() if text}
    return bool(found) and found <= spelling.TRUTHS.keys()


def holds_numbers(columns: Columns, name: str) -> bool:
    """Whether any cell of a column is a number, as far as its first different ones show."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column, kinds = columns.raw[name], pa.types
    if not (kinds.is_dictionary(column.type) or kinds.is_string(column.type) or kinds.is_large_string(column.type)):
        numeric = (kinds.is_integer, kinds.is_floating, kinds.is_decimal, kinds.is_boolean, kinds.is_null)
        return any(test(column.type) for test in numeric)
    cells = pc.unique(pc.cast(column, pa.string())).to_pylist()[:MOST_LOOKED_AT]
    return any(is_number(cell) and not spelling.is_missing(cell) for cell in cells if cell is not None)


def is_blank(columns: Columns, name: str) -> bool:
    """Whether nothing stands in a column, or words for missing values alone."""
    import pyarrow as pa
    import pyarrow.compute as pc

    column = columns.raw[name]
    if not (pa.types.is_dictionary(column.type) or pa.types.is_string(column.type)):
        return bool(column.null_count == len(column))
    cells = pc.unique(pc.cast(column, pa.string())).to_pylist()
    return all(cell is None or spelling.is_missing(cell) for cell in cells[:MOST_LOOKED_AT])


def _more(bad_N: "np.ndarray[Any, Any]") -> str:
    count = int(bad_N.sum())
    return f" ({count:,} lines like it)" if count > 1 else ""
