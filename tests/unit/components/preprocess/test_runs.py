"""Preprocessing in a run and in its bundle: same rows, same bits, on the shipped data."""

import io
import json
from dataclasses import replace

import numpy as np
import onnxruntime
import pytest

from components.contracts import LAST_LABEL, Unchanged
from components.errors import ConfigError, ContractError
from components.loss.squared import Squared
from components.model.lightgbm import LightGBM
from components.model.ridge import Ridge
from components.preprocess.zscore import ZScore
from components.values import Samples
from harness import resources
from runner.bundle import layout
from runner.bundle.assemble import assemble
from runner.bundle.certificate import certify
from runner.bundle.reader import Bundle
from runner.bundle.writer import write_bundle
from runner.composition.configure import configure
from runner.compute import pipeline
from runner.compute.design import design_matrix
from runner.compute.warm_up import rows_ready
from runner.console import Console
from runner.specification.places import Places

VOLATILITY = ("+experiment=sp500_volatility", "debug=fast")
MOMENTUM = ("+experiment=us20_momentum", "debug=fast")
TREES = ("model=lightgbm", "model.n_estimators=20")
CASES = {
    "limited and scaled": (*VOLATILITY, "model=ridge", "preprocess=chain"),
    "scaled trees": (*VOLATILITY, *TREES, "preprocess=zscore"),
    "normal scores": (*VOLATILITY, *TREES, "preprocess=rank_gauss", "preprocess.n_quantiles=50"),
    "filled": (*VOLATILITY, "model=ridge", "preprocess=impute", "preprocess.max_missing_fraction=0.9"),
    "chosen": (*VOLATILITY, "model=ridge", "preprocess=top_features", "preprocess.n_features=3"),
    "blended": (*VOLATILITY, "model=ridge", "preprocess=robust_zscore", "ensemble=blend"),
    "compared": (*MOMENTUM, *TREES, "preprocess=cross_section"),
    "ranked": (*MOMENTUM, "model=ridge", "preprocess=cross_section", "preprocess.method=rank"),
}


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return pipeline.open_cache(Places(outputs=tmp_path_factory.mktemp("preprocess")), Console(io.StringIO()))


@pytest.fixture
def run(cache):
    def run(*overrides):
        experiment, composed = configure(overrides)
        prepared = pipeline.prepare(experiment, cache)
        executed = pipeline.execute(experiment, prepared, cache)
        return experiment, composed.config, prepared, executed

    return run


def last_fold(prepared, executed):
    forecasts = executed.forecasts
    last = forecasts.is_test_M & (forecasts.fold_M == prepared.folds[-1].number)
    return forecasts.row_M[last], forecasts.forecast_M[last]


def _bundle(experiment, config, prepared, executed):
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


def written(folder, bundle):
    facts = {"description": "d", "identity": "i", "n_symbols": 1, "n_rows": 1, "first": "a", "last": "b",
             "survivorship": "free", "adjustment": "raw", "fingerprint": "f"}  # fmt: skip
    span = {"number": 1, "train": [["a", "b"]], "valid": [["b", "c"]], "test": [["c", "d"]]}
    run = {"data": facts, "folds": [span], "experiment": "e", "seed": 0, "run_id": "r", "run_key": "k"}
    parity = {"passed": True, "max_abs_difference": 0.0, "first": "a", "last": "b", "forecasts": 1, "orders": 1,
              "differing_orders": 0, "tolerance": "none"}  # fmt: skip
    gates = {"passed": True, "gates": []}
    write_bundle(folder, bundle, name="n", version=1, config={}, run=run, gates=gates, parity=parity)
    return folder


@pytest.mark.parametrize("case", CASES)
def test_an_opened_bundle_forecasts_what_the_run_forecast(case, run, tmp_path):
    experiment, config, prepared, executed = run(*CASES[case])
    rows, forecast_M = last_fold(prepared, executed)
    folder = written(tmp_path / "1", _bundle(experiment, config, prepared, executed))
    forecast = Bundle.open(folder).forecast(prepared.panel)
    found_R = np.full(prepared.panel.n_rows, np.nan)
    found_R[forecast.row_M] = forecast.forecast_M
    assert len(rows) > 50
    # Only a matrix product may add in another order than numpy does, and then round otherwise.
    exact = not isinstance(experiment.model, Ridge)
    tolerance = 0.0 if exact else 1e-6 * np.abs(forecast_M).max()
    assert np.abs(found_R[rows] - forecast_M).max() <= tolerance
    assert layout.PREPROCESS in {path.name for path in folder.iterdir()}
    card = (folder / "README.md").read_text()
    assert "last_label passes unchanged" in card


@pytest.mark.parametrize("case", [pytest.param(c, marks=[pytest.mark.slow] if c == "ranked" else []) for c in CASES])
def test_every_fold_is_certified_at_once_and_bar_by_bar(case, run):
    experiment, _, prepared, executed = run(*CASES[case])
    found = certify(prepared, executed, experiment=experiment)
    assert found.parity["passed"]
    assert found.parity["stream"]["passed"], found.parity["stream"]
    assert found.certificate.forecasts == executed.forecasts.is_test_M.sum()
    assert len(found.parity["folds"]) == len(prepared.folds)
    assert found.certificate.stream_differing_orders == 0
    assert found.certificate.first_divergence == ""
    assert 0 < found.certificate.latency_p50_us <= found.certificate.latency_p99_us


def test_a_bundle_without_its_preprocess_file_or_with_another_is_refused(run, tmp_path):
    bundle = _bundle(*run(*CASES["scaled trees"]))
    folder = written(tmp_path / "1", bundle)
    file = folder / layout.PREPROCESS
    file.write_bytes(file.read_bytes().replace(b'"scale"', b'"Scale"'))
    with pytest.raises(Exception, match=r"preprocess.json: changed since the bundle was written"):
        Bundle.open(folder)
    file.unlink()
    with pytest.raises(Exception, match=r"preprocess.json: cannot be read"):
        Bundle.open(folder)


def test_only_a_catalogued_preprocessor_is_built(run, tmp_path):
    bundle = _bundle(*run(*CASES["scaled trees"]))
    for target in ("os.system", "components.model.naive.Naive"):
        hostile = replace(bundle.recipe, preprocess={"_target_": target, "command": "true"})
        with pytest.raises(ConfigError, match=r"^preprocess"):
            _ = replace(bundle, recipe=hostile).preprocessor


def test_a_bundle_of_the_first_format_reads_features_as_they_are(run, tmp_path):
    experiment, config, prepared, executed = run(*VOLATILITY, *TREES)
    bundle = _bundle(experiment, config, prepared, executed)
    folder = written(tmp_path / "1", replace(bundle, recipe=replace(bundle.recipe, preprocess=None)))
    manifest = json.loads((folder / layout.MANIFEST).read_bytes())
    del manifest["recipe"]["preprocess"]
    files = {name: (folder / name).read_bytes() for name in layout.FILES}
    files[layout.MANIFEST] = json.dumps({**manifest, "format_version": 1}).encode()
    (folder / layout.MANIFEST).write_bytes(files[layout.MANIFEST])
    (folder / layout.SUMS).write_bytes(layout.checksums(files))
    forecast = Bundle.open(folder).forecast(prepared.panel)
    rows, forecast_M = last_fold(prepared, executed)
    assert np.array_equal(forecast.forecast_M[np.isin(forecast.row_M, rows)], forecast_M)


def test_without_preprocessing_a_model_reads_the_table(run):
    experiment, _, prepared, executed = run(*VOLATILITY, "model=ridge")
    table, labels, fold = prepared.table, prepared.labels, prepared.folds[0]
    features_NF = table.values_FR[:-1].T
    train = [values[fold.train_rows].astype(float) for values in (features_NF, labels.y_R)]
    mean_F, scale_F = train[0].mean(axis=0), train[0].std(axis=0)
    Z_NF = (train[0] - mean_F) / scale_F
    gram_FF = Z_NF.T @ Z_NF + experiment.model.penalty * np.eye(Z_NF.shape[1])
    slopes_F = np.linalg.solve(gram_FF, Z_NF.T @ (train[1] - train[1].mean()))
    expected = (features_NF[fold.test_rows] - mean_F) / scale_F @ slopes_F + train[1].mean()
    found = executed.forecasts.forecast_M[executed.forecasts.is_test_M & (executed.forecasts.fold_M == 1)]
    assert found == pytest.approx(expected, rel=1e-5)


def test_baselines_read_the_features_as_they_are(run):
    plain, scaled = (run(*VOLATILITY, "model=ridge", *more)[-1] for more in ((), ("preprocess=robust_zscore",)))
    for name, baseline in plain.baselines.items():
        assert scaled.baselines[name].forecast_M.tobytes() == baseline.forecast_M.tobytes()
    assert not np.array_equal(plain.forecasts.forecast_M, scaled.forecasts.forecast_M)


def test_where_holes_are_filled_more_rows_are_forecast_by_model_and_baselines_alike(run):
    plain = run(*VOLATILITY, "model=ridge")
    filled = run(*CASES["filled"])
    rows = [sum(len(fold.train_rows) + len(fold.test_rows) for fold in each[2].folds) for each in (plain, filled)]
    assert rows[1] > rows[0]
    assert all(np.isfinite(each.forecast_M).all() for each in filled[-1].baselines.values())
    table = filled[2].table
    used = np.concatenate([fold.train_rows for fold in filled[2].folds])
    assert not np.isfinite(table.values_FR[:, used]).all()
    assert np.isfinite(table.values_FR[-1, used]).all()


def test_the_order_of_steps_is_part_of_the_key(run):
    steps = [
        "{_target_: components.preprocess.winsorise.Winsorise, lower_quantile: 0.2, upper_quantile: 0.8}",
        "{_target_: components.preprocess.zscore.ZScore, clip: 1.0}",
    ]
    first, second = (
        run(*VOLATILITY, "model=ridge", "preprocess=chain", f"preprocess.steps=[{', '.join(order)}]")[-1]
        for order in (steps, steps[::-1])
    )
    assert not np.array_equal(first.forecasts.forecast_M, second.forecasts.forecast_M)


def test_cached_is_what_was_computed(run, tmp_path):
    overrides = CASES["normal scores"]
    experiment, _ = configure(overrides)
    fresh = pipeline.open_cache(Places(outputs=tmp_path), Console(io.StringIO()))
    computed, cached = (pipeline.execute(experiment, pipeline.prepare(experiment, fresh), fresh) for _ in range(2))
    forecasts = [each.forecasts.values_MO.tobytes() for each in (computed, cached)]
    assert [time["cached"] for time in fresh.times if time["name"] == "forecast"] == [False, True]
    assert forecasts[0] == forecasts[1]
    for fold in pipeline.prepare(experiment, fresh).folds:
        first, second = (each.walked.fold(fold.number) for each in (computed, cached))
        assert first.to_files() == second.to_files()
        assert json.dumps(first.learnt) == json.dumps(second.learnt)


def test_models_that_name_what_may_be_dropped_are_told_before_the_run(run):
    blend = "{har: {_target_: components.model.linear.Linear, features: [log_variance_22]}}"
    overrides = (*VOLATILITY, "model=ridge", "ensemble=blend", f"ensemble.models={blend}", "preprocess=top_features")
    with pytest.raises(ConfigError) as error:
        configure(overrides)
    assert str(error.value) == (
        "ensemble.models.har: names features that preprocess may drop; name them in its keep as well, "
        "or let the model read all that are left"
    )
    configure((*overrides, "preprocess.keep=[log_variance_22]"))
    with pytest.raises(ConfigError, match=r"^preprocess.keep: unknown feature 'log_variance_2'"):
        configure((*VOLATILITY, "preprocess=top_features", "preprocess.keep=[log_variance_2]"))


def test_ready_are_rows_with_enough_features_and_a_last_label():
    nan, inf = np.nan, np.inf
    values_CR = np.float32(
        [[1, 1, nan, nan, inf, 1], [1, nan, nan, nan, 1, 1], [1, 1, 1, nan, 1, 1], [1, 1, 1, 1, 1, nan]]
    )
    assert rows_ready(values_CR, 0.0).tolist() == [True, False, False, False, False, False]
    assert rows_ready(values_CR, 0.34).tolist() == [True, True, False, False, True, False]
    assert rows_ready(values_CR, 0.99).tolist() == [True, True, True, False, True, False]


def test_a_preprocessor_that_leaves_holes_is_named():
    values_CR = np.float32([[1, 2], [np.nan, 3], [5, 6]])
    with pytest.raises(ContractError) as error:
        design_matrix(
            values_CR, np.array([0]), np.array(["2020-01-01"], "M8[us]"), ("a",), Unchanged(columns=("a", "b"))
        )
    assert str(error.value) == "preprocess: Unchanged leaves missing values in 'b'; mend its apply"
    values_CR[1, 0] = 4
    X_NF = design_matrix(values_CR, np.array([1, 0]), np.array(["2020-01-01"] * 2, "M8[us]"), (LAST_LABEL, "a"),
                         Unchanged(columns=("a", "b")))  # fmt: skip
    assert X_NF.tolist() == [[6, 2], [5, 1]]


def trap(seed):
    """Train rows of which half lie at two neighbouring numbers with opposite labels, and both ways to scale."""
    rng = np.random.default_rng(seed)
    low = np.float32(rng.normal())
    x = np.float32([*rng.normal(3, 2, size=200), *[low] * 100, *[np.nextafter(low, np.float32(9))] * 100])
    train = Samples.of(
        X_NF=x[:, None],
        y_N=np.array([0.0] * 200 + [-1.0] * 100 + [1.0] * 100),
        columns=("x",),
        timestamps_N=np.arange(400).astype("M8[D]"),
        symbols_N=np.zeros(400, dtype=np.int32),
    )
    preprocessor = ZScore(clip=None).fit(train, seed=0)
    centre, scale = (np.float32(preprocessor.state()[name]) for name in ("centre", "scale"))
    rewritten = (train.X_NF - centre) * (np.float32(1) / scale)
    return train.with_features(preprocessor.apply(train.X_NF, train.timestamps_N), ("x",)), rewritten


def test_the_known_trap_of_scaling_in_float32_is_not_ours():
    """A graph that scales by multiplying with the reciprocal flips the branch of a tree trained on quotients; the
    bundle scales with the code of the run."""
    train, rewritten = next(
        (train, rewritten)
        for train, rewritten in map(trap, range(100))
        if train.X_NF[200, 0] < train.X_NF[300, 0] <= rewritten[200, 0]
    )
    settings = {**LightGBM.examples()[0], "feature_fraction": 1.0, "bagging_fraction": 1.0, "num_leaves": 31}
    fitted = LightGBM(**settings).fit(train, train, loss=Squared(), seed=0, resources=resources())
    graph = onnxruntime.InferenceSession(fitted.to_onnx().SerializeToString(), providers=["CPUExecutionProvider"])
    forecast_N = fitted.predict(train)[:, 0]
    ours_N, theirs_N = (graph.run(None, {"features": X_NF})[0][:, 0] for X_NF in (train.X_NF, rewritten))
    assert forecast_N[200] < 0 < forecast_N[300]
    assert np.array_equal(ours_N, forecast_N)
    assert (np.sign(theirs_N[200:300]) == 1).all()


@pytest.mark.parametrize("experiment", ["sp500_volatility", "sp500_direction", "us20_momentum"])
def test_nothing_is_preprocessed_unless_asked_for(experiment):
    _, composed = configure([f"+experiment={experiment}"])
    assert composed.choices["preprocess"] == "none"
