"""What a portfolio is compared with: its own average exposure, held constant."""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from components.values import Float

NEUTRAL_SHARE = 0.05
"""Below this ratio of |average net| to average gross exposure, a portfolio counts as market-neutral."""


class Exposure(NamedTuple):
    """Means over the decision dates of sum_s w_s (net) and sum_s |w_s| (gross), fractions of equity."""

    net: float
    gross: float


def average_exposure(weights_DS: Float) -> Exposure:
    """Average net and gross exposure of (D, S) weights; 0 where there are no dates."""
    dates = max(len(weights_DS), 1)
    return Exposure(net=float(weights_DS.sum()) / dates, gross=float(np.abs(weights_DS).sum()) / dates)


def benchmark_weights(weights_DS: Float, available_DS: npt.NDArray[np.bool_] | None = None) -> Float:
    """(D, S) weights of the equal-weighted index at the portfolio's average exposure.

    Each date holds the average net exposure, spread equally over the symbols; over those where
    available_DS (D, S) is true, if given. A market-neutral portfolio (|net| below 5 % of gross) has no
    exposure to copy: it is compared with the index at its average gross exposure. Run through the same
    backtest, the benchmark pays the same costs. It knows the whole period's average: it is a yardstick
    for timing and selection, no strategy.
    """
    exposure = average_exposure(weights_DS)
    neutral = abs(exposure.net) < NEUTRAL_SHARE * exposure.gross
    level = exposure.gross if neutral else exposure.net
    held_DS = np.ones(weights_DS.shape, dtype=bool) if available_DS is None else available_DS
    index_DS: Float = held_DS / np.maximum(held_DS.sum(axis=1, keepdims=True), 1)
    return level * index_DS
