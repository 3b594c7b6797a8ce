"""All metrics together; laws of each are in runner.testing."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.contracts import AccountMetric, ForecastMetric, OrderMetric, ReturnMetric
from runner.composition.figures import metrics
from runner.judging.metrics import account_metrics, return_metrics, score
from runner.testing.data import account, scored

METRICS = list(metrics().values())
ROWS = 240


def outcomes(kind: str) -> tuple[Any, Any]:
    """Outcomes, and a forecast of them that knows nothing."""
    rng = np.random.default_rng(0)
    y_M = rng.normal(size=ROWS)
    noise_M = rng.permutation(y_M) + rng.normal(size=ROWS)
    return (y_M, noise_M) if kind != "direction" else ((y_M > 0).astype(float), 1 / (1 + np.exp(-noise_M)))


def test_there_are_metrics_of_every_sort() -> None:
    assert {sort for metric in METRICS for sort in type(metric).__mro__} >= {
        ForecastMetric,
        OrderMetric,
        ReturnMetric,
        AccountMetric,
    }


@pytest.mark.parametrize("quantile", [None, 0.5])
@pytest.mark.parametrize("kind", ["level", "return", "direction"])
def test_forecasts_have_every_metric_that_fits_and_no_other(kind: str, quantile: float | None) -> None:
    found = score(scored(*outcomes(kind), quantile=quantile), metrics(), kind, 1)  # type: ignore[arg-type]
    of_forecasts = [metric for metric in METRICS if isinstance(metric, ForecastMetric) and kind in metric.kinds]
    expected = {metric.name() for metric in METRICS if isinstance(metric, OrderMetric)}
    expected |= {metric.name() for metric in of_forecasts if quantile is not None or not metric.needs_quantiles}
    per_fold = {f"{name}_fold_{fold}" for name in expected if metrics()[name].per_fold for fold in (1, 2)}
    assert found.keys() == expected | per_fold
    assert all(math.isfinite(value) for value in found.values())


VALUES = st.sampled_from([0.0, 0.3, 1.0, -1.0, 1e300, math.nan])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(VALUES, VALUES), max_size=12), st.integers(1, 4))
def test_figures_are_finite_or_nan_whatever_comes(rows: list[tuple[float, float]], symbols: int) -> None:
    given = scored([y for y, _ in rows], [f for _, f in rows], symbols=symbols)
    found = [score(given, metrics(), kind, 5) for kind in ("level", "return", "direction")]  # type: ignore[arg-type]
    returns_T = np.array([y for y, _ in rows if not y > 1], dtype=float)
    found += [return_metrics(returns_T, metrics(), 252.0), account_metrics(account(returns_T), metrics(), 252.0)]
    assert not any(math.isinf(value) for figures in found for value in figures.values())
