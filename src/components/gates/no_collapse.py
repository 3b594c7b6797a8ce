"""Has the model collapsed to a constant, to one class, or to a copy of the last known value?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from annotated_types import Ge, Gt, Le

from components.contracts import Gate
from components.gates._wording import SPAN_WORDS, Span, needs_of, not_applicable, not_computable, percent, scored_on
from components.statistics.forecast import correlation
from components.values import Evidence, Float, Int, Judgement, Need, Scored

COPIED = "last_value"


@dataclass(frozen=True, kw_only=True)
class _Check:
    """One symptom: its share, its bound, whether the bound is a minimum, and what it is."""

    value: float
    bound: float
    at_least: bool
    says: str

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
    max_copy_correlation  correlation with the baseline last_value
    span                  the spans judged, valid, test or vault
    A level has no sides and max_class_share does not apply to it.
    """

    min_variance_ratio: Annotated[float, Ge(0)] | None
    max_constant_share: Annotated[float, Gt(0), Le(1)] | None
    max_class_share: Annotated[float, Ge(0.5), Le(1)] | None
    max_copy_correlation: Annotated[float, Gt(0), Le(1)] | None
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {
                "min_variance_ratio": 0.01,
                "max_constant_share": 0.5,
                "max_class_share": None,
                "max_copy_correlation": 0.999,
                "span": "test",
                "required": True,
            },
            {
                "min_variance_ratio": None,
                "max_constant_share": 0.9,
                "max_class_share": 0.95,
                "max_copy_correlation": None,
                "span": "valid",
                "required": False,
            },
        )

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        scored = scored_on(evidence, self.span)
        if not np.isfinite(scored.forecast_M).any():
            return not_computable(f"There is no finite forecast {SPAN_WORDS[self.span]}.", None)
        checks = [check for check in self._checks(scored, evidence.kind) if check is not None]
        if not checks:
            return not_applicable("None of the bounds of this gate applies to this experiment.")
        failed = [check for check in checks if not check.passed]
        worst = (failed or checks)[0]
        verb = "have collapsed" if failed else "have not collapsed"
        reasons = "; ".join(check.says for check in failed or checks)
        return Judgement(
            status="failed" if failed else "passed",
            value=None if math.isnan(worst.value) else worst.value,
            threshold=worst.bound,
            says=f"The forecasts {SPAN_WORDS[self.span]} {verb}: {reasons}.",
        )

    def _checks(self, scored: Scored, kind: str) -> tuple[_Check | None, ...]:
        known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
        forecast_M, fold_M = scored.forecast_M[known_M], scored.fold_M[known_M]
        return (
            self._variance(forecast_M, scored.target_M[known_M], fold_M),
            self._constant(forecast_M, fold_M),
            None if kind == "level" else self._one_sided(forecast_M, 0.5 if kind == "direction" else 0.0),
            self._copy(scored),
        )

    def _variance(self, forecast_M: Float, target_M: Float, fold_M: Int) -> _Check | None:
        if self.min_variance_ratio is None:
            return None
        spread = float(np.mean(_within(target_M, fold_M) ** 2)) if len(target_M) else 0.0
        ratio = float(np.mean(_within(forecast_M, fold_M) ** 2)) / spread if spread > 0 else math.nan
        bound = self.min_variance_ratio
        says = (
            f"within a fold they vary {percent(ratio)} as much as the outcomes (variance; at least "
            f"{percent(bound)} asked for)"
            if spread > 0
            else "the outcomes do not vary within a fold, so nothing can be compared"
        )
        return _Check(value=ratio, bound=bound, at_least=True, says=says)

    def _constant(self, forecast_M: Float, fold_M: Int) -> _Check | None:
        if self.max_constant_share is None:
            return None
        repeated = sum(
            int(np.unique(forecast_M[fold_M == fold], return_counts=True)[1].max()) for fold in np.unique(fold_M)
        )
        share = repeated / len(forecast_M) if len(forecast_M) else math.nan
        says = (
            f"{percent(share)} of them equal the most frequent value of their fold (at most "
            f"{percent(self.max_constant_share)} allowed)"
        )
        return _Check(value=share, bound=self.max_constant_share, at_least=False, says=says)

    def _one_sided(self, forecast_M: Float, middle: float) -> _Check | None:
        if self.max_class_share is None:
            return None
        up = float(np.mean(forecast_M > middle)) if len(forecast_M) else math.nan
        side = "up" if up >= 0.5 else "not up"
        share, bound = max(up, 1 - up), self.max_class_share
        says = f'{percent(share)} of them say "{side}" (at most {percent(bound)} allowed)'
        return _Check(value=share, bound=bound, at_least=False, says=says)

    def _copy(self, scored: Scored) -> _Check | None:
        if self.max_copy_correlation is None or COPIED not in scored.baselines:
            return None
        r = correlation(scored.baselines[COPIED], scored.forecast_M)
        if math.isnan(r):
            return None
        bound = self.max_copy_correlation
        says = f"their correlation with {COPIED} is {r:.4f} (at most {bound:.4f} allowed)"
        return _Check(value=r, bound=bound, at_least=False, says=says)


def _within(value_M: Float, fold_M: Int) -> Float:
    """Deviations from the mean of the fold."""
    folds, code_M = np.unique(fold_M, return_inverse=True)
    mean_K = np.bincount(code_M, weights=value_M) / np.bincount(code_M) if len(folds) else value_M
    within_M: Float = value_M - mean_K[code_M]
    return within_M
