"""Do the forecasts say "up" about as often as the outcomes rise?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Gate, Kind
from components.contracts.metric import SPANS
from components.gates._wording import (
    Span,
    judgement,
    needs_of,
    not_applicable,
    not_computable,
    number,
    percent,
    scored_on,
)
from components.ranges import Gt, Lt
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class PositiveShare(Gate):
    """Share of "up" forecasts within a band around the base rate, the share of outcomes that rose.

    |mean(forecast > middle) - mean(outcome > middle)| <= band, with middle 1/2 for direction targets and 0
    for returns, whose outcomes of exactly 0 are left out, as are rows with a NaN. A model may honestly lean
    to the frequent side where it knows nothing, so this shows a bias, not a lack of skill.

    band: largest distance from the base rate, a share in (0, 0.5): 0.05 asks for 45 to 55 % where one half
    of the outcomes rose. span: valid, test or vault. The value judged is the share of "up" forecasts.
    """

    band: Annotated[float, Gt(0), Lt(0.5)]
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"band": 0.05, "span": "test", "required": False},
            {"band": 0.1, "span": "valid", "required": True},
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("return", "direction")

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.kind == "level":
            return not_applicable("A level has no direction: this gate is for direction and return targets.")
        scored = scored_on(evidence, self.span)
        middle = 0.5 if evidence.kind == "direction" else 0.0
        known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
        if evidence.kind == "return":
            known_M &= scored.target_M != 0
        if not known_M.any():
            return not_computable(f"There is no direction to count {SPANS[self.span]}.", self.band)
        forecast_M = scored.forecast_M[known_M]
        share, base = float(np.mean(forecast_M > middle)), float(np.mean(scored.target_M[known_M] > middle))
        low, high = max(base - self.band, 0.0), min(base + self.band, 1.0)
        bound = high if share > base else low
        return judgement(
            low <= share <= high,
            value=share,
            threshold=bound,
            relation="<=" if share > base else ">=",
            statistic="share of up",
            says=f'{percent(share)} of the forecasts {SPANS[self.span]} say "up", and {percent(base)} of the '
            f"outcomes rose; between {percent(low)} and {percent(high)} is asked for.",
            suffices=f'Saying "up" above {number(float(np.quantile(forecast_M, 1 - base)))} instead of '
            f"{number(middle)} would give the share of the outcomes.",
        )
