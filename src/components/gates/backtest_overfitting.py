"""Does what was best in one half of history stay good in the other?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._tries import gated_of, series_TK, silent_too
from components.gates._wording import judgement, not_computable, percent
from components.ranges import Ge, Le
from components.statistics.overfitting import backtest_overfitting
from components.values import Evidence, Judgement, Need

WORDS = {
    "rank": "the try that was best in one half of history is in the lower half of all tries in the other in {}",
    "loss": "the try that was best in one half of history loses in the other in {}",
}


@dataclass(frozen=True, kw_only=True)
class BacktestOverfitting(Gate):
    """Whether the try that is best in half of history stays good in the other, over all ways to halve it.

    Combinatorially symmetric cross-validation over all tries with a series (Bailey, Borwein, Lopez de Prado & Zhu
    2017, J. Computational Finance 20(4):39).

    measure    rank: probability of backtest overfitting, which many equally good tries raise without harm, so that
               it should only advise; loss: probability that the picked try loses out of sample
    statistic  auto: net returns where the target is traded, smaller losses than the baseline's where it is a
               level; or one of both
    baseline   name of the baseline of the losses
    maximum    share of the splits
    n_blocks   blocks of time, even; every half of them is in sample once
    """

    measure: Literal["rank", "loss"]
    statistic: Literal["auto", "sharpe", "loss"]
    baseline: str
    maximum: Annotated[float, Ge(0), Le(1)]
    n_blocks: Annotated[int, Ge(4), Le(20)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        common = {"statistic": "auto", "baseline": "last_value", "n_blocks": 8}
        return (
            {"measure": "loss", "maximum": 0.1, "required": True, **common},
            {"measure": "rank", "maximum": 0.5, "required": False, **common},
        )

    def judges(self, kind: Kind) -> Result:
        return "forecast" if gated_of(self.statistic, kind) == "loss" else "portfolio"

    def needs(self) -> frozenset[Need]:
        return frozenset({"trials"})

    def baselines(self) -> tuple[str, ...]:
        return (self.baseline,)

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.trials is None:
            return not_computable("How much was tried on this data is not known.", self.maximum)
        earned_TK, own = series_TK(self.statistic, self.baseline, evidence, evidence.trials)
        varies_K = earned_TK.std(axis=0) > 0 if len(earned_TK) else np.zeros(earned_TK.shape[1], dtype=np.bool_)
        if own is None or not varies_K[own]:
            return not_computable("This run has no series that could be cut in half.", self.maximum)
        if varies_K.sum() == 1 and self.measure == "rank":
            return self._judged(0.0, "There is one try with a series: none was picked among several.")
        blocks = self.n_blocks // 2 * 2
        if len(earned_TK) < 2 * blocks:
            return not_computable(f"The tries share {len(earned_TK)} dates, too few to cut in half.", self.maximum)
        # A single try is picked against its twin: how often it loses is told all the same.
        twins = 2 if varies_K.sum() == 1 else 1
        found = backtest_overfitting(np.repeat(earned_TK[:, varies_K], twins, axis=1), n_blocks=blocks)
        value = found.probability if self.measure == "rank" else found.loss_probability
        tries = "the only try" if varies_K.sum() == 1 else f"{varies_K.sum():,} tries"
        says = f"Of {tries}, {WORDS[self.measure].format(percent(value))} of the ways to halve it"
        left_out = silent_too(evidence.trials, earned_TK)
        says += "." + (f" {left_out:,} tries without a series stay out." if left_out else "")
        return self._judged(value, says)

    def _judged(self, value: float, says: str) -> Judgement:
        return judgement(
            value <= self.maximum,
            value=value,
            threshold=self.maximum,
            relation="<=",
            statistic="share of the halvings",
            says=says,
            suffices=f"{percent(self.maximum)} or less would suffice.",
        )
