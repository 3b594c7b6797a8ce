"""Is the profit still there if costs are twice as high, or if every order is filled one bar later?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
from annotated_types import Ge, Le

from components.contracts import Gate
from components.gates._wording import judgement, not_applicable, not_computable, number, percent, sentence
from components.statistics.performance import known, sharpe_ratio
from components.values import Evidence, Float, Judgement, Need, Stress

WORSE: Mapping[Stress, str] = {"double_costs": "with every cost doubled", "one_bar_later": "with fills one bar later"}


@dataclass(frozen=True, kw_only=True)
class SurvivesStress(Gate):
    """The portfolio's net result under one worse assumption, against a minimum.

    The same target weights are traded again under the assumption: nothing is fitted or decided anew. Passes
    where the worse result W reaches max(minimum, min_share_kept * R), R the result of the run. NaN returns are
    left out; a backtest that does not offer the assumption fails. Where doubled costs fail, the words name the
    costs that would pass: a result at c times the costs is R - (c - 1) (R - W), linear between the two backtests.

    stress: double_costs (commission, impact, borrowing, financing) or one_bar_later. measure: sharpe, annual
    Sharpe ratio, or mean, arithmetic return a year (fraction). minimum: in the measure's unit.
    min_share_kept: share of the run's own result that must be left, in [0, 1], or null.
    """

    stress: Stress
    measure: Literal["sharpe", "mean"]
    minimum: float
    min_share_kept: Annotated[float, Ge(0), Le(1)] | None
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {
                "stress": "double_costs",
                "measure": "sharpe",
                "minimum": 0.0,
                "min_share_kept": None,
                "required": True,
            },
            {
                "stress": "one_bar_later",
                "measure": "mean",
                "minimum": 0.01,
                "min_share_kept": 0.5,
                "required": False,
            },
        )

    def needs(self) -> frozenset[Need]:
        return frozenset[Need]({"stress"})

    def judge(self, evidence: Evidence) -> Judgement:
        if self.stress not in evidence.stress:
            return not_computable(
                f"The backtest cannot be run {WORSE[self.stress]}: it does not offer it.", self.minimum
            )
        run_T, worse_T = evidence.returns_T, evidence.stress[self.stress]
        if not np.any(np.nan_to_num(run_T)):
            return not_applicable("The portfolio never traded: there is nothing to put under stress.")
        if self.stress == "double_costs" and np.array_equal(run_T, worse_T, equal_nan=True):
            return not_applicable("The backtest has no costs, so doubling them shows nothing.")
        run, worse = (self._result(returns_T, evidence.bars_per_year) for returns_T in (run_T, worse_T))
        if not (math.isfinite(run) and math.isfinite(worse)):
            return not_computable(f"The result {WORSE[self.stress]} could not be computed.", self.minimum)
        bound = self.minimum if self.min_share_kept is None else max(self.minimum, self.min_share_kept * run)
        return judgement(
            worse >= bound,
            value=worse,
            threshold=bound,
            says=f"{self._name()} is {self._write(run)}, and {self._write(worse)} {WORSE[self.stress]}; "
            f"at least {self._write(bound)} is asked for.",
            suffices=self._suffices(run, worse, bound, evidence.metrics),
        )

    def _result(self, returns_T: Float, periods: float) -> float:
        if self.measure == "sharpe":
            return sharpe_ratio(returns_T, periods)
        returns_T = known(returns_T)
        return float(returns_T.mean()) * periods if len(returns_T) else math.nan

    def _suffices(self, run: float, worse: float, bound: float, metrics: Mapping[str, float]) -> str:
        more = f"{self._more(bound - worse)} would suffice."
        if self.stress == "one_bar_later":
            return f"The delay is not what fails: {more}" if run < bound else f"Under that delay {more}"
        lost = run - worse
        if not lost > 0:
            return sentence(more)
        times = self._passing_costs(run + lost, lost)
        if times <= 0:
            return "The costs are not what fails: even free trading would not suffice."
        bps = _cost_bps(metrics)
        if math.isnan(bps):
            return f"Costs too high: at most {percent(times)} of them would pass."
        return f"Costs too high: at most {number(times * bps)} bps of what is traded would pass, not {number(bps)}."

    def _passing_costs(self, free: float, lost: float) -> float:
        """Largest multiple of the run's costs that would pass if doubled; free: the result without any."""
        times = (free - self.minimum) / (2 * lost)
        if self.min_share_kept is None:
            return times
        return min(times, free * (1 - self.min_share_kept) / ((2 - self.min_share_kept) * lost))

    def _write(self, result: float) -> str:
        return number(result) if self.measure == "sharpe" else f"{percent(result)} a year"

    def _more(self, gap: float) -> str:
        return f"a Sharpe ratio {number(gap)} higher" if self.measure == "sharpe" else f"{percent(gap)} a year more"

    def _name(self) -> str:
        return "The portfolio's Sharpe ratio" if self.measure == "sharpe" else "The portfolio's mean net return"


def _cost_bps(metrics: Mapping[str, float]) -> float:
    """All costs of the run in basis points of what it traded; NaN where that is not known."""
    cost, turnover = (metrics.get(f"backtest/{name}", math.nan) for name in ("cost_annual", "turnover_annual"))
    return 1e4 * cost / turnover if turnover > 0 and math.isfinite(cost) else math.nan
