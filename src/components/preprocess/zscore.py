"""Features at train mean 0 and standard deviation 1."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.preprocess._columns import Standardised, known_values
from components.ranges import Gt
from components.values import Float, Samples


@dataclass(frozen=True, kw_only=True)
class ZScore(Preprocessor):
    """z = (x - mean) / standard deviation of the column's train values (divided by their number).

    clip: limit of |z|, in standard deviations, or None: no limit.

    Missing values stay missing. A column that is constant in train is 0 everywhere: nothing can be
    learnt from it. Raises DataError without train rows.
    """

    clip: Annotated[float, Gt(0)] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"clip": None}, {"clip": 2.0})

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        moments_F2 = np.array([_moments(values) for values in known_values(train)]).reshape(-1, 2)
        return Standardised(columns=train.columns, centre_F=moments_F2[:, 0], scale_F=moments_F2[:, 1], clip=self.clip)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Standardised.restored(state, self.clip)


def _moments(values: Float) -> tuple[float, float]:
    if len(values) == 0:
        return 0.0, 0.0
    if values.min() == values.max():
        return float(values[0]), 0.0  # exactly, so that no rounding error is blown up
    return float(values.mean()), float(values.std())
