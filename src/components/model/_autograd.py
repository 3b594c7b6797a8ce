"""Gradient and Hessian of a loss written in torch, for boosted trees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import Loss
from components.values import Float

HESSIAN_FLOOR = 0.1
"""Least curvature, as a share of the mean one. Where a loss flattens (log-cosh far out), its own
curvature tends to zero and a Newton step to infinity."""

LOGIT_BOUND = 30.0
"""Scores beyond it are probabilities of 0 or 1 at double precision."""


@dataclass(frozen=True, kw_only=True, eq=False)
class TorchObjective:
    """A loss in the two callable forms that `lightgbm.train` takes, and the score from which it starts."""

    loss: Loss
    start: float

    @staticmethod
    def of(loss: Loss, y_N: npt.NDArray[np.floating[Any]]) -> "TorchObjective":
        """Starting at the constant score that minimises the mean loss over y_N."""
        from scipy.optimize import minimize_scalar

        low, high = float(y_N.min()), float(y_N.max())
        if loss.head.link == "sigmoid":
            low, high = -LOGIT_BOUND, LOGIT_BOUND
        if low == high:
            return TorchObjective(loss=loss, start=low)
        found = minimize_scalar(
            lambda score: mean_loss(loss, np.full(len(y_N), score), y_N),
            bounds=(low, high),
            method="bounded",
            options={"xatol": 1e-9 * (high - low)},
        )
        return TorchObjective(loss=loss, start=float(found.x))

    def __call__(self, score_N: Float, data: Any) -> tuple[Float, Float]:
        return derivatives(self.loss, score_N, data.get_label())

    def evaluate(self, score_N: Float, data: Any) -> tuple[str, float, bool]:
        return "loss", mean_loss(self.loss, score_N, data.get_label()), False


def derivatives(loss: Loss, score_N: Float, y_N: npt.NDArray[np.floating[Any]]) -> tuple[Float, Float]:
    """(N,) first and second derivatives of each sample's loss by its score; the second ones floored, or 1
    where the loss declares none."""
    import torch

    score = torch.tensor(score_N, dtype=torch.float64, requires_grad=True)
    total = loss(score, torch.tensor(y_N, dtype=torch.float64)).sum()
    if loss.curvature == "constant":
        (gradient,) = torch.autograd.grad(total, score)
        return gradient.numpy(), np.ones(len(score_N))
    (gradient,) = torch.autograd.grad(total, score, create_graph=True)
    (hessian,) = torch.autograd.grad(gradient.sum(), score)
    hessian_N = np.abs(hessian.numpy())
    return gradient.detach().numpy(), np.maximum(hessian_N, HESSIAN_FLOOR * hessian_N.mean())


def mean_loss(loss: Loss, score_N: Float, y_N: npt.NDArray[np.floating[Any]]) -> float:
    """Summed by numpy: torch's sum depends on its number of threads."""
    import torch

    with torch.no_grad():
        values = loss(torch.tensor(score_N, dtype=torch.float64), torch.tensor(y_N, dtype=torch.float64))
    return float(values.numpy().mean())
