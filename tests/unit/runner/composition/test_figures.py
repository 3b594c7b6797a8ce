"""Flat names of figures: what they say, and which ones an experiment's runs can have."""

import sys
from pathlib import Path

import pytest

from components.errors import ConfigError, ContractError
from runner.composition.configure import configure
from runner.composition.figures import Figure, figure, lacking, leading, metrics, words

GATE = "{_target_: components.gates.metric.MetricGate, minimum: 0.0, maximum: null, required: true, metric: %s}"
OWN = """
from dataclasses import dataclass

import numpy as np

from components.contracts import ForecastMetric


@dataclass(frozen=True, kw_only=True)
class MedianMiss(ForecastMetric):
    \"\"\"Median of |outcome - forecast|.\"\"\"

    label = "Median miss"
    says = "Half of the misses are smaller."
    unit = "the target's"
    style = "significant"
    better = -1
    kinds = ("level",)

    def value(self, scored):
        return float(np.median(np.abs(scored.target_M - scored.forecast_M)))
"""


def test_a_flat_name_says_metric_span_baseline_and_fold() -> None:
    r2 = metrics()["r2"]
    assert figure("test/r2") == Figure(metric=r2, span="test", baseline=None, fold=None)
    assert figure("valid/har/r2_fold_12") == Figure(metric=r2, span="valid", baseline="har", fold=12)
    assert figure("vault_backtest/sharpe") == Figure(
        metric=metrics()["sharpe"], span="vault_backtest", baseline=None, fold=None
    )
    assert figure("double_costs/sharpe") == Figure(
        metric=metrics()["sharpe"], span="double_costs", baseline=None, fold=None
    )
    for name in (
        "r2",
        "tset/r2",
        "double_costs/n_trades",
        "double_costs/har/sharpe",
        "test/r3",
        "test/r2_fold_0",
        "test/r2_fold_x",
        "test/",
        "",
    ):
        assert figure(name) is None


def test_sentences_call_figures_by_their_words() -> None:
    assert words(["test/har/rmse", "valid/auc_fold_3", "double_costs/sharpe", "test/own"]) == {
        "test/har/rmse": "Root mean squared error of har on the test spans",
        "valid/auc_fold_3": "AUC on the validation spans, fold 3",
        "double_costs/sharpe": "the Sharpe ratio of the portfolio in the scenario double_costs",
    }


def test_the_leading_metric_depends_on_the_kind_of_target() -> None:
    everything = list(metrics())
    assert leading(everything, "level") == ["r2", "mse", "mae"]
    assert leading(everything, "return") == ["rank_ic", "ic", "r2", "mse"]
    assert leading(everything, "direction") == ["accuracy", "log_loss", "auc", "brier"]
    assert leading(["mae", "own"], "level") == ["mae"]


@pytest.mark.parametrize(
    ("name", "why", "hint"),
    [
        ("backtest/max_drawdwn", "there is no metric 'max_drawdwn'", "backtest/max_drawdown"),
        ("test/hra/r2", "'hra' is not among the baselines (last_value, har)", "test/har/r2"),
        ("test/rmse_fold_1", "test/rmse is not given per fold", "test/rmse"),
        ("vault/r2_fold_1", "vault/r2 is not given per fold", "vault/r2"),
        ("test/r2_fold_0", "folds are numbered from 1", "test/r2_fold_1"),
        ("valid/har/r2_fold_01", "folds are numbered from 1", "valid/har/r2_fold_1"),
        ("test/sharpe", "sharpe is a figure of returns", "backtest/sharpe"),
        ("backtest/r2", "r2 is a figure of forecasts", "test/r2"),
        ("double_costs/n_trades", "n_trades is a figure of an account", "backtest/n_trades"),
        ("test/auc", "auc is for a target of kind 'direction', and this is 'level'", ""),
        ("test/interval_width", "interval_width is of intervals, which neither calibration nor loss makes", ""),
        (
            "tests/r2",
            "a figure begins with valid, test, vault, backtest, benchmark, vault_backtest, vault_benchmark, "
            "double_costs, one_bar_later, other_rebalance_day, a_symbol_stops, noisier_forecasts or delayed_bars",
            "test/r2",
        ),
    ],
)
def test_a_figure_that_no_run_can_have_is_named_with_the_nearest(name: str, why: str, hint: str) -> None:
    experiment, _ = configure(["+experiment=sp500_volatility"])
    assert lacking(name, experiment) == (why, f"did you mean '{hint}'?" if hint else "")


@pytest.mark.parametrize(
    "name",
    ["test/r2", "test/har/r2_fold_6", "valid/last_value/mae", "vault/har/r2", "one_bar_later/psr", "backtest/years"],
)
def test_a_figure_that_a_run_may_have_is_none_of_these(name: str) -> None:
    experiment, _ = configure(["+experiment=sp500_volatility"])
    assert lacking(name, experiment) is None


def test_intervals_are_those_of_the_model_on_test_spans() -> None:
    experiment, _ = configure(["+experiment=sp500_volatility", "calibration=conformal"])
    assert lacking("test/interval_score_fold_2", experiment) is None
    assert lacking("valid/interval_score", experiment) is not None
    assert lacking("test/har/interval_score", experiment) is not None


def test_a_gate_on_a_figure_that_no_run_can_have_is_refused_by_the_check() -> None:
    gates = [f"+gates.checks.{name}={GATE % metric}" for name, metric in (("a", "test/r22"), ("b", "test/r2"))]
    with pytest.raises(ConfigError) as caught:
        configure(["+experiment=sp500_volatility", *gates, "gates.checks.stable_folds.metric=auc"])
    assert str(caught.value).splitlines() == [
        "gates.checks.stable_folds: no such run has the figure 'test/auc_fold_1': auc is for a target of kind "
        "'direction', and this is 'level'",
        "gates.checks.a: no such run has the figure 'test/r22': there is no metric 'r22'; did you mean 'test/r2'?",
    ]


def test_a_users_metric_is_known_and_a_second_of_its_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "my_metrics.py").write_text(OWN)
    (tmp_path / "their_metrics.py").write_text(OWN)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setenv("ASSAY_COMPONENTS", "my_metrics")
    assert list(metrics())[-1] == "median_miss"
    assert words(["vault/median_miss"]) == {"vault/median_miss": "Median miss in the vault"}
    monkeypatch.setenv("ASSAY_COMPONENTS", "my_metrics,their_metrics")
    with pytest.raises(ContractError) as caught:
        metrics()
    assert str(caught.value) == (
        "their_metrics.MedianMiss: the metric 'median_miss' is my_metrics.MedianMiss already; rename it"
    )
    for name in ("my_metrics", "their_metrics"):
        sys.modules.pop(name, None)
