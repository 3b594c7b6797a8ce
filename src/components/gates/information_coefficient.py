"""Do the forecasts order the symbols of a date, by more than luck explains?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import Gate, Kind
from components.contracts.metric import SPANS
from components.gates._wording import (
    Span,
    judge_by_test,
    judgement,
    needs_of,
    not_computable,
    number,
    scored_on,
    years_of,
)
from components.ranges import Ge, Gt, Le
from components.statistics.cross_section import MIN_SYMBOLS, cross_sections, information_coefficients
from components.statistics.newey_west import mean_test
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class InformationCoefficient(Gate):
    """Passes where the mean over dates of the cross-sectional correlation of forecasts and outcomes reaches
    a minimum and a one-sided test says that it is above zero.

    kind rank: Spearman; pearson: Pearson. minimum: smallest mean worth having, a correlation.
    level: one-sided error probability; standard errors are robust to the labels' overlap. Dates with fewer
    than 3 symbols do not count; without any other date the gate fails. span: valid, test or vault.
    """

    kind: Literal["rank", "pearson"]
    minimum: Annotated[float, Ge(0), Le(1)]
    level: Annotated[float, Gt(0), Le(0.5)]
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"kind": "rank", "minimum": 0.01, "level": 0.05, "span": "test", "required": True},
            {"kind": "pearson", "minimum": 0.0, "level": 0.01, "span": "valid", "required": False},
        )

    @property
    def min_symbols(self) -> int:
        return MIN_SYMBOLS

    def shows_skill(self, kind: Kind) -> bool:
        return self.span != "valid"

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        scored = scored_on(evidence, self.span)
        sizes_G = np.bincount(cross_sections(scored.timestamps_M, scored.fold_M))
        if sizes_G.max(initial=0) < MIN_SYMBOLS:
            return not_computable(f"No date has the {MIN_SYMBOLS} symbols that a cross-section needs.", self.minimum)
        ic_T = information_coefficients(
            scored.target_M,
            scored.forecast_M,
            scored.timestamps_M,
            scored.fold_M,
            ranked=self.kind == "rank",
        )
        test = mean_test(ic_T, evidence.horizon_bars)
        name = "rank information coefficient" if self.kind == "rank" else "information coefficient"
        if test.n == 0:
            return not_computable(
                f"The {name} could not be computed: on no date do forecasts and outcomes both vary.",
                self.minimum,
            )
        measured = f"the mean {name} {SPANS[self.span]} is {number(test.mean)} over {test.n} dates"
        least = max(test.critical(self.level) * test.standard_error, self.minimum)
        tested = judge_by_test(
            test,
            level=self.level,
            years=years_of(scored),
            measured=measured,
            needed=f"a mean of {number(least)}",
        )
        if tested.value is None:
            return tested
        says = tested.says.removesuffix(tested.suffices).strip()
        if test.mean >= self.minimum:
            return tested
        return judgement(
            False,
            value=test.mean,
            threshold=self.minimum,
            relation=">=",
            statistic=name,
            says=f"{says} It is below the minimum of {number(self.minimum)}.",
            suffices=tested.suffices or f"A mean of {number(least)} would suffice.",
        )
