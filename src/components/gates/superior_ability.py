"""Is the run among the tries that are better than nothing, given that the best of many was picked?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._tries import gated, gated_of, series_TK, silent_too
from components.gates._wording import judgement, not_computable, number, probability
from components.ranges import Ge, Gt, Le
from components.statistics.snooping import ability_and_p_values
from components.values import Evidence, Float, Judgement, Need, Trials


@dataclass(frozen=True, kw_only=True)
class SuperiorAbility(Gate):
    """Step-wise bootstrap test of whether the run is better than nothing, given all tries it was picked from.

    Romano & Wolf (2005, Econometrica 73:1237) over all tries with a series; Hansen's (2005, JBES 23:365) p-value of
    "no try is better" is shown beside it.
    The bootstrap keeps the tries' correlation, so that twins cost nothing. Tries without a series cannot enter.
    The value is the smallest level at which the run itself would be called superior.
    statistic  auto: net returns above cash where the target is traded, smaller losses than the baseline's where it
               is a level; or one of both
    baseline   name of the baseline of the losses
    level      chance of even one false claim
    n_draws    bootstrap samples
    block_bars mean length of the bootstrap's blocks; at least the labels' overlap is used
    """

    statistic: Literal["auto", "sharpe", "loss"]
    baseline: str
    level: Annotated[float, Gt(0), Le(0.5)]
    n_draws: Annotated[int, Ge(100)]
    block_bars: Annotated[int, Ge(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        common = {"baseline": "last_value", "n_draws": 500, "block_bars": 10}
        return (
            {"statistic": "auto", "level": 0.05, "required": True, **common},
            {"statistic": "loss", "level": 0.1, "required": False, **common},
        )

    def judges(self, kind: Kind) -> Result:
        return "forecast" if gated_of(self.statistic, kind) == "loss" else "portfolio"

    def shows_skill(self, kind: Kind) -> bool:
        return True

    def needs(self) -> frozenset[Need]:
        return frozenset({"trials"})

    def baselines(self) -> tuple[str, ...]:
        return (self.baseline,)

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.trials is None:
            return not_computable("How much was tried on this data is not known.", self.level)
        if gated(self.statistic, evidence) == "sharpe" and not np.any(np.nan_to_num(evidence.returns_T)):
            return not_computable("The portfolio never traded: there are no returns to judge.", self.level)
        earned_TK, own = series_TK(self.statistic, self.baseline, evidence, evidence.trials)
        if own is None or len(earned_TK) < 30:
            return not_computable("The tries share too few dates to be compared.", self.level)
        return self._compared(earned_TK, own, evidence, evidence.trials)

    def _compared(self, earned_TK: Float, own: int, evidence: Evidence, trials: Trials) -> Judgement:
        blocks = float(max(self.block_bars, evidence.horizon_bars))
        draws: dict[str, Any] = {"block_bars": blocks, "n_draws": self.n_draws, "seed": evidence.seed}
        ability, p_K = ability_and_p_values(earned_TK, **draws)
        best = ability.consistent
        passed = bool(p_K[own] <= self.level)
        superior, k = int((p_K <= self.level).sum()), len(p_K)
        better = "than cash" if gated(self.statistic, evidence) == "sharpe" else f"than {self.baseline}"
        says = (
            f"Of {k:,} {'try' if k == 1 else 'tries'} with a series {superior:,} "
            f"{'is' if superior == 1 else 'are'} better {better} by more than picking the best explains, this run "
            f"{'among them' if passed else 'not among them'} ({probability(float(p_K[own]))}; {probability(best)} "
            "that none is)"
        )
        left_out = silent_too(trials, earned_TK)
        return judgement(
            passed,
            value=float(p_K[own]),
            threshold=self.level,
            relation="<=",
            statistic="p-value",
            says=f"{says}." + (f" {left_out:,} tries without a series stay out." if left_out else ""),
            suffices=_suffices(earned_TK[:, own], k),
        )


def _suffices(earned_T: Float, k: int) -> str:
    if not earned_T.mean() > 0:
        return "It earns nothing, so fewer tries would not help."
    t = float(earned_T.mean() / earned_T.std() * np.sqrt(len(earned_T)))
    fewer = f", or fewer than {k:,} different tries," if k > 1 else ""
    return f"A t statistic above {number(t)}{fewer} would suffice."
