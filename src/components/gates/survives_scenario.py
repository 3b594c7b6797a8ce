"""Is the profit still there in a worse world: costs twice as high, every order filled one bar later?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable, number, percent, sentence
from components.ranges import Ge, Le
from components.statistics.performance import known
from components.statistics.sharpe import sharpe_ratio
from components.values import Evidence, Float, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class SurvivesScenario(Gate):
    """The portfolio's net result in one scenario, against a minimum.

    Everything from where the scenario enters is computed again, nothing before. Passes where the result W in it
    reaches max(minimum, min_share_kept * R), R the result of the run. NaN returns are left out; a scenario that the
    backtest does not offer fails. Where costs of c times fail, the words name those that would pass: a result at
    x times the costs is R - (x - 1) (R - W) / (c - 1), linear between the two backtests.

    scenario: its name in the slot robustness. measure: sharpe, annual Sharpe ratio, or mean, arithmetic return a year
    (fraction). minimum: in the measure's unit. min_share_kept: share of the run's own result that must be left, in
    [0, 1], or null.
    """

    scenario: str
    measure: Literal["sharpe", "mean"]
    minimum: float
    min_share_kept: Annotated[float, Ge(0), Le(1)] | None
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {
                "scenario": "double_costs",
                "measure": "sharpe",
                "minimum": 0.0,
                "min_share_kept": None,
                "required": True,
            },
            {
                "scenario": "one_bar_later",
                "measure": "mean",
                "minimum": 0.01,
                "min_share_kept": 0.5,
                "required": False,
            },
        )

    def judges(self, kind: Kind) -> Result:
        return "portfolio"

    def scenarios(self) -> tuple[str, ...]:
        return (self.scenario,)

    def needs(self) -> frozenset[Need]:
        return frozenset[Need]({"scenarios"})

    def judge(self, evidence: Evidence) -> Judgement:
        if self.scenario not in evidence.scenarios:
            return not_computable(
                f"The scenario {self.scenario} could not be played: the backtest does not offer it.", self.minimum
            )
        played = evidence.scenarios[self.scenario]
        run_T, worse_T = evidence.returns_T, played.returns_T
        if not np.any(np.nan_to_num(run_T)):
            return not_computable("The portfolio never traded: there is nothing to compare.", self.minimum)
        if played.costs_times is not None and np.array_equal(run_T, worse_T, equal_nan=True):
            return not_computable("The backtest has no costs, so more of them show nothing.", self.minimum)
        run, worse = (self._result(returns_T, evidence.bars_per_year) for returns_T in (run_T, worse_T))
        if not (math.isfinite(run) and math.isfinite(worse)):
            return not_computable(f"The result {played.phrase} could not be computed.", self.minimum)
        bound = self.minimum if self.min_share_kept is None else max(self.minimum, self.min_share_kept * run)
        return judgement(
            worse >= bound,
            value=worse,
            threshold=bound,
            relation=">=",
            statistic="Sharpe ratio" if self.measure == "sharpe" else "a year",
            says=f"{self._name()} is {self._write(run)}, and {self._write(worse)} {played.phrase}; "
            f"at least {self._write(bound)} is asked for.",
            suffices=self._suffices(run, worse, bound, evidence.metrics, played.costs_times),
        )

    def _result(self, returns_T: Float, periods: float) -> float:
        if self.measure == "sharpe":
            return sharpe_ratio(returns_T, periods)
        returns_T = known(returns_T)
        return float(returns_T.mean()) * periods if len(returns_T) else math.nan

    def _suffices(
        self, run: float, worse: float, bound: float, metrics: Mapping[str, float], costs_times: float | None
    ) -> str:
        more = f"{self._more(bound - worse)} would suffice."
        if costs_times is None:
            return f"The scenario is not what fails: {more}" if run < bound else f"In it {more}"
        lost = (run - worse) / (costs_times - 1) if costs_times != 1 else 0.0
        if not lost > 0:
            return sentence(more)
        times = self._passing_costs(run + lost, lost, costs_times)
        if times <= 0:
            return "The costs are not what fails: even free trading would not suffice."
        bps = _cost_bps(metrics)
        if math.isnan(bps):
            return f"Costs too high: at most {percent(times)} of them would pass."
        return f"Costs too high: at most {number(times * bps)} bps of what is traded would pass, not {number(bps)}."

    def _passing_costs(self, free: float, lost: float, times: float) -> float:
        """Largest multiple of the run's costs that would pass if taken `times` times; free: the result without any."""
        passing = (free - self.minimum) / (times * lost)
        if self.min_share_kept is None:
            return passing
        return min(passing, free * (1 - self.min_share_kept) / ((times - self.min_share_kept) * lost))

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
