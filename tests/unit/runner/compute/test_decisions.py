"""Decisions in a run, in its bundle and in its stream: what sees more than one column, what is bounded, what is fitted,
what goes on learning."""

import io

import numpy as np
import pytest

from components.errors import DataError
from runner.bundle.certificate import certify
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.console import Console
from runner.leaks.future import future
from runner.leaks.subject import Subject
from runner.report.description import constraints, relaxed_frame
from runner.specification.places import Places

MOMENTUM = ("+experiment=us20_momentum", "debug=fast", "model=ridge")
LONGER = (*MOMENTUM, "debug.max_bars=2500", "debug.max_folds=3", "split.n_folds=3")
BOUNDS = ("constraints=bounds", "constraints.max_weight=0.15", "constraints.min_gross=0.5")
CASES = {
    "bounds": (*MOMENTUM, *BOUNDS, "constraints.max_turnover=0.1"),
    "interval": (*MOMENTUM, "calibration=adaptive_conformal", "portfolio=conviction", "portfolio.short_exposure=1.0"),
    "fitted": (*LONGER, "portfolio=kelly", "portfolio.standard_errors=0.0"),
    "paths": (
        *("+experiment=sp500_volatility", "debug=fast", "debug.max_folds=null", "model=ridge"),
        *("split=combinatorial_purged", "split.n_groups=4", "split.n_test_groups=2"),
    ),
    "learning": ("+experiment=sp500_volatility", "debug=fast", "model=ridge", "calibration=adaptive_conformal"),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("decisions")), Console(io.StringIO()))


@pytest.fixture(scope="module")
def run(cache):
    def run(*overrides):
        experiment, _ = configure(overrides)
        prepared = pipeline.prepare(experiment, cache)
        return experiment, prepared, pipeline.execute(experiment, prepared, cache)

    return run


@pytest.mark.parametrize("case", [pytest.param(c, marks=[pytest.mark.slow] if c == "fitted" else []) for c in CASES])
def test_the_bundle_decides_what_the_run_decided_at_once_and_bar_by_bar(case, run):
    experiment, prepared, executed = run(*CASES[case])
    found = certify(prepared, executed, experiment=experiment).parity
    assert found["orders"] > 100
    for replay in (found, found["stream"]):
        assert replay["passed"]
        assert replay["differing_orders"] == 0
        assert replay["max_abs_difference"] == 0.0


@pytest.mark.parametrize("case", CASES)
def test_nothing_that_is_decided_depends_on_the_future(case, run):
    experiment, prepared, executed = run(*CASES[case])
    subject = Subject(experiment=experiment, prepared=prepared, executed=executed)
    assert [found for how in ("cut", "poison") for found in future(subject, how, subject.folds[-1:], dates=5)] == []


def test_every_path_is_replayed(run):
    experiment, prepared, executed = run(*CASES["paths"])
    assert [each.path for each in executed.every_decision] == [1, 2, 3]
    tested = sum(len(fold.test_rows) for fold in prepared.folds)
    assert tested == 3 * executed.forecasts.is_test_M.sum()
    found = certify(prepared, executed, experiment=experiment)
    assert found.certificate.forecasts == tested
    assert found.certificate.orders == sum(int((each.weights_DS != 0).sum()) for each in executed.every_decision)
    assert found.certificate.orders > len(executed.decided_D)


def test_weights_keep_their_bounds_and_what_gave_way_is_told(run):
    _, _, executed = run(*CASES["bounds"])
    decided, free = executed.decided.value, run(*MOMENTUM)[2].decided.value
    gross_D = np.abs(decided.weights_DS).sum(axis=1)
    assert np.abs(decided.weights_DS).max() <= 0.15 < np.abs(free.weights_DS).max()
    turnover_D = np.abs(np.diff(decided.weights_DS, axis=0, prepend=0)).sum(axis=1)
    names = ("min_gross", "max_turnover")
    told = {name: {d for d, each in decided.relaxed if each.constraint == name} for name in names}
    assert told["min_gross"] == set(np.flatnonzero(gross_D < 0.5 - 1e-12))
    assert told["max_turnover"] == set(np.flatnonzero(turnover_D > 0.1 + 1e-12))
    frame = relaxed_frame(executed)
    assert list(frame.columns) == ["path", "timestamp", "constraint", "asked", "reached"]
    assert len(frame) == len(decided.relaxed) > 0
    summed = constraints(decided)
    assert summed["decisions"] == len(gross_D)
    assert summed["relaxed"]["min_gross"]["furthest"] == pytest.approx(gross_D.min())


def test_bounds_that_bind_nowhere_change_no_bit(run):
    wide = ("constraints=bounds", "constraints.max_weight=9", "constraints.max_gross=9")
    free, bounded = run(*MOMENTUM)[2].decided.value, run(*MOMENTUM, *wide)[2].decided.value
    assert bounded.weights_DS.tobytes() == free.weights_DS.tobytes()
    assert bounded.relaxed == ()


def test_constraints_are_part_of_what_is_tried(run):
    free, bounded = run(*MOMENTUM)[2], run(*CASES["bounds"])[2]
    assert free.decided.key != bounded.decided.key
    assert free.calibrated.key == bounded.calibrated.key


def test_a_portfolio_learns_from_what_was_known_before_its_fold(run):
    _, _, executed = run(*CASES["fitted"])
    scales = [settings["scale"] for settings in executed.decided.value.portfolios.values()]
    assert len(scales) == 3
    assert all(scale is not None for scale in scales)
    assert len(set(scales)) > 1
    fold_D, weights_DS = executed.decided.value.fold_D, executed.weights_DS
    for number, scale in zip((1, 2, 3), scales, strict=True):
        np.testing.assert_allclose(np.abs(weights_DS[fold_D == number]).sum(axis=1), scale, rtol=1e-9, atol=1e-12)


def test_a_fold_with_too_few_outcomes_is_named(run):
    with pytest.raises(DataError) as caught:
        run(*MOMENTUM, "portfolio=kelly")[2].decided.value  # noqa: B018
    assert str(caught.value).startswith("portfolio, fold 1: a scale needs at least 30 dates with an outcome, there are")
