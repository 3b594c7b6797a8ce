"""What can be read off an experiment and its folds without computing anything again."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np

from components.contracts import LAST_LABEL
from components.expressions import reach
from components.values import Fold, Int, Interval, LeakFinding, within
from runner.leaks.subject import Subject, day, feature_path, leak, suspect

NAME = "static"


def static(subject: Subject) -> Iterator[LeakFinding]:
    """Forward references, labels that end in the next span, spans that share rows, orders filled too early,
    references joined without a lag, a move that begins before it can be traded, bars of the vault."""
    for name, node in subject.prepared.columns.items():
        ahead = reach(node).lookahead_bars
        if ahead > 0 and name != LAST_LABEL:
            yield leak(NAME, feature_path(name), f"reads {ahead} bars after its own")
    yield from _target(subject)
    for fold in subject.folds:
        yield from _fold(subject, fold)
    yield from _vault(subject)
    yield from _fills(subject)
    for path in _unlagged(subject.experiment.data, "data"):
        yield suspect(
            NAME, path, "joined with its value of the same day: look-ahead where its market closes after the main one"
        )


def _target(subject: Subject) -> Iterator[LeakFinding]:
    lag = subject.experiment.backtest.execution_lag_bars
    first = reach(subject.prepared.label).first_offset
    if subject.experiment.target.kind != "level" and first < lag:
        # The forecast is honest, but part of what it earns on paper is out of reach: no leak, and worth knowing.
        yield suspect(
            NAME,
            "target",
            f"its move begins {_bars(first)} after the decision, but orders are filled {_bars(lag)} after it: part of "
            "what is forecast has happened when it can be traded",
        )


def _bars(count: int) -> str:
    return "1 bar" if count == 1 else f"{count} bars"


def _fold(subject: Subject, fold: Fold) -> Iterator[LeakFinding]:
    """A row's label must be known when the next interval of a later span begins, rows after one must not read what
    its labels measure, and spans must not share rows; nor symbols, where some are held out."""
    parts = {"train": fold.train_rows, "valid": fold.valid_rows, "test": fold.test_rows}
    for name, other in (("train", "valid"), ("train", "test"), ("valid", "test")):
        where = f"split (fold {fold.number}, {name} and {other})"
        if shared := len(np.intersect1d(parts[name], parts[other])):
            yield leak(NAME, where, f"{shared} rows are in both spans")
        else:
            for interval in getattr(fold.span, other):
                yield from _seam(subject, where, name, parts[name], other, parts[other], interval)
    if fold.span.test_symbols is not None:
        codes_R = subject.panel.symbol_codes_R
        known = np.unique(codes_R[np.concatenate([fold.train_rows, fold.valid_rows])])
        if len(both := np.intersect1d(known, codes_R[fold.test_rows])):
            name = subject.panel.symbols[int(both[0])]
            yield leak(NAME, f"split (fold {fold.number})", f"{name} is held out, and trained on as well")


def _seam(
    subject: Subject, where: str, name: str, rows: Int, other: str, other_rows: Int, interval: Interval
) -> Iterator[LeakFinding]:
    """One interval of another span and the rows on both sides of it."""
    ends_R, times_R = subject.prepared.labels.label_end_R, subject.panel.timestamps_R
    inside = other_rows[within((interval,), times_R[other_rows])]
    if len(inside) == 0:
        return
    begins, last = times_R[inside].min(), times_R[inside].max()
    before = rows[times_R[rows] <= last]
    if late := int((ends_R[before] > begins).sum()):
        sentence = f"{late} labels of the {name} span end after {day(begins)}, when the {other} span begins"
        yield leak(NAME, where, sentence)
    if len(behind := rows[times_R[rows] > last]):
        ends_N = ends_R[inside]
        known = np.append(ends_N[~np.isnat(ends_N)], last).max()
        if early := int((subject.first_read_R[behind] < known).sum()):
            yield leak(
                NAME,
                where,
                f"the features of {early} rows of the {name} span read bars before {day(known)}, when the last label "
                f"of the {other} span is known",
            )


def _vault(subject: Subject) -> Iterator[LeakFinding]:
    start = subject.prepared.vault_begins
    if start is not None and (seen := int((subject.panel.timestamps_R >= start).sum())):
        yield leak(NAME, "split.vault_start", f"{seen} bars of the vault are among the bars")


def _fills(subject: Subject) -> Iterator[LeakFinding]:
    """Every fill lies at least the declared lag after its decision, on the clock of the bars."""
    trades, times_T = subject.executed.backtest.trades, subject.panel.dates_T
    trades = trades[trades["cause"] == "order"] if "cause" in trades else trades
    if not len(trades):
        return
    decided, filled = (
        np.searchsorted(times_T, trades[name].to_numpy().astype(times_T.dtype)) for name in ("decided_at", "filled_at")
    )
    lag = subject.experiment.backtest.execution_lag_bars
    early = filled - decided < lag
    if early.any():
        first = trades.iloc[int(early.argmax())]
        yield leak(
            NAME,
            "backtest",
            f"{int(early.sum())} of {len(trades)} orders are filled less than {_bars(lag)} after their decision; the "
            f"first: {first['symbol']}, decided {first['decided_at']}, filled {first['filled_at']}",
        )


def _unlagged(source: object, path: str) -> Iterator[str]:
    """Dotted paths of dated series that are joined to dated bars without any lag."""
    if not is_dataclass(source):
        return
    for name, reference in dict(getattr(source, "references", {})).items():
        dated = getattr(source, "stamps", None) == getattr(reference, "stamps", None) == "date"
        if dated and reference.lag_days == reference.lag_bars == 0:
            yield f"{path}.references.{name}"
    for field in fields(source):
        inner = getattr(source, field.name)
        if is_dataclass(inner) and not isinstance(inner, type):
            yield from _unlagged(inner, f"{path}.{field.name}")
