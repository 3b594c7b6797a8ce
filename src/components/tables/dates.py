"""Which format dates are written in: decided by all of them, by their order and by how evenly they follow each other.

Shape legend: U different texts in the order of the file.
"""

import itertools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from components.panel import TIME_DTYPE
from components.tables.epochs import EARLIEST, EPOCHS, LATEST
from components.tables.unread import Unread, verbatim
from components.values import Time

ISO = re.compile(r"\d{4}(?:-\d\d?(?:-\d\d?)?|/\d\d?/\d\d?|\d{4})?")
_NUMERIC = ("%d{0}%m{0}%Y", "%m{0}%d{0}%Y", "%Y{0}%m{0}%d", "%d{0}%m{0}%y", "%m{0}%d{0}%y", "%y{0}%m{0}%d")
_MONTHS = ("%d{0}{1}{0}%Y", "{1}{0}%d{0}%Y", "%Y{0}{1}{0}%d", "%d{0}{1}{0}%y", "{1}{0}%Y", "%Y{0}{1}", "{1}{0}%y")
_WORDY = ("{1} %d, %Y", "%d {1}, %Y", "%d. {1} %Y", "{1} %d %y")
_WEEKDAYS = ("%a, ", "%a ", "%A, ", "%A ")
_ELSEWHERE = {
    "jan": "janv janvier januar jänner enero ene gennaio gen januari janeiro",
    "feb": "febr février févr februar febrero febbraio februari fevereiro",
    "mar": "märz mär mrz mars marzo maart mrt março",
    "apr": "avril avr abril abr aprile",
    "may": "mai mayo maggio mag mei maio",
    "jun": "juin juni junio giugno giu junho",
    "jul": "juillet juil juli julio luglio julho",
    "aug": "août aout agosto ago augustus augusti",
    "sep": "sept septembre septiembre settembre set setembro",
    "oct": "octobre octubre ottobre ott oktober okt outubro out",
    "nov": "novembre noviembre novembro",
    "dec": "décembre déc diciembre dic dicembre dezember dez desember dezembro",
}
_MONTH_OF = {word: month.capitalize() for month, words in _ELSEWHERE.items() for word in words.split()}
_CLOCK_DIRECTIVE = re.compile(r"[T ,]*%[HIMSfpzZ]")
# So many dates in the right order by chance: two of 720 orders.
_MANY = 6
# A reading that is so much less even than another is wrong.
_UNEVEN = 3.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Reading:
    """days_U: midnights, NaT where a text is no date in the format; form: null is ISO 8601; why: a clause on the other
    format that fits as well, where there is one."""

    form: str | None
    days_U: Time
    why: str = ""

    @property
    def whole(self) -> bool:
        return not np.isnat(self.days_U).any()


def of_form(texts: Sequence[str], form: str | None) -> Reading:
    """The dates in one format."""
    import pandas as pd

    texts = [_usual(text) for text in texts]
    if form is None:
        texts = [text if ISO.fullmatch(text) else "" for text in texts]
    days = pd.to_datetime(pd.Series(texts, dtype=object), format=form or "ISO8601", errors="coerce")
    return Reading(form=form, days_U=np.asarray(days.to_numpy()).astype(TIME_DTYPE))


def _usual(text: str) -> str:
    """A date with the months in English, without ordinals, months and quarters under the date of their first day."""
    if text.isascii() and not any(c.isalpha() for c in text):
        return text
    text = re.sub(r"^(\d{4})年(\d\d?)月(?:(\d\d?)日)?$", lambda found: "-".join(filter(None, found.groups())), text)
    text = re.sub(r"^(\d{4})[- ]?[Mm](\d\d?)$", r"\1-\2", text)
    text = re.sub(r"^[Qq]([1-4])[- /]?(\d{4})$", r"\2Q\1", text)
    if quarter := re.fullmatch(r"(\d{4})[- ]?[Qq]([1-4])", text):
        return f"{quarter[1]}-{3 * int(quarter[2]) - 2:02}"
    text = re.sub(r"(\d)(?:st|nd|rd|th)\b", r"\1", text)
    return re.sub(r"([^\W\d_]+)\.?", lambda word: _MONTH_OF.get(word[1].lower(), word[1]), text)


def date_part(form: str) -> str | None:
    """The part of a format before its clock; null where the clock comes first."""
    clock = _CLOCK_DIRECTIVE.search(form)
    if clock is None:
        return form
    behind = form[clock.start() :]
    return None if re.search(r"%[dmbByYj]", behind) or not clock.start() else form[: clock.start()]


def readings(texts: Sequence[str]) -> list[Reading]:
    """All formats under which every text is a date, ISO 8601 first; of two that say the same the first."""
    if (iso := of_form(texts, None)).whole:
        return [iso]
    found: list[Reading] = []
    # What parses the first and the last text is rare: only that is tried on all.
    for form in _forms(texts[0]):
        own = of_form(texts, form) if of_form((texts[0], texts[-1]), form).whole else None
        if own is None or not own.whole or not _believed(own):
            continue
        if not any((own.days_U == other.days_U).all() for other in found):
            found.append(own)
    return found


def nearest(texts: Sequence[str]) -> Reading:
    """The format under which most texts are dates: the others are mistakes."""
    tried = {None: None} | dict.fromkeys(form for text in (texts[0], texts[len(texts) // 2]) for form in _forms(text))
    return max((of_form(texts, form) for form in tried), key=lambda own: int((~np.isnat(own.days_U)).sum()))


def _believed(reading: Reading) -> bool:
    """Whether most of the dates lie where dates are; a single one that does not is a mistake worth a line."""
    return bool(((reading.days_U >= EARLIEST) & (reading.days_U < LATEST)).mean() > 0.5)


def decided(found: Sequence[Reading], shown: Callable[[Time], Time], texts: Sequence[str]) -> Reading:
    """The reading that the dates themselves speak for. Unread, with row 0 of a text that shows the difference, where
    two are as good.

    shown: from days of the texts to times in the order in which the file first shows them.
    """
    if len(found) == 1:
        return found[0]
    times = [shown(own.days_U) for own in found]
    backs = [_backs(own) for own in times]
    in_order = [own for own, back in zip(found, backs, strict=True) if back == min(backs)]
    if len(in_order) == 1 and len(times[0]) >= _MANY and _far_fewer(backs):
        rival = next(own for own in found if own is not in_order[0])
        return replace(in_order[0], why=f"as {rival.form} they would go back and forth")
    uneven = [_unevenness(own) for own in times]
    order = sorted(range(len(found)), key=uneven.__getitem__)
    best, second = order[:2]
    if uneven[best] * _UNEVEN <= uneven[second] and not (len(in_order) == 1 and found[best] is not in_order[0]):
        return replace(found[best], why=f"as {found[second].form} they would follow less evenly")
    one, other = found[best], found[second]
    row = int((one.days_U != other.days_U).argmax())
    options = tuple(f"data.date_format='{own.form}'" for own in (one, other))
    raise Unread(
        f"{{0}}: '{verbatim(texts[row])}' is {_day(one, row)} or {_day(other, row)}, and both readings fit all dates",
        row,
        options=options,
    )


def _far_fewer(backs: Sequence[int]) -> bool:
    """Whether the order of one reading is that of the file, and the order of no other."""
    first, second = sorted(backs)[:2]
    return (first == 0 and second > 0) or (first + 1) * 5 <= second + 1


def _backs(times_U: Time) -> int:
    """Steps against the order of the file, be it from old to new or from new to old."""
    steps = np.diff(times_U).astype(np.int64)
    return int(min((steps < 0).sum(), (steps > 0).sum()))


def _unevenness(times_U: Time) -> float:
    """Largest over median step between different times."""
    steps = np.diff(np.unique(times_U)).astype(np.float64)
    return float(steps.max() / np.median(steps)) if len(steps) > 1 else 1.0


def _day(reading: Reading, row: int) -> str:
    return str(reading.days_U[row].astype("datetime64[D]"))


def _forms(text: str) -> Sequence[str]:
    """Formats that have the separators of a text."""
    text = _usual(text)
    shape = re.sub(r"[^\W\d_]+", "a", re.sub(r"\d+", "9", text))
    if "a" in shape:
        return _with_months().get(shape, ())
    separator = next((c for c in text if not c.isdigit()), "")
    forms = tuple(form.format(separator) for form in _NUMERIC)
    return (*forms, "%Y%m") if not separator and len(text) == 6 else forms


@cache
def _with_months() -> Mapping[str, Sequence[str]]:
    """Shape -> formats with names of months, 9 standing for a number and a for a name."""
    plain = [
        *(form.format(s, month) for form in _MONTHS for s in ("-", " ", "/", ".", "") for month in ("%b", "%B")),
        *(form.format("", month) for form in _WORDY for month in ("%b", "%B")),
    ]
    shapes: dict[str, list[str]] = {}
    for form in (*plain, *(day + form for day, form in itertools.product(_WEEKDAYS, plain))):
        shapes.setdefault(re.sub(r"%[abAB]", "a", re.sub(r"%[dmyY]", "9", form)), []).append(form)
    return shapes


def shown_as(form: str | None) -> str:
    """A format in words."""
    if form is None:
        return "ISO 8601 (2020-12-31)"
    return f"{EPOCHS[form]} since 1970" if form in EPOCHS else form
