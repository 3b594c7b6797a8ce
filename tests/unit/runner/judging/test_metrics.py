"""The flat figures of a run."""

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.statistics import forecast, sharpe
from components.values import BacktestResult, Scored
from runner.composition.figures import metrics
from runner.judging.metrics import account_metrics, run_metrics, score

DAY = np.timedelta64(1, "D")
START = np.datetime64("2020-01-01", "us")
KNOWN = metrics()
RNG = np.random.default_rng(0)


def make(target, guess, *, symbols: int = 1, folds: int = 2, **baselines) -> Scored:
    rows = np.arange(len(target))
    return Scored(
        span="test",
        timestamps_M=START + rows // symbols * DAY,
        symbols_M=(rows % symbols).astype(np.int32),
        fold_M=1 + rows * folds // max(len(rows), 1),
        forecast_M=np.asarray(guess, dtype=float),
        target_M=np.asarray(target, dtype=float),
        train_mean_M=np.full(len(target), 0.1),
        baselines={name: np.asarray(values, dtype=float) for name, values in baselines.items()},
    )


def book(returns, notionals=(), cost: float = 0.0) -> BacktestResult:
    equity = 1000 * np.cumprod(1 + np.nan_to_num(returns))
    stamps = START + np.arange(len(equity)) * DAY
    frame = pd.DataFrame(
        {
            "timestamp": stamps,
            "equity": equity,
            "cash": 0.0,
            "positions_value": equity,
            "gross": 0.8,
            "net": -0.2,
            "return": returns,
            "cost_commission": cost,
            "cost_borrow": 0.0,
        }
    )
    trades = pd.DataFrame({"filled_at": stamps[: len(notionals)], "notional": np.asarray(notionals, dtype=float)})
    return BacktestResult(equity=frame, trades=trades, holdings_TS=np.zeros((len(equity), 1)))


Y = RNG.normal(size=400)
F = 0.5 * Y + 0.5 * RNG.normal(size=400)


def test_a_level_has_errors_explained_variance_and_folds() -> None:
    figures = score(make(Y, F), KNOWN, "level", 5)
    assert figures["r2"] == pytest.approx(forecast.r2(Y, F))
    assert figures["r2_train_mean"] == pytest.approx(1 - np.sum((Y - F) ** 2) / np.sum((Y - 0.1) ** 2))
    assert figures["qlike"] == pytest.approx(forecast.qlike(Y, F))
    assert figures["r2_fold_2"] == pytest.approx(forecast.r2(Y[200:], F[200:]))
    assert figures["mse_fold_1"] == pytest.approx(forecast.mse(Y[:200], F[:200]))
    assert "ic" not in figures
    assert "direction_accuracy" not in figures


def test_pooled_r2_is_not_the_mean_of_the_folds() -> None:
    shifted = Y + np.repeat([0.0, 3.0], 200)
    figures = score(make(shifted, F + np.repeat([0.0, 3.0], 200)), KNOWN, "level", 1)
    assert figures["r2"] > max(figures["r2_fold_1"], figures["r2_fold_2"])


def test_a_direction_has_classification_scores_only() -> None:
    label, p = (Y > 0).astype(float), 1 / (1 + np.exp(-F))
    figures = score(make(label, p), KNOWN, "direction", 1)
    assert figures["accuracy"] == pytest.approx(np.mean((p > 0.5) == (label > 0.5)))
    assert figures["positive_share"] == pytest.approx(np.mean(p > 0.5))
    assert {"base_rate", "log_loss", "brier", "auc", "auc_fold_1", "accuracy_fold_2"} <= figures.keys()
    assert not {"r2", "mse", "variance_ratio"} & figures.keys()


def test_a_cross_section_has_information_coefficients() -> None:
    figures = score(make(Y, F, symbols=8), KNOWN, "return", 1)
    daily = [np.corrcoef(Y[i : i + 8], F[i : i + 8])[0, 1] for i in range(0, 400, 8)]
    assert figures["ic"] == pytest.approx(np.mean(daily))
    assert figures["ic_fold_1"] == pytest.approx(np.mean(daily[:25]))
    assert figures["rank_ic"] > 0.3
    assert figures["rank_ic_t"] > 3
    assert figures["direction_accuracy"] == pytest.approx(np.mean(np.sign(Y) == np.sign(F)))


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(st.sampled_from([0.0, 1.0, 1e300, math.nan]), st.sampled_from([0.0, 0.3, 1.0, math.nan])),
        max_size=12,
    ),
    st.sampled_from(["level", "return", "direction"]),
    st.integers(1, 4),
)
def test_figures_are_finite_or_nan_whatever_comes(rows, kind, symbols) -> None:
    scored = make([y for y, _ in rows], [f for _, f in rows], symbols=symbols)
    assert not any(math.isinf(value) for value in score(scored, KNOWN, kind, 5).values())


def test_a_backtest_in_figures() -> None:
    returns = np.array([np.nan, *RNG.normal(0.001, 0.01, 504)])
    figures = account_metrics(book(returns, notionals=[1000.0, -500.0], cost=1.0), KNOWN, 252.0)
    equity = 1000 * np.cumprod(1 + np.nan_to_num(returns))
    assert figures["years"] == 2.0
    assert figures["sharpe"] == pytest.approx(sharpe.sharpe_ratio(returns, 252))
    assert figures["total_return"] == pytest.approx(equity[-1] / 1000 - 1)
    assert figures["cagr"] == pytest.approx((equity[-1] / 1000) ** 0.5 - 1)
    assert figures["turnover_annual"] == pytest.approx((1000 / equity[0] + 500 / equity[1]) / 2)
    assert figures["cost_annual"] == pytest.approx(np.sum(1 / equity) / 2)
    assert (figures["exposure_gross"], figures["exposure_net"]) == (pytest.approx(0.8), pytest.approx(-0.2))
    assert figures["n_trades"] == 2
    assert 0 < figures["psr"] < 1


@pytest.mark.parametrize("returns", [[], [0.0], [0.0] * 20, [0.1, -1.0, 0.0]])
def test_a_backtest_that_did_nothing_or_lost_all_has_figures(returns: list[float]) -> None:
    figures = account_metrics(book(np.array(returns, dtype=float)), KNOWN, 252.0)
    assert not any(math.isinf(value) for value in figures.values())
    assert figures["n_trades"] == 0


def test_every_figure_has_its_prefix() -> None:
    valid, test = make(Y, F, naive=Y), make(Y, F, naive=Y)
    result = book(RNG.normal(0, 0.01, 50))
    figures = run_metrics(
        metrics=KNOWN,
        valid=Scored(**{**valid.__dict__, "span": "valid"}),
        test=test,
        kind="level",
        horizon_bars=5,
        backtest=result,
        benchmark=result,
        bars_per_year=252.0,
    )
    assert figures["test/naive/r2"] == figures["valid/naive/r2_fold_1"] == 1.0
    assert figures["test/r2"] == figures["valid/r2"] == pytest.approx(forecast.r2(Y, F))
    assert figures["backtest/sharpe"] == figures["benchmark/sharpe"]
    assert {name.split("/")[0] for name in figures} == {"valid", "test", "backtest", "benchmark"}
