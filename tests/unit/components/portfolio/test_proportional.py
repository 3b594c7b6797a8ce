import numpy as np

from components.portfolio.proportional import Proportional
from views import view


def weights(forecast, gross=1.0):
    return Proportional(gross_exposure=gross).weights(view(forecast))


def test_by_hand():
    # Mean 2, distances -1, 0, +1 and -2, -2, +4.
    np.testing.assert_allclose(weights([[1, 2, 3], [0, 0, 6]]), [[-0.5, 0, 0.5], [-0.25, -0.25, 0.5]])
    np.testing.assert_allclose(weights([[1, np.nan, 3]], gross=2.0), [[-1, 0, 1]])


def test_equal_forecasts_hold_nothing_in_spite_of_rounding():
    assert np.mean([0.1, 0.1, 0.1]) != 0.1
    np.testing.assert_array_equal(weights([[0.1, 0.1, 0.1]]), [[0, 0, 0]])
    np.testing.assert_array_equal(weights([[np.nan, 5.0, np.nan]]), [[0, 0, 0]])


def test_neutral_at_the_asked_gross_exposure():
    weights_DS = weights(np.random.default_rng(1).normal(0.01, 0.02, (50, 9)), gross=1.5)
    np.testing.assert_allclose(weights_DS.sum(axis=1), 0, atol=1e-13)
    np.testing.assert_allclose(np.abs(weights_DS).sum(axis=1), 1.5)
