"""What is examined, and how two versions of the same past are compared.

Shape legend: R panel rows, F columns, K rows of both versions, D decision times, S symbols.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import FittedModel, FittedPreprocessor, Model, Portfolio
from components.expressions import reach, to_text
from components.panel import Panel
from components.seeds import derive
from components.values import Float, Float32, Fold, Int, LeakFinding, LeakReport, Time
from runner.compute.decisions import fit_of_fold
from runner.compute.fit_fold import opened
from runner.compute.pipeline import Executed, Prepared
from runner.compute.purge import candidates
from runner.compute.samples import Design
from runner.compute.target import Labels, compute_labels
from runner.specification.experiment import Experiment

TOLERANCE = 1e-4
"""By how many standard deviations of itself a value may move through rounding."""

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Subject:
    """One experiment with everything it computed."""

    experiment: Experiment
    prepared: Prepared
    executed: Executed

    @property
    def panel(self) -> Panel:
        return self.prepared.panel

    @cached_property
    def model(self) -> Model:
        return self.experiment.fitted_model

    @cached_property
    def design(self) -> Design:
        return self.prepared.design(self.experiment)

    @property
    def folds(self) -> tuple[Fold, ...]:
        return self.prepared.folds

    @property
    def decision(self) -> int:
        """The output that is decided on."""
        return self.executed.forecasts.outputs.decision

    @cached_property
    def portfolios(self) -> dict[int, Portfolio]:
        """fold -> the portfolio that decided in it, fitted again as it was."""
        prepared, forecasts = self.prepared, self.executed.forecasts
        portfolio, numbers = self.experiment.portfolio, self.executed.decided.value.portfolios
        if portfolio.learns_from() is None:
            return dict.fromkeys(numbers, portfolio)
        folds = {number: self.folds[number - 1] for number in numbers}
        return {
            number: fit_of_fold(portfolio, self.panel, forecasts, fold, self.folds, prepared.labels)
            for number, fold in folds.items()
        }

    @cached_property
    def first_read_R(self) -> Time:
        """(R,) time of the first bar that the features of each row may read."""
        rows = candidates(
            self.experiment.preprocess,
            self.prepared.table,
            self.prepared.labels,
            self.panel,
            self.prepared.columns,
            self.model.lookback_rows,
        )
        return rows.first_read_R

    def rng(self, name: str) -> np.random.Generator:
        return np.random.default_rng(derive(self.experiment.seed, "leaks", name))

    def design_on(self, keep_R: Mask, values_FK: Float32) -> Design:
        """Samples of the kept rows alone, with these values of the columns."""
        labels = self.prepared.labels
        return replace(
            self.design,
            table=replace(self.prepared.table, values_FR=values_FK),
            labels=replace(labels, y_RK=labels.y_RK[keep_R], label_end_RK=labels.label_end_RK[keep_R]),
            panel=self.panel.take(keep_R),
        )

    def table_of(self, panel: Panel) -> Float32:
        """(F, R) the columns of the design matrix on other bars."""
        from components.expressions.engine import evaluate

        values_FR: Float32 = evaluate(self.prepared.columns, panel, threads=self.experiment.resources.threads)
        return values_FR

    def labels_on(self, panel: Panel) -> Labels:
        """The labels on other bars."""
        texts = {name: to_text(node) for name, node in self.prepared.targets.items()}
        return compute_labels(panel, expressions=texts, resources=self.experiment.resources)

    def learnt(self, fold: Fold) -> tuple[FittedPreprocessor, FittedModel]:
        """What a fold wrote down, opened again."""
        return opened(self.experiment.preprocess, self.model, self.executed.walked.fold(fold.number))

    def forecast_of(self, fold: Fold) -> Float:
        """(N,) the recorded forecasts of a fold's test rows, in their order, as the model made them."""
        forecasts = self.executed.calibrated.value
        recorded_R = np.full(self.panel.n_rows, np.nan)
        own_M = forecasts.is_test_M & (forecasts.fold_M == fold.number)
        recorded_R[forecasts.row_M[own_M]] = forecasts.uncalibrated_M[own_M]
        return recorded_R[fold.test_rows]

    def inside(self, fold: Fold) -> np.datetime64:
        """A time inside the fold's test span, neither its first nor its last."""
        times_T = np.unique(self.panel.timestamps_R[fold.test_rows])
        place = self.rng(f"time of fold {fold.number}").integers(1, max(2, len(times_T)))
        inside: np.datetime64 = times_T[min(int(place), len(times_T) - 1)]
        return inside


@dataclass(frozen=True, kw_only=True, eq=False)
class Stretch:
    """The rows of some last dates before a time, and from when on bars are needed to compute their features."""

    begin: np.datetime64
    rows_K: Int


def stretch(subject: Subject, end: np.datetime64, dates: int | None) -> Stretch:
    """The rows before `end` on at most so many dates, all of them if None; their features need no bar before
    `begin`, since every symbol has its whole lookback after it."""
    panel = subject.panel
    whole = Stretch(begin=panel.dates_T[0], rows_K=np.flatnonzero(panel.timestamps_R < end))
    reaches = [reach(node) for node in subject.prepared.columns.values()]
    if dates is None or any(each.timeframe for each in reaches):
        return whole
    lookback = max(each.lookback_bars for each in reaches) + subject.design.lookback_rows - 1
    everyone = any(each.cross_sectional for each in reaches)
    last = int(np.searchsorted(panel.dates_T, end))
    begin = panel.dates_T[max(0, last - dates - (2 if everyone else 1) * (lookback + 1))]
    first = panel.dates_T[max(0, last - dates)]
    ready_R = warm(panel, begin, lookback, everyone=everyone)
    rows_K = np.flatnonzero(ready_R & (panel.timestamps_R >= first) & (panel.timestamps_R < end))
    return Stretch(begin=begin, rows_K=rows_K) if len(rows_K) else whole


def warm(panel: Panel, begin: np.datetime64, lookback: int, *, everyone: bool) -> Mask:
    """(R,) rows with the whole lookback after `begin`; everyone: of all symbols, since a row compares them."""
    ready_R = np.zeros(panel.n_rows, dtype=bool)
    complete = []
    for first, end in zip(panel.offsets[:-1], panel.offsets[1:], strict=True):
        start = first + int(np.searchsorted(panel.timestamps_R[first:end], begin))
        # A symbol that begins later begins in both histories.
        ready = start if start == first else min(start + lookback, end)
        ready_R[ready:end] = True
        complete.append(panel.timestamps_R[min(ready, end - 1)])
    if everyone:
        # A cross-section inside a window needs all symbols warm before the window begins.
        at = int(np.searchsorted(panel.dates_T, max(complete))) + lookback
        ready_R &= panel.date_codes_R >= at
    return ready_R


def spread_folds(folds: Sequence[Fold], count: int) -> tuple[Fold, ...]:
    """At most `count` folds, the last one among them, evenly spread."""
    places = np.unique(np.linspace(len(folds) - 1, 0, min(count, len(folds))).round().astype(int))
    return tuple(folds[place] for place in places)


def moved(old_K: Float | Float32, new_K: Float | Float32, tolerance: float = TOLERANCE) -> Mask:
    """(K,) where two versions differ by more than rounding; a value that came or went differs."""
    old_K, new_K = np.asarray(old_K, dtype=np.float64), np.asarray(new_K, dtype=np.float64)
    finite_K = np.isfinite(old_K)
    scale = float(old_K[finite_K].std()) if finite_K.any() else 0.0
    with np.errstate(invalid="ignore"):
        size_K = np.maximum(np.abs(old_K), scale)
        differs_K = np.abs(old_K - new_K) > tolerance * np.maximum(size_K, 1e-300)
    return np.asarray(np.where(finite_K & np.isfinite(new_K), differs_K, finite_K != np.isfinite(new_K)))


def moved_sentence(panel: Panel, rows_K: Int, old_K: Any, new_K: Any, moved_K: Mask, *, change: str) -> str:
    """The first value that moved, and how many did."""
    first = int(moved_K.argmax())
    row = int(rows_K[first])
    place = f"{panel.symbols[int(panel.symbol_codes_R[row])]} {day(panel.timestamps_R[row])}"
    return (
        f"{change}, {int(moved_K.sum())} of {len(moved_K)} earlier values move; the first: {place}, "
        f"{float(old_K[first]):.6g} becomes {float(new_K[first]):.6g}"
    )


def day(time: np.datetime64) -> str:
    """A time as messages write it: a date where it is midnight."""
    return str(np.datetime_as_string(time, unit="s")).replace("T00:00:00", "").replace("T", " ")


def leak(test: str, where: str, evidence: str) -> LeakFinding:
    return LeakFinding(test=test, severity="leak", where=where, evidence=evidence)


def suspect(test: str, where: str, evidence: str) -> LeakFinding:
    return LeakFinding(test=test, severity="suspect", where=where, evidence=evidence)


def feature_path(name: str) -> str:
    """Where a column of the design matrix is configured."""
    return "target (its last known value)" if name == "last_label" else f"features.expressions.{name}"


def poisoned(panel: Panel, start: np.datetime64, rng: np.random.Generator) -> Panel:
    """Other bars from a time on, which still look like bars: prices walk away together, the rest is scaled."""
    later_R = panel.timestamps_R >= start
    walked_R = np.cumsum(np.where(later_R, rng.normal(0.0, 0.03, panel.n_rows), 0.0))
    price_R = np.exp(walked_R - walked_R[panel.offsets[panel.symbol_codes_R]])
    other_R = np.where(later_R, np.exp(rng.normal(0.0, 0.3, panel.n_rows)), 1.0)
    fields = {
        name: values_R * (price_R if is_price(name) else 1.0 if name == "in_universe" else other_R)
        for name, values_R in panel.fields.items()
    }
    return replace(panel, fields=fields)


PRICES = frozenset({"open", "high", "low", "close", "vwap", "price", "last", "mid", "bid", "ask", "nav", "settlement"})


def is_price(field: str) -> bool:
    """Whether a field is a price of its symbol, by its name."""
    return field.removeprefix("adj_").removeprefix("adjusted_").removesuffix("_price") in PRICES


def merged(made: Sequence[tuple[str, Sequence[LeakFinding] | None, str]]) -> LeakReport:
    """All findings together, the first of each test and place, leaks first.

    made: (test, findings, why it could not be made). A test that could not be made is none of the report's tests,
    and suspect.
    """
    first = {(each.test, each.where): each for _, found, _ in reversed(made) for each in reversed(found or ())}
    findings = list(reversed(first.values()))
    failed = [suspect(name, "leak tests", f"could not be made: {why}") for name, found, why in made if found is None]
    return LeakReport(
        tests=tuple(dict.fromkeys(name for name, found, _ in made if found is not None)),
        findings=tuple(sorted((*findings, *failed), key=lambda finding: finding.severity != "leak")),
    )
