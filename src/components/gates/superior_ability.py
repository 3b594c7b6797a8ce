"""Is the run better than nothing, given everything that was tried on the data? The one judge of skill."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._tries import gated, gated_of, series_TK, silent_too
from components.gates._wording import judgement, not_computable, number, percent, probability
from components.ranges import Ge, Gt, Le
from components.statistics.provable import mean_correlation, provable
from components.statistics.stepwise import MIN_BLOCKS, Family, family_test
from components.values import Evidence, Float, Judgement, Need, Trials


@dataclass(frozen=True, kw_only=True)
class SuperiorAbility(Gate):
    """Family-wise test that the run is better than nothing, given all tries it was picked from.

    Step-wise studentised block bootstrap over the series of all tries (`components.statistics.stepwise`): it keeps
    their correlation, so that twins cost nothing, and their dependence in time. A try without a series counts as one
    more worthless try that is independent of all. The value is the smallest level at which the run would be called
    better.

    Whoever asks again and again gets an answer by luck in the end. Tries come in rounds, a sweep or a single run; in
    the first round on the data noise passes with probability `level`, in a later one with `later_level`, whose share of
    new tries falls with their number, so that the sum over r rounds of equal size stays near level + later_level ln r.

    statistic   auto: net returns above cash where the target is traded, smaller losses than the baseline's where it
                is a level; or one of both
    baseline    name of the baseline of the losses
    level, later_level  chance of even one false claim, in the first round and in any later one
    n_draws     bootstrap samples
    block_bars  length of the bootstrap's blocks, or null: as long as the series depend on themselves
    """

    statistic: Literal["auto", "sharpe", "loss"]
    baseline: str
    level: Annotated[float, Gt(0), Le(0.5)]
    later_level: Annotated[float, Gt(0), Le(0.5)]
    n_draws: Annotated[int, Ge(100)]
    block_bars: Annotated[int, Ge(1)] | None
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        common = {"baseline": "last_value", "n_draws": 500, "later_level": 0.01}
        return (
            {"statistic": "auto", "level": 0.05, "block_bars": None, "required": True, **common},
            {"statistic": "loss", "level": 0.1, "block_bars": 10, "required": False, **common},
        )

    def flaws(self) -> tuple[str, ...]:
        least = 1 / (1 + self.n_draws)
        if min(self.level, self.later_level) < least:
            return (f"{self.n_draws} draws cannot show less than p = {least:.2g}, so no run could pass",)
        return ()

    def judges(self, kind: Kind) -> Result:
        return "forecast" if gated_of(self.statistic, kind) == "loss" else "portfolio"

    def shows_skill(self, kind: Kind) -> bool:
        return True

    def needs(self) -> frozenset[Need]:
        return frozenset({"trials"})

    def baselines(self) -> tuple[str, ...]:
        return (self.baseline,)

    def false_claims(self) -> tuple[float, float]:
        return self.level, self.later_level

    def judge(self, evidence: Evidence) -> Judgement:
        trials = evidence.trials
        if trials is None:
            return not_computable("How much was tried on this data is not known.", self.level)
        if gated(self.statistic, evidence) == "sharpe" and not np.any(np.nan_to_num(evidence.returns_T)):
            return not_computable("The portfolio never traded: there are no returns to judge.", self.level)
        earned_TK, own = series_TK(self.statistic, self.baseline, evidence, trials)
        level = self.later_level if trials.earlier_rounds else self.level
        if own is None:
            return not_computable("This run left no series that could be compared.", level)
        silent = silent_too(trials, earned_TK)
        found = family_test(
            earned_TK,
            own,
            overlap_bars=1 if gated(self.statistic, evidence) == "sharpe" else evidence.horizon_bars,
            n_draws=self.n_draws,
            seed=evidence.seed,
            silent=silent,
            block_bars=self.block_bars,
        )
        if math.isnan(found.t_K[own]):
            says = f"Its {len(earned_TK):,} dates make {found.n_blocks} blocks of {found.block_bars}"
            return not_computable(f"{says}; it takes {MIN_BLOCKS} that differ to say anything.", level)
        return self._judged(found, earned_TK, own, evidence, trials, level, silent)

    def _judged(
        self,
        found: Family,
        earned_TK: Float,
        own: int,
        evidence: Evidence,
        trials: Trials,
        level: float,
        silent: int,
    ) -> Judgement:
        p = float(found.p_K[own])
        passed = p <= level
        reach = self._reach(found, earned_TK, own, evidence, trials, level)
        superior, k = int((found.p_K <= level).sum()), len(found.p_K)
        better = "than cash" if gated(self.statistic, evidence) == "sharpe" else f"than {self.baseline}"
        says = (
            f"Of {k:,} {'try' if k == 1 else 'tries'} with a series {superior:,} "
            f"{'is' if superior == 1 else 'are'} better {better} by more than picking the best explains, this run "
            f"{'among them' if passed else 'not among them'} (t = {number(float(found.t_K[own]))}, {probability(p)}; "
            f"{percent(level)} or less is asked for{_because(trials)})."
        )
        if silent:
            says += f" {silent:,} {'try' if silent == 1 else 'tries'} without a series {_count(silent)} as worthless."
        found_so = judgement(
            passed, value=p, threshold=level, relation="<=", statistic="p-value", says=says, suffices=_suffices(reach)
        )
        return replace(found_so, provable=reach)

    def _reach(
        self, found: Family, earned_TK: Float, own: int, evidence: Evidence, trials: Trials, level: float
    ) -> Mapping[str, Any]:
        """What the record could show: a Sharpe ratio a year, or the share of the baseline's loss that is saved."""
        own_T, t = earned_TK[:, own], float(found.t_K[own])
        bars, rho = len(own_T), mean_correlation(earned_TK)
        if gated(self.statistic, evidence) == "sharpe":
            what, unit = "Sharpe ratio a year", math.sqrt(evidence.bars_per_year)
            measured = float(own_T.mean() / own_T.std()) * unit
        else:
            what = f"share of the loss of {self.baseline} saved"
            own_loss = float(trials.losses_TK[:, own].mean())
            measured = float(own_T.mean()) / (own_loss + float(own_T.mean()))
            unit = abs(measured / t) * math.sqrt(bars) if t else math.nan
        effects = provable(bars, trials.count, rho, now=level, later=self.later_level, unit=unit)
        return {
            "what": what,
            "measured": measured,
            "bars": bars,
            "tries": trials.count,
            "correlation": rho,
            "undecided": bool(found.p_K[own] > level and 0 < measured < effects[0].even),
            "smallest": [asdict(effect) for effect in effects],
        }


def _because(trials: Trials) -> str:
    if not trials.earlier_rounds:
        return ""
    rounds = "one round of tries" if trials.earlier_rounds == 1 else f"{trials.earlier_rounds:,} rounds of tries"
    return f", since {rounds} came before"


def _count(silent: int) -> str:
    return "counts" if silent == 1 else "count"


def _suffices(reach: Mapping[str, Any]) -> str:
    now = reach["smallest"][0]
    share = reach["what"] != "Sharpe ratio a year"
    even, likely = (percent(now[odds]) if share else number(now[odds]) for odds in ("even", "likely"))
    shown = (
        f"After {reach['tries']:,} {'try' if reach['tries'] == 1 else 'tries'} this record shows "
        f"{'a saving' if share else 'a true Sharpe ratio'} of {even}{'' if share else ' a year'} with even odds and of "
        f"{likely} with 90 %"
    )
    if not reach["measured"] > 0:
        return f"{shown}; it earns nothing, so fewer tries would not help."
    return f"{shown}; what was measured is smaller, which leaves it undecided." if reach["undecided"] else f"{shown}."
