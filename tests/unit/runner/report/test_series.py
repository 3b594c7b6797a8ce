"""The numbers behind the pictures, against slow references."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import spearmanr

from runner.report import series

few_values = arrays(np.float64, st.integers(10, 60), elements=st.integers(-3, 3).map(float))


def rows(seed: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    date_N = rng.integers(0, 6, size)
    return date_N, rng.integers(-3, 4, size).astype(float), rng.integers(-3, 4, size).astype(float)


@given(forecast_N=few_values, n_bins=st.integers(1, 10), overlap=st.integers(1, 5))
def test_calibration_keeps_every_row_once(forecast_N: np.ndarray, n_bins: int, overlap: int) -> None:
    outcome_N = np.sin(np.arange(len(forecast_N)))
    bins = series.calibration(forecast_N, outcome_N, n_bins=n_bins, overlap=overlap)
    assert bins.count_B.sum() == len(forecast_N)
    assert (np.diff(bins.forecast_B) > 0).all()
    assert np.isclose(bins.count_B @ bins.outcome_B, outcome_N.sum())
    assert np.isclose(bins.count_B @ bins.forecast_B, forecast_N.sum())
    assert np.isfinite(bins.error_B).all()


def test_calibration_of_distinct_forecasts() -> None:
    rng = np.random.default_rng(1)
    forecast_N, outcome_N = rng.permutation(100) / 100.0, rng.standard_normal(100)
    bins = series.calibration(forecast_N, outcome_N, n_bins=10, overlap=4)
    order = np.argsort(forecast_N)
    for b in range(10):
        members = order[b * 10 : b * 10 + 10]
        assert bins.forecast_B[b] == pytest.approx(forecast_N[members].mean())
        assert bins.outcome_B[b] == pytest.approx(outcome_N[members].mean())
        assert bins.error_B[b] == pytest.approx(outcome_N[members].std() / np.sqrt(10 / 4))


@settings(max_examples=50)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60), n_groups=st.integers(1, 5))
def test_quantile_outcomes_by_hand(seed: int, size: int, n_groups: int) -> None:
    date_N, forecast_N, outcome_N = rows(seed, size)
    expected = []
    for date in np.unique(date_N):
        members = np.flatnonzero(date_N == date)
        if len(members) < n_groups:
            continue
        ranked = members[np.argsort(forecast_N[members], kind="stable")]
        groups = [[i for r, i in enumerate(ranked) if r * n_groups // len(ranked) == g] for g in range(n_groups)]
        expected.append([outcome_N[group].mean() for group in groups])
    found = series.quantile_outcomes(date_N, forecast_N, outcome_N, n_groups=n_groups)
    np.testing.assert_allclose(found, np.reshape(expected, (-1, n_groups)))


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), size=st.integers(1, 60))
def test_rank_correlations_are_spearmans(seed: int, size: int) -> None:
    date_N, forecast_N, outcome_N = rows(seed, size)
    expected = {}
    for date in np.unique(date_N):
        pair = forecast_N[date_N == date], outcome_N[date_N == date]
        if len(pair[0]) >= 3 and all(np.ptp(side) > 0 for side in pair):
            expected[date] = spearmanr(*pair).statistic
    dates_D, ic_D = series.rank_correlations(date_N, forecast_N, outcome_N)
    assert dates_D.tolist() == list(expected)
    np.testing.assert_allclose(ic_D, list(expected.values()), atol=1e-12)


def test_drawdown() -> None:
    equity_T = np.array([100.0, 120.0, 90.0, 60.0, 120.0, 150.0, 135.0])
    np.testing.assert_allclose(series.drawdown(equity_T), [0, 0, -0.25, -0.5, 0, 0, -0.1])


def test_rolling_mean() -> None:
    np.testing.assert_allclose(
        series.rolling_mean(np.array([1.0, 2.0, 6.0, 4.0]), 3), [np.nan, np.nan, 3.0, 4.0], equal_nan=True
    )
    assert np.isnan(series.rolling_mean(np.array([1.0]), 2)).all()
