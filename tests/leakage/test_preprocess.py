"""What a fold's preprocessor has learnt depends on that fold's train rows and on nothing else."""

from dataclasses import replace

import numpy as np
import pytest

from components.contracts import LAST_LABEL, Preprocessor
from components.expressions import parse
from components.loss.squared import Squared
from components.model.ridge import Ridge
from components.panel import Panel
from components.split.walk_forward import WalkForward
from harness import resources
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path
from runner.compute.features import FeatureTable
from runner.compute.fit_fold import walk_forward
from runner.compute.folds import make_folds
from runner.compute.samples import Design
from runner.compute.target import Labels
from runner.specification.debug import Debug

BARS, SYMBOLS = 300, 3
COLUMNS = {"a": parse("close")}
BUILT = [
    build(Preprocessor, {"_target_": class_path(cls), **example})
    for cls in catalogue().values()
    if issubclass(cls, Preprocessor)
    for example in cls.examples()
]


def made(preprocess):
    """Folds, table, labels and panel of noise with fat tails, with holes only where they may be filled."""
    rng = np.random.default_rng(5)
    rows = BARS * SYMBOLS
    times = np.datetime64("2020-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D")
    panel = Panel(
        symbols=tuple("ABC"),
        offsets=np.arange(SYMBOLS + 1) * BARS,
        timestamps_R=np.tile(times, SYMBOLS),
        fields={"close": np.ones(rows)},
    )
    values_FR = rng.standard_t(3, size=(5, rows)).astype(np.float32)
    if preprocess.missing_tolerance:
        values_FR[:-1][rng.random((4, rows)) < 0.1] = np.nan
    table = FeatureTable(names=("a", "b", "c", "d", LAST_LABEL), values_FR=values_FR)
    ends = np.array([np.datetime64("NaT", "us")] * rows)
    for s in range(SYMBOLS):
        ends[s * BARS : (s + 1) * BARS - 5] = times[5:]
    labels = Labels.of(np.where(np.isnat(ends), np.nan, rng.normal(size=rows)), ends, 5)
    split = WalkForward(**{**WalkForward.examples()[0], "n_folds": 3})
    folds = make_folds(split, preprocess, table, labels, panel, Debug(**Debug.examples()[0]), COLUMNS)
    return folds, table, labels, panel


def fitted(preprocess, folds, table, labels, panel):
    design = Design(preprocess=preprocess, table=table, labels=labels, panel=panel)
    return walk_forward(Ridge(penalty=1.0), Squared(), folds, design, seed=0, resources=resources())


@pytest.mark.parametrize("preprocess", BUILT, ids=lambda each: repr(each)[:60])
def test_what_is_learnt_does_not_change_with_anything_but_train(preprocess):
    folds, table, labels, panel = made(preprocess)
    _, whole = fitted(preprocess, folds, table, labels, panel)
    for fold in folds:
        trained = np.zeros(panel.n_rows, dtype=bool)
        trained[fold.train_rows] = True
        finite = np.isfinite(table.values_FR)
        changed = np.where(trained | ~finite, table.values_FR, 1e6 - 7 * table.values_FR)
        shuffled = table.values_FR.copy()
        later = np.flatnonzero(panel.timestamps_R >= fold.span.valid[0][0])
        shuffled[:, later] = shuffled[:, np.random.default_rng(0).permutation(later)]
        for values_FR in (changed, shuffled):
            _, (again,) = fitted(preprocess, (fold,), replace(table, values_FR=values_FR), labels, panel)
            assert again.learnt == whole[fold.number - 1].learnt
            assert again.model == whole[fold.number - 1].model


@pytest.mark.parametrize("preprocess", BUILT, ids=lambda each: repr(each)[:60])
def test_a_forecast_does_not_change_with_later_rows(preprocess):
    folds, table, labels, panel = made(preprocess)
    whole, _ = fitted(preprocess, folds, table, labels, panel)
    end = folds[-1].span.test[0][0] + np.timedelta64(10, "D")
    values_FR = np.where(panel.timestamps_R >= end, 1 - 3 * table.values_FR, table.values_FR)
    again, _ = fitted(preprocess, folds, replace(table, values_FR=values_FR), labels, panel)
    before = panel.timestamps_R[whole.row_M] < end
    assert np.array_equal(again.row_M, whole.row_M)
    assert again.forecast_M[before].tobytes() == whole.forecast_M[before].tobytes()
    assert not np.array_equal(again.forecast_M[~before], whole.forecast_M[~before])


def test_this_test_finds_a_preprocessor_that_is_fitted_on_all_rows():
    """Through the contract it cannot be: here the folds themselves hand over later rows as train rows."""
    zscore = next(each for each in BUILT if type(each).__name__ == "ZScore")
    folds, table, labels, panel = made(zscore)

    def learnt(*arguments):
        return [fit.learnt for fit in fitted(*arguments)[1]]

    known = np.flatnonzero(np.isfinite(labels.y_R))
    leaky = replace(folds[0], train_rows=known)
    later = np.where(panel.timestamps_R >= folds[0].span.valid[0][0], 2 * table.values_FR, table.values_FR)
    honest = [learnt(zscore, folds[:1], each, labels, panel) for each in (table, replace(table, values_FR=later))]
    cheating = [learnt(zscore, (leaky,), each, labels, panel) for each in (table, replace(table, values_FR=later))]
    assert honest[0] == honest[1]
    assert cheating[0] != cheating[1]
