"""The statistics of a run, each with its sentence."""

import numpy as np
import pytest

from components.values import Evidence, Scored, Trials
from runner.judging.figures import run_figures

DAY = np.timedelta64(1, "D")
START = np.datetime64("2015-01-01", "us")


def evidence_of(returns_TK: np.ndarray, scored: Scored) -> Evidence:
    stamps_T = START + np.arange(len(returns_TK)) * DAY
    trials = Trials(
        number=1,
        count=returns_TK.shape[1],
        silent=0,
        returns_TK=returns_TK,
        stamps_T=stamps_T,
        own=0,
        losses_TK=np.empty((0, 0)),
        loss_stamps_T=stamps_T[:0],
        own_loss=None,
    )
    return Evidence(
        metrics={"test/rank_ic": 0.03, "test/rank_ic_t": 2.5},
        valid=scored,
        test=scored,
        horizon_bars=1,
        kind="return",
        returns_T=returns_TK[:, 0],
        benchmark_T=np.zeros(len(returns_TK)),
        bars_per_year=252.0,
        trials=trials,
    )


@pytest.fixture
def scored() -> Scored:
    rng = np.random.default_rng(0)
    y = rng.normal(size=500)
    return Scored(
        span="test",
        timestamps_M=START + np.arange(500) * DAY,
        symbols_M=np.zeros(500, dtype=np.int32),
        fold_M=np.ones(500, dtype=np.int64),
        forecast_M=0.5 * y,
        target_M=y,
        train_mean_M=np.zeros(500),
        baselines={"last_value": rng.normal(size=500), "train_mean": np.zeros(500)},
    )


def test_one_try_has_no_figures_of_many(scored: Scored) -> None:
    found = {f["name"]: f for f in run_figures(evidence_of(np.random.default_rng(1).normal(0, 0.01, (500, 1)), scored))}
    assert {"dm_last_value", "dm_train_mean", "rank_ic", "sharpe", "psr_2012", "psr_2025", "min_trl"} <= set(found)
    assert not {"dsr", "pbo", "spa", "stepm"} & set(found)
    assert "with 2 baselines looked at" in found["dm_last_value"]["says"]


def test_many_tries_are_deflated_compared_and_cut_in_half(scored: Scored) -> None:
    found = {f["name"]: f for f in run_figures(evidence_of(np.random.default_rng(1).normal(0, 0.01, (500, 8)), scored))}
    assert {"dsr", "dsr_strict", "effective_trials", "expected_maximum", "pbo", "loss", "spa", "stepm"} <= set(found)
    assert found["effective_trials"]["value"] == pytest.approx(8, abs=0.5)
    assert all(figure["says"].endswith(".") for figure in found.values())


def test_a_portfolio_that_never_traded_has_no_ratio(scored: Scored) -> None:
    names = {f["name"] for f in run_figures(evidence_of(np.zeros((500, 1)), scored))}
    assert names == {"dm_last_value", "dm_train_mean", "rank_ic"}
