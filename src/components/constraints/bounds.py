"""Bounds of single weights, of their sum and of their change."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Constraints
from components.ranges import Ge, Gt
from components.values import Constrained, Float, Relaxed, State, View

ROUNDING = 1e-12
"""By how much a sum of weights may miss a bound through rounding."""


@dataclass(frozen=True, kw_only=True)
class Bounds(Constraints):
    """No weight, no sum of sizes and no change beyond its bound.

    In this order:
    1. Where a symbol has no finite forecast its weight is 0.
    2. max_weight: each weight is cut to -max_weight .. max_weight; what is cut is shared out to nobody.
    3. max_gross: if the sizes sum to more, all are scaled down alike.
    4. min_gross: if the sizes sum to less, they are scaled up until they do, as far as max_weight allows; what is flat
       stays flat.
    5. max_turnover: from what is held as far towards there as sum |w - held| <= max_turnover allows, after what step 1
       closes.

    max_weight and max_gross always hold. min_gross gives way to them and to max_turnover, and that to step 1; each time
    it does, that is reported with what was asked and reached. Carries `held_S`: the weights of the decision before.

    max_weight: size of one weight, fraction of equity. min_gross, max_gross: sum of the sizes of all weights, fraction
    of equity. max_turnover: sum of the sizes of all changes at a decision, fraction of equity; null: any.

    Source: Boyd et al. (2017), Multi-Period Trading via Convex Optimization, Foundations and Trends in Optimization
    3(1), section 4.4, of which these are the simplest; the order in which they give way is ours.
    """

    max_weight: Annotated[float, Gt(0)]
    min_gross: Annotated[float, Ge(0)]
    max_gross: Annotated[float, Gt(0)]
    max_turnover: Annotated[float, Gt(0)] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"max_weight": 0.2, "min_gross": 0.0, "max_gross": 1.0, "max_turnover": None},
            {"max_weight": 0.3, "min_gross": 0.5, "max_gross": 0.8, "max_turnover": 0.4},
        )

    def flaws(self) -> tuple[str, ...]:
        if self.min_gross > self.max_gross:
            return (f"min_gross {self.min_gross:g} is above max_gross {self.max_gross:g}",)
        return ()

    def start(self, symbols: int) -> State:
        return {"held_S": np.zeros(symbols)}

    def step(self, state: State, weight_S: Float, view: View) -> tuple[State, Constrained]:
        held_S: Float = state["held_S"].astype(np.float64)
        allowed_S = np.isfinite(view.forecast_DS[-1])
        target_S = self._grown(self._capped(np.where(allowed_S, weight_S, 0.0)))
        kept_S = np.where(allowed_S, held_S, 0.0)
        found_S = target_S
        if self.max_turnover is not None:
            closed = float(np.abs(held_S - kept_S).sum())
            found_S = _towards(kept_S, target_S, max(self.max_turnover - closed, 0.0))
        relaxed = tuple(self._relaxed(found_S, float(np.abs(found_S - held_S).sum())))
        return {"held_S": found_S}, Constrained(weight_S=found_S, relaxed=relaxed)

    def _capped(self, weight_S: Float) -> Float:
        cut_S = np.clip(weight_S, -self.max_weight, self.max_weight)
        gross = float(np.abs(cut_S).sum())
        return cut_S if gross <= self.max_gross else cut_S * (self.max_gross / gross)

    def _grown(self, weight_S: Float) -> Float:
        """Scaled up to min_gross, weights that reach max_weight left there and the others scaled further."""
        least = self.min_gross
        for _ in range(len(weight_S)):
            size_S = np.abs(weight_S)
            gross, free_S = float(size_S.sum()), size_S < self.max_weight
            free = float(size_S[free_S].sum())
            if gross >= least or free <= 0:
                break
            scaled_S = np.where(free_S, weight_S * ((least - gross + free) / free), weight_S)
            weight_S = np.clip(scaled_S, -self.max_weight, self.max_weight)
        return weight_S

    def _relaxed(self, weight_S: Float, turnover: float) -> Iterator[Relaxed]:
        least, gross = self.min_gross, float(np.abs(weight_S).sum())
        if gross < least - ROUNDING:
            yield Relaxed(constraint="min_gross", asked=least, reached=gross)
        if self.max_turnover is not None and turnover > self.max_turnover + ROUNDING:
            yield Relaxed(constraint="max_turnover", asked=self.max_turnover, reached=turnover)


def _towards(from_S: Float, to_S: Float, budget: float) -> Float:
    """As far from one to the other as changes of this sum of sizes lead."""
    way = float(np.abs(to_S - from_S).sum())
    return to_S if way <= budget else from_S + (to_S - from_S) * (budget / way)
