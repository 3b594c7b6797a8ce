"""What can be read off an experiment and its folds without computing anything again."""

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

import numpy as np

from components.contracts import LAST_LABEL
from components.expressions import reach
from components.values import Fold, LeakFinding
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
    """A row's label must be known when the next span begins, and spans must not share rows."""
    ends_R, times_R = subject.prepared.labels.label_end_R, subject.panel.timestamps_R
    parts = {"train": fold.train_rows, "valid": fold.valid_rows, "test": fold.test_rows}
    within = {name: np.bincount(rows, minlength=len(times_R)) > 0 for name, rows in parts.items()}
    for earlier, later in (("train", "valid"), ("train", "test"), ("valid", "test")):
        begins = times_R[parts[later]].min()
        late = int((ends_R[parts[earlier]] > begins).sum())
        shared = int((within[earlier] & within[later]).sum())
        where = f"split (fold {fold.number}, {earlier} and {later})"
        if shared:
            yield leak(NAME, where, f"{shared} rows are in both spans")
        elif late:
            yield leak(
                NAME,
                where,
                f"{late} labels of the {earlier} span end after {day(begins)}, when the {later} span begins",
            )


def _vault(subject: Subject) -> Iterator[LeakFinding]:
    start = subject.experiment.split.vault_start
    if start is not None and (seen := int((subject.panel.timestamps_R >= np.datetime64(start)).sum())):
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
