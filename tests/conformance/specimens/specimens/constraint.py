"""Broken constraints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from components.contracts import Constraints
from components.values import Constrained, Float, State, View


@dataclass(frozen=True, kw_only=True)
class Loose(Constraints):
    """Weights between a hundredth and one, whether there is a forecast or not."""

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def step(self, state: State, weight_S: Float, view: View) -> tuple[State, Constrained]:
        return state, Constrained(weight_S=np.clip(weight_S, 0.01, 1.0))
