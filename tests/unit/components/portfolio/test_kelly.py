"""A scale from out-of-sample forecasts: the bet that grows most, and nothing where nothing was shown."""

import numpy as np
import pytest

from components.errors import ContractError, DataError
from components.portfolio.kelly import Kelly
from views import view


def kelly(**changes):
    settings = {"share": 1.0, "standard_errors": 0.0, "max_scale": 50.0, "source": "valid", "scale": None}
    return Kelly(**{**settings, **changes})


def test_the_scale_grows_wealth_faster_than_its_neighbours():
    rng = np.random.default_rng(0)
    outcome_DS = rng.normal(0.0, 0.02, (4000, 3))
    forecast_DS = 0.1 * outcome_DS + rng.normal(0.0, 0.02, outcome_DS.shape)
    fitted = kelly().fit(view(forecast_DS), outcome_DS)

    def growth(scale):
        weights_DS = kelly(scale=scale).weights(view(forecast_DS))
        return np.log1p((weights_DS * outcome_DS).sum(axis=1)).mean()

    assert 1.0 < fitted.scale < 50.0
    assert growth(fitted.scale) > max(growth(0.8 * fitted.scale), growth(1.2 * fitted.scale))


def test_half_the_bet_a_bound_and_a_caution():
    rng = np.random.default_rng(1)
    outcome_DS = rng.normal(0.0, 0.02, (500, 3))
    seen = view(outcome_DS + rng.normal(0.0, 0.05, outcome_DS.shape))
    full = kelly().fit(seen, outcome_DS).scale
    assert kelly(share=0.5).fit(seen, outcome_DS).scale == pytest.approx(full / 2)
    assert kelly(max_scale=0.3).fit(seen, outcome_DS).scale == 0.3
    assert 0 < kelly(standard_errors=2.0).fit(seen, outcome_DS).scale < full


def test_forecasts_that_show_nothing_are_not_traded():
    rng = np.random.default_rng(2)
    scales = []
    for _ in range(200):
        outcome_DS = rng.normal(0.0, 0.02, (250, 3))
        fitted = kelly(standard_errors=2.0).fit(view(rng.normal(size=outcome_DS.shape)), outcome_DS)
        scales.append(fitted.scale)
    assert np.mean(np.array(scales) > 0) < 0.06


def test_weights_by_hand():
    found = kelly(scale=0.6).weights(view([[0.01, -0.02, np.nan], [0.0, 0.0, 0.0]]))
    np.testing.assert_allclose(found, [[0.2, -0.4, 0.0], [0.0, 0.0, 0.0]])


def test_what_lacks_is_said():
    with pytest.raises(DataError) as caught:
        kelly().fit(view(np.ones((20, 2))), np.ones((20, 2)))
    assert str(caught.value) == (
        "a scale needs at least 30 dates with an outcome, there are 20; lengthen the validation span or choose another "
        "portfolio"
    )
    with pytest.raises(ContractError):
        kelly().weights(view([[0.1]]))
