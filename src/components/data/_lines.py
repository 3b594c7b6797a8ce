"""Tables that services send as lines of text, and series of dates as bars."""

import csv
import math
from collections.abc import Mapping, Sequence

import numpy as np

from components.errors import DataError
from components.panel import TIME_DTYPE, Float, Time

DAY = np.timedelta64(1, "D")
MISSING = frozenset({"", ".", "-", "NA", "N/A", "N/D", "null"})


def table(text: str, where: str) -> tuple[list[str], list[list[str]]]:
    """Names and lines of a table with a header. Raises DataError for a line that has another length."""
    try:
        names, *lines = [line for line in csv.reader(text.splitlines()) if line] or [[]]
    except csv.Error as error:
        raise DataError(f"{where}: its answer is no table: {error}") from None
    for row, line in enumerate(lines):
        if len(line) != len(names):
            raise DataError(f"{where}: line {row + 2} of its answer has {len(line)} values, the header {len(names)}")
    return [name.strip() for name in names], lines


def dates(texts: Sequence[str], where: str) -> Time:
    """(B,) days, written as ISO dates."""
    try:
        return np.array([np.datetime64(text, "D") for text in texts], dtype=TIME_DTYPE)
    except ValueError as error:
        raise DataError(f"{where}: its answer holds what is no date: {error}") from None


def numbers(texts: Sequence[str], where: str) -> Float:
    """(B,) values, NaN where they are missing."""
    return np.array([_number(text.strip(), where) for text in texts], dtype=np.float64)


def _number(text: str, where: str) -> float:
    if text in MISSING:
        return math.nan
    try:
        return float(text)
    except ValueError:
        raise DataError(f"{where}: its answer holds '{text:.60}', which is no number") from None


def within(
    days_B: Time, fields: Mapping[str, Float], *, start: np.datetime64, end: np.datetime64
) -> tuple[Time, dict[str, Float]]:
    """Days from start up to, not including, end, that are over (UTC), in order."""
    inside_B = (days_B >= start) & (days_B < end) & (days_B + DAY <= np.datetime64("now"))
    rows = np.flatnonzero(inside_B)[np.argsort(days_B[inside_B], kind="stable")]
    return days_B[rows], {name: values_B[rows] for name, values_B in fields.items()}
