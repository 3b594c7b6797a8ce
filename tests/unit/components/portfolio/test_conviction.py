import numpy as np
import pytest

from components.errors import ContractError
from components.portfolio.conviction import Conviction
from views import view


def weights(forecast, half_width, long=1.0, short=1.0):
    return Conviction(long_exposure=long, short_exposure=short).weights(view(forecast, half_width=half_width))


def test_by_hand():
    found = weights([[0.02, 0.005, -0.01, np.nan]], 0.01, long=1.0, short=0.5)
    np.testing.assert_allclose(found, [[1 / 3, 0.5 / 3, -0.5 / 3, 0.0]])


def test_a_wider_interval_gives_a_smaller_position():
    sizes = [weights([[0.01]], half)[0, 0] for half in (0.005, 0.01, 0.02, 0.04)]
    np.testing.assert_allclose(sizes, [1.0, 1.0, 0.5, 0.25])


@pytest.mark.parametrize("half_width", [0.0, np.nan, np.inf, -0.1])
def test_no_position_on_an_interval_that_says_nothing(half_width):
    assert (weights([[0.01, -0.01]], half_width) == 0).all()


def test_forecasts_without_an_interval_are_refused():
    with pytest.raises(ContractError) as caught:
        Conviction(long_exposure=1.0, short_exposure=0.0).weights(view([[0.01]]))
    assert str(caught.value) == "conviction: the forecasts have no interval"
