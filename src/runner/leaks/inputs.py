"""Suspicious inputs: the examination of bare tables on the fields that are read, and on the features.

No expression can look forward, so what a feature knows of the future it has from a field of the data.
"""

from collections.abc import Iterator, Mapping
from typing import Literal

import numpy as np

from components.contracts import LAST_LABEL
from components.expressions.tree import fields_of
from components.leaks.examination import CHEAP, THOROUGH, examine_table
from components.leaks.examined import MIN_ROWS, Examination
from components.leaks.layout import Table
from components.panel import IN_UNIVERSE
from components.values import Float, LeakFinding
from runner.leaks.subject import Subject, feature_path

NAME = "inputs"
LABEL = "label"
BARS = frozenset({"open", "high", "low", "close"})

CHEAP_CELLS = 60_000
"""Values that the tests of an ordinary run look at: about a tenth of a second."""

Seen = Literal["some", "all"]


def fields(subject: Subject, *, seen: Seen = "all") -> Iterator[LeakFinding]:
    """Every field that a feature reads, and membership of the universe, against the close (without one, against
    the label); seen: of all symbols, or of as many as an ordinary run has time for."""
    names = _fields_read(subject, bars=seen == "all")
    if not names:
        return
    panel = subject.panel
    base = "close" if "close" in panel.fields else LABEL
    columns = {name: panel.fields[name] for name in names}
    columns[base] = panel.fields["close"] if base == "close" else subject.prepared.labels.y_R
    found = _examined(subject, columns, base, seen)
    yield from _findings(found, {name: f"data.{name}" for name in names})


def features(subject: Subject) -> Iterator[LeakFinding]:
    """Every feature against the label."""
    table = subject.prepared.table
    columns: dict[str, Float] = {
        name: values_R
        for name, values_R in zip(table.names, table.values_FR, strict=True)
        if name != LAST_LABEL and name != LABEL
    }
    paths = {name: feature_path(name) for name in columns}
    columns[LABEL] = subject.prepared.labels.y_R
    yield from _findings(_examined(subject, columns, LABEL, "all"), paths)


def what_was_seen(subject: Subject, seen: Seen) -> str:
    """A sentence: how much of the bars the tests of inputs looked at."""
    panel = subject.panel
    names = _fields_read(subject, bars=seen == "all")
    if seen == "all":
        return (
            f"Inputs: every row and symbol ({panel.n_rows:,} rows, {len(panel.symbols)} symbols) of "
            f"{_counted(len(names), 'field')} and {_counted(len(subject.prepared.table.features), 'feature')}; windows "
            "and columns together in a sample where there are many."
        )
    if not names:
        return "Inputs: none were looked at beyond the bars' own prices."
    places = _symbols(subject, len(names) + 1, seen)
    rows = sum(int(panel.offsets[place + 1] - panel.offsets[place]) for place in places)
    if rows == panel.n_rows:
        fields, symbols = _counted(len(names), "field"), _counted(len(panel.symbols), "symbol")
        return f"Inputs: every row of {fields}, {symbols}; features were not looked at."
    return (
        f"Inputs: {len(places)} of {len(panel.symbols)} symbols, {rows:,} of {panel.n_rows:,} rows; leaktest and gates "
        "that ask for every row look at all."
    )


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'' if count == 1 else 's'}"


def _fields_read(subject: Subject, *, bars: bool) -> list[str]:
    """Fields that some feature reads; where there is nothing but bars, whose range holds their close, none."""
    read = sorted({name for node in subject.prepared.columns.values() for name in fields_of(node)})
    names = list(dict.fromkeys(name for name in (*read, IN_UNIVERSE) if name in subject.panel.fields))
    if not set(names) - BARS:
        return []
    return names if bars else [name for name in names if name not in BARS]


def _symbols(subject: Subject, columns: int, seen: Seen) -> list[int]:
    """Places of the symbols that are looked at: chosen by the run's seed, so that another run looks at others."""
    count = len(subject.panel.symbols)
    if seen == "all":
        return list(range(count))
    rows_S = np.diff(subject.panel.offsets)
    order = subject.rng("symbols of the leak tests").permutation(count)
    fit = int(np.searchsorted(np.cumsum(rows_S[order]) * columns, CHEAP_CELLS, side="right"))
    return sorted(order[: max(1, fit)].tolist())


def _examined(subject: Subject, columns: Mapping[str, Float], base: str, seen: Seen) -> Examination | None:
    panel, effort = subject.panel, CHEAP if seen == "some" else THOROUGH
    table = Table(symbols=panel.symbols, offsets=panel.offsets, times_R=panel.timestamps_R, columns=columns)
    places = _symbols(subject, len(columns), seen)
    if len(places) < len(panel.symbols):
        table = table.of_symbols(np.isin(np.arange(len(panel.symbols)), places))
    table = table.finite()
    long = table.with_values(base, MIN_ROWS)
    if long is None:
        return None
    return examine_table(long, target=base, known="after" if base == LABEL else "at", effort=effort)


def _findings(found: Examination | None, paths: Mapping[str, str]) -> Iterator[LeakFinding]:
    for each in found.leaks if found else ():
        if each.column in paths:
            yield LeakFinding(
                test=NAME, severity=each.severity, where=paths[each.column], evidence=f"{each.kind}: {each.evidence}"
            )
