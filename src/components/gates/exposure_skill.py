"""Does the portfolio's timing earn more than the same average exposure held constant?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._wording import judge_by_test, not_computable, number, percent
from components.ranges import Gt, Le
from components.statistics.comparison import sharpe_difference
from components.statistics.newey_west import mean_test
from components.statistics.sharpe import sharpe_ratio
from components.values import Evidence, Float, Judgement


@dataclass(frozen=True, kw_only=True)
class ExposureSkill(Gate):
    """One-sided test of the portfolio's net returns against its benchmark, the same average exposure held.

    measure sharpe: difference of the Sharpe ratios (Ledoit & Wolf 2008); mean: difference of the mean
    returns. Standard errors are robust to dependence; bars where either return is NaN are left out.
    level: one-sided error probability.
    """

    measure: Literal["sharpe", "mean"]
    level: Annotated[float, Gt(0), Le(0.5)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"measure": "sharpe", "level": 0.05, "required": False},
            {"measure": "mean", "level": 0.1, "required": True},
        )

    def judges(self, kind: Kind) -> Result:
        return "portfolio"

    def shows_skill(self, kind: Kind) -> bool:
        return True

    def judge(self, evidence: Evidence) -> Judgement:
        both_T = np.isfinite(evidence.returns_T) & np.isfinite(evidence.benchmark_T)
        own_T, held_T = evidence.returns_T[both_T], evidence.benchmark_T[both_T]
        if not np.any(held_T):
            return not_computable("The portfolio has no benchmark: its average exposure is zero.", self.level)
        if not np.any(own_T):
            return not_computable("The portfolio never traded: there is no timing to judge.", self.level)
        periods = evidence.bars_per_year
        test = sharpe_difference(own_T, held_T) if self.measure == "sharpe" else mean_test(own_T - held_T)
        least = test.critical(self.level) * test.standard_error
        return judge_by_test(
            test,
            level=self.level,
            years=len(own_T) / periods,
            measured=self._measured(own_T, held_T, periods),
            needed=self._needed(least, periods),
        )

    def _measured(self, own_T: Float, held_T: Float, periods: float) -> str:
        if self.measure == "sharpe":
            own, held = (number(sharpe_ratio(r_T, periods)) for r_T in (own_T, held_T))
            compared = f"the portfolio's Sharpe ratio is {own}, against {held}"
        else:
            own, held = (percent(float(r_T.mean()) * periods) for r_T in (own_T, held_T))
            compared = f"the portfolio earns {own} a year, against {held}"
        return f"{compared} for the market held at the same average exposure"

    def _needed(self, least: float, periods: float) -> str:
        if self.measure == "sharpe":
            return f"a Sharpe ratio {number(least * math.sqrt(periods))} higher than the benchmark's"
        return f"{percent(least * periods)} a year more than the benchmark"
