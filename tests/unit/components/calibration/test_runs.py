"""Calibration in a run and in its bundle: no second fit, the same bits, intervals to the end."""

import csv
import io

import numpy as np
import pytest

from components.errors import ConfigError, DataError
from runner.bundle.assemble import assemble
from runner.bundle.certificate import certify
from runner.bundle.reader import Bundle
from runner.bundle.recipe import Recipe
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.console import Console
from runner.judging.evidence import gather
from runner.report.description import forecast_frame
from runner.specification.places import Places

VOLATILITY = ("+experiment=sp500_volatility", "debug=fast", "model=lightgbm", "model.n_estimators=20")
DIRECTION = ("+experiment=sp500_direction", "debug=fast", "model.n_estimators=20")
CASES = {
    "none": VOLATILITY,
    "line": (*VOLATILITY, "calibration=linear"),
    "curve": (*VOLATILITY, "calibration=isotonic"),
    "intervals": (*VOLATILITY, "calibration=conformal", "calibration.n_groups=2"),
    "earlier tests": (*VOLATILITY, "calibration=conformal", "calibration.source=previous_tests"),
    "probabilities": (*DIRECTION, "calibration=platt"),
    "shares": (*DIRECTION, "calibration=isotonic"),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("calibration")), Console(io.StringIO()))


@pytest.fixture(scope="module")
def run(cache):
    def run(*overrides):
        experiment, composed = configure(overrides)
        prepared = pipeline.prepare(experiment, cache)
        executed = pipeline.execute(experiment, prepared, cache)
        return experiment, composed.config, prepared, executed

    return run


def bundle_of(experiment, config, prepared, executed):
    last = executed.walked.fold(prepared.folds[-1].number)
    return assemble(
        experiment,
        prepared,
        outputs=last.outputs,
        model_files=last.model,
        learnt=last.learnt,
        calibrated=executed.forecasts.calibrations[-1],
        portfolio=executed.decided.value.portfolios[prepared.folds[-1].number],
    )


@pytest.mark.parametrize("case", CASES)
def test_a_bundle_forecasts_what_the_run_forecast_to_the_bit(case, run):
    experiment, config, prepared, executed = run(*CASES[case])
    made = bundle_of(experiment, config, prepared, executed)
    bundle = Bundle(recipe=Recipe.from_json(made.recipe.to_json()), graph=made.graph, learnt=made.learnt)
    forecasts = executed.forecasts
    last = forecasts.is_test_M & (forecasts.fold_M == prepared.folds[-1].number)
    rows = forecasts.row_M[last]
    outcome = certify(prepared, executed, experiment=experiment).parity
    assert outcome["passed"]
    assert outcome["stream"]["passed"]
    assert outcome["max_abs_difference"] == outcome["stream"]["max_abs_difference"] == 0.0
    assert outcome["forecasts"] == forecasts.is_test_M.sum()
    assert len(rows) > 50
    live = bundle.forecast(prepared.panel)
    at = np.searchsorted(live.row_M, rows)
    np.testing.assert_array_equal(live.row_M[at], rows)
    assert len(rows) > 50
    assert live.forecast_M[at].tobytes() == forecasts.forecast_M[last].tobytes()
    if forecasts.lower_M is None:
        assert live.lower_M is live.upper_M is None
        assert live.interval_grids() == ()
    else:
        assert live.lower_M[at].tobytes() == forecasts.lower_M[last].tobytes()
        assert live.upper_M[at].tobytes() == forecasts.upper_M[last].tobytes()
        assert [grid.shape for grid in live.interval_grids()] == [live.grid()[1].shape] * 2


def test_another_calibration_fits_no_model_again(run, cache):
    run(*VOLATILITY)[3].fit()
    for overrides in (CASES["line"], CASES["curve"], CASES["intervals"]):
        cache.times.clear()
        run(*overrides)[3].fit()
        assert {stage["name"]: stage["cached"] for stage in cache.times}["forecast"]


def test_weights_and_figures_are_those_of_the_calibrated_forecasts_baselines_are_not_touched(run, cache):
    plain, line = run(*VOLATILITY), run(*CASES["line"])
    before, after = plain[3], line[3]
    assert not np.array_equal(before.weights_DS, after.weights_DS)
    metrics = [gather(each[0], each[2], each[3], cache).metrics.value for each in (plain, line)]
    assert metrics[0]["test/mse"] != metrics[1]["test/mse"]
    same = [name for name in metrics[0] if name.startswith("valid/") or "/har/" in name]
    assert len(same) > 10
    np.testing.assert_equal([metrics[0][name] for name in same], [metrics[1][name] for name in same])


def test_intervals_reach_table_and_figures(run, cache):
    experiment, _, prepared, executed = run(*CASES["intervals"])
    frame = forecast_frame(prepared, executed)
    tested = frame[frame["span"] == "test"]
    assert "uncalibrated" not in frame
    assert tested[["lower", "upper"]].notna().all(axis=None)
    assert frame.loc[frame["span"] == "valid", ["lower", "upper"]].isna().all(axis=None)
    figures = gather(experiment, prepared, executed, cache).metrics.value
    scored = tested.dropna(subset=["target"])
    inside = scored["target"].between(scored["lower"], scored["upper"])
    assert figures["test/interval_coverage"] == pytest.approx(inside.mean())
    assert figures["test/interval_width"] == pytest.approx((scored["upper"] - scored["lower"]).mean())
    assert figures["test/interval_coverage_fold_1"] == pytest.approx(inside[scored["fold"] == 1].mean())
    assert not [name for name in figures if name.startswith(("valid/interval", "test/har/interval"))]


def test_probabilities_have_a_calibration_error_and_both_columns(run, cache):
    experiment, _, prepared, executed = run(*CASES["probabilities"])
    frame = forecast_frame(prepared, executed)
    assert (frame["uncalibrated"] != frame["forecast"])[frame["span"] == "test"].any()
    figures = gather(experiment, prepared, executed, cache).metrics.value
    assert 0 <= figures["test/calibration_error"] < 1
    assert "test/train_mean/calibration_error" in figures
    assert frame["forecast"].between(0, 1).all()


def test_predict_prints_the_intervals(run):
    from runner.bundle.predictions import rows, table

    experiment, config, prepared, executed = run(*CASES["intervals"])
    bundle = bundle_of(experiment, config, prepared, executed)
    live = bundle.forecast(prepared.panel)
    text = table(bundle, live, rows(bundle, live, last_only=True))
    (line,) = csv.DictReader(io.StringIO(text))
    assert float(line["lower"]) == pytest.approx(live.lower_M[-1], rel=1e-8)
    assert float(line["upper"]) == pytest.approx(live.upper_M[-1], rel=1e-8)
    assert float(line["lower"]) < float(line["forecast"]) < float(line["upper"])


def test_only_a_catalogued_calibration_is_built_from_a_bundle(run):
    experiment, config, prepared, executed = run(*VOLATILITY)
    made = bundle_of(experiment, config, prepared, executed)
    for target in ("os.system", "components.model.naive.Naive"):
        content = {**made.recipe.to_json(), "calibration": {"settings": {"_target_": target}, "learnt": {}}}
        bundle = Bundle(recipe=Recipe.from_json(content), graph=made.graph, learnt=made.learnt)
        with pytest.raises(ConfigError, match=r"^calibration"):
            bundle.forecast(prepared.panel)


def test_a_bundle_of_an_earlier_format_forecasts_what_its_model_does(run):
    experiment, config, prepared, executed = run(*VOLATILITY)
    made = bundle_of(experiment, config, prepared, executed)
    content = made.recipe.to_json()
    del content["calibration"]
    old = Bundle(recipe=Recipe.from_json(content), graph=made.graph, learnt=made.learnt)
    ours, theirs = old.forecast(prepared.panel), made.forecast(prepared.panel)
    assert ours.forecast_M.tobytes() == theirs.forecast_M.tobytes()


def test_a_fold_with_too_few_forecasts_is_named(run):
    with pytest.raises(DataError) as caught:
        _ = run(*VOLATILITY, "calibration=conformal", "calibration.coverage=0.9999")[3].forecasts
    assert str(caught.value).startswith(
        "calibration, fold 1: coverage 0.9999 needs at least 9999 out-of-fold forecasts"
    )


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (
            ("+experiment=sp500_volatility", "calibration=platt"),
            "calibration: 'platt' understands forecasts of kind 'direction', but 'log_realised_variance' is of kind "
            "'level'; choose another calibration or target",
        ),
        (
            ("+experiment=sp500_direction", "calibration=conformal"),
            "calibration: 'conformal' understands forecasts of kind 'level' or 'return', but 'direction' is of kind "
            "'direction'; choose another calibration or target",
        ),
        (
            ("+experiment=sp500_direction", "loss=squared", "calibration=platt"),
            "calibration: 'platt' needs forecasts that are probabilities, but the loss 'squared' does not make any; "
            "choose another calibration, or the loss 'logistic'",
        ),
    ],
)
def test_what_does_not_fit_is_found_before_anything_runs(overrides, message):
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    assert [line for line in str(caught.value).splitlines() if "calibration" in line] == [message]
