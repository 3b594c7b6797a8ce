"""Broken portfolios."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import Portfolio
from components.values import Float, View


class _Returns(Portfolio):
    forecast_kind = ("return",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)


@dataclass(frozen=True, kw_only=True)
class Scaled(_Returns):
    """Forecasts as a share of the largest there will ever be."""

    def weights(self, view: View) -> Float:
        known_DS = np.nan_to_num(view.forecast_DS)
        return known_DS / max(float(np.abs(known_DS).max()), 1e-9)


@dataclass(frozen=True, kw_only=True)
class Alphabet(_Returns):
    """Everything into the first symbol that has a forecast."""

    def weights(self, view: View) -> Float:
        known_DS = np.isfinite(view.forecast_DS)
        return (known_DS & (known_DS.cumsum(axis=1) == 1)).astype(np.float64)
