"""Laws of losses: what a model minimises is one number a sample, and its derivatives are what they claim to be."""

from typing import Any

import numpy as np

from components.contracts import Loss
from components.values import Float
from runner.testing.law import law, needs, require

ROWS = 120
STEP = 1e-6


def _values(loss: Loss, score_N: Any, y_N: Any) -> Float:
    import torch

    with torch.no_grad():
        found = loss(torch.tensor(score_N, dtype=torch.float64), torch.tensor(y_N, dtype=torch.float64))
    return np.asarray(found.numpy())


def _gradient(loss: Loss, score_N: Any, y_N: Any) -> Float:
    import torch

    score = torch.tensor(score_N, dtype=torch.float64, requires_grad=True)
    (slope,) = torch.autograd.grad(loss(score, torch.tensor(y_N, dtype=torch.float64)).sum(), score)
    return np.asarray(slope.numpy())


def _pairs(loss: Loss) -> tuple[Float, Float]:
    """Scores (N,) or (N, O), and labels as the head wants them."""
    needs("torch")
    rng = np.random.default_rng(0)
    width = loss.head.width
    score_N = 2 * rng.normal(size=(ROWS, width) if width > 1 else ROWS)
    y_N = 2 * rng.normal(size=ROWS)
    return score_N, (y_N > 0).astype(np.float64) if loss.head.labels == "binary" else y_N


@law
def head(loss: Loss) -> None:
    """Its head is consistent: what it asks of a model is what a forecast will be read as."""
    asked = loss.head
    levels = asked.levels
    require(bool(levels) == (asked.statistic == "quantile"), "its head has levels and no quantiles, or the reverse")
    require(list(levels) == sorted(set(levels)) and all(0 < q < 1 for q in levels), f"levels {levels} do not increase")
    require(0 <= asked.decision < asked.width, f"its decision {asked.decision} is none of {asked.width} output(s)")
    binary = (asked.statistic == "probability", asked.link == "sigmoid", asked.labels == "binary")
    require(len(set(binary)) == 1, "a probability, a sigmoid link and binary labels go together only")


@law
def one_value_a_sample(loss: Loss) -> None:
    """(N,) values, each of its own sample unless the loss declares that it couples them: weights are of samples."""
    score_N, y_N = _pairs(loss)
    found_N = _values(loss, score_N, y_N)
    require(found_N.shape == (ROWS,), f"it gives shape {found_N.shape} for {ROWS} samples")
    if loss.couples_samples:
        return
    alone_N = np.concatenate([_values(loss, score_N[i : i + 1], y_N[i : i + 1]) for i in range(10)])
    require(
        np.allclose(alone_N, found_N[:10], rtol=1e-12),
        "a sample's value depends on other samples; declare couples_samples",
    )


@law
def finite(loss: Loss) -> None:
    """Finite with a finite gradient however wrong the score: one wild sample must not end a fit."""
    score_N, y_N = _pairs(loss)
    for size in (800.0, 1e6):
        wild_N = np.where(np.arange(ROWS).reshape(-1, *[1] * (score_N.ndim - 1)) % 2, size, -size) + score_N
        require(np.isfinite(_values(loss, wild_N, y_N)).all(), f"it is not finite at scores of {size:g}")
        require(np.isfinite(_gradient(loss, wild_N, y_N)).all(), f"its gradient is not finite at scores of {size:g}")


@law
def gradient(loss: Loss) -> None:
    """Its gradient is that of central differences: a detached part or a kink in the wrong place shows here."""
    score_N, y_N = _pairs(loss)
    slope_N = _gradient(loss, score_N, y_N)
    for o in range(loss.head.width):
        step_N = np.zeros_like(score_N)
        step_N[(slice(None), o) if score_N.ndim == 2 else slice(None)] = STEP
        by_hand_N = (_values(loss, score_N + step_N, y_N) - _values(loss, score_N - step_N, y_N)) / (2 * STEP)
        if loss.couples_samples:
            require(np.isclose(by_hand_N.sum(), slope_N.sum(), atol=1e-5), "its gradient is not that of differences")
            continue
        own_N = slope_N[:, o] if slope_N.ndim == 2 else slope_N
        require(np.allclose(own_N, by_hand_N, rtol=1e-4, atol=1e-6), "its gradient is not that of differences")


@law
def curvature(loss: Loss) -> None:
    """Its second derivative is what `curvature` declares, since Newton steps divide by it: exact, never below 0 and
    somewhere above it; constant where it is 0 or does not exist."""
    import torch

    score_N, y_N = _pairs(loss)
    score = torch.tensor(score_N, dtype=torch.float64, requires_grad=True)
    total = loss(score, torch.tensor(y_N, dtype=torch.float64)).sum()
    (slope,) = torch.autograd.grad(total, score, create_graph=True)
    second = None
    if slope.requires_grad:
        (second,) = torch.autograd.grad(slope.sum(), score, allow_unused=True)
    second_N = np.zeros(score_N.shape) if second is None else second.numpy(force=True)
    if loss.curvature == "constant":
        require(not second_N.any(), "it declares a constant curvature and has one of its own; declare 'exact'")
        return
    require((second_N >= -1e-12).all(), "it declares an exact curvature, which is negative: Newton steps go uphill")
    require(second_N.any(), "it declares an exact curvature, which is 0: Newton steps are infinite; declare 'constant'")
    by_hand_N = (_gradient(loss, score_N + STEP, y_N) - _gradient(loss, score_N - STEP, y_N)) / (2 * STEP)
    if loss.head.width == 1 and not loss.couples_samples:
        require(np.allclose(second_N, by_hand_N, rtol=1e-3, atol=1e-5), "its curvature is not that of its gradient")


@law
def missing_labels(loss: Loss) -> None:
    """A missing label changes no other sample's value or gradient."""
    score_N, y_N = _pairs(loss)
    holed_N = y_N.copy()
    holed_N[0] = np.nan
    if loss.couples_samples:
        return
    same = np.array_equal(_values(loss, score_N, y_N)[1:], _values(loss, score_N, holed_N)[1:])
    require(same, "a missing label changes other samples' values")
    slopes = _gradient(loss, score_N, y_N)[1:], _gradient(loss, score_N, holed_N)[1:]
    require(np.array_equal(*slopes), "a missing label changes other samples' gradients")


@law
def minimum(loss: Loss) -> None:
    """It is least where its head says: at the outcome itself, at the base rate's logit, at the quantiles."""
    _, y_N = _pairs(loss)
    asked = loss.head
    grid = np.linspace(-6.0, 6.0, 241)

    def mean_at(scores: Any) -> float:
        shape = (ROWS, asked.width) if asked.width > 1 else ROWS
        return float(_values(loss, np.broadcast_to(np.asarray(scores, dtype=np.float64), shape).copy(), y_N).mean())

    if asked.statistic == "mean" and asked.width == 1:
        at_N, off_N = _values(loss, y_N, y_N), np.minimum(_values(loss, y_N + 0.5, y_N), _values(loss, y_N - 0.5, y_N))
        require((at_N < off_N).all(), "a perfect forecast is not where it is least")
    elif asked.statistic == "probability":
        rate = y_N.mean()
        best = grid[int(np.argmin([mean_at(score) for score in grid]))]
        require(
            abs(best - np.log(rate / (1 - rate))) < 0.11, f"it is least at score {best:.2f}, not at the base rate's"
        )
    elif asked.statistic == "quantile":
        true = np.quantile(y_N, asked.levels)
        for place, level in enumerate(asked.levels):
            tried = [
                mean_at(np.where(np.arange(asked.width) == place, s, true) if asked.width > 1 else s) for s in grid
            ]
            share = float((y_N <= grid[int(np.argmin(tried))] + 1e-9).mean())
            require(abs(share - level) < 0.08, f"it is least where {share:.0%} of outcomes lie below, not {level:.0%}")


@law
def native(loss: Loss) -> None:
    """What it says of a library's own objective is None or plain parameters with an objective, always the same."""
    found = loss.native("lightgbm")
    require(found is None or "objective" in found, "native('lightgbm') names no objective")
    require(found == loss.native("lightgbm"), "native('lightgbm') answers twice differently")


@law
def parts(loss: Loss) -> None:
    """It is the mean of its parts, one for each output, where it names several: each is fitted by itself."""
    if len(loss.parts) == 1:
        return
    score_N, y_N = _pairs(loss)
    require(len(loss.parts) == loss.head.width, f"{len(loss.parts)} parts for {loss.head.width} outputs")
    mean_N = np.mean([_values(part, score_N[:, o], y_N) for o, part in enumerate(loss.parts)], axis=0)
    require(np.allclose(mean_N, _values(loss, score_N, y_N), rtol=1e-12), "it is not the mean of its parts")
