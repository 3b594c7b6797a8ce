"""Forecasts: what a loss asks for, what a calibration gives, what came true.

Shape legend: N samples, M scored rows.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from components.values.arrays import Float, Int, Time

Statistic = Literal["mean", "quantile", "probability", "scale"]


@dataclass(frozen=True, kw_only=True)
class Output:
    """One column of a forecast: of which target, how many bars ahead, and which statistic of it.

    level: of a quantile, in (0, 1); the class of a probability; None otherwise.
    """

    target: str
    horizon_bars: int
    statistic: Statistic
    level: float | None = None

    @property
    def name(self) -> str:
        """For columns of tables: target.statistic, with its level."""
        return f"{self.target}.{self.statistic}" + ("" if self.level is None else f"_{self.level:g}")


@dataclass(frozen=True, kw_only=True)
class Outputs:
    """The columns of a forecast; decision: the one that portfolios and gates look at first."""

    columns: tuple[Output, ...]
    decision: int = 0

    def __len__(self) -> int:
        return len(self.columns)

    @property
    def decided(self) -> Output:
        return self.columns[self.decision]

    @property
    def interval(self) -> tuple[int, int, float] | None:
        """Columns of the widest pair of quantiles q and 1 - q of what is decided on, and how much lies between."""
        levels = {
            output.level: place
            for place, output in enumerate(self.columns)
            if output.statistic == "quantile" and output.target == self.decided.target and output.level is not None
        }
        lows = sorted(level for level in levels if level < 0.5)
        for low in lows:
            high = next((level for level in levels if abs(level - (1 - low)) < 1e-9), None)
            if high is not None:
                return levels[low], levels[high], round(high - low, 12)
        return None

    def with_interval(self, coverage: float) -> "Outputs":
        """With two quantiles more, between which an outcome lies with this probability."""
        decided = self.decided
        low = (1 - coverage) / 2
        ends = tuple(
            Output(target=decided.target, horizon_bars=decided.horizon_bars, statistic="quantile", level=level)
            for level in (low, 1 - low)
        )
        return Outputs(columns=(*self.columns, *ends), decision=self.decision)

    def to_json(self) -> dict[str, Any]:
        return {"columns": [dict(vars(output)) for output in self.columns], "decision": self.decision}

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Outputs":
        return Outputs(
            columns=tuple(Output(**output) for output in content["columns"]), decision=int(content["decision"])
        )


@dataclass(frozen=True, kw_only=True)
class Head:
    """What a loss asks of a model, for each target, and how a raw score becomes a forecast.

    levels: of quantiles, one output each; empty for any other statistic, which is one output. decision: which of
    the outputs is decided on.
    """

    statistic: Statistic = "mean"
    levels: tuple[float, ...] = ()
    decision: int = 0
    link: Literal["identity", "sigmoid"] = "identity"
    labels: Literal["real", "binary"] = "real"

    @property
    def width(self) -> int:
        """Outputs of one target."""
        return max(len(self.levels), 1)

    def outputs(self, horizons: Mapping[str, int]) -> Outputs:
        """Of all targets, name -> horizon in bars, one after the other."""
        levels = self.levels or ((1.0,) if self.statistic == "probability" else (None,))
        return Outputs(
            columns=tuple(
                Output(target=target, horizon_bars=bars, statistic=self.statistic, level=level)
                for target, bars in horizons.items()
                for level in levels
            ),
            decision=self.decision,
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Calibrated:
    """Forecasts after calibration. lower_N, upper_N: the interval around each, None without intervals."""

    forecast_N: Float
    lower_N: Float | None = None
    upper_N: Float | None = None

    def take(self, index: Int) -> "Calibrated":
        """Those at some places."""
        return Calibrated(
            forecast_N=self.forecast_N[index],
            lower_N=None if self.lower_N is None else self.lower_N[index],
            upper_N=None if self.upper_N is None else self.upper_N[index],
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Scored:
    """Out-of-sample forecasts with their outcomes, sorted by (timestamp, symbol); M scored rows.

    train_mean_M: mean label of the train rows of the fold that made the forecast.
    baselines: name -> forecasts of a baseline fitted in the same folds.
    lower_M, upper_M: the interval that holds the outcome with probability `coverage`; None without intervals.
    values_MO, outputs: all columns of the forecast, of which forecast_M is the one that is decided on; targets_MK: what
    became of every target, NaN where that is not known, and target_names.
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
    values_MO: Float | None = None
    outputs: Outputs | None = None
    targets_MK: Float | None = None
    target_names: tuple[str, ...] = ()
