"""What one cell looks like, before anybody knows its column: a date, a clock, a number, the word of a total."""

import re

from components.tables.numbers import apart

LONGEST = 60
CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?\s*(?:[AaPp]\.?\s?[Mm]\.?)?"
WORD = r"[^\W\d_]{3,9}"
DAYS = (
    r"\d{4}[-/. ]\d{1,2}[-/. ]\d{1,2}",
    r"\d{1,2}[-/. ]\d{1,2}[-/. ]\d{2,4}\.?",
    r"\d{4}[-/]\d{1,2}",
    r"\d{4}-?[QqMm]\d{1,2}",
    r"[Qq]\d[ -]?\d{4}",
    rf"\d{{1,2}}\.?[-/ ]?{WORD}\.?[-/, ]{{0,2}}\d{{2,4}}",
    rf"{WORD}\.?[- ]\d{{1,2}}(?:st|nd|rd|th)?,?[- ]\d{{2,4}}",
    rf"\d{{4}}[-/ ]{WORD}[-/ ]\d{{1,2}}",
    rf"{WORD}[- ']\d{{2,4}}",
    r"(?:18|19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])",
    r"\d{4}年\d{1,2}月\d{1,2}日",
)
ZONE = r"Z|UTC|GMT|[A-Z]{3,4}|[+-]\d{2}:?\d{2}"
DATE = re.compile(
    rf"^(?:{WORD}\.?,? )?(?:{'|'.join(DAYS)})(?:[ T;,_-]*(?:{CLOCK}|\d{{4}}(?:\d{{2}})?))?\s*(?:{ZONE})?(?: \d{{4}})?$"
)
TIME_OF_DAY = re.compile(rf"^{CLOCK}$")
TOTALS = re.compile(
    r"^(?:grand )?(?:total|sum|subtotal|average|mean|median|avg|min|max|highest|lowest|count|std|summe|gesamt|"
    r"mittelwert|durchschnitt|totale?|moyenne|somme|media|change)\b",
    re.IGNORECASE,
)


def is_date(cell: str) -> bool:
    """Whether a cell is written as dates are, be there such a day or not."""
    return bool(cell) and len(cell) < LONGEST and DATE.match(cell) is not None


def is_number(cell: str) -> bool:
    """Whether a cell is a number in any spelling."""
    return bool(cell) and len(cell) < LONGEST and apart(cell) is not None


def is_value(cell: str) -> bool:
    """Whether a cell is a date, a clock or a number, rather than a word; nothing is neither."""
    return is_number(cell) or is_date(cell) or TIME_OF_DAY.match(cell) is not None


def is_total(cell: str) -> bool:
    """Whether a cell begins a line of totals."""
    return TOTALS.match(cell) is not None
