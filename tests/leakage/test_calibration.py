"""What a fold's calibration has learnt was known at the first decision of that fold's test span."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from components.contracts import LAST_LABEL, Calibration
from components.expressions import parse
from components.loss.logistic import Logistic
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.panel import Panel
from components.preprocess.none import NoPreprocessing
from components.split.walk_forward import WalkForward
from harness import resources
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path
from runner.compute.calibrate import calibrate, deployed_calibration, learning_rows
from runner.compute.features import FeatureTable
from runner.compute.fit_fold import walk_forward
from runner.compute.folds import make_folds
from runner.compute.samples import Design
from runner.compute.target import Labels
from runner.judging.scored import scored
from runner.specification.debug import Debug

BARS, SYMBOLS, HORIZON = 300, 3, 5
COLUMNS = {"a": parse("close")}
BUILT = [
    build(Calibration, {"_target_": class_path(cls), **example})
    for cls in catalogue().values()
    if issubclass(cls, Calibration)
    for example in cls.examples()
]


@cache
def made(kind):
    """Folds, raw forecasts, labels and panel of weakly predictable noise."""
    rng = np.random.default_rng(5)
    rows = BARS * SYMBOLS
    times = np.datetime64("2020-01-01", "us") + np.arange(BARS) * np.timedelta64(1, "D")
    panel = Panel(
        symbols=tuple("ABC"),
        offsets=np.arange(SYMBOLS + 1) * BARS,
        timestamps_R=np.tile(times, SYMBOLS),
        fields={"close": np.ones(rows)},
    )
    table = FeatureTable(names=("a", "b", LAST_LABEL), values_FR=rng.normal(size=(3, rows)).astype(np.float32))
    ends = np.full(rows, np.datetime64("NaT", "us"))
    for s in range(SYMBOLS):
        ends[s * BARS : (s + 1) * BARS - HORIZON] = times[HORIZON:]
    y_R = 0.5 * table.values_FR[0] + rng.normal(size=rows)
    y_R = (y_R > 0).astype(float) if kind == "direction" else y_R
    labels = Labels.of(np.where(np.isnat(ends), np.nan, y_R), ends, HORIZON)
    split = WalkForward(
        n_folds=3, first_share=0.4, valid_share=0.12, times="ready", window="expanding", vault_start=None
    )
    folds = make_folds(split, NoPreprocessing(), table, labels, panel, Debug(**Debug.examples()[0]), COLUMNS)
    design = Design(preprocess=NoPreprocessing(), table=table, labels=labels, panel=panel)
    loss = Logistic() if kind == "direction" else Squared()
    model = LightGBM(**{**LightGBM.examples()[0], "n_estimators": 20})
    forecasts, _ = walk_forward(model, loss, folds, design, seed=0, resources=resources())
    return folds, forecasts, labels, panel, table


def fitting(calibration):
    return made("level" if "level" in calibration.forecast_kind else "direction")


def relabelled(labels, rows):
    """Other labels, of the same kind, in these rows."""
    y_R = labels.y_R.copy()
    y_R[rows] = 1 - y_R[rows] if set(np.unique(y_R[np.isfinite(y_R)])) == {0.0, 1.0} else 7 - 3 * y_R[rows]
    return replace(labels, y_RK=y_R[:, None])


@pytest.mark.parametrize("calibration", BUILT, ids=lambda each: repr(each)[:60])
def test_labels_not_known_when_a_test_span_begins_change_nothing(calibration):
    folds, forecasts, labels, *bars = fitting(calibration)
    whole = calibrate(forecasts, folds, labels, *bars, calibration=calibration)
    for fold in folds:
        later = np.flatnonzero(~(labels.label_end_R <= fold.span.test[0][0]))
        again = calibrate(forecasts, folds, relabelled(labels, later), *bars, calibration=calibration)
        test_M = forecasts.is_test_M & (forecasts.fold_M == fold.number)
        assert again.forecast_M[test_M].tobytes() == whole.forecast_M[test_M].tobytes()
        assert again.calibrations[fold.number - 1] == whole.calibrations[fold.number - 1]
        if whole.lower_M is not None:
            assert again.lower_M[test_M].tobytes() == whole.lower_M[test_M].tobytes()
            assert again.upper_M[test_M].tobytes() == whole.upper_M[test_M].tobytes()


@pytest.mark.parametrize("calibration", BUILT, ids=lambda each: repr(each)[:60])
def test_only_out_of_fold_forecasts_teach(calibration):
    """Of its own fold the validation rows, of earlier ones the test rows: nothing that a model was trained on."""
    folds, forecasts, labels, *_ = fitting(calibration)
    for fold in folds:
        known_M = learning_rows(calibration.learns_from(), forecasts, fold, folds, labels)
        rows, of_fold = forecasts.row_M[known_M], forecasts.fold_M[known_M]
        assert len(rows)
        assert (labels.label_end_R[rows] <= fold.span.test[0][0]).all()
        if calibration.learns_from() == "valid" or fold.number == 1:
            assert sorted(rows) == sorted(fold.valid_rows)
        else:
            assert (of_fold < fold.number).all()
            tested = np.concatenate([each.test_rows for each in folds[: fold.number - 1]])
            known = tested[labels.label_end_R[tested] <= fold.span.test[0][0]]
            assert sorted(rows) == sorted(known)
        for other in folds:
            assert not set(rows[of_fold == other.number]) & set(other.train_rows)


@pytest.mark.parametrize("calibration", BUILT, ids=lambda each: repr(each)[:60])
def test_labels_that_teach_do_change_something(calibration):
    folds, forecasts, labels, *bars = fitting(calibration)
    changed = relabelled(labels, folds[0].valid_rows)
    states = [
        calibrate(forecasts, folds, each, *bars, calibration=calibration).calibrations[0] for each in (labels, changed)
    ]
    assert (states[0] != states[1]) == bool(states[0])  # no calibration learns nothing


@pytest.mark.parametrize("calibration", BUILT, ids=lambda each: repr(each)[:60])
def test_validation_forecasts_stay_as_they_are_and_are_scored_without_intervals(calibration):
    folds, forecasts, labels, *bars = fitting(calibration)
    after = calibrate(forecasts, folds, labels, *bars, calibration=calibration)
    valid_M = ~forecasts.is_test_M
    assert after.forecast_M[valid_M].tobytes() == forecasts.forecast_M[valid_M].tobytes()
    assert after.raw_M.tobytes() == forecasts.forecast_M.tobytes()
    assert scored(after, {}, labels, bars[0], test=False).lower_M is None
    test = scored(after, {}, labels, bars[0], test=True)
    assert test.coverage == calibration.interval_coverage()
    if test.coverage is not None:
        assert np.isnan(after.lower_M[valid_M]).all()
        assert (test.lower_M <= test.forecast_M).all()
        assert (test.forecast_M <= test.upper_M).all()


def test_calibrating_twice_is_calibrating_once():
    for calibration in BUILT:
        folds, forecasts, labels, *bars = fitting(calibration)
        once = calibrate(forecasts, folds, labels, *bars, calibration=calibration)
        assert (
            calibrate(once, folds, labels, *bars, calibration=calibration).forecast_M.tobytes()
            == once.forecast_M.tobytes()
        )


@pytest.mark.parametrize("calibration", BUILT, ids=lambda each: repr(each)[:60])
def test_a_deployed_calibration_has_learnt_from_all_test_rows_with_a_label(calibration):
    folds, forecasts, labels, *bars = fitting(calibration)
    tested_M = forecasts.is_test_M & np.isfinite(labels.y_R[forecasts.row_M])
    wanted = calibration.fit(forecasts.forecast_M[tested_M], labels.y_R[forecasts.row_M[tested_M]])
    calibrated = calibrate(forecasts, folds, labels, *bars, calibration=calibration)
    for given in (forecasts, calibrated):
        assert deployed_calibration(calibration, given, labels).state() == wanted.state()
    valid = np.concatenate([fold.valid_rows for fold in folds])
    never_tested = np.setdiff1d(valid, forecasts.row_M[tested_M])
    assert len(never_tested)
    assert deployed_calibration(calibration, forecasts, relabelled(labels, never_tested)).state() == wanted.state()
