"""How sure is it that the portfolio's true Sharpe ratio exceeds a hurdle?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._wording import duration, judgement, not_computable, number, percent
from components.ranges import Ge, Lt
from components.statistics.sharpe import minimum_track_record, probabilistic_sharpe, sharpe_sample
from components.values import Evidence, Judgement


@dataclass(frozen=True, kw_only=True)
class ProbabilisticSharpe(Gate):
    """Probabilistic Sharpe ratio of the portfolio's net returns (Bailey & Lopez de Prado 2012), which
    accounts for the length of the record, skewness and fat tails, but not for the number of trials.

    hurdle: annual Sharpe ratio to exceed; probability: how sure one must be.
    """

    hurdle: float
    probability: Annotated[float, Ge(0.5), Lt(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"hurdle": 0.0, "probability": 0.95, "required": True},
            {"hurdle": 0.5, "probability": 0.9, "required": False},
        )

    def judges(self, kind: Kind) -> Result:
        return "portfolio"

    def shows_skill(self, kind: Kind) -> bool:
        return self.hurdle >= 0

    def judge(self, evidence: Evidence) -> Judgement:
        returns_T, periods = evidence.returns_T, evidence.bars_per_year
        if not np.any(np.nan_to_num(returns_T)):
            return not_computable("The portfolio never traded: there are no returns to judge.", self.probability)
        sample, hurdle = sharpe_sample(returns_T), self.hurdle / math.sqrt(periods)
        confidence = probabilistic_sharpe(sample, hurdle)
        if math.isnan(confidence):
            return not_computable(f"The Sharpe ratio of {sample.n} returns could not be judged.", self.probability)
        years = sample.n / periods
        says = (
            f"The portfolio's Sharpe ratio is {number(sample.sharpe * math.sqrt(periods))} a year over "
            f"{duration(years)}: {percent(confidence)} sure to exceed {number(self.hurdle)}"
        )
        passed = confidence >= self.probability
        says += "." if passed else f", where {percent(self.probability)} is asked for."
        needed = minimum_track_record(sample, hurdle, self.probability) / periods
        suffices = (
            f"A record of {duration(needed)} with the same ratio would suffice."
            if math.isfinite(needed)
            else "No longer record would suffice: the ratio itself must rise."
        )
        return judgement(
            passed,
            value=confidence,
            threshold=self.probability,
            relation=">=",
            statistic="confidence",
            says=says,
            suffices=suffices,
        )
