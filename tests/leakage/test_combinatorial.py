"""Trained on the future too: a model that remembers the nearest time must find nothing in pure noise."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np
import pytest

from components.contracts import LAST_LABEL
from components.expressions import evaluate, parse
from components.panel import Panel
from components.preprocess.none import NoPreprocessing
from components.split.combinatorial_purged import CombinatorialPurged
from components.values import Fold, Int, within
from runner.compute.features import FeatureTable
from runner.compute.purge import Candidates, candidates, fold_of
from unit.runner.compute.test_folds import labels_of

HORIZON, BARS = 5, 600
SEEDS = range(12)
COLUMNS = {
    "mean": parse("close / mean(close, 8)"),
    LAST_LABEL: parse(f"close / ref(close, {HORIZON}) - 1"),
}

Remembers = Callable[[Panel, Candidates, FeatureTable, Int, Int], np.ndarray]


def noise(seed: int) -> tuple[Panel, FeatureTable, Candidates]:
    """A random walk whose labels overlap."""
    steps = np.random.default_rng(seed).normal(0, 0.01, BARS)
    panel = Panel(
        symbols=("A",),
        offsets=np.array([0, BARS]),
        timestamps_R=np.datetime64("2000-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D"),
        fields={"close": 100 * np.exp(np.cumsum(steps))},
    )
    table = FeatureTable(names=tuple(COLUMNS), values_FR=evaluate(COLUMNS, panel, threads=1))
    labels = labels_of(panel, f"ref(close, -{HORIZON}) / close - 1")
    return panel, table, candidates(NoPreprocessing(), table, labels, panel, COLUMNS)


def nearest(known: Int, asked: Int) -> Int:
    """Of every row asked for the nearest of those that are known; the later one where two are."""
    return known[np.abs(known[None, :] - asked[:, None])[:, ::-1].argmin(axis=1) * -1 - 1]


def label_nearby(panel: Panel, rows: Candidates, table: FeatureTable, train: Int, test: Int) -> np.ndarray:
    """The label of the nearest time that was trained on."""
    return rows.labels.y_R[nearest(train, test)]


def feature_that_is_the_label(panel: Panel, rows: Candidates, table: FeatureTable, train: Int, test: Int) -> np.ndarray:
    """The latest known label among the features of the training row that lies a horizon later, or nearest to it."""
    return table.values_FR[1, nearest(train, test + HORIZON)]


MODELS = (label_nearby, feature_that_is_the_label)


def purged(fold: Fold, rows: Candidates) -> Int:
    return fold.train_rows


def unpurged(fold: Fold, rows: Candidates) -> Int:
    """All rows of the training spans that have a label."""
    return np.flatnonzero(
        rows.ready_R & within(fold.span.train, rows.panel.timestamps_R) & np.isfinite(rows.labels.y_R)
    )


def without_embargo(fold: Fold, rows: Candidates) -> Int:
    """Purged as if no feature looked back."""
    return fold_of(fold.number, fold.span, replace(rows, lookback_bars=0)).train_rows


def skills(model: Remembers, taught: Callable[[Fold, Candidates], Int]) -> Iterator[float]:
    """Correlation of forecasts and outcomes on the test rows near the edges of their groups, where memory helps."""
    split = CombinatorialPurged(n_groups=12, n_test_groups=2, valid_share=0.05, vault_start=None)
    for seed in SEEDS:
        panel, table, rows = noise(seed)
        forecasts, outcomes = [], []
        spans = split.spans(np.unique(panel.timestamps_R[rows.ready_R]), panel.symbols)
        for number, span in enumerate(spans, start=1):
            fold = fold_of(number, span, rows)
            train = taught(fold, rows)
            for interval in span.test:
                test = fold.test_rows[within((interval,), panel.timestamps_R[fold.test_rows])]
                test = np.concatenate([test[:HORIZON], test[-HORIZON:]])
                test = test[np.isfinite(rows.labels.y_R[test])]
                forecasts.append(model(panel, rows, table, train, test))
                outcomes.append(rows.labels.y_R[test])
        yield float(np.corrcoef(np.concatenate(forecasts), np.concatenate(outcomes))[0, 1])


def t_statistic(values: list[float]) -> float:
    return float(np.mean(values) / np.std(values, ddof=1) * np.sqrt(len(values)))


@pytest.mark.parametrize("model", MODELS)
def test_memory_finds_nothing_in_noise(model: Remembers) -> None:
    found = list(skills(model, purged))
    assert t_statistic(found) < 3
    assert np.mean(found) < 0.1


@pytest.mark.parametrize(("model", "taught"), [(label_nearby, unpurged), (feature_that_is_the_label, without_embargo)])
def test_without_purge_or_embargo_it_would(model: Remembers, taught: Callable[[Fold, Candidates], Int]) -> None:
    found = list(skills(model, taught))
    assert t_statistic(found) > 5
    assert np.mean(found) > 0.2
