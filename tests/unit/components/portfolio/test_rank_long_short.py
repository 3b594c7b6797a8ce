import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from components.portfolio.rank_long_short import RankLongShort
from views import view


def weights(forecast, *, quantile=0.2, gross=1.0, holding=1):
    portfolio = RankLongShort(quantile=quantile, gross_exposure=gross, holding_bars=holding)
    return portfolio.weights(view(forecast))


def test_top_and_bottom_by_hand():
    np.testing.assert_array_equal(weights([[3, 1, 5, 2, 4]]), [[0, -0.5, 0.5, 0, 0]])
    np.testing.assert_array_equal(weights([[3, 1, 5, 2, 4]], quantile=0.4), [[0, -0.25, 0.25, -0.25, 0.25]])


def test_ties_share_the_places_left():
    np.testing.assert_allclose(weights([[2, 2, 2, 1, 0]]), [[1 / 6, 1 / 6, 1 / 6, 0, -0.5]])
    # Two places a leg: the three equal ones fill the long leg, and half of the short one.
    np.testing.assert_allclose(weights([[5, 5, 5, 1]], quantile=0.5), [[1 / 12, 1 / 12, 1 / 12, -0.25]])


def test_equal_forecasts_and_single_symbols_hold_nothing():
    np.testing.assert_array_equal(weights([[0.1, 0.1, 0.1]]), [[0, 0, 0]])
    np.testing.assert_array_equal(weights([[7.0]]), [[0]])
    np.testing.assert_array_equal(weights([[np.nan, 7.0, np.nan]]), [[0, 0, 0]])
    np.testing.assert_array_equal(weights([[np.nan, np.nan]]), [[0, 0]])


def test_overlapping_portfolios_average_the_last_rows():
    forecast = [[1, 2], [2, 1], [1, 2], [1, 2]]
    single_DS = weights(forecast, quantile=0.5)
    np.testing.assert_array_equal(single_DS, [[-0.5, 0.5], [0.5, -0.5], [-0.5, 0.5], [-0.5, 0.5]])
    expected_DS = [single_DS[max(0, d - 2) : d + 1].mean(axis=0) for d in range(4)]
    np.testing.assert_allclose(weights(forecast, quantile=0.5, holding=3), expected_DS, atol=1e-15)


def test_a_symbol_without_forecast_today_is_not_held_from_yesterday():
    np.testing.assert_array_equal(
        weights([[1, 2, 3], [1, 2, np.nan]], quantile=0.3, holding=2), [[-0.5, 0, 0.5], [-0.5, 0.25, 0]]
    )


def test_a_quantile_that_floating_point_makes_too_small_counts_in_full():
    held = weights([np.arange(100.0)], quantile=0.29)[0]
    assert (held > 0).sum() == 29
    assert (held < 0).sum() == 29


@settings(deadline=None, max_examples=60)
@given(
    seed=st.integers(0, 10_000),
    count=st.integers(2, 30),
    quantile=st.sampled_from([0.01, 0.1, 0.25, 0.5]),
    levels=st.sampled_from([2, 5, 1000]),
)
def test_dollar_neutral_at_the_asked_gross_exposure(seed, count, quantile, levels):
    forecast_DS = np.random.default_rng(seed).integers(0, levels, (3, count)).astype(float)
    weights_DS = weights(forecast_DS, quantile=quantile, gross=1.6)
    np.testing.assert_allclose(weights_DS.sum(axis=1), 0, atol=1e-12)
    assert (np.abs(weights_DS).sum(axis=1) <= 1.6 + 1e-12).all()
    distinct_D = np.array([len(set(row)) == count for row in forecast_DS])
    np.testing.assert_allclose(np.abs(weights_DS[distinct_D]).sum(axis=1), 1.6)


@pytest.mark.parametrize("holding", [1, 21])
def test_lookback_is_the_holding_period(holding):
    assert RankLongShort(quantile=0.1, gross_exposure=1.0, holding_bars=holding).lookback_bars == holding
