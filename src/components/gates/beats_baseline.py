"""Are the forecasts better than a naive baseline's, by more than luck explains?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal

import numpy as np

from components.contracts import KINDS, Gate, Kind
from components.contracts.metric import SPANS
from components.gates._wording import (
    Span,
    judge_by_test,
    needs_of,
    not_applicable,
    not_computable,
    percent,
    scored_on,
    years_of,
)
from components.ranges import Gt, Le
from components.statistics.comparison import per_timestamp, predictive_accuracy
from components.statistics.forecast import logistic_loss, mean
from components.statistics.performance import known
from components.values import Evidence, Float, Judgement, Need

LOSS_WORDS = {
    "squared": "squared forecast errors",
    "absolute": "absolute forecast errors",
    "logistic": "log losses",
}


@dataclass(frozen=True, kw_only=True)
class BeatsBaseline(Gate):
    """One-sided Diebold-Mariano test that the forecasts' expected loss is below a baseline's.

    The loss differential is averaged over the symbols of a timestamp; its standard error is robust to
    the labels' overlap (`components.statistics.comparison.predictive_accuracy`). Rows where either
    forecast or the outcome is NaN are left out.
    baseline: name of a baseline fitted in the same folds; level: one-sided error probability;
    span: valid, test or vault.
    """

    baseline: str
    loss: Literal["squared", "absolute", "logistic"]
    level: Annotated[float, Gt(0), Le(0.5)]
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"baseline": "last_value", "loss": "squared", "level": 0.05, "span": "test", "required": True},
            {"baseline": "train_mean", "loss": "logistic", "level": 0.01, "span": "valid", "required": False},
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("direction",) if self.loss == "logistic" else KINDS

    def shows_skill(self, kind: Kind) -> bool:
        # The last return, or its sign, is a forecast that anything beats.
        return self.span != "valid" and (kind == "level" or self.baseline != "last_value")

    def baselines(self) -> tuple[str, ...]:
        return (self.baseline,)

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        scored = scored_on(evidence, self.span)
        if self.baseline not in scored.baselines:
            return not_computable(f"The baseline {self.baseline} is not part of this experiment.", self.level)
        if self.loss == "logistic" and evidence.kind != "direction":
            return not_applicable(f"The log loss needs a direction target; this one is a {evidence.kind}.")
        loss_M = self._loss(scored.target_M, scored.forecast_M)
        baseline_M = self._loss(scored.target_M, scored.baselines[self.baseline])
        baseline_M = np.where(np.isfinite(loss_M), baseline_M, np.nan)
        baseline_loss = mean(known(per_timestamp(baseline_M, scored.timestamps_M)))
        if math.isnan(baseline_loss):
            return not_computable("No date has a forecast, a baseline and an outcome.", self.level)
        if baseline_loss == 0:
            return not_computable(f"{self.baseline} makes no error: it cannot be beaten.", self.level)
        test = predictive_accuracy(loss_M, baseline_M, scored.timestamps_M, horizon_bars=evidence.horizon_bars)
        gain = test.mean / baseline_loss
        least = test.critical(self.level) * test.standard_error / baseline_loss
        return judge_by_test(
            test,
            level=self.level,
            years=years_of(scored),
            measured=f"{LOSS_WORDS[self.loss]} {SPANS[self.span]} are {percent(abs(gain))} "
            f"{'smaller' if gain >= 0 else 'larger'} than those of {self.baseline}",
            needed=f"{LOSS_WORDS[self.loss]} smaller by {percent(least)} on average",
        )

    def _loss(self, y_M: Float, f_M: Float) -> Float:
        if self.loss == "logistic":
            return logistic_loss(y_M, f_M)
        gap_M = y_M - f_M
        return gap_M**2 if self.loss == "squared" else np.abs(gap_M)
