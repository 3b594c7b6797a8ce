"""What the calibrations share: where their forecasts come from, and the test whether there are enough."""

from dataclasses import dataclass
from typing import Literal

from components.contracts import Calibration
from components.errors import DataError
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class OutOfFold(Calibration):
    """source: the out-of-fold forecasts to learn from: valid or previous_tests (see Calibration)."""

    source: Literal["valid", "previous_tests"]

    def learns_from(self) -> Literal["valid", "previous_tests"]:
        return self.source


def enough(forecast_N: Float, least: int, why: str) -> None:
    """Raises DataError where there are fewer forecasts than `least`."""
    if len(forecast_N) < least:
        raise DataError(
            f"{why} needs at least {least} out-of-fold forecasts, there are {len(forecast_N)}; lengthen the "
            "validation span or choose another calibration"
        )
