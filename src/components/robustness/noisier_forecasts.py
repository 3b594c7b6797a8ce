"""Forecasts that are a little less exact."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Enters, Scenario
from components.ranges import Gt
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class NoisierForecasts(Scenario):
    """f + noise_share * std(f) * e with e standard normal, drawn by the run's seed, each output by itself: what is
    built on the last digit of a forecast falls apart.

    noise_share: of the standard deviation of all forecasts, > 0. NaN stays NaN.
    """

    enters: ClassVar[Enters] = "forecasts"

    noise_share: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"noise_share": 0.1}, {"noise_share": 1.0})

    @property
    def phrase(self) -> str:
        return f"with noise of {self.noise_share:.0%} of their spread added to the forecasts"

    def forecasts(self, values_MO: Float, *, seed: int) -> Float:
        noise_MO = np.random.default_rng(seed).standard_normal(values_MO.shape)
        noisy_MO: Float = values_MO + self.noise_share * np.nanstd(values_MO, axis=0) * noise_MO
        return noisy_MO
