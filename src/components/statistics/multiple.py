"""p-values of several tests at once, adjusted so that each can be held against the level itself.

p_K: K p-values in [0, 1], any order; the adjusted ones come back in the same order.
"""

import numpy as np

from components.values import Float


def holm(p_K: Float) -> Float:
    """Step-down Bonferroni: the chance of even one false rejection stays below the level, whatever the
    dependence. p_(k) * (K - k + 1), made monotone upwards (Holm 1979, Scand. J. Statistics 6:65)."""
    order_K = np.argsort(p_K, kind="stable")
    factors_K = np.arange(len(p_K), 0, -1)
    raised_K = np.maximum.accumulate(p_K[order_K] * factors_K)
    return _restored(raised_K, order_K)


def benjamini_hochberg(p_K: Float) -> Float:
    """The expected share of false rejections among all stays below the level, for independent or positively
    dependent tests. p_(k) * K / k, made monotone downwards (Benjamini & Hochberg 1995, JRSS B 57:289)."""
    order_K = np.argsort(p_K, kind="stable")
    k = len(p_K)
    raised_K = np.minimum.accumulate((p_K[order_K] * k / np.arange(1, k + 1))[::-1])[::-1]
    return _restored(raised_K, order_K)


def _restored(sorted_K: Float, order_K: np.typing.NDArray[np.intp]) -> Float:
    adjusted_K = np.empty(len(sorted_K))
    adjusted_K[order_K] = np.minimum(sorted_K, 1.0)
    return adjusted_K
