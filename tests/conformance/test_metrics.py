"""Laws of metrics, for every one that is discovered: what it says, and that it measures what it says is better."""

import math
import re
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import AccountMetric, ForecastMetric, Metric, OrderMetric, ReturnMetric
from components.values import BacktestResult, Output, Outputs, Scored
from runner.composition.figures import figure, metrics
from runner.judging.metrics import account_metrics, return_metrics, score

DAY = np.timedelta64(1, "D")
START = np.datetime64("2020-01-01", "us")
METRICS = list(metrics().values())
SYMBOLS = 4
ROWS = 240


def of_kind(kind: type[Metric]) -> list[Any]:
    return [pytest.param(metric, id=metric.name()) for metric in METRICS if isinstance(metric, kind)]


def make(
    target: Any, forecast: Any, *, half_width: float = 1.0, symbols: int = SYMBOLS, quantile: float | None = None
) -> Scored:
    """quantile: that all forecasts are forecasts of; None: of the mean."""
    rows = np.arange(len(target))
    forecast_M = np.asarray(forecast, dtype=float)
    return Scored(
        span="test",
        timestamps_M=START + rows // symbols * DAY,
        symbols_M=(rows % symbols).astype(np.int32),
        fold_M=1 + rows * 2 // max(len(rows), 1),
        forecast_M=forecast_M,
        target_M=np.asarray(target, dtype=float),
        train_mean_M=np.full(len(target), 0.1),
        lower_M=forecast_M - half_width,
        upper_M=forecast_M + half_width,
        coverage=0.9,
        outputs=None if quantile is None else Outputs(columns=(decided(quantile),)),
    )


def decided(quantile: float) -> Output:
    return Output(target="target", horizon_bars=1, statistic="quantile", level=quantile)


def fitting(metric: ForecastMetric) -> float | None:
    """The quantile that it can be asked about."""
    return 0.5 if metric.needs_quantiles else None


def outcomes(kind: str, rng: np.random.Generator) -> tuple[Any, Any, Any]:
    """Outcomes, a nearly perfect forecast of them and one that knows nothing."""
    y_M = rng.normal(size=ROWS)
    noise_M = rng.permutation(y_M) + rng.normal(size=ROWS)
    if kind != "direction":
        return y_M, y_M + 1e-3 * rng.normal(size=ROWS), noise_M
    label_M = (y_M > 0).astype(float)
    return label_M, np.where(label_M > 0, 0.98, 0.02) + 0.01 * rng.random(ROWS), 1 / (1 + np.exp(-noise_M))


def account(returns_T: Any, *, cost: float = 1.0, notional: float = 100.0) -> BacktestResult:
    equity_T = 1000 * np.cumprod(1 + np.nan_to_num(returns_T))
    stamps_T = START + np.arange(len(equity_T)) * DAY
    frame = {"timestamp": stamps_T, "equity": equity_T, "gross": 0.8, "net": -0.2, "return": returns_T}
    trades = {"filled_at": stamps_T[:3], "notional": np.full(len(stamps_T[:3]), notional)}
    return BacktestResult(
        equity=pd.DataFrame({**frame, "cost_commission": cost}),
        trades=pd.DataFrame(trades),
        holdings_TS=np.zeros((len(equity_T), 1)),
    )


def test_there_are_metrics_of_every_sort() -> None:
    assert {sort for metric in METRICS for sort in type(metric).__mro__} >= {
        ForecastMetric,
        OrderMetric,
        ReturnMetric,
        AccountMetric,
    }


@pytest.mark.parametrize("metric", of_kind(Metric))
def test_says_what_it_is(metric: Metric) -> None:
    assert metric.label
    assert metric.unit
    assert metric.says.endswith(".")
    assert not re.search(r"\. ", metric.says)
    assert len(metric.says) <= 200
    assert metric.better in (-1, 0, 1)
    assert set(metric.leads) <= set(getattr(metric, "kinds", metric.leads))
    assert metric.better or not metric.leads, "what stands for all figures must say which way is better"


@pytest.mark.parametrize("metric", of_kind(Metric))
def test_its_name_is_read_back(metric: Metric) -> None:
    span = "test" if isinstance(metric, ForecastMetric | OrderMetric) else "backtest"
    found = figure(f"{span}/{metric.name()}")
    assert found is not None
    assert (found.metric, found.span, found.baseline, found.fold) == (metric, span, None, None)
    assert found.words.startswith(metric.phrase or metric.label)


@pytest.mark.parametrize("quantile", [None, 0.3])
@pytest.mark.parametrize("kind", ["level", "return", "direction"])
def test_forecasts_have_every_metric_that_fits_and_no_other(kind: str, quantile: float | None) -> None:
    y_M, _, noise_M = outcomes(kind, np.random.default_rng(0))
    found = score(make(y_M, noise_M, quantile=quantile), metrics(), kind, 1)  # type: ignore[arg-type]
    of_forecasts = [metric for metric in METRICS if isinstance(metric, ForecastMetric) and kind in metric.kinds]
    expected = {metric.name() for metric in METRICS if isinstance(metric, OrderMetric)}
    expected |= {metric.name() for metric in of_forecasts if quantile is not None or not metric.needs_quantiles}
    per_fold = {f"{name}_fold_{fold}" for name in expected if metrics()[name].per_fold for fold in (1, 2)}
    assert found.keys() == expected | per_fold
    assert all(math.isfinite(value) for value in found.values())


@pytest.mark.parametrize("metric", of_kind(ForecastMetric))
def test_knowing_is_better_than_guessing(metric: ForecastMetric) -> None:
    for kind in metric.kinds:
        y_M, sharp_M, noise_M = outcomes(kind, np.random.default_rng(1))
        sharp, noise = (metric.value(make(y_M, f_M, quantile=fitting(metric))) for f_M in (sharp_M, noise_M))
        assert metric.better * sharp >= metric.better * noise
        assert not metric.leads or sharp != noise


@pytest.mark.parametrize("metric", of_kind(ForecastMetric))
def test_neither_changes_its_input_nor_answers_twice_differently(metric: ForecastMetric) -> None:
    y_M, _, noise_M = outcomes(metric.kinds[0], np.random.default_rng(2))
    scored, untouched = (make(y_M, noise_M, quantile=fitting(metric)) for _ in range(2))
    for array in (scored.forecast_M, scored.target_M, scored.lower_M, scored.upper_M):
        assert array is not None
        array.flags.writeable = False
    assert metric.value(scored) == metric.value(scored) == metric.value(untouched)


@pytest.mark.parametrize("metric", of_kind(ForecastMetric))
def test_does_not_depend_on_which_symbol_is_which(metric: ForecastMetric) -> None:
    y_M, _, noise_M = outcomes(metric.kinds[0], np.random.default_rng(3))
    scored = make(y_M, noise_M, quantile=fitting(metric))
    order = np.lexsort((np.random.default_rng(4).random(ROWS), scored.timestamps_M))
    other = make(y_M[order], noise_M[order], quantile=fitting(metric))
    assert metric.value(replace(other, fold_M=scored.fold_M)) == pytest.approx(metric.value(scored), rel=1e-9)


@pytest.mark.parametrize("metric", of_kind(OrderMetric))
def test_better_order_is_better(metric: OrderMetric) -> None:
    ic_T = np.random.default_rng(5).normal(0.01, 0.1, 100)
    assert metric.better * metric.value(ic_T + 0.2, 5) >= metric.better * metric.value(ic_T, 5)
    with_gaps = np.append(ic_T, math.nan)
    assert metric.value(with_gaps, 5) == pytest.approx(metric.value(ic_T, 5))


@pytest.mark.parametrize("metric", of_kind(ReturnMetric))
def test_more_at_every_bar_is_better(metric: ReturnMetric) -> None:
    returns_T = np.random.default_rng(6).normal(0.0, 0.01, 500)
    returns_T[0] = math.nan
    assert metric.better * metric.value(returns_T + 0.002, 252.0) >= metric.better * metric.value(returns_T, 252.0)


@pytest.mark.parametrize("metric", of_kind(AccountMetric))
def test_more_cost_and_more_trading_is_not_better(metric: AccountMetric) -> None:
    returns_T = np.random.default_rng(7).normal(0.0, 0.01, 500)
    little, much = account(returns_T), account(returns_T, cost=3.0, notional=-500.0)
    assert metric.better * metric.value(much, 252.0) <= metric.better * metric.value(little, 252.0)


VALUES = st.sampled_from([0.0, 0.3, 1.0, -1.0, 1e300, math.nan])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), st.integers(1, 4))
def test_figures_are_finite_or_nan_whatever_comes(rows: list[tuple[float, float]], symbols: int) -> None:
    scored = make([y for y, _ in rows], [f for _, f in rows], symbols=symbols)
    found = [score(scored, metrics(), kind, 5) for kind in ("level", "return", "direction")]  # type: ignore[arg-type]
    returns_T = np.array([y for y, _ in rows if not y > 1], dtype=float)
    found += [return_metrics(returns_T, metrics(), 252.0), account_metrics(account(returns_T), metrics(), 252.0)]
    assert not any(math.isinf(value) for figures in found for value in figures.values())
