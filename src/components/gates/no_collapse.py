"""Has the model collapsed to a constant, to one class, to a copy of the last known value, or to holding?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import numpy.typing as npt

from components.contracts import KINDS, Gate, Kind
from components.contracts.metric import SPANS
from components.gates._collapse import class_entropy, constant_share, copied_changes, variance_ratio
from components.gates._wording import (
    Span,
    needs_of,
    not_computable,
    number,
    percent,
    scored_on,
)
from components.ranges import Ge, Gt, Le
from components.statistics.forecast import correlation
from components.values import Evidence, Float, Int, Judgement, Need, Scored

COPIED = "last_value"


@dataclass(frozen=True, kw_only=True)
class _Check:
    """One symptom: its name, measure and bound, whether the bound is a minimum, what it is, and what to do."""

    name: str
    value: float
    bound: float
    at_least: bool
    says: str
    cure: str

    @property
    def passed(self) -> bool:
        return self.value >= self.bound if self.at_least else self.value <= self.bound


@dataclass(frozen=True, kw_only=True)
class NoCollapse(Gate):
    """Looks for the ways in which a model says nothing; a bound that is null is not looked at.

    min_variance_ratio    variance of the forecasts within their folds over that of the outcomes: a
                          model that only moves with its fold's mean has collapsed in each of them
    max_constant_share    share of forecasts equal to the most frequent forecast of their fold
    max_class_share       share of forecasts on the more frequent side (p > 1/2, or the sign of a return)
    min_class_entropy     entropy of the side given the fold, bits in [0, 1]: sees folds that each say
                          one side only, even if the sides differ between folds
    max_copy_correlation  correlation with the baseline last_value
    max_copied_changes    squared correlation of the forecasts' changes with those of last_value, per symbol
                          and fold: a lag-1 copy, also a shifted or scaled one
    max_hold_correlation  correlation of the portfolio's net returns with the market held at the same
                          average exposure: buying and holding under another name
    span                  valid, test or vault; the portfolio has no returns on the validation spans
    A level has no sides, so class bounds do not apply to it.
    """

    min_variance_ratio: Annotated[float, Ge(0)] | None
    max_constant_share: Annotated[float, Gt(0), Le(1)] | None
    max_class_share: Annotated[float, Ge(0.5), Le(1)] | None
    min_class_entropy: Annotated[float, Ge(0), Le(1)] | None
    max_copy_correlation: Annotated[float, Gt(0), Le(1)] | None
    max_copied_changes: Annotated[float, Gt(0), Le(1)] | None
    max_hold_correlation: Annotated[float, Gt(0), Le(1)] | None
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {
                "min_variance_ratio": 0.01,
                "max_constant_share": 0.5,
                "max_class_share": None,
                "min_class_entropy": None,
                "max_copy_correlation": 0.999,
                "max_copied_changes": 0.95,
                "max_hold_correlation": None,
                "span": "test",
                "required": True,
            },
            {
                "min_variance_ratio": None,
                "max_constant_share": 0.9,
                "max_class_share": 0.95,
                "min_class_entropy": 0.2,
                "max_copy_correlation": None,
                "max_copied_changes": None,
                "max_hold_correlation": 0.99,
                "span": "valid",
                "required": False,
            },
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        bounds = {name for name, value in vars(self).items() if name.startswith(("min_", "max_")) and value is not None}
        return KINDS if bounds - {"max_class_share", "min_class_entropy"} else ("return", "direction")

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def flaws(self) -> tuple[str, ...]:
        bounds = [value for name, value in vars(self).items() if name.startswith(("min_", "max_"))]
        return () if any(bound is not None for bound in bounds) else ("has no bound: all of them are null",)

    def judge(self, evidence: Evidence) -> Judgement:
        scored = scored_on(evidence, self.span)
        if not np.isfinite(scored.forecast_M).any():
            return not_computable(f"There is no finite forecast {SPANS[self.span]}.", None)
        checks = [check for check in (*self._spread(scored, evidence.kind), *self._copies(evidence)) if check]
        if not checks:
            return not_computable("None of the bounds of this gate could be looked at in this run.", None)
        failed = [check for check in checks if not check.passed]
        worst = (failed or checks)[0]
        verb = "have collapsed" if failed else "have not collapsed"
        reasons = "; ".join(check.says for check in failed or checks)
        suffices = " ".join(check.cure for check in failed)
        return Judgement(
            status="failed" if failed else "passed",
            value=None if math.isnan(worst.value) else worst.value,
            threshold=worst.bound,
            says=f"The forecasts {SPANS[self.span]} {verb}: {reasons}. {suffices}".strip(),
            suffices=suffices,
            statistic=worst.name,
            relation=">=" if worst.at_least else "<=",
        )

    def _spread(self, scored: Scored, kind: str) -> tuple[_Check | None, ...]:
        known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
        forecast_M, fold_M = scored.forecast_M[known_M], scored.fold_M[known_M]
        up_M = forecast_M > (0.5 if kind == "direction" else 0.0)
        return (
            self._variance(forecast_M, scored.target_M[known_M], fold_M),
            self._constant(forecast_M, fold_M),
            None if kind == "level" else self._one_sided(up_M),
            None if kind == "level" else self._entropy(up_M, fold_M),
        )

    def _copies(self, evidence: Evidence) -> tuple[_Check | None, ...]:
        scored = scored_on(evidence, self.span)
        return (self._copy(scored), self._lagged(scored), self._held(evidence))

    def _variance(self, forecast_M: Float, target_M: Float, fold_M: Int) -> _Check | None:
        bound = self.min_variance_ratio
        if bound is None:
            return None
        ratio = variance_ratio(forecast_M, target_M, fold_M)
        says = (
            "the outcomes do not vary within a fold, so nothing can be compared"
            if math.isnan(ratio)
            else f"within a fold they vary {percent(ratio)} as much as the outcomes (variance; at least "
            f"{percent(bound)} asked for)"
        )
        cure = (
            f"Forecasts {number(math.sqrt(bound / ratio))} times as lively would suffice."
            if ratio > 1e-9
            else "Forecasts that move within a fold would suffice."
        )
        return _Check(name="variance ratio", value=ratio, bound=bound, at_least=True, says=says, cure=cure)

    def _constant(self, forecast_M: Float, fold_M: Int) -> _Check | None:
        bound = self.max_constant_share
        if bound is None:
            return None
        share = constant_share(forecast_M, fold_M)
        says = (
            f"{percent(share)} of them equal the most frequent value of their fold (at most {percent(bound)} allowed)"
        )
        cure = f"Forecasts that differ in {percent(1 - bound)} of the rows would suffice."
        return _Check(name="share of one value", value=share, bound=bound, at_least=False, says=says, cure=cure)

    def _one_sided(self, up_M: npt.NDArray[np.bool_]) -> _Check | None:
        bound = self.max_class_share
        if bound is None:
            return None
        up = float(up_M.mean()) if len(up_M) else math.nan
        side, other = ("up", "not up") if up >= 0.5 else ("not up", "up")
        share = max(up, 1 - up)
        says = f'{percent(share)} of them say "{side}" (at most {percent(bound)} allowed)'
        cure = f'Saying "{other}" in {percent(1 - bound)} of the rows would suffice.'
        return _Check(name="share of one side", value=share, bound=bound, at_least=False, says=says, cure=cure)

    def _entropy(self, up_M: npt.NDArray[np.bool_], fold_M: Int) -> _Check | None:
        bound = self.min_class_entropy
        if bound is None:
            return None
        bits = class_entropy(up_M, fold_M)
        says = (
            f"the side they take within a fold has {number(bits)} bits of entropy (at least {number(bound)} asked for)"
        )
        cure = "Forecasts that take both sides in every fold would suffice."
        return _Check(name="entropy, bits", value=bits, bound=bound, at_least=True, says=says, cure=cure)

    def _copy(self, scored: Scored) -> _Check | None:
        bound = self.max_copy_correlation
        if bound is None or COPIED not in scored.baselines:
            return None
        r = correlation(scored.baselines[COPIED], scored.forecast_M)
        says = f"their correlation with {COPIED} is {r:.4f} (at most {bound:.4f} allowed)"
        cure = f"Forecasts that say more than {COPIED} would suffice."
        return (
            None
            if math.isnan(r)
            else _Check(name="correlation with last_value", value=r, bound=bound, at_least=False, says=says, cure=cure)
        )

    def _lagged(self, scored: Scored) -> _Check | None:
        bound = self.max_copied_changes
        if bound is None or COPIED not in scored.baselines:
            return None
        share = copied_changes(scored.forecast_M, scored.baselines[COPIED], scored.symbols_M, scored.fold_M)
        says = f"the last known outcome explains {percent(share)} of their changes (at most {percent(bound)} allowed)"
        cure = "Forecasts that do not merely follow the last outcome would suffice."
        return (
            None
            if math.isnan(share)
            else _Check(name="share copied", value=share, bound=bound, at_least=False, says=says, cure=cure)
        )

    def _held(self, evidence: Evidence) -> _Check | None:
        bound = self.max_hold_correlation
        if bound is None or self.span == "valid" or not evidence.has_portfolio:
            return None
        traded = evidence.vault if self.span == "vault" and evidence.vault else evidence
        r = correlation(traded.benchmark_T, traded.returns_T)
        says = (
            f"the portfolio's returns have a correlation of {r:.4f} with holding the market (at most {bound:.4f} "
            "allowed)"
        )
        cure = "Weights that change with the forecasts would suffice."
        return (
            None
            if math.isnan(r)
            else _Check(name="correlation with holding", value=r, bound=bound, at_least=False, says=says, cure=cure)
        )
