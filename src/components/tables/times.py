"""From what a file calls a time to the decision times of a panel.

A panel's times are naive. Days are dates as the exchange writes them, at midnight; anything finer is UTC.
Every value is judged by itself, and what none of them says is decided by all of them: a column is read as a whole.

Shape legend: N rows, U different texts, H and T different texts of days and of clocks.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from components.bars import Mask
from components.panel import TIME_DTYPE
from components.tables import clocks, dates, epochs
from components.tables.clocks import NAIVE
from components.tables.epochs import EARLIEST, EPOCHS, LATEST
from components.tables.placing import placed, refuse_exchanged
from components.tables.stamps import Stamps, are_days, shown_in, zone_of
from components.tables.unread import Unread, verbatim
from components.values import Int, Time

if TYPE_CHECKING:
    import pyarrow as pa

__all__ = ["EPOCHS", "Stamps", "placed", "read", "refuse_exchanged"]

NUMBER = r"[+-]?\d+(\.\d*)?([eE][+-]?\d+)?"


def read(
    column: "pa.Array | pa.ChunkedArray",
    *,
    clock: "pa.Array | pa.ChunkedArray | None" = None,
    date_format: str | None = None,
) -> Stamps:
    """Times of a whole column: dates, timestamps, numbers since 1970 or texts.

    clock        a second column with the time of day, which is added to the dates of the first
    date_format  of texts, as strptime has it, or a unit of EPOCHS; null: as all values show, which is ISO 8601, numbers
                 whose range tells their unit, or another format that alone fits all of them
    A clock behind the date is read whatever the format says of it. Unread: a value that is none, two formats that are
    as good, numbers of several units, times outside 1800 .. 2100.
    """
    stamps = _read(_whole(column), date_format)
    if clock is not None:
        stamps = _with_clock(stamps, _whole(clock))
    far_N = (stamps.local_N < EARLIEST) | (stamps.local_N >= LATEST)
    if far_N.any():
        row = int(far_N.argmax())
        day = stamps.local_N[row].astype("datetime64[D]")
        raise Unread(
            f"{{0}}: {day} lies too far; dates from {EARLIEST} to {LATEST} are read; mend it or drop the line", row
        )
    return stamps


def _whole(column: "pa.Array | pa.ChunkedArray") -> "pa.Array":
    """One array, of a dictionary where it holds texts."""
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(column.type) and not types.is_string(column.type.value_type):
        column = pc.cast(column, column.type.value_type)
    if types.is_string(column.type) or types.is_large_string(column.type) or types.is_string_view(column.type):
        column = pc.dictionary_encode(pc.cast(column, pa.string()))
    if isinstance(column, pa.ChunkedArray):
        column = column.unify_dictionaries() if types.is_dictionary(column.type) else column
        column = column.combine_chunks()
    # One chunk or none: which of the two classes comes back depends on the version of the library.
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def _read(column: "pa.Array", form: str | None) -> Stamps:
    import pyarrow as pa
    import pyarrow.compute as pc

    types = pa.types
    if types.is_dictionary(column.type):
        return _of_texts(column, form)
    if types.is_timestamp(column.type) or types.is_date(column.type):
        _refuse_missing(column, form)
        return _of_timestamps(column)
    if types.is_decimal(column.type):
        column = pc.cast(column, pa.float64())
    if types.is_integer(column.type) or types.is_floating(column.type):
        _refuse_missing(column, form)
        numbers_N = column.to_numpy(zero_copy_only=False)
        if form in EPOCHS or (form is None and epochs.are_epochs(numbers_N) and not _wide_dates(numbers_N)):
            return _in_utc(*epochs.times(numbers_N, form))
        return _of_texts(pc.dictionary_encode(_as_texts(numbers_N)), form)
    raise Unread(f"the column of times holds values of type {column.type}, no dates; choose another column")


def _wide_dates(numbers_N: "np.ndarray[Any, Any]") -> bool:
    """Whether numbers are dates with a clock, such as 20201231093000: a number of so many digits may count as well."""

    digits = int(np.log10(max(float(numbers_N[0]), 1.0))) + 1
    return digits in (12, 14) and _compact(_as_texts(numbers_N).unique())


def _as_texts(numbers_N: "np.ndarray[Any, Any]") -> "pa.Array":
    """Dates that are written as numbers, such as 20201231."""
    import pyarrow as pa

    whole_N = np.nan_to_num(numbers_N, nan=-1.0, posinf=-1.0, neginf=-1.0)
    if not (whole_N == np.floor(whole_N)).all():
        return pa.array([f"{number:g}" for number in numbers_N], type=pa.string())
    return pa.array(whole_N.astype(np.int64)).cast(pa.string())


def _refuse_missing(column: "pa.Array", form: str | None) -> None:
    import pyarrow.compute as pc

    if column.null_count or pc.any(pc.is_null(column, nan_is_null=True)).as_py():
        row = int(pc.index(pc.is_null(column, nan_is_null=True), True).as_py())
        _refuse(row, "", dates.shown_as(form))


def _of_timestamps(column: "pa.Array") -> Stamps:
    import pandas as pd
    import pyarrow as pa
    import pyarrow.compute as pc

    # What is finer than a microsecond is cut off.
    stamp_N = pc.cast(column, pa.timestamp("us"), safe=False).to_numpy(zero_copy_only=False).astype(TIME_DTYPE)
    zone = getattr(column.type, "tz", None)
    if zone is None:
        return Stamps(local_N=stamp_N, offset_N=np.full(len(stamp_N), NAIVE, dtype=np.int32))
    local_N = shown_in(zone_of(zone), stamp_N) if pd.Index(stamp_N).size else stamp_N
    offset_N = (local_N - stamp_N).astype("timedelta64[s]").astype(np.int32)
    return Stamps(local_N=local_N, offset_N=offset_N)


def _in_utc(times_N: Time, form: str) -> Stamps:
    return Stamps(local_N=times_N, offset_N=np.zeros(len(times_N), dtype=np.int32), form=form)


def _of_texts(column: "pa.Array", form: str | None) -> Stamps:
    """Of a dictionary of texts: one time stands in the table once for every symbol, and is read once."""
    import pyarrow.compute as pc

    texts_U = pc.utf8_trim_whitespace(column.dictionary)
    codes_N = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    try:
        if (codes_N < 0).any():
            _refuse(-1, "", dates.shown_as(form))
        if len(texts_U) == 0:
            return Stamps(local_N=np.empty(0, TIME_DTYPE), offset_N=np.empty(0, np.int32))
        of_U = _of_different(texts_U, form)
    except Unread as unread:
        raise unread.at(_FirstRows(codes_N)) from None
    return replace(of_U, local_N=of_U.local_N[codes_N], offset_N=of_U.offset_N[codes_N])


@dataclass(frozen=True)
class _FirstRows(Sequence[int]):
    """The first row with each code."""

    codes_N: "np.ndarray[Any, Any]"

    def __getitem__(self, code: Any) -> Any:
        return int((self.codes_N == code).argmax())

    def __len__(self) -> int:
        return int(self.codes_N.max(initial=-1)) + 1


def _of_different(texts_U: "pa.Array", form: str | None) -> Stamps:
    import pyarrow as pa
    import pyarrow.compute as pc

    first = str(texts_U[0].as_py())
    if form in EPOCHS or (form is None and _is_number(first)):
        number_U = pc.match_substring_regex(texts_U, f"^(?:{NUMBER})$")
        if pc.all(number_U).as_py():
            try:
                numbers_U = pc.cast(texts_U, pa.int64())
            except pa.ArrowInvalid:
                numbers_U = pc.cast(texts_U, pa.float64())
            if form in EPOCHS or not _compact(texts_U):
                return _in_utc(*epochs.times(numbers_U.to_numpy(zero_copy_only=False), form))
        elif form in EPOCHS or epochs.are_epochs(pc.cast(texts_U.filter(number_U), pa.float64()).to_numpy()):
            _refuse_text(texts_U, int(pc.index(number_U, False).as_py()), dates.shown_as(form or "unix_s"))
    if form is not None and dates.date_part(form) is None:
        return _by_whole_format(texts_U, form)
    return _by_parts(texts_U, form)


def _is_number(text: str) -> bool:
    return text.strip("+-").replace(".", "", 1).isdigit() or (text[:1].isdigit() and "e" in text.lower())


def _compact(texts_U: "pa.Array") -> bool:
    """Whether digits without separators are years, months or days, perhaps with a clock behind, and no counts."""
    import pyarrow.compute as pc

    widths = pc.unique(pc.utf8_length(texts_U)).to_pylist()
    if len(widths) != 1 or widths[0] not in (4, 6, 8, 12, 14):
        return False
    if widths[0] <= 6:
        return True
    heads, _, tails, _ = _cut(texts_U)
    days_H = dates.of_form(heads, None).days_U
    believed = bool(((days_H >= EARLIEST) & (days_H < LATEST)).all())
    return widths[0] == 8 or (believed and clocks.behind_dates(tails).read)


def _by_parts(texts_U: "pa.Array", form: str | None) -> Stamps:
    """Dates and clocks by themselves: there are few of each, however many of both together."""
    heads, head_U, tails, tail_U = _cut(texts_U)
    clock = clocks.behind_dates(tails)
    part = dates.date_part(form) if form is not None else None
    if part is not None:
        reading = dates.of_form(heads, part)
    else:
        found = dates.readings(heads)
        if not found:
            near = dates.nearest(heads)
            few = np.isnat(near.days_U).mean() < 0.5
            _refuse_text(
                texts_U, int(np.isnat(near.days_U)[head_U].argmax()), dates.shown_as(near.form if few else None)
            )
        own_U = clock.micros_U[tail_U].astype("timedelta64[us]")
        try:
            reading = dates.decided(found, lambda days_H: days_H[head_U] + own_U, heads)
        except Unread as unread:
            raise unread.at(_FirstRows(head_U)) from None
    bad_U = np.isnat(reading.days_U)[head_U] | (clock.micros_U == clocks.UNREAD)[tail_U]
    if bad_U.any():
        _refuse_text(texts_U, int(bad_U.argmax()), dates.shown_as(form))
    offset_U = clock.offset_U[tail_U]
    local_U = reading.days_U[head_U] + clock.micros_U[tail_U].astype("timedelta64[us]")
    return Stamps(local_N=local_U, offset_N=offset_U, form=form or reading.form, why=reading.why)


def _cut(texts_U: "pa.Array") -> tuple[list[str], Int, list[str], Int]:
    """Different dates, which of them each text has, different clocks with offsets, and which of them it has."""
    import pyarrow as pa
    import pyarrow.compute as pc

    heads_U = pc.utf8_slice_codeunits(texts_U, 0, 10)
    few = pc.unique(heads_U)
    # Years first, two digits each: how nearly all large files are written.
    if pc.all(pc.match_substring_regex(few, r"^\d{4}-\d\d-\d\d$")).as_py():
        return (*_different(heads_U), *_different(pc.utf8_slice_codeunits(texts_U, 10)))
    place_U = pc.find_substring(texts_U, ":").to_numpy(zero_copy_only=False).astype(np.int64)
    length_U = pc.utf8_length(texts_U).to_numpy(zero_copy_only=False).astype(np.int64)
    iso_U = _matches(texts_U, r"^\d{4}-\d\d-\d\d([T Z,;_+\-]|$)")
    compact_U = _matches(texts_U, r"^\d{8}([T ,;_]?\d{2,6}(\D|$)|[TZ+\-])")
    cut_U = np.where(place_U >= 0, np.maximum(place_U - 2, 0), length_U)
    cut_U = np.where(iso_U, 10, np.where(compact_U, 8, cut_U))
    head_U, tail_U = np.empty(len(texts_U), dtype=object), np.empty(len(texts_U), dtype=object)
    for cut in np.unique(cut_U):
        own = np.flatnonzero(cut_U == cut)
        part = texts_U.take(pa.array(own))
        head_U[own] = pc.utf8_slice_codeunits(part, 0, int(cut)).to_numpy(zero_copy_only=False)
        tail_U[own] = pc.utf8_slice_codeunits(part, int(cut)).to_numpy(zero_copy_only=False)
    # A clock of one digit leaves the separator with the date.
    trimmed = pc.utf8_rtrim(pa.array(head_U, type=pa.string()), " ,T")
    return (*_different(trimmed), *_different(pa.array(tail_U, type=pa.string())))


def _matches(texts_U: "pa.Array", pattern: str) -> Mask:
    import pyarrow.compute as pc

    found: Mask = pc.match_substring_regex(texts_U, pattern).to_numpy(zero_copy_only=False)
    return found


def _different(texts_U: "pa.Array") -> tuple[list[str], Int]:
    encoded = texts_U.dictionary_encode()
    return encoded.dictionary.to_pylist(), encoded.indices.to_numpy(zero_copy_only=False).astype(np.int64)


def _by_whole_format(texts_U: "pa.Array", form: str) -> Stamps:
    """Formats in which the clock comes first."""
    import pandas as pd

    series = pd.Series(texts_U.to_numpy(zero_copy_only=False), dtype=object)
    stamps = pd.to_datetime(series, format=form, errors="coerce", utc=True)
    times_U = np.asarray(stamps.dt.tz_localize(None).to_numpy()).astype(TIME_DTYPE)
    if np.isnat(times_U).any():
        _refuse_text(texts_U, int(np.isnat(times_U).argmax()), form)
    if "%z" in form:
        return _in_utc(times_U, form)
    return Stamps(local_N=times_U, offset_N=np.full(len(times_U), NAIVE, dtype=np.int32), form=form)


def _refuse_text(texts_U: "pa.Array", row: int, wanted: str) -> None:
    _refuse(row, texts_U[row].as_py(), wanted)


def _refuse(row: int, text: str, wanted: str) -> None:
    raise Unread(
        f"{{0}}: '{verbatim(text)}' is no date in the format {verbatim(wanted)}; mend it or set data.date_format", row
    )


def _with_clock(stamps: Stamps, column: "pa.Array") -> Stamps:
    """Dates with the clocks of a second column."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if not are_days(stamps.local_N):
        row = int((stamps.local_N != stamps.local_N.astype("datetime64[D]")).argmax())
        raise Unread("{0}: the date has a clock of its own; leave data.clock_column out", row)
    if pa.types.is_time(column.type):
        micros_N = pc.cast(pc.cast(column, pa.time64("us"), safe=False), pa.int64()).to_numpy(zero_copy_only=False)
        return replace(stamps, local_N=stamps.local_N + micros_N.astype("timedelta64[us]"))
    if not pa.types.is_dictionary(column.type):
        column = pc.dictionary_encode(_as_texts(column.to_numpy(zero_copy_only=False)))
    texts = pc.utf8_trim_whitespace(column.dictionary).to_pylist()
    codes_N = column.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    if (codes_N < 0).any() or "" in texts:
        missing_N = (codes_N < 0) | (codes_N == (texts.index("") if "" in texts else -1))
        raise Unread("{0}: the clock is missing; mend it or drop the line", int(missing_N.argmax()))
    found = clocks.of_column(texts)
    if not found.read:
        code = int((found.micros_U == clocks.UNREAD).argmax())
        raise Unread(
            f"{{0}}: '{verbatim(texts[code])}' is no clock beside those of the other lines; clocks are HH:MM, HHMM, "
            "HHMMSS or hours, one kind in a file; mend it",
            _FirstRows(codes_N)[code],
        )
    own_N = found.offset_U[codes_N]
    return replace(
        stamps,
        local_N=stamps.local_N + found.micros_U[codes_N].astype("timedelta64[us]"),
        offset_N=np.where(own_N == NAIVE, stamps.offset_N, own_N),
    )
