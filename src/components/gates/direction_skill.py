"""Are directions forecast better than by always saying the same?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import Gate, Kind
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
from components.statistics.comparison import per_timestamp
from components.statistics.newey_west import mean_test
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class DirectionSkill(Gate):
    """One-sided test that more directions are right than by always forecasting the more frequent one.

    The constant opponent is chosen with hindsight on the scored span, which makes the bar the higher
    one. Right minus right of the opponent (-1, 0, 1) is averaged over the symbols of a timestamp and
    tested with a standard error robust to overlap. Forecasts are probabilities (direction targets,
    "up" above 1/2) or returns ("up" above 0, outcomes of exactly 0 left out).
    level: one-sided error probability.
    """

    level: Annotated[float, Gt(0), Le(0.5)]
    span: Span
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"level": 0.05, "span": "test", "required": True},
            {"level": 0.01, "span": "valid", "required": False},
        )

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("return", "direction")

    def shows_skill(self, kind: Kind) -> bool:
        return self.span != "valid"

    def needs(self) -> frozenset[Need]:
        return needs_of(self.span)

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.kind == "level":
            return not_applicable("A level has no direction: this gate is for direction and return targets.")
        scored = scored_on(evidence, self.span)
        middle = 0.5 if evidence.kind == "direction" else 0.0
        known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
        if evidence.kind == "return":
            known_M &= scored.target_M != 0
        if not known_M.any():
            return not_computable(f"There is no direction to score {SPANS[self.span]}.", self.level)
        up_M = scored.target_M[known_M] > middle
        right_M = (scored.forecast_M[known_M] > middle) == up_M
        often_up = bool(up_M.mean() >= 0.5)
        constant_M = up_M == often_up
        advantage_T = per_timestamp(right_M * 1.0 - constant_M * 1.0, scored.timestamps_M[known_M])
        test = mean_test(advantage_T, evidence.horizon_bars)
        least = float(constant_M.mean()) + test.critical(self.level) * test.standard_error
        return judge_by_test(
            test,
            level=self.level,
            years=years_of(scored),
            measured=f"{percent(right_M.mean())} of the directions {SPANS[self.span]} are forecast "
            f'right, against {percent(constant_M.mean())} for always saying "{"up" if often_up else "down"}"',
            needed=f"about {percent(least)} of the directions right",
        )
