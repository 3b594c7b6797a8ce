"""Is the skill there in calm and in turbulent, in rising and in falling markets?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from numpy.lib.stride_tricks import sliding_window_view

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable, number, percent, sentence
from components.ranges import Ge, Gt, Le
from components.statistics.comparison import per_timestamp
from components.statistics.cross_section import MIN_SYMBOLS, cross_sections, section_coefficients
from components.statistics.distinct import distinct
from components.statistics.forecast import loss
from components.values import Evidence, Float, Judgement, Time

MIN_DATES = 20
"""Below it a regime's mean says nothing, and the regime is left out."""

MEASURES = {
    "forecast_skill": "the share of the training mean's loss that the forecast saves",
    "rank_ic": "the mean rank information coefficient",
    "net_return": "the mean net return",
}


@dataclass(frozen=True, kw_only=True)
class RegimeStability(Gate):
    """Share of market regimes in which the skill is there: its mean over the regime's dates is above 0.

    Five regimes, of which the first three and the last two each divide all dates: calm, middling and turbulent
    are the terciles of the trailing volatility (root mean square) of the equal-weighted market; rising and
    falling is the sign of its trailing sum. A date belongs to the regime known at its close, a return to that
    of the bar before. The cut points of the terciles are those of the whole record: they sort it afterwards,
    nothing trades on them. The first window_bars - 1 dates have no regime, and a regime of fewer than 20 dates is
    left out.

    measure: forecast_skill, 1 - loss / loss of the training mean (squared errors; log losses for a
    direction); rank_ic, mean over dates with 3 symbols or more; net_return, of the portfolio. window_bars:
    trailing bars that define a regime. min_share: share of the regimes that must show the skill.
    """

    measure: Literal["forecast_skill", "rank_ic", "net_return"]
    window_bars: Annotated[int, Ge(2)]
    min_share: Annotated[float, Gt(0), Le(1)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"measure": "forecast_skill", "window_bars": 63, "min_share": 0.8, "required": False},
            {"measure": "net_return", "window_bars": 20, "min_share": 0.6, "required": True},
        )

    @property
    def min_symbols(self) -> int:
        return MIN_SYMBOLS if self.measure == "rank_ic" else 1

    def judges(self, kind: Kind) -> Result:
        return "portfolio" if self.measure == "net_return" else "forecast"

    def judge(self, evidence: Evidence) -> Judgement:
        regimes = _regimes(evidence.market_T, self.window_bars)
        if not regimes:
            return not_computable(f"The record is too short for regimes over {self.window_bars} bars.", self.min_share)
        skills = self._skills(evidence, regimes)
        known = {name: skill for name, skill in skills.items() if math.isfinite(skill)}
        if len(known) < 2:
            return not_computable(
                f"Fewer than two regimes have {MIN_DATES} dates with {MEASURES[self.measure]}.", self.min_share
            )
        there = sum(skill > 0 for skill in known.values())
        needed = math.ceil(self.min_share * len(known) - 1e-9)
        weakest = min(known, key=lambda name: known[name])
        says = (
            f"{sentence(MEASURES[self.measure])} is above 0 in {there} of {len(known)} market regimes "
            f"({percent(there / len(known))}); the weakest is the {weakest} market with {self._write(known[weakest])}."
        )
        return judgement(
            there >= needed,
            value=there / len(known),
            threshold=self.min_share,
            relation=">=",
            statistic="share of regimes",
            says=says,
            suffices=f"{needed} of {len(known)} regimes are needed; the skill is absent in the "
            f"{_listed([name for name, skill in known.items() if not skill > 0])} market.",
        )

    def _skills(self, evidence: Evidence, regimes: Mapping[str, npt.NDArray[np.bool_]]) -> dict[str, float]:
        gained_T, scale_T, stamps_T = self._series(evidence)
        at_T = np.searchsorted(evidence.stamps_T, stamps_T.astype(evidence.stamps_T.dtype))
        found_T = at_T < len(evidence.stamps_T)
        usable_T = np.isfinite(gained_T) & np.isfinite(scale_T) & found_T
        skills = {}
        for name, member_B in regimes.items():
            inside_T = usable_T & member_B[np.minimum(at_T, len(member_B) - 1)]
            scale = float(scale_T[inside_T].sum())
            enough = inside_T.sum() >= MIN_DATES and scale > 0
            skills[name] = float(gained_T[inside_T].sum()) / scale if enough else math.nan
        return skills

    def _series(self, evidence: Evidence) -> tuple[Float, Float, Time]:
        """(gain, scale, time of the decision) per date: a regime's skill is sum of gains over sum of scales."""
        test = evidence.test
        if self.measure == "net_return":
            return evidence.returns_T[1:], np.ones(max(len(evidence.returns_T) - 1, 0)), evidence.stamps_T[:-1]
        if self.measure == "rank_ic":
            section_M = cross_sections(test.timestamps_M, test.fold_M)
            _, first_G = np.unique(section_M, return_index=True)
            ic_G = section_coefficients(test.target_M, test.forecast_M, section_M, ranked=True)
            return ic_G, np.ones(len(ic_G)), test.timestamps_M[first_G]
        own_M, mean_M = (loss(evidence.kind, test.target_M, f_M) for f_M in (test.forecast_M, test.train_mean_M))
        own_T, mean_T = (per_timestamp(loss_M, test.timestamps_M) for loss_M in (own_M, mean_M))
        return mean_T - own_T, mean_T, distinct(test.timestamps_M)

    def _write(self, skill: float) -> str:
        return number(skill) if self.measure == "rank_ic" else f"{percent(skill)}{self._unit()}"

    def _unit(self) -> str:
        return " a bar" if self.measure == "net_return" else ""


def _regimes(market_T: Float, window: int) -> dict[str, npt.NDArray[np.bool_]]:
    """name -> (T,) whether a bar's close ends the regime; nothing where no bar has a whole window behind it."""
    if len(market_T) <= window:
        return {}
    windows_KW = sliding_window_view(np.nan_to_num(market_T), window)
    volatility_K = np.sqrt((windows_KW**2).mean(axis=1))
    trend_K = windows_KW.sum(axis=1)
    low, high = np.quantile(volatility_K, [1 / 3, 2 / 3])
    inside = {
        "calm": volatility_K <= low,
        "middling": (volatility_K > low) & (volatility_K <= high),
        "turbulent": volatility_K > high,
        "rising": trend_K >= 0,
        "falling": trend_K < 0,
    }
    before_W = np.zeros(window - 1, dtype=np.bool_)
    return {name: np.concatenate([before_W, member_K]) for name, member_K in inside.items()}


def _listed(names: Sequence[str]) -> str:
    return f"{', '.join(names[:-1])} and {names[-1]}" if len(names) > 1 else "".join(names)
