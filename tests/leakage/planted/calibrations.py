"""A calibration that looks at all that it is asked to calibrate."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from components.contracts import Calibration, FittedCalibration, Kind
from components.values import Calibrated, Float


@dataclass(frozen=True, kw_only=True)
class Centred(FittedCalibration):
    """level: learnt; added to forecasts that are centred over the whole span."""

    level: float

    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=forecast_N - forecast_N.mean() + self.level)

    def state(self) -> Mapping[str, Any]:
        return {"level": self.level}


@dataclass(frozen=True, kw_only=True)
class CentredInSpan(Calibration):
    """Forecasts moved to the mean outcome, by their mean over the span that is calibrated."""

    forecast_kind: ClassVar[tuple[Kind, ...]] = ("level", "return", "direction")

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        return Centred(level=float(y_N.mean()))

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return Centred(level=state["level"])

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({}, {})
