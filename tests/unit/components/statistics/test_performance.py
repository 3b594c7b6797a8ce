"""Performance of return series: properties beyond the reference values."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from components.statistics import performance, sharpe

returns = st.lists(st.floats(-0.5, 0.5, width=32), min_size=2, max_size=60).map(np.array)


@given(returns)
def test_drawdown_equals_the_worst_pair_of_peak_and_trough(returns_T: np.ndarray) -> None:
    wealth_T = [1.0]
    for r in returns_T:
        wealth_T.append(wealth_T[-1] * (1 + r))
    pairs = [wealth_T[j] / wealth_T[i] - 1 for i in range(len(wealth_T)) for j in range(i, len(wealth_T))]
    assert performance.max_drawdown(returns_T) == pytest.approx(min(pairs), abs=1e-12)


@given(returns)
def test_missing_returns_change_nothing(returns_T: np.ndarray) -> None:
    holes_T = np.insert(returns_T, [0, 1], np.nan)
    for figure in (
        lambda r: sharpe.sharpe_ratio(r, 252),
        lambda r: performance.sortino_ratio(r, 252),
        lambda r: performance.annual_return(r, 252),
        lambda r: performance.annual_volatility(r, 252),
        lambda r: performance.calmar_ratio(r, 252),
        performance.max_drawdown,
        performance.hit_rate,
    ):
        assert figure(holes_T) == pytest.approx(figure(returns_T), nan_ok=True)


@given(returns, st.floats(0.1, 10))
def test_ratios_do_not_depend_on_leverage(returns_T: np.ndarray, leverage: float) -> None:
    scaled = sharpe.sharpe_ratio(returns_T * leverage, 252)
    assert scaled == pytest.approx(sharpe.sharpe_ratio(returns_T, 252), nan_ok=True, rel=1e-6)


def test_hit_rate_leaves_flat_periods_out() -> None:
    assert performance.hit_rate(np.array([0.01, 0.0, 0.0, -0.01, 0.02])) == pytest.approx(2 / 3)
    assert math.isnan(performance.hit_rate(np.zeros(5)))


def test_total_loss_is_a_growth_rate_of_minus_one() -> None:
    assert performance.annual_return(np.array([0.1, -1.0, 0.5]), 252) == -1.0
    assert performance.max_drawdown(np.array([0.1, -1.0, 0.5])) == -1.0


def test_absurd_growth_does_not_overflow() -> None:
    assert math.isfinite(performance.annual_return(np.array([10.0]), 1e6))


def test_undefined_ratios_are_nan() -> None:
    up_T = np.array([0.01, 0.02])
    assert math.isnan(performance.calmar_ratio(up_T, 252))
    assert math.isnan(performance.downside_risk(np.array([]), 252))
    assert math.isnan(performance.annual_return(np.array([np.nan]), 252))
    assert math.isnan(performance.annual_volatility(np.array([0.1]), 252))
    assert math.isnan(performance.sortino_ratio(np.array([0.1]), 252))
