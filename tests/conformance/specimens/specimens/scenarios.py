"""Broken scenarios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from components.contracts import Scenario
from components.values import Float, PriceGrid


class _World(Scenario):
    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    @property
    def phrase(self) -> str:
        return "in a broken world"


@dataclass(frozen=True, kw_only=True)
class Sideways(_World):
    """Prices half as high, and weights too."""

    enters = "prices"

    def prices(self, prices: PriceGrid, *, seed: int) -> PriceGrid:
        return replace(prices, fields={name: values_TS / 2 for name, values_TS in prices.fields.items()})

    def decisions(self, weights_DS: Float) -> Float:
        return weights_DS / 2


@dataclass(frozen=True, kw_only=True)
class Dicey(_World):
    """Noise that no seed decides."""

    enters = "forecasts"

    def forecasts(self, values_MO: Float, *, seed: int) -> Float:
        return values_MO + np.random.default_rng().normal(size=values_MO.shape)
