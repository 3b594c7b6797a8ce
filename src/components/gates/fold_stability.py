"""Is the skill there in most folds, or did one lucky fold carry the mean?"""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from components.contracts import Gate
from components.gates._wording import (
    judgement,
    not_computable,
    number,
    percent,
    sentence,
)
from components.ranges import Gt, Le
from components.statistics.cross_section import MIN_SYMBOLS
from components.values import Evidence, Judgement


@dataclass(frozen=True, kw_only=True)
class FoldStability(Gate):
    """Share of folds in which a metric reaches a minimum; a fold whose metric is NaN does not.

    metric, minimum: what each fold must reach, in the metric's unit; min_share: share of the folds
    that must reach it; span: the spans judged, valid or test.
    """

    min_folds: ClassVar[int] = 2

    metric: Literal["r2", "r2_train_mean", "direction_accuracy", "accuracy", "auc", "ic", "rank_ic"]
    minimum: float
    min_share: Annotated[float, Gt(0), Le(1)]
    span: Literal["valid", "test"]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"metric": "r2", "minimum": 0.0, "min_share": 0.6, "span": "test", "required": True},
            {"metric": "auc", "minimum": 0.5, "min_share": 1.0, "span": "valid", "required": False},
        )

    @property
    def min_symbols(self) -> int:
        return MIN_SYMBOLS if self.metric in ("ic", "rank_ic") else 1

    def figures(self) -> tuple[str, ...]:
        return (f"{self.span}/{self.metric}_fold_1",)

    def judge(self, evidence: Evidence) -> Judgement:
        folds = self._folds(evidence.metrics)
        if not folds:
            return not_computable(f"This run has no {self.span}/{self.metric} per fold.", self.min_share)
        if len(folds) == 1:
            return not_computable("There is one fold only: stability between folds cannot be seen.", self.min_share)
        reached = sum(value >= self.minimum for value in folds.values())
        needed = math.ceil(self.min_share * len(folds) - 1e-9)
        figure = f"{self.span}/{self.metric}"
        name = sentence(evidence.words.get(figure, figure))
        says = (
            f"{name} is at least {number(self.minimum)} in {reached} of {len(folds)} folds "
            f"({percent(reached / len(folds))}); {self._weakest(folds)}."
        )
        return judgement(
            reached >= needed,
            value=reached / len(folds),
            threshold=self.min_share,
            relation=">=",
            statistic="share of folds",
            says=says,
            suffices=f"{needed} folds are needed: {needed - reached} more would suffice.",
        )

    def _folds(self, metrics: Mapping[str, float]) -> dict[int, float]:
        pattern = re.compile(rf"{re.escape(f'{self.span}/{self.metric}')}_fold_(\d+)")
        found = {match[1]: value for key, value in metrics.items() if (match := pattern.fullmatch(key))}
        return {int(fold): value for fold, value in found.items()}

    def _weakest(self, folds: Mapping[int, float]) -> str:
        unknown = [fold for fold, value in folds.items() if math.isnan(value)]
        if unknown:
            return f"it could not be computed in fold {unknown[0]}"
        weakest = min(folds, key=lambda fold: folds[fold])
        return f"the weakest is fold {weakest} with {number(folds[weakest])}"
