"""What would have become of the portfolio in the unlucky ones of many histories like its own?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind, Result
from components.gates._wording import duration, judgement, not_computable, percent
from components.ranges import Ge, Gt, Lt
from components.seeds import derive
from components.statistics.performance import known
from components.statistics.snooping import stationary_index
from components.values import Evidence, Float, Judgement, Need

MIN_BARS = 8


@dataclass(frozen=True, kw_only=True)
class MonteCarlo(Gate):
    """A quantile of the annual return or of the deepest drawdown over resampled histories of the portfolio.

    Each history puts blocks of the net returns together at random, as long as the record (stationary
    bootstrap, Politis & Romano 1994, JASA 89:1303), so neighbouring bars keep their dependence. It shows what
    luck in the order and the choice of bars could have done, not what a market unlike the record would do.
    All draws come from the run's seed. NaN returns are left out; 8 returns are needed.

    measure: annual_return, compound, or max_drawdown, a fraction <= 0. quantile: the unlucky share of the
    histories, in (0, 0.5). minimum: what the quantile must reach, a fraction. n_draws: histories.
    block_bars: mean length of a block, bars; as long as returns depend on each other.
    """

    measure: Literal["annual_return", "max_drawdown"]
    quantile: Annotated[float, Gt(0), Lt(0.5)]
    minimum: Annotated[float, Gt(-1)]
    n_draws: Annotated[int, Ge(100)]
    block_bars: Annotated[float, Ge(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        small = {"quantile": 0.05, "n_draws": 200, "block_bars": 10.0}
        return (
            {**small, "measure": "annual_return", "minimum": 0.0, "required": True},
            {**small, "measure": "max_drawdown", "minimum": -0.5, "required": False},
        )

    def flaws(self) -> tuple[str, ...]:
        if self.measure == "max_drawdown" and self.minimum > 0:
            return (f"a drawdown is never above 0, so its minimum of {percent(self.minimum)} cannot be reached",)
        return ()

    def judges(self, kind: Kind) -> Result:
        return "portfolio"

    def needs(self) -> frozenset[Need]:
        return frozenset[Need]({"draws"})

    def judge(self, evidence: Evidence) -> Judgement:
        returns_T = known(evidence.returns_T)
        if not np.any(returns_T):
            return not_computable("The portfolio never traded: there are no returns to draw from.", self.minimum)
        if len(returns_T) < MIN_BARS:
            return not_computable(f"{len(returns_T)} returns are too few to draw histories from.", self.minimum)
        drawn_B = self._drawn(returns_T, evidence)
        unlucky = float(np.quantile(drawn_B, self.quantile))
        name = "earns" if self.measure == "annual_return" else "falls from a peak by"
        shown = percent(unlucky if self.measure == "annual_return" else -unlucky)
        asked = (
            f"at least {percent(self.minimum)} a year"
            if self.measure == "annual_return"
            else f"at most {percent(-self.minimum)}"
        )
        return judgement(
            unlucky >= self.minimum,
            value=unlucky,
            threshold=self.minimum,
            relation=">=",
            statistic="a year" if self.measure == "annual_return" else "drawdown",
            says=f"In the unlucky {percent(self.quantile)} of {self.n_draws:,} resampled histories the portfolio "
            f"{name} {shown}{' a year or less' if self.measure == 'annual_return' else ' or more'}; {asked} is "
            "asked for.",
            suffices=self._suffices(float(np.median(drawn_B)), unlucky, len(returns_T) / evidence.bars_per_year),
        )

    def _drawn(self, returns_T: Float, evidence: Evidence) -> Float:
        """(n_draws,) the measure of each history. Wealth that is lost stays lost."""
        log_T = np.log(np.maximum(1 + returns_T, 1e-12))
        rng = np.random.default_rng(derive(evidence.seed, "gates", "monte_carlo"))
        n = len(log_T)
        drawn_B = np.empty(self.n_draws)
        for draw in range(self.n_draws):
            path_T = log_T[stationary_index(n, self.block_bars, rng)]
            if self.measure == "annual_return":
                drawn_B[draw] = path_T.sum() * evidence.bars_per_year / n
            else:
                wealth_T = np.cumsum(path_T)
                drawn_B[draw] = (wealth_T - np.maximum.accumulate(np.maximum(wealth_T, 0.0))).min()
        return np.expm1(np.minimum(drawn_B, 700.0))

    def _suffices(self, median: float, unlucky: float, years: float) -> str:
        if self.measure == "max_drawdown":
            share = math.log1p(self.minimum) / math.log1p(unlucky) if -1 < unlucky < 0 else math.nan
            return f"Positions scaled to about {percent(share)} would suffice."
        if median <= self.minimum:
            return "No longer record would suffice: the return itself must rise."
        # The spread of a mean shrinks with the root of the record's length.
        needed = years * ((median - unlucky) / (median - self.minimum)) ** 2
        return f"A record of about {duration(needed)} with the same returns would suffice."
