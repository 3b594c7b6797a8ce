"""The certificate finds what differs between run and bundle, and names where; variants are measured."""

import json
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from components.contracts import FittedModel
from components.errors import ContractError, DataError
from components.model._forest import Tree, forest_graph
from components.model.linear import Linear
from components.model.naive import Naive
from components.values import Samples
from runner.bundle.certificate import certified, refuse_differing
from runner.bundle.parity import OutOfSample, at_once, bar_by_bar, compared, first_divergence
from runner.bundle.reader import Bundle
from runner.bundle.variants import variant
from runner.bundle.writer import write_bundle
from runner.compute.decisions import Decided, fold_of_decisions

LONG_SHORT = {
    "_target_": "components.portfolio.rank_long_short.RankLongShort",
    "quantile": 0.34,
    "gross_exposure": 1.0,
    "holding_bars": 3,
}


def out_of_sample(made, forecast_M=None, folds=2, weights_DS=None):
    """What the run of the bundle did, its rows in two folds by time."""
    from components.expressions import evaluate

    forecast_M = made.forecast_M if forecast_M is None else forecast_M
    stamps_M = made.panel.timestamps_R[made.row_M]
    decided_D, position_M = np.unique(stamps_M, return_inverse=True)
    recipe = made.bundle.recipe
    run = OutOfSample(
        panel=made.panel,
        names=tuple(recipe.expressions),
        values_CR=evaluate(recipe.nodes, made.panel),
        row_M=made.row_M,
        fold_M=1 + (position_M * folds // len(decided_D)),
        path_M=np.ones(len(made.row_M), dtype=np.int64),
        values_MO=forecast_M[:, None],
        decision=0,
        decided=(),
    )
    return decided_on(run, made, decided_D)


def decided_on(run, made, decided_D):
    """With what the portfolio makes of the forecasts at these times."""
    nothing_DS, fold_D = np.zeros((len(decided_D), 3)), fold_of_decisions(run.panel, run.row_M, run.fold_M, decided_D)
    decided = Decided(path=1, decided_D=decided_D, fold_D=fold_D, weights_DS=nothing_DS, portfolios={})
    weights_DS = made.bundle.portfolio.weights(run.view(run.values_MO, decided, made.bundle))
    return replace(run, decided=(replace(decided, weights_DS=weights_DS),))


def both(made):
    return {1: made.bundle, 2: made.bundle}


def test_a_bundle_that_does_what_the_run_did_is_certified(made):
    found = certified(both(made), out_of_sample(made), threads=1)
    certificate, parity = found.certificate, found.parity
    assert (certificate.forecasts, certificate.missing, certificate.beyond_tolerance) == (300, 0, 0)
    assert (certificate.orders, certificate.differing_orders, certificate.stream_differing_orders) == (300, 0, 0)
    assert certificate.first_divergence == ""
    assert parity["max_abs_difference"] == parity["stream"]["max_abs_difference"] == 0.0
    assert [(fold["fold"], fold["first"], fold["last"], fold["forecasts"]) for fold in parity["folds"]] == [
        (1, "2019-10-28", "2019-12-16", 150),
        (2, "2019-12-17", "2020-02-04", 150),
    ]
    assert parity["latency"]["what"] == "one bar of one symbol, features included"
    assert 0 < parity["latency"]["p50_us"] <= parity["latency"]["p99_us"]
    json.dumps(parity, allow_nan=False)
    refuse_differing(found)


@pytest.mark.parametrize("extra", [{}, {"rank": "mean(cs_rank(close), 3)", "week": "day_of_week"}])
def test_a_portfolio_with_a_memory_is_replayed_across_folds(build, extra):
    made = build(Linear(features=None), portfolio=LONG_SHORT, **extra)
    found = certified(both(made), out_of_sample(made), threads=1)
    assert found.parity["passed"]
    assert found.parity["stream"]["passed"]
    assert found.certificate.orders > 200
    refuse_differing(found)


def test_what_differs_is_counted_in_its_fold_and_the_first_is_named(made):
    moved_M = made.forecast_M.copy()
    where = int(np.flatnonzero(made.panel.timestamps_R[made.row_M] == np.datetime64("2019-12-20"))[1])
    moved_M[where] += 0.01
    run = out_of_sample(made, moved_M)
    outcome = compared(run, at_once(both(made), run, threads=1))
    assert (outcome["passed"], outcome["forecasts_beyond_tolerance"], outcome["differing_orders"]) == (False, 1, 1)
    assert [fold["forecasts_beyond_tolerance"] for fold in outcome["folds"]] == [0, 1]
    assert [fold["differing_orders"] for fold in outcome["folds"]] == [0, 1]
    assert outcome["max_abs_difference"] == pytest.approx(0.01)
    assert outcome["first_divergence"] == (
        f"2019-12-20, B: forecast {made.forecast_M[where]:.9g}, the run's {moved_M[where]:.9g}, though all features "
        "agree"
    )


def test_a_forecast_that_is_not_made_is_missing(made):
    run, row_M = out_of_sample(made), np.concatenate([[3], made.row_M[1:]])
    decided_D = np.unique(made.panel.timestamps_R[np.concatenate([row_M, made.row_M])])
    run = decided_on(replace(run, row_M=row_M), made, decided_D)
    outcome = compared(run, at_once(both(made), run, threads=1))
    assert (outcome["passed"], outcome["missing_forecasts"], outcome["differing_orders"]) == (False, 1, 1)
    assert outcome["first_divergence"] == (
        f"2019-01-04, A: forecast nan, the run's {run.forecast_M[0]:.9g}, though all features agree"
    )


def test_the_feature_that_differs_first_is_named(made):
    run = out_of_sample(made)
    values_CR = run.values_CR.copy()
    row = int(made.row_M[made.panel.timestamps_R[made.row_M] == np.datetime64("2019-11-05")][2])
    true = values_CR[1, row]
    values_CR[1, row] = np.nextafter(true, np.float32(np.inf))
    values_CR[0, row + 1] += 1
    changed = replace(run, values_CR=values_CR)
    for replay in (at_once(both(made), run, threads=1), bar_by_bar(both(made), run, threads=1)):
        assert first_divergence(run, replay) == ""
        assert first_divergence(changed, replay) == (
            f"2019-11-05, C: feature 'variance_22' {true:.9g}, the run's {values_CR[1, row]:.9g}"
        )


def test_an_order_that_differs_alone_is_named(made):
    run = out_of_sample(made)
    weights_DS = run.weights_DS.copy()
    weights_DS[4, 0] += 2e-6
    weights_DS[5, 0] += 5e-7
    moved = replace(run, decided=(replace(run.decided[0], weights_DS=weights_DS),))
    outcome = compared(moved, at_once(both(made), run, threads=1))
    assert (outcome["forecasts_beyond_tolerance"], outcome["differing_orders"]) == (0, 1)
    assert outcome["first_divergence"] == (
        f"2019-11-01, A: weight {run.weights_DS[4, 0]:.9g}, the run's {weights_DS[4, 0]:.9g}"
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class ScaledTree(FittedModel):
    """A tree behind a scaler: in float64 where it predicts, in float32 in its graph (onnxruntime issue 4130)."""

    threshold: float
    mean_F: Any
    scale_F: Any

    def predict(self, samples):
        Z_NF = (samples.X_NF.astype(np.float64) - self.mean_F) / self.scale_F
        return np.where(Z_NF[:, :1] <= self.threshold, -10.0, -9.0)

    def to_files(self):
        return {"threshold.txt": repr(self.threshold).encode()}

    def to_onnx(self):
        from onnx import TensorProto, helper

        tree = Tree(
            feature_S=np.array([0]),
            threshold_S=np.array([self.threshold]),
            left_S=np.array([-1]),
            right_S=np.array([-2]),
            value_L=np.array([-10.0, -9.0]),
        )
        nodes = [
            helper.make_node("Sub", ["features", "mean"], ["centred"]),
            helper.make_node("Div", ["centred", "scale"], ["scaled"]),
            helper.make_node("Cast", ["scaled"], ["wide"], to=TensorProto.DOUBLE),
        ]
        narrow = {"mean": self.mean_F.astype(np.float32), "scale": self.scale_F.astype(np.float32)}
        inputs = (nodes, narrow, "wide")
        return forest_graph([tree], np.zeros(1), n_columns=len(self.mean_F), link="identity", inputs=inputs)


def test_a_scaler_in_float32_that_flips_a_branch_is_found_and_named(made):
    recipe, panel = made.bundle.recipe, made.panel
    rows, X_NF = made.bundle.design(
        out_of_sample(made).values_CR, panel.timestamps_R, panel.in_universe_R, panel.symbol_codes_R
    )
    mean_F, scale_F = X_NF.mean(axis=0, dtype=np.float64), X_NF.std(axis=0, dtype=np.float64)
    Z_NF = (X_NF.astype(np.float64) - mean_F) / scale_F
    narrow_NF = (X_NF - mean_F.astype(np.float32)) / scale_F.astype(np.float32)
    # A bar that float32 scales to another value: a threshold at the lower of the two sends them apart.
    apart = np.flatnonzero((narrow_NF[:, 0] != Z_NF[:, 0]) & np.isin(rows, made.row_M))
    flipped = int(apart[np.argmin(panel.timestamps_R[rows[apart]])])
    threshold = min(float(Z_NF[flipped, 0]), float(narrow_NF[flipped, 0]))
    model = ScaledTree(threshold=threshold, mean_F=mean_F, scale_F=scale_F)
    predicted_R = np.full(panel.n_rows, np.nan)
    codes_N = panel.symbol_codes_R[rows]
    read = Samples.of(
        X_NF=X_NF,
        y_N=np.zeros(len(rows)),
        columns=recipe.inputs,
        timestamps_N=panel.timestamps_R[rows],
        symbols_N=codes_N,
    )
    predicted_R[rows] = model.predict(read)[:, 0]
    run = out_of_sample(made, predicted_R[made.row_M])
    trap = Bundle(recipe=recipe, graph=model.to_onnx().SerializeToString())
    found = certified({1: trap, 2: trap}, run, threads=1)
    assert found.certificate.beyond_tolerance == found.certificate.differing_orders == 1
    assert found.certificate.stream_differing_orders == 1
    who = run.where(int(rows[flipped]))
    theirs, ours = (-10, -9) if Z_NF[flipped, 0] <= threshold else (-9, -10)
    assert found.certificate.first_divergence == (
        f"{who}: forecast {ours}, the run's {theirs}, though all features agree"
    )
    with pytest.raises(ContractError) as error:
        refuse_differing(found)
    assert str(error.value) == (
        "promotion: the bundle does not forecast what the run forecast: 1 of 300 forecasts beyond the tolerance, "
        f"1 differing orders, 1 when bars come one by one; first: {who}: forecast {ours}, the run's {theirs}, though "
        "all features agree; mend to_onnx of the model, or the operator that the feature uses"
    )


def test_variants_are_measured_and_written_beside_the_graph(build, tmp_path):
    made = build(Linear(features=None))
    found = certified(both(made), out_of_sample(made), threads=1)
    measured = found.parity["variants"]
    assert set(measured) == {"fp16", "int8"}
    for each in measured.values():
        assert each["forecasts"] == 300
        assert 0 < each["max_abs_difference"] < 0.5
        assert each["certified"] == (each["differing_orders"] == 0)
        assert each["r2_of_original"] > 0.9
    assert measured["fp16"]["max_abs_difference"] < measured["int8"]["max_abs_difference"]
    folder = made.write(tmp_path / "1", parity=found.parity)
    assert json.loads((folder / "variants.json").read_text()) == json.loads(json.dumps(measured))
    assert "variants" not in json.loads((folder / "parity.json").read_text())
    exact = Bundle.open(folder).forecast(made.panel).forecast_M
    for name, each in measured.items():
        opened = Bundle.open(folder, variant=name)
        assert len(opened.graph) == each["bytes"]
        assert 0 < np.abs(opened.forecast(made.panel).forecast_M - exact).max() < 0.5
    card = (folder / "README.md").read_text()
    assert "| `int8` |" in card
    assert "**not certified**" in card


def test_trees_are_rounded_to_float16_and_have_no_int8(made, tmp_path):
    assert variant(made.bundle.graph, "int8") == "ONNX has no int8 kernel for trees"
    smaller = variant(made.bundle.graph, "fp16")
    assert isinstance(smaller, bytes)
    assert len(smaller) < len(made.bundle.graph)
    forecast = replace(made.bundle, graph=smaller).forecast(made.panel)
    exact = made.bundle.forecast(made.panel)
    difference_M = np.abs(forecast.forecast_M - exact.forecast_M)
    assert 0 < np.median(difference_M) < 1e-2


def test_a_graph_without_anything_to_reduce_says_so(build):
    made = build(Naive(method="train_mean"))
    assert variant(made.bundle.graph, "fp16") == "the graph has neither trees nor matrix products"


def test_a_variant_that_is_not_there_is_refused(made, tmp_path):
    folder = made.write(tmp_path / "1")
    with pytest.raises(DataError) as error:
        Bundle.open(folder, variant="int8")
    assert str(error.value) == f"{folder}: has no variant 'int8' of its graph; it has none"


def test_features_of_longer_bars_are_certified_bar_by_bar(build):
    made = build(Linear(features=None), week="weekly(mean(close, 2)) / close", month="monthly(std(close, 2)) / close")
    found = certified(both(made), out_of_sample(made), threads=1)
    assert found.parity["passed"]
    assert found.parity["stream"]["passed"]
    assert found.parity["stream"]["max_abs_difference"] == 0.0
    assert found.certificate.stream_differing_orders == 0
    assert found.certificate.latency_p50_us > 0
    refuse_differing(found)


def test_write_bundle_needs_no_certificate(made, tmp_path):
    write = made.write(tmp_path / "1")
    assert "not replayed: not tried" in (write / "README.md").read_text()
    assert write_bundle.__module__ == "runner.bundle.writer"
