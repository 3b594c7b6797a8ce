"""direction and return_sign: the same rule around one half and around zero."""

import numpy as np

from components.portfolio.direction import Direction
from components.portfolio.return_sign import ReturnSign
from views import view


def test_direction_by_hand():
    portfolio = Direction(long_above=0.55, short_below=0.45, long_exposure=1.0, short_exposure=0.5)
    forecast_DS = np.array([[0.6, 0.4, 0.5, 0.55], [np.nan, 0.9, 0.45, 0.1]])
    expected_DS = [[0.25, -0.125, 0.0, 0.0], [0.0, 1 / 3, 0.0, -0.5 / 3]]
    np.testing.assert_allclose(portfolio.weights(view(forecast_DS)), expected_DS)


def test_long_or_flat_by_default_of_the_choice():
    portfolio = Direction(long_above=0.5, short_below=0.5, long_exposure=1.0, short_exposure=0.0)
    forecast_DS = np.array([[0.51], [0.5], [0.49]])
    np.testing.assert_array_equal(portfolio.weights(view(forecast_DS)), [[1.0], [0.0], [0.0]])


def test_return_sign_by_hand():
    portfolio = ReturnSign(long_above=0.001, short_below=-0.002, long_exposure=2.0, short_exposure=1.0)
    forecast_DS = np.array([[0.01, -0.01, 0.0, -0.001]])
    np.testing.assert_allclose(portfolio.weights(view(forecast_DS)), [[0.5, -0.25, 0.0, 0.0]])


def test_each_understands_its_own_kind_of_forecast():
    # A probability read as a return would be long for ever.
    assert Direction.forecast_kind == ("direction",)
    assert ReturnSign.forecast_kind == ("return",)
