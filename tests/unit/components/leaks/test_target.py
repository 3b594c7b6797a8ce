"""What the target is taken to be."""

import numpy as np
import pytest

from components.leaks.target import when_known

RNG = np.random.default_rng(0)
PRICE = 80 * np.exp(np.cumsum(RNG.normal(0, 0.012, 1200)))
VOLATILITY = np.exp(np.convolve(RNG.normal(0, 0.6, 1221), np.ones(22) / 5, "valid"))[:1200]


@pytest.mark.parametrize("name", ["target", "label", "y"])
def test_a_price_is_a_level_whatever_it_is_called(name: str) -> None:
    known, why = when_known(name, PRICE, None)
    assert known == "at"
    assert why == f"{name} wanders as a price does, and its name does not say that it is a later one"


@pytest.mark.parametrize("name", ["next_close", "future_price", "fwd"])
def test_a_price_that_is_called_a_later_one_is_believed(name: str) -> None:
    assert when_known(name, PRICE, None) == ("after", f"the name {name} says so")


@pytest.mark.parametrize("values_T", [RNG.normal(0, 0.01, 1200), VOLATILITY])
def test_what_does_not_wander_is_what_its_name_says(values_T: np.ndarray) -> None:
    assert when_known("label", values_T, None)[0] == "after"
