"""A share of the bet that past forecasts have earned."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Literal, Self

import numpy as np

from components.contracts import LearnsFrom, Portfolio
from components.errors import ContractError, DataError
from components.ranges import Ge, Gt, Le
from components.statistics.newey_west import mean_test
from components.values import Float, View

LEAST_DATES = 30
"""Dates with an outcome that a scale is learnt from, at least."""


@dataclass(frozen=True, kw_only=True)
class Kelly(Portfolio):
    """Weights in proportion to forecast returns, as large as earlier out-of-sample forecasts have been good.

    weight_s = scale f_s / sum_j |f_j| over the symbols with a finite forecast on that date. The scale is learnt, fold
    by fold, from what the weights of gross exposure 1 would have earned: with g_d = sum_s w_s y_s over earlier dates,

        scale = min(max_scale, share * max(0, mean(g) - standard_errors * se(g)) / var(g))

    which for share 1 and standard_errors 0 maximises the expected logarithm of wealth to second order. se is the
    standard error robust to overlapping labels (see components.statistics.newey_west), var that of g about 0. So
    forecasts that have shown nothing out of sample are not traded at all. Costs are left out. Where all forecasts of a
    date are 0, and where a forecast is not finite, weight 0.

    share: of the full bet; one half gives three quarters of the growth for half the volatility. standard_errors: by
    which the mean is lowered first. max_scale: bound of the gross exposure, fraction of equity.
    source: forecasts to learn from: valid or previous_tests (see Calibration).
    scale: fraction of equity; null: learnt, as it should be.

    Raises DataError where fewer than 30 dates have an outcome. Source: Kelly (1956), A New Interpretation of
    Information Rate, Bell System Technical Journal 35(4); Thorp (2006), The Kelly Criterion in Blackjack, Sports
    Betting and the Stock Market, section 7.
    """

    forecast_kind: ClassVar[tuple[str, ...]] = ("return",)

    share: Annotated[float, Gt(0), Le(1)]
    standard_errors: Annotated[float, Ge(0)]
    max_scale: Annotated[float, Gt(0)]
    source: Literal["valid", "previous_tests"]
    scale: Annotated[float, Ge(0)] | None

    def learns_from(self) -> LearnsFrom | None:
        return self.source if self.scale is None else None

    def fit(self, view: View, outcome_DS: Float) -> Self:
        if self.scale is not None:
            return self
        known_DS = np.isfinite(outcome_DS)
        earned_D = np.sum(np.where(known_DS, _unit(view.forecast_DS) * outcome_DS, 0.0), axis=1)[known_DS.any(axis=1)]
        if len(earned_D) < LEAST_DATES:
            raise DataError(
                f"a scale needs at least {LEAST_DATES} dates with an outcome, there are {len(earned_D)}; lengthen the "
                "validation span or choose another portfolio"
            )
        found, square = mean_test(earned_D, view.outputs.decided.horizon_bars), float(np.mean(earned_D**2))
        surely = found.mean - self.standard_errors * found.standard_error
        full = surely / square if square > 0 and np.isfinite(surely) else 0.0
        return replace(self, scale=min(self.max_scale, self.share * max(0.0, full)))

    def weights(self, view: View) -> Float:
        if self.scale is None:
            raise ContractError("kelly: weights are asked for before its scale was learnt")
        return self.scale * _unit(view.forecast_DS)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"share": 0.5, "standard_errors": 2.0, "max_scale": 1.0, "source": "valid", "scale": None},
            {"share": 1.0, "standard_errors": 0.0, "max_scale": 3.0, "source": "previous_tests", "scale": 0.7},
        )


def _unit(forecast_DS: Float) -> Float:
    """(D, S) weights of gross exposure 1 in proportion to the forecasts; 0 where there is none."""
    known_DS = np.where(np.isfinite(forecast_DS), forecast_DS, 0.0)
    gross_D1 = np.abs(known_DS).sum(axis=1, keepdims=True)
    unit_DS: Float = np.divide(known_DS, gross_D1, where=gross_D1 > 0, out=np.zeros_like(known_DS))
    return unit_DS
