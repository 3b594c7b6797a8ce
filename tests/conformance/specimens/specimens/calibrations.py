"""Broken calibrations."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Calibration, FittedCalibration
from components.values import Calibrated, Float


class _Mirrored(FittedCalibration):
    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=-forecast_N)

    def state(self) -> Mapping[str, Any]:
        return {}


class _Tight(FittedCalibration):
    def apply(self, forecast_N: Float) -> Calibrated:
        return Calibrated(forecast_N=forecast_N, lower_N=forecast_N.copy(), upper_N=forecast_N.copy())

    def state(self) -> Mapping[str, Any]:
        return {}


class _Learnt(Calibration):
    forecast_kind = ("return",)
    fitted = _Mirrored

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def fit(self, forecast_N: Float, y_N: Float) -> FittedCalibration:
        return self.fitted()

    def restore(self, state: Mapping[str, Any]) -> FittedCalibration:
        return self.fitted()


@dataclass(frozen=True, kw_only=True)
class Mirror(_Learnt):
    """The forecast with its sign turned."""


@dataclass(frozen=True, kw_only=True)
class Tight(_Learnt):
    """An interval of no width that promises nine tenths."""

    fitted = _Tight

    def interval_coverage(self) -> float:
        return 0.9
