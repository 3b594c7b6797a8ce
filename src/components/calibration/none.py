"""No calibration."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from components.contracts import Calibration, FittedCalibration, Kind
from components.values import Calibrated, Float, Statistic


@dataclass(frozen=True, kw_only=True)
class NoCalibration(Calibration):
    """The forecasts as the model made them: g = f."""

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return", "direction")
    corrects: ClassVar[frozenset[Statistic]] = frozenset(get_args(Statistic))

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        return Identity()

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return Identity()


@dataclass(frozen=True, kw_only=True)
class Identity(FittedCalibration):
    """g = f."""

    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=forecast_N)

    def state(self) -> Mapping[str, Any]:
        return {}
