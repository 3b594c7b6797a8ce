"""No constraints."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from components.contracts import Constraints
from components.values import Constrained, Float, State, View


@dataclass(frozen=True, kw_only=True)
class NoConstraints(Constraints):
    """The weights as the portfolio wants them."""

    binds: ClassVar[bool] = False

    def step(self, state: State, weight_S: Float, view: View) -> tuple[State, Constrained]:
        return state, Constrained(weight_S=weight_S)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})
