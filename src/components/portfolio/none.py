"""No portfolio: the forecast alone is the result."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from components.contracts import Portfolio
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class NoPortfolio(Portfolio):
    """Holds nothing, whatever is forecast: the experiment is judged by its forecasts, and its bundle hands out no
    weights."""

    forecast_kind: ClassVar[tuple[str, ...]] = ("level", "return", "direction")
    trades: ClassVar[bool] = False

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def weights(self, view: View) -> Float:
        return np.zeros((len(view.decided_D), len(view.symbols)))
