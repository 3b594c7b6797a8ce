"""Suspicious inputs: the examination of bare tables on the fields that are read, and on the features.

No expression can look forward, so what a feature knows of the future it has from a field of the data.
"""

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

from components.contracts import LAST_LABEL
from components.expressions.tree import fields_of
from components.leaks.examination import examine
from components.leaks.examined import MIN_ROWS, Block, Examination
from components.panel import IN_UNIVERSE
from components.values import Float, LeakFinding
from runner.leaks.subject import Subject, feature_path

NAME = "inputs"
LABEL = "label"
BARS = frozenset({"open", "high", "low", "close"})


def fields(subject: Subject, *, symbols: int | None = None, bars: int | None = None) -> Iterator[LeakFinding]:
    """Every field that a feature reads, and membership of the universe, against the close (without one, against
    the label); at most so many symbols, and so many of their last bars."""
    panel = subject.panel
    read = sorted({name for node in subject.prepared.columns.values() for name in fields_of(node)})
    names = list(dict.fromkeys(name for name in (*read, IN_UNIVERSE) if name in panel.fields))
    if not set(names) - BARS:
        return
    if symbols is not None:
        # Bars whose range holds their close are what they say; a whole run has no time for them.
        names = [name for name in names if name not in BARS]
    base = "close" if "close" in panel.fields else LABEL
    columns = {name: panel.fields[name] for name in names}
    columns[base] = panel.fields["close"] if base == "close" else subject.prepared.labels.y_R
    found = _examined(subject, columns, base, symbols=symbols, bars=bars)
    yield from _findings(found, {name: f"data.{name}" for name in names})


def features(subject: Subject, *, symbols: int | None = None, bars: int | None = None) -> Iterator[LeakFinding]:
    """Every feature against the label."""
    table = subject.prepared.table
    columns: dict[str, Float] = {
        name: values_R.astype(np.float64)
        for name, values_R in zip(table.names, table.values_FR, strict=True)
        if name != LAST_LABEL and name != LABEL
    }
    paths = {name: feature_path(name) for name in columns}
    columns[LABEL] = subject.prepared.labels.y_R
    yield from _findings(_examined(subject, columns, LABEL, symbols=symbols, bars=bars), paths)


def _examined(
    subject: Subject, columns: Mapping[str, Float], base: str, *, symbols: int | None, bars: int | None
) -> Examination | None:
    panel = subject.panel
    lengths = np.diff(panel.offsets)
    longest: Sequence[int] = np.argsort(-lengths, kind="stable")[:symbols].tolist()
    blocks = []
    for symbol in longest:
        first, end = int(panel.offsets[symbol]), int(panel.offsets[symbol + 1])
        rows = slice(first if bars is None else max(first, end - bars), end)
        cut = {
            name: np.where(np.isfinite(values_R[rows]), values_R[rows], np.nan) for name, values_R in columns.items()
        }
        blocks.append(Block(symbol=panel.symbols[symbol], times_T=panel.timestamps_R[rows], columns=cut))
    long = [block for block in blocks if np.isfinite(block.columns[base]).sum() >= MIN_ROWS]
    return examine(long, target=base, known="after" if base == LABEL else "at") if long else None


def _findings(found: Examination | None, paths: Mapping[str, str]) -> Iterator[LeakFinding]:
    for each in found.leaks if found else ():
        if each.column in paths:
            yield LeakFinding(
                test=NAME, severity=each.severity, where=paths[each.column], evidence=f"{each.kind}: {each.evidence}"
            )
