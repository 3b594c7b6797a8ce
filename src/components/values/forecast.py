"""Forecasts: what a loss asks for, what a calibration gives, what came true.

Shape legend: N samples, M scored rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from components.values.arrays import Float, Int, Time


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a loss asks of a model: how many outputs, and how a raw score becomes a forecast."""

    width: int = 1
    link: Literal["identity", "sigmoid"] = "identity"
    labels: Literal["real", "binary"] = "real"


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibrated:
    """Forecasts after calibration. lower_N, upper_N: the interval around each, None without intervals."""

    forecast_N: Float
    lower_N: Float | None = None
    upper_N: Float | None = None


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Out-of-sample forecasts with their outcomes, sorted by (timestamp, symbol); M scored rows.

    train_mean_M: mean label of the train rows of the fold that made the forecast.
    baselines: name -> forecasts of a baseline fitted in the same folds.
    lower_M, upper_M: the interval that holds the outcome with probability `coverage`; None without intervals.
    """

    span: Literal["valid", "test", "vault"]
    timestamps_M: Time
    symbols_M: npt.NDArray[np.int32]
    fold_M: Int
    forecast_M: Float
    target_M: Float
    train_mean_M: Float
    baselines: Mapping[str, Float] = field(default_factory=dict[str, Float])
    lower_M: Float | None = None
    upper_M: Float | None = None
    coverage: float | None = None
