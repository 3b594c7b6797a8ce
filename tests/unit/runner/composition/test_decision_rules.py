"""A portfolio or constraints that cannot do their work on what is configured are refused before data is read."""

import pytest

from components.errors import ConfigError
from runner.composition.configure import configure


def problems(*overrides):
    with pytest.raises(ConfigError) as caught:
        configure(overrides)
    return str(caught.value).splitlines()


def test_a_portfolio_that_needs_an_interval_says_who_could_make_one():
    line = (
        "portfolio: 'conviction' needs forecasts with an interval, which neither the loss 'squared' nor the "
        "calibration 'none' makes; choose another portfolio, or the calibration 'conformal'"
    )
    assert line in problems("+experiment=us20_momentum", "portfolio=conviction")
    for calibration in ("conformal", "adaptive_conformal"):
        configure(("+experiment=us20_momentum", "portfolio=conviction", f"calibration={calibration}"))


def test_bounds_that_exclude_each_other_are_refused():
    found = problems("+experiment=us20_momentum", "constraints=bounds", "constraints.min_gross=2")
    assert found == ["constraints: min_gross 2 is above max_gross 1"]


@pytest.mark.parametrize("value", ["0", "-1", "much"])
def test_bounds_are_checked_like_any_parameter(value):
    (line,) = problems("+experiment=us20_momentum", "constraints=bounds", f"constraints.max_weight={value}")
    assert line.startswith("constraints.max_weight: ")
