"""Did what was promised hold on the bars that nothing had seen?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable, percent, probability
from components.ranges import Gt, Le
from components.statistics.comparison import predictive_accuracy
from components.statistics.newey_west import MeanTest, mean_test
from components.values import Evidence, Judgement, Need, Vault


@dataclass(frozen=True, kw_only=True)
class VaultNotWorse(Gate):
    """One-sided test that the vault's result is below zero; passes unless the test says so.

    For returns and directions the result is the portfolio's net return per bar. For a level, which is not
    traded itself, it is the baseline's squared forecast error minus the model's, averaged over the symbols of
    a timestamp (Diebold & Mariano 1995); where baseline is null, the portfolio's net return all the same.
    Standard errors are robust to dependence (`components.statistics.newey_west.mean_test`); bars whose
    result is NaN are left out. A vault is short: it can refute a result, seldom confirm it.

    baseline: name of a baseline of the experiment, or null; level: probability of refuting a result that is
    exactly zero. Fails where fewer than 8 bars of the vault can be tested.
    """

    baseline: str | None
    level: Annotated[float, Gt(0), Le(0.5)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"baseline": "last_value", "level": 0.05, "required": True},
            {"baseline": None, "level": 0.01, "required": False},
        )

    def judges(self, kind: Kind) -> Result:
        return "forecast" if kind == "level" and self.baseline is not None else "portfolio"

    def baselines(self) -> tuple[str, ...]:
        return () if self.baseline is None else (self.baseline,)

    def needs(self) -> frozenset[Need]:
        return frozenset({"vault"})

    def judge(self, evidence: Evidence) -> Judgement:
        vault = evidence.vault
        if vault is None:
            return not_computable("There is no vault to look into.", self.level)
        if evidence.kind == "level" and self.baseline is not None:
            return self._forecasts(vault, self.baseline, evidence.horizon_bars)
        if not np.any(np.nan_to_num(vault.returns_T)):
            return not_computable("The portfolio never traded in the vault: there are no returns to judge.", self.level)
        test = mean_test(vault.returns_T)
        yearly = percent(test.mean * evidence.bars_per_year)
        return self._judged(test, f"In the vault the portfolio earned {yearly} a year after costs")

    def _forecasts(self, vault: Vault, baseline: str, horizon_bars: int) -> Judgement:
        scored = vault.scored
        if baseline not in scored.baselines:
            return not_computable(f"The baseline {baseline} is not part of this experiment.", self.level)
        loss_M = (scored.target_M - scored.forecast_M) ** 2
        baseline_M = (scored.target_M - scored.baselines[baseline]) ** 2
        test = predictive_accuracy(loss_M, baseline_M, scored.timestamps_M, horizon_bars=horizon_bars)
        known_M = np.isfinite(loss_M) & np.isfinite(baseline_M)
        gain = 1 - float(loss_M[known_M].sum() / baseline_M[known_M].sum()) if baseline_M[known_M].any() else math.nan
        size = f"{percent(abs(gain))} {'smaller' if gain >= 0 else 'larger'} than" if math.isfinite(gain) else "beside"
        return self._judged(test, f"In the vault squared forecast errors are {size} those of {baseline}")

    def _judged(self, test: MeanTest, measured: str) -> Judgement:
        if math.isnan(test.t):
            return not_computable(
                f"{measured}, but {test.n} dates cannot be tested: it takes 8 or more on which the result varies.",
                self.level,
            )
        p_worse = 1 - test.p_greater
        passed = p_worse > self.level
        found = "not shown to be worse than zero" if passed else "worse than bad luck explains"
        says = f"{measured} (t = {test.t:.1f}, one-sided {probability(p_worse)} against zero): {found}."
        return judgement(
            passed, value=p_worse, threshold=self.level, relation=">=", statistic="p-value of a loss", says=says
        )
