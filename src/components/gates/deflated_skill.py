"""What is left of the gated statistic once everything that was tried on the data is counted?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._tries import gains_TK, gated, gated_of, silent_too
from components.gates._wording import duration, judgement, not_computable, number, percent, sentence
from components.ranges import Ge, Lt
from components.statistics.deflation import (
    Deflated,
    deflated_mean,
    deflated_ratio,
    independent_trials,
    published_ratio,
    tries_that_pass,
)
from components.values import Evidence, Judgement, Need, Trials


@dataclass(frozen=True, kw_only=True)
class DeflatedSkill(Gate):
    """Confidence that the gated statistic exceeds luck's best among all tries on the same data.

    Luck's best is the expected maximum of as many independent worthless tries as the family's correlated ones are
    worth, with the sampling variance under the null (`components.statistics.deflation`). One single try: no
    hurdle. Tries that failed, were pruned or left no series count as independent ones.
    statistic    auto: what the target is gated on, the Sharpe ratio of net returns where it is traded (return,
                 direction), the t statistic of the loss differential where it is a level; or one of both
    baseline     name of the baseline of the loss differential
    probability  how sure one must be
    """

    statistic: Literal["auto", "sharpe", "loss"]
    baseline: str
    probability: Annotated[float, Ge(0.5), Lt(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"statistic": "auto", "baseline": "last_value", "probability": 0.95, "required": True},
            {"statistic": "sharpe", "baseline": "last_value", "probability": 0.9, "required": False},
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
        trials = evidence.trials
        if trials is None:
            return not_computable("How much was tried on this data is not known.", self.probability)
        if gated(self.statistic, evidence) == "loss":
            return self._loss(evidence, trials)
        return self._sharpe(evidence, trials)

    def _sharpe(self, evidence: Evidence, trials: Trials) -> Judgement:
        if not np.any(np.nan_to_num(evidence.returns_T)):
            return not_computable("The portfolio never traded: there are no returns to judge.", self.probability)
        n_independent = independent_trials(trials.returns_TK, trials.silent)
        deflated = deflated_ratio(evidence.returns_T, n_independent)
        year = math.sqrt(evidence.bars_per_year)
        published = published_ratio(evidence.returns_T, trials.returns_TK, trials.count)
        also = f" The deflated Sharpe ratio as published is {percent(published)}." if math.isfinite(published) else ""
        luck = _luck(trials, deflated, year, "returns")
        measured = f"The portfolio's Sharpe ratio is {number(deflated.statistic * year)} a year{luck}"
        return self._verdict(deflated, trials, measured, f"{number(deflated.critical * year)} a year", evidence, also)

    def _loss(self, evidence: Evidence, trials: Trials) -> Judgement:
        gain_TK, own = gains_TK(evidence, trials, self.baseline)
        if own is None:
            return not_computable(f"No date has a forecast, an outcome and {self.baseline}.", self.probability)
        silent = silent_too(trials, gain_TK)
        deflated = deflated_mean(gain_TK[:, own], independent_trials(gain_TK, silent), evidence.horizon_bars)
        measured = (
            f"Forecast errors are smaller than those of {self.baseline} with t = {number(deflated.statistic)}"
            f"{_luck(trials, deflated, 1.0, 'losses')}"
        )
        return self._verdict(deflated, trials, measured, f"t = {number(deflated.critical)}", evidence, "")

    def _verdict(
        self, deflated: Deflated, trials: Trials, measured: str, needed: str, evidence: Evidence, also: str
    ) -> Judgement:
        if math.isnan(deflated.confidence):
            return not_computable("The statistic could not be computed on these returns.", self.probability)
        passed = deflated.confidence >= self.probability
        says = (
            f"{measured}: {percent(deflated.confidence)} sure to be more than {'zero' if trials.count == 1 else 'that'}"
        )
        if not passed:
            says += f", where {percent(self.probability)} is asked for"
        return judgement(
            passed,
            value=deflated.confidence,
            threshold=self.probability,
            relation=">=",
            statistic="confidence",
            says=f"{says}.{also}{_silent(trials)}",
            suffices="" if passed else _suffices(deflated, needed, evidence),
        )


def _luck(trials: Trials, deflated: Deflated, unit: float, series: str) -> str:
    if trials.count == 1:
        return ", of one single try, so that nothing was picked"
    worth = f"worth {number(round(deflated.n_independent, 1))} independent ones by their {series}"
    return f"; the best of {trials.count:,} tries, {worth}, reaches {number(deflated.hurdle * unit)} by luck alone"


def _silent(trials: Trials) -> str:
    if trials.silent == 0:
        return ""
    which = "1 try" if trials.silent == 1 else f"{trials.silent:,} tries"
    return f" {which} without returns (failed, pruned, or on other dates) count in their number only."


def _suffices(deflated: Deflated, needed: str, evidence: Evidence) -> str:
    """What would have been enough: a larger figure, fewer tries, or a longer record."""
    enough = f"{sentence(needed)} would suffice"
    most = tries_that_pass(deflated)
    if most >= 2:
        return f"{enough}, or no more than {number(math.floor(most))} independent tries."
    if not deflated.statistic > 0:
        return f"{enough}; the figure measured is no improvement at all."
    years = len(evidence.returns_T) / evidence.bars_per_year
    more = years * ((deflated.critical / deflated.statistic) ** 2 - 1)
    return f"{enough}, or, at the figure measured, about {duration(more)} more of history."
