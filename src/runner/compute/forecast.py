"""The forecasts of all folds side by side.

Shape legend: M forecast rows, K folds, O outputs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from components.values import Float, Int, Outputs


@dataclass(frozen=True, kw_only=True, eq=False)
class Forecasts:
    """Forecasts of every fold, valid and test rows; M rows in order of fold, span, panel row.

    is_test_M tells the span; path_M the path of a test row, from 1, and 0 for a validation row; values_MO the
    forecasts, outputs what each column is; train_mean_K the mean training label per fold. What calibration adds:
    raw_M, the decided column as the models made it; an interval as two more columns, NaN outside the test spans;
    calibrations, what each fold's calibration learnt.
    """

    row_M: Int
    fold_M: Int
    is_test_M: npt.NDArray[np.bool_]
    path_M: Int
    values_MO: Float
    outputs: Outputs
    train_mean_K: Float
    raw_M: Float | None = None
    calibrations: tuple[Mapping[str, Any], ...] = field(default=())

    @property
    def forecast_M(self) -> Float:
        """The column that is decided on."""
        return self.values_MO[:, self.outputs.decision]

    def with_values(self, values_MO: Float) -> "Forecasts":
        """Other forecasts of the same rows."""
        return replace(self, values_MO=values_MO)

    def renumbered(self) -> "Forecasts":
        """The forecasts of a single fold as those of fold 1."""
        return replace(self, fold_M=np.ones_like(self.fold_M))

    def of_fold(self, number: int) -> "Forecasts":
        """Those of one fold alone, as the model made them."""
        return replace(self, raw_M=None, calibrations=()).take(self.fold_M == number)

    def take(self, kept_M: npt.NDArray[np.bool_]) -> "Forecasts":
        """Some of the rows."""
        return replace(
            self,
            row_M=self.row_M[kept_M],
            fold_M=self.fold_M[kept_M],
            is_test_M=self.is_test_M[kept_M],
            path_M=self.path_M[kept_M],
            values_MO=self.values_MO[kept_M],
            raw_M=None if self.raw_M is None else self.raw_M[kept_M],
        )

    @property
    def uncalibrated_M(self) -> Float:
        return self.forecast_M if self.raw_M is None else self.raw_M

    @property
    def lower_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[0]]

    @property
    def upper_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[1]]

    @property
    def coverage(self) -> float | None:
        """Probability with which an outcome shall lie between lower and upper; None without an interval."""
        return None if self.outputs.interval is None else self.outputs.interval[2]
