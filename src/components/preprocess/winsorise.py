"""Outliers moved to quantiles."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.preprocess._columns import FLOAT32_MAX, ColumnMap, known_values, numbers
from components.ranges import Ge, Gt, Le, Lt
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class Winsorise(Preprocessor):
    """z = min(max(x, q_lower), q_upper), where q are quantiles of the column's train values.

    Quantiles interpolate linearly between order statistics (Hyndman and Fan 1996, type 7). Winsorising:
    Tukey (1962), "The Future of Data Analysis", Ann. Math. Statist. 33(1), p. 18.

    lower_quantile: share of the train values below the lower limit, 0: no lower limit but the least value;
    upper_quantile: share below the upper limit, 1: no upper limit but the greatest value.

    Missing values stay missing; a column without train values is not limited. Raises DataError without
    train rows.
    """

    lower_quantile: Annotated[float, Ge(0), Lt(0.5)]
    upper_quantile: Annotated[float, Gt(0.5), Le(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"lower_quantile": 0.01, "upper_quantile": 0.99},
            {"lower_quantile": 0.0, "upper_quantile": 0.9},
        )

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        limits_F2 = np.array([self._limits(values) for values in known_values(train)]).reshape(-1, 2)
        return Limited(columns=train.columns, lower_F=limits_F2[:, 0], upper_F=limits_F2[:, 1])

    def _limits(self, values: Float) -> tuple[float, float]:
        if len(values) == 0:
            return -FLOAT32_MAX, FLOAT32_MAX
        lower, upper = np.quantile(values, (self.lower_quantile, self.upper_quantile))
        return float(lower), float(upper)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Limited(
            columns=tuple(state["columns"]), lower_F=numbers(state["lower"]), upper_F=numbers(state["upper"])
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Limited(ColumnMap):
    """z = min(max(x, lower_F), upper_F)."""

    lower_F: Float
    upper_F: Float

    def transform(self, X_NF: Float) -> Float:
        return np.clip(X_NF, self.lower_F, self.upper_F)

    def state(self) -> Mapping[str, Any]:
        return {"columns": list(self.columns), "lower": self.lower_F.tolist(), "upper": self.upper_F.tolist()}
