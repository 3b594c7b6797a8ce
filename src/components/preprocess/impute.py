"""Missing features filled."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt

from components.contracts import FittedPreprocessor, Preprocessor
from components.errors import ConfigError, Problem
from components.preprocess._columns import known_values, numbers
from components.ranges import Ge, Lt
from components.values import Float, Float32, Int, Samples, Time

SUFFIX = "_missing"


@dataclass(frozen=True, kw_only=True)
class Impute(Preprocessor):
    """z = x, or where x is missing the statistic of the column's train values.

    Without it a row needs all its features; with it a row is also forecast where at most
    max_missing_fraction of them are missing (never all).

    statistic: median, mean or zero; indicator: whether a column `<name>_missing`, 1 where the value was
    missing and else 0, is added for each feature that is missing at some train row (Little and Rubin
    2019, "Statistical Analysis with Missing Data", 3rd ed., ch. 3); max_missing_fraction: share of the
    features that may be missing at a row.

    A feature without train values is 0 everywhere: nothing can be learnt from it. Raises DataError
    without train rows, ConfigError where a feature has the name of an indicator.
    """

    statistic: Literal["median", "mean", "zero"]
    indicator: bool
    max_missing_fraction: Annotated[float, Ge(0), Lt(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"statistic": "median", "indicator": False, "max_missing_fraction": 0.5},
            {"statistic": "zero", "indicator": True, "max_missing_fraction": 0.9},
        )

    @property
    def missing_tolerance(self) -> float:
        return self.max_missing_fraction

    def filling(self) -> Preprocessor:
        return replace(self, indicator=False)

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        found = [(len(values), self._fill(values)) for values in known_values(train)]
        count_F = np.array([count for count, _ in found], dtype=np.int64)
        flagged = np.flatnonzero(self.indicator & (count_F > 0) & (count_F < len(train)))
        return Filled(
            columns=(*train.columns, *_indicators([train.columns[f] for f in flagged], train.columns)),
            fill_F=np.array([fill for _, fill in found]),
            empty_F=count_F == 0,
            flagged=flagged,
        )

    def _fill(self, values: Float) -> float:
        if self.statistic == "zero" or len(values) == 0:
            return 0.0
        return float(np.median(values) if self.statistic == "median" else values.mean())

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Filled(
            columns=tuple(state["columns"]),
            fill_F=numbers(state["fill"]),
            empty_F=np.array(state["empty"], dtype=bool),
            flagged=np.array(state["flagged"], dtype=np.int64),
        )


def _indicators(flagged: Sequence[str], features: Sequence[str]) -> list[str]:
    names = [f"{name}{SUFFIX}" for name in flagged]
    problems = [
        Problem(f"features.expressions.{name}", "has the name of an indicator of preprocess", "rename the feature")
        for name in names
        if name in features
    ]
    if problems:
        raise ConfigError(*problems)
    return names


@dataclass(frozen=True, kw_only=True, eq=False)
class Filled(FittedPreprocessor):
    """fill_F: what takes the place of NaN; empty_F: columns that are 0; flagged: columns with an indicator."""

    columns: tuple[str, ...]
    fill_F: Float
    empty_F: npt.NDArray[np.bool_]
    flagged: Int

    def apply(self, X_NF: Float32, timestamps_N: Time) -> Float32:
        missing_NF = np.isnan(X_NF)
        filled_NF = np.where(missing_NF, self.fill_F.astype(np.float32), X_NF)
        filled_NF[:, self.empty_F] = 0.0
        return np.column_stack([filled_NF, missing_NF[:, self.flagged].astype(np.float32)])

    def state(self) -> Mapping[str, Any]:
        return {
            "columns": list(self.columns),
            "fill": self.fill_F.tolist(),
            "empty": self.empty_F.tolist(),
            "flagged": self.flagged.tolist(),
        }
