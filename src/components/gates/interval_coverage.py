"""Do the forecast intervals hold as many outcomes as they promise?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import Gate
from components.contracts.metric import SPANS
from components.gates._wording import (
    Span,
    judgement,
    needs_of,
    not_computable,
    number,
    percent,
    probability,
    scored_on,
)
from components.ranges import Gt, Lt
from components.statistics.comparison import per_timestamp
from components.statistics.newey_west import mean_test
from components.values import Evidence, Float, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class IntervalCoverage(Gate):
    """Share of outcomes inside their forecast intervals, against the share that the intervals promise.

    |mean(lower <= outcome <= upper) - coverage| <= tolerance, over rows where all three are finite. The
    words also give the two-sided p-value of the gap, on means per timestamp and robust to the
    labels' overlap (`components.statistics.newey_west.mean_test`); it decides nothing, since on a short
    record it would excuse every gap.

    tolerance: largest distance from the promised share, in (0, 1). span: valid, test or vault. The value
    judged is the share inside.
    """

    needs_intervals: ClassVar[bool] = True

    tolerance: Annotated[float, Gt(0), Lt(1)]
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"tolerance": 0.05, "span": "test", "required": False},
            {"tolerance": 0.02, "span": "valid", "required": True},
        )

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        scored = scored_on(evidence, self.span)
        if scored.lower_M is None or scored.upper_M is None or scored.coverage is None:
            return not_computable("The forecasts have no intervals.", None)
        rows_M3 = np.column_stack([scored.lower_M, scored.target_M, scored.upper_M])
        known_M = np.isfinite(rows_M3).all(axis=1)
        if not known_M.any():
            return not_computable(f"No forecast {SPANS[self.span]} has an interval and an outcome.", None)
        lower_M, target_M, upper_M = rows_M3[known_M].T
        inside_M = ((lower_M <= target_M) & (target_M <= upper_M)).astype(np.float64)
        share, promised = float(inside_M.mean()), scored.coverage
        test = mean_test(per_timestamp(inside_M, scored.timestamps_M[known_M]) - promised, evidence.horizon_bars)
        luck = "" if math.isnan(test.p_two_sided) else f" ({probability(test.p_two_sided)} for such a gap by luck)"
        return judgement(
            abs(share - promised) <= self.tolerance,
            value=share,
            threshold=promised + math.copysign(self.tolerance, share - promised),
            relation="<=" if share > promised else ">=",
            statistic="share inside",
            says=f"{percent(share)} of the outcomes {SPANS[self.span]} lie in their intervals, which promise "
            f"{percent(promised)}{luck}; a gap of at most {percent(self.tolerance)} is asked for.",
            suffices=_wider(lower_M, target_M, upper_M, promised),
        )


def _wider(lower_M: Float, target_M: Float, upper_M: Float, promised: float) -> str:
    """The factor by which all intervals, about their middles, would hold the promised share."""
    half_M = (upper_M - lower_M) / 2
    wide_M = half_M > 0
    if not wide_M.any():
        return "The intervals have no width; wider ones would suffice."
    distance_M = np.abs(target_M - (lower_M + upper_M) / 2)[wide_M] / half_M[wide_M]
    factor = float(np.quantile(distance_M, promised, method="higher"))
    return f"Intervals {number(factor)} times as wide would have held the promised share."
