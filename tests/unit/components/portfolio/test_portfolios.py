"""Laws that every portfolio keeps."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from components.contracts import Portfolio
from components.values import HELD
from runner.composition.build import build
from runner.composition.catalog import catalogue
from runner.composition.schema import class_path
from views import shuffled, view

PORTFOLIOS = [
    pytest.param(cls, example, id=f"{cls.__name__}-{number}")
    for cls in catalogue().values()
    if issubclass(cls, Portfolio)
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


def seen(portfolio, forecast_DS):
    """With an interval and random bars of what the portfolio reads."""
    rng = np.random.default_rng(0)
    past = {name: rng.normal(size=forecast_DS.shape) for name in portfolio.reads if name != HELD}
    found = view(forecast_DS, half_width=rng.uniform(0.1, 1, forecast_DS.shape), past=past)
    return replace(found, held_S=np.zeros(forecast_DS.shape[1])) if HELD in portfolio.reads else found


def fitted(cls, example):
    """The portfolio, fitted on forecasts that are worth something."""
    portfolio = build(Portfolio, {"_target_": class_path(cls), **example}, path="portfolio")
    outcome_DS = np.random.default_rng(1).normal(size=(100, 5))
    return portfolio.fit(seen(portfolio, outcome_DS + 0.1), outcome_DS)


@pytest.mark.parametrize(("cls", "example"), PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS)
def test_a_row_depends_on_nothing_but_what_it_may_look_back_on(cls, example, forecast_DS):
    portfolio = fitted(cls, example)
    whole = seen(portfolio, forecast_DS)
    weights_DS = portfolio.weights(whole)
    for d in range(len(forecast_DS)):
        until = whole.until(d, decisions=portfolio.lookback_bars, bars=portfolio.past_bars)
        np.testing.assert_array_equal(portfolio.weights(until)[-1], weights_DS[d])


@pytest.mark.parametrize(("cls", "example"), PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS)
def test_weights_are_finite_and_zero_without_a_forecast(cls, example, forecast_DS):
    portfolio = fitted(cls, example)
    whole = seen(portfolio, forecast_DS)
    before_DSO = whole.values_DSO.copy()
    weights_DS = portfolio.weights(whole)
    assert weights_DS.shape == forecast_DS.shape
    assert weights_DS.dtype == np.float64
    assert np.isfinite(weights_DS).all()
    assert (weights_DS[~np.isfinite(forecast_DS)] == 0).all()
    np.testing.assert_array_equal(whole.values_DSO, before_DSO)


@pytest.mark.parametrize(("cls", "example"), PORTFOLIOS)
@settings(deadline=None, max_examples=40)
@given(forecast_DS=FORECASTS, seed=st.integers(0, 99))
def test_the_order_of_the_symbols_decides_nothing(cls, example, forecast_DS, seed):
    portfolio = fitted(cls, example)
    order = np.random.default_rng(seed).permutation(forecast_DS.shape[1])
    whole = seen(portfolio, forecast_DS)
    weights_DS, shuffled_DS = portfolio.weights(whole), portfolio.weights(shuffled(whole, order))
    np.testing.assert_allclose(shuffled_DS, weights_DS[:, order], rtol=1e-6, atol=1e-12)


@pytest.mark.parametrize(("cls", "example"), PORTFOLIOS)
@pytest.mark.parametrize("shape", [(0, 3), (2, 0)])
def test_no_dates_or_no_symbols_give_no_weights(cls, example, shape):
    portfolio = fitted(cls, example)
    assert portfolio.weights(seen(portfolio, np.empty(shape))).shape == shape


@pytest.mark.parametrize(("cls", "example"), PORTFOLIOS)
def test_what_was_fitted_is_written_down_as_parameters_and_has_nothing_left_to_learn(cls, example):
    from runner.specification.described import described

    portfolio = fitted(cls, example)
    assert portfolio.learns_from() is None
    assert build(Portfolio, described(portfolio), path="portfolio") == portfolio
