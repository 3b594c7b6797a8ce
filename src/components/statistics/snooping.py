"""Is the best of many models better than the benchmark, given that it is the best of many?

differences_TK: (T, K) benchmark loss minus model loss per period, in time order, finite: positive where
a model is better. All draws come from the seed.
"""

import math
from dataclasses import dataclass

import numpy as np

from components.values import Float, Int

DRAWS_AT_ONCE = 100
"""Draws whose means one matrix product gives."""


@dataclass(frozen=True, kw_only=True)
class SuperiorAbility:
    """p-values of "no model is better than the benchmark", lower <= consistent <= upper.

    lower takes bad models out of the null altogether, upper (White's reality check) counts them all as if
    they were as good as the benchmark; consistent is the one to read.
    """

    lower: float
    consistent: float
    upper: float


def superior_ability(
    differences_TK: Float, *, block_bars: float, n_draws: int, seed: int, studentized: bool = True
) -> SuperiorAbility:
    """Whether any model is better than the benchmark: Hansen's test for superior predictive ability (2005, JBES
    23:365), statistic max_k sqrt(T) mean_k / omega_k against its stationary-bootstrap distribution with means recentred
    by mean_k (upper), by mean_k unless it is below -omega_k sqrt(2 ln ln T / T) (consistent), and by max(mean_k, 0)
    (lower). p = (1 + exceedances) / (1 + n_draws). Which models are better is for `stepwise.family_test` to say.

    Without studentising a noisy model hides a clearly better one; studentized=False is for comparison with such codes
    only. block_bars: mean length of the bootstrap's blocks, at least 1 and at least the overlap of the labels.
    """
    sample = _Bootstrap.of(differences_TK, block_bars, n_draws, seed, studentized)
    if len(sample.t_K) == 0:
        return SuperiorAbility(lower=1.0, consistent=1.0, upper=1.0)
    n, mean_K, error_K = sample.n, sample.mean_K, sample.error_K
    hopeless_K = mean_K < -error_K * math.sqrt(2 * math.log(math.log(max(n, 3))))
    statistic = max(float(sample.t_K.max()), 0.0)

    def p_value(centre_K: Float) -> float:
        t_BK = (sample.mean_BK - centre_K) / sample.scale_K
        return (1 + int(np.sum(np.maximum(t_BK.max(axis=1), 0.0) >= statistic))) / (1 + n_draws)

    return SuperiorAbility(
        lower=p_value(np.maximum(mean_K, 0.0)),
        consistent=p_value(np.where(hopeless_K, 0.0, mean_K)),
        upper=p_value(mean_K),
    )


@dataclass(frozen=True, kw_only=True, eq=False)
class _Bootstrap:
    """The models that differ from the benchmark at all, with their bootstrapped means; n periods.

    mean_K, error_K mean difference and its standard error; scale_K what means
    are divided by (error_K, or 1 if not studentised); t_K mean_K / scale_K; mean_BK means of the draws.
    """

    n: int
    mean_K: Float
    error_K: Float
    scale_K: Float
    t_K: Float
    mean_BK: Float

    @staticmethod
    def of(differences_TK: Float, block_bars: float, n_draws: int, seed: int, studentized: bool) -> "_Bootstrap":
        variance_K = stationary_variance(differences_TK, block_bars)
        columns_K = np.flatnonzero(variance_K > (1e-12 * np.abs(differences_TK).max(axis=0)) ** 2)
        differences_TK = differences_TK[:, columns_K]
        mean_K = differences_TK.mean(axis=0)
        error_K = np.sqrt(variance_K[columns_K] / len(differences_TK))
        scale_K = error_K if studentized else np.ones(len(columns_K))
        rng = np.random.default_rng(seed)
        n, parts = len(differences_TK), []
        for first in range(0, n_draws, DRAWS_AT_ONCE):
            several = range(first, min(first + DRAWS_AT_ONCE, n_draws))
            parts.append(np.array([stationary_counts(n, block_bars, rng) for _ in several]) @ differences_TK)
        mean_BK = np.concatenate(parts) / n
        return _Bootstrap(
            n=n,
            mean_K=mean_K,
            error_K=error_K,
            scale_K=scale_K,
            t_K=mean_K / scale_K,
            mean_BK=mean_BK.reshape(n_draws, len(columns_K)),
        )


def stationary_index(n: int, block_bars: float, rng: np.random.Generator) -> Int:
    """(n,) periods of one draw of the stationary bootstrap, in order: blocks of geometric length with mean
    block_bars, wrapped around the end (Politis & Romano 1994, JASA 89:1303)."""
    starts_T = rng.random(n) < 1 / block_bars
    starts_T[0] = True
    first_T = np.flatnonzero(starts_T)[np.cumsum(starts_T) - 1]
    origin_T = rng.integers(n, size=n)[first_T]
    index_T: Int = (origin_T + np.arange(n) - first_T) % n
    return index_T


def stationary_counts(n: int, block_bars: float, rng: np.random.Generator) -> Float:
    """(n,) how often each period occurs in one such draw."""
    return np.bincount(stationary_index(n, block_bars, rng), minlength=n).astype(np.float64)


def stationary_variance(x_TK: Float, block_bars: float) -> Float:
    """(K,) variance of sqrt(T) times the mean under the stationary bootstrap, in closed form:
    g_0 + 2 sum_i ((1 - i/T) (1 - q)^i + i/T (1 - q)^(T - i)) g_i with q = 1 / block_bars (Politis & Romano
    1994, lemma 1). Autocovariances g_i come from one Fourier transform."""
    n = len(x_TK)
    centred_TK = x_TK - x_TK.mean(axis=0)
    spectrum = np.abs(np.fft.rfft(centred_TK, 2 * n, axis=0)) ** 2
    covariance_TK = np.fft.irfft(spectrum, axis=0)[:n] / n
    i_T, keep = np.arange(n), 1 - 1 / block_bars
    weights_T = 2 * ((1 - i_T / n) * keep**i_T + i_T / n * keep ** (n - i_T))
    weights_T[0] = 1.0
    variance_K: Float = np.maximum(weights_T @ covariance_TK, 0.0)
    return variance_K
