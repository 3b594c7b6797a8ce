"""A file that makes discovery slow."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from components.contracts import Portfolio
from components.values import Float, View


@dataclass(frozen=True, kw_only=True)
class Heavy(Portfolio):
    """Holds nothing, by way of a frame."""

    forecast_kind = ("return",)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def weights(self, view: View) -> Float:
        return pd.DataFrame(view.forecast_DS).fillna(0.0).to_numpy() * 0.0
