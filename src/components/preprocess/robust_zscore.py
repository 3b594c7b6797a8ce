"""Features at train median 0 and unit spread, whatever the outliers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from components.contracts import FittedPreprocessor, Preprocessor
from components.preprocess._columns import Standardised, known_values
from components.ranges import Gt
from components.values import Float, Samples

MEDIAN_DEVIATIONS = 1.4826022185056018
"""Standard deviation of a normal distribution in median absolute deviations: 1 / Phi^-1(3/4)."""
MEAN_DEVIATIONS = 1.2533141373155003
"""The same in mean absolute deviations: sqrt(pi / 2)."""


@dataclass(frozen=True, kw_only=True)
class RobustZScore(Preprocessor):
    """z = (x - median) / (1.4826 MAD) of the column's train values; MAD: median of |x - median|.

    Where more than half the values are equal MAD is 0, and 1.2533 times the mean of |x - median| takes
    its place. Both factors make the spread of normal values 1: Iglewicz and Hoaglin (1993), "How to
    Detect and Handle Outliers", ASQC Basic References in Quality Control 16.

    clip: limit of |z|, in standard deviations of a normal distribution, or None: no limit.

    Missing values stay missing. A column that is constant in train is 0 everywhere: nothing can be
    learnt from it. Raises DataError without train rows.
    """

    clip: Annotated[float, Gt(0)] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"clip": None}, {"clip": 3.0})

    def fit(self, train: Samples, *, seed: int) -> FittedPreprocessor:
        moments_F2 = np.array([_moments(values) for values in known_values(train)]).reshape(-1, 2)
        return Standardised(columns=train.columns, centre_F=moments_F2[:, 0], scale_F=moments_F2[:, 1], clip=self.clip)

    def restore(self, state: Mapping[str, Any]) -> FittedPreprocessor:
        return Standardised.restored(state, self.clip)


def _moments(values: Float) -> tuple[float, float]:
    if len(values) == 0:
        return 0.0, 0.0
    median = float(np.median(values))
    distances = np.abs(values - median)
    spread = MEDIAN_DEVIATIONS * float(np.median(distances))
    return median, spread if spread > 0.0 else MEAN_DEVIATIONS * float(distances.mean())
