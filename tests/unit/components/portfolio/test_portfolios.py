"""Laws that every portfolio keeps."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from components.portfolio.direction import Direction
from components.portfolio.proportional import Proportional
from components.portfolio.rank_long_short import RankLongShort
from components.portfolio.return_sign import ReturnSign
from components.portfolio.volatility_target import VolatilityTarget

PORTFOLIOS = [
    pytest.param(cls(**example), id=f"{cls.__name__}-{number}")
    for cls in (Direction, Proportional, RankLongShort, ReturnSign, VolatilityTarget)
    for number, example in enumerate(cls.examples())
]
FORECASTS = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, min_side=1, max_side=7),
    elements=st.one_of(
        st.sampled_from([0.0, 0.5, -0.01, np.nan, np.inf, -np.inf]),
        st.floats(-30, 30, allow_subnormal=False),
    ),
)


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS)
def test_a_row_depends_on_its_lookback_alone(portfolio, forecast_DS):
    weights_DS = portfolio.weights(forecast_DS, bars_per_year=252.0)
    for d in range(len(forecast_DS)):
        window = forecast_DS[max(0, d - portfolio.lookback_bars + 1) : d + 1]
        np.testing.assert_array_equal(portfolio.weights(window, bars_per_year=252.0)[-1], weights_DS[d])


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS)
def test_weights_are_finite_and_zero_without_a_forecast(portfolio, forecast_DS):
    before = forecast_DS.copy()
    weights_DS = portfolio.weights(forecast_DS, bars_per_year=252.0)
    assert weights_DS.shape == forecast_DS.shape
    assert weights_DS.dtype == np.float64
    assert np.isfinite(weights_DS).all()
    assert (weights_DS[~np.isfinite(forecast_DS)] == 0).all()
    np.testing.assert_array_equal(forecast_DS, before)


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS, seed=st.integers(0, 99))
def test_the_order_of_the_symbols_decides_nothing(portfolio, forecast_DS, seed):
    order = np.random.default_rng(seed).permutation(forecast_DS.shape[1])
    weights_DS = portfolio.weights(forecast_DS, bars_per_year=252.0)
    shuffled_DS = portfolio.weights(forecast_DS[:, order], bars_per_year=252.0)
    np.testing.assert_allclose(shuffled_DS, weights_DS[:, order], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize("portfolio", PORTFOLIOS)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_no_dates_or_no_symbols_give_no_weights(portfolio, shape):
    assert portfolio.weights(np.empty(shape), bars_per_year=252.0).shape == shape
