import numpy as np
import pytest

from components.errors import DataError
from components.portfolio.volatility_target import VolatilityTarget
from views import view


def weights(forecast, *, target=0.1, cap=10.0, unit="log_variance", bars=252.0):
    portfolio = VolatilityTarget(target_volatility=target, max_weight=cap, forecast_unit=unit)
    return portfolio.weights(view(forecast, bars_per_year=bars))


def test_one_symbol_by_hand():
    # 1 % a day is 0.01 * sqrt(252) = 15.8745 % a year: 10 / 15.8745 of equity.
    expected = [[0.1 / 0.158745078663875]]
    np.testing.assert_allclose(weights([[np.log(0.01**2)]]), expected, rtol=1e-12)
    np.testing.assert_allclose(weights([[0.01**2]], unit="variance"), expected, rtol=1e-12)
    np.testing.assert_allclose(weights([[0.01]], unit="volatility"), expected, rtol=1e-12)


def test_each_position_aims_at_the_target():
    volatility_DS = np.array([[0.005, 0.02, np.nan], [0.01, 0.03, 0.02]])
    weights_DS = weights(volatility_DS, unit="volatility", target=0.15, cap=100.0)
    annual_DS = weights_DS * volatility_DS * np.sqrt(252)
    np.testing.assert_allclose(annual_DS[0, :2], 0.15 / 2)
    np.testing.assert_allclose(annual_DS[1], 0.15 / 3)


def test_the_bound_holds_before_sharing():
    np.testing.assert_allclose(weights([[-50.0, -50.0]], cap=1.5), [[0.75, 0.75]])
    np.testing.assert_array_equal(weights([[-5000.0]], cap=1.5), [[1.5]])
    np.testing.assert_array_equal(weights([[5000.0]]), [[0.0]])


@pytest.mark.parametrize("unit", ["variance", "volatility"])
def test_a_risk_that_is_not_positive_is_no_forecast(unit):
    weights_DS = weights([[0.0, -1e-4, 1e-4]], unit=unit, cap=1.0)
    np.testing.assert_array_equal(weights_DS[0, :2], 0)
    np.testing.assert_allclose(weights_DS[0, 2], weights([[1e-4]], unit=unit, cap=1.0)[0, 0])


@pytest.mark.parametrize("bars", [float("nan"), 0.0])
def test_a_volatility_that_cannot_be_annualised_is_an_error(bars):
    with pytest.raises(DataError) as error:
        weights([[0.0]], bars=bars)
    assert str(error.value) == (
        f"bars_per_year is {bars}: a volatility cannot be annualised; give the panel at least two bars per symbol"
    )
