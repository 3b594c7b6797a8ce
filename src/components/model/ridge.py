"""Ridge regression."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

import numpy as np

from components.contracts import NOTHING, FittedModel, Inherited, Loss, Model
from components.model._linear_function import LinearFunction, least_squares_only, normal_equations
from components.ranges import Gt
from components.values import Resources, Samples, Statistic


@dataclass(frozen=True, kw_only=True)
class Ridge(Model):
    """Least squares with shrunken slopes: min over b0, b of sum_i (y_i - b0 - z_i . b)^2 + penalty |b|^2,

    where z are the features at train mean 0 and standard deviation 1; the intercept b0 is free.
    Hoerl and Kennard (1970), "Ridge Regression", Technometrics 12(1), eq. 2.1.

    penalty: weight of the squared slopes, in train rows (as many rows halve a lone slope), > 0.

    Rows must be finite; a constant column gets slope 0. Raises DataError without train rows.
    """

    gives: ClassVar[frozenset[Statistic]] = frozenset({"mean"})
    several_targets: ClassVar[bool] = True

    penalty: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"penalty": 1.0}, {"penalty": 100.0})

    def supports(self, loss: Loss) -> str | None:
        return least_squares_only(loss)

    def fit(
        self,
        train: Samples,
        valid: Samples,
        *,
        loss: Loss,
        seed: int,
        resources: Resources,
        inherited: Inherited = NOTHING,
    ) -> FittedModel:
        data = train.once(normal_equations)
        shrunken_FF = data.gram_FF + self.penalty * np.eye(len(data.gram_FF))
        return data.function([np.linalg.solve(shrunken_FF, product_F) for product_F in data.products_KF])

    def from_files(self, files: Mapping[str, bytes]) -> FittedModel:
        return LinearFunction.from_files(files)
