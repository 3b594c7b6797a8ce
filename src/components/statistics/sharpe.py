"""The Sharpe ratio, and inference on it: how sure one can be, how long a record must be, what luck of many tries
alone would give.

Only `sharpe_ratio` is annualised; every other ratio here is per period. skew is the population skewness and
kurtosis the population kurtosis (3 for a normal). Two conventions of the standard error are offered:

observed      at the observed ratio, over T - 1: Bailey & Lopez de Prado 2012, The Sharpe Ratio
              Efficient Frontier, J. of Risk 15(2):3
hypothesised  at the hypothesised ratio, over T: Lopez de Prado, Lipton & Zoonekynd 2025, How to Use the
              Sharpe Ratio (SSRN 5520741)
"""

import math
from dataclasses import dataclass
from statistics import NormalDist
from typing import Literal

import numpy as np

from components.statistics.performance import deviation, known, ratio
from components.values import Float

Convention = Literal["observed", "hypothesised"]

_NORMAL = NormalDist()


def sharpe_ratio(returns_T: Float, periods: float) -> float:
    """mean / std(ddof=1) * sqrt(periods), of returns in excess of whatever the caller subtracted.

    +-inf where the returns are all the same and not zero; NaN below two returns or where all are zero.
    """
    r_T = known(returns_T)
    if len(r_T) < 2:
        return math.nan
    return ratio(float(r_T.mean()), deviation(r_T)) * math.sqrt(periods)


@dataclass(frozen=True, kw_only=True)
class SharpeSample:
    """A Sharpe ratio as it was measured."""

    sharpe: float
    n: int
    skew: float = 0.0
    kurtosis: float = 3.0


def sharpe_sample(returns_T: Float) -> SharpeSample:
    """Ratio mean / std(ddof=1) and population moments of the returns; NaN are dropped.

    All NaN below three returns or where they do not vary.
    """
    r_T = known(returns_T)
    if len(r_T) < 3 or not r_T.std() > 1e-12 * np.abs(r_T).max():
        return SharpeSample(sharpe=math.nan, n=len(r_T), skew=math.nan, kurtosis=math.nan)
    z_T = (r_T - r_T.mean()) / r_T.std()
    return SharpeSample(
        sharpe=float(r_T.mean() / r_T.std(ddof=1)),
        n=len(r_T),
        skew=float(np.mean(z_T**3)),
        kurtosis=float(np.mean(z_T**4)),
    )


def standard_error(sample: SharpeSample, at: float, convention: Convention = "observed") -> float:
    """sqrt((1 - skew * SR + (kurtosis - 1) / 4 * SR^2) / T'), SR = `at`, T' = T - 1 if observed else T."""
    n = sample.n - 1 if convention == "observed" else sample.n
    return math.sqrt(_spread(sample, at) / n) if n > 0 else math.nan


def probabilistic_sharpe(sample: SharpeSample, hurdle: float = 0.0, convention: Convention = "observed") -> float:
    """PSR: the probability Phi((SR - hurdle) / s) that the true ratio exceeds the hurdle.

    observed: 2012 paper, eq. 9; hypothesised: 2025 paper, s at the hurdle.
    """
    at = sample.sharpe if convention == "observed" else hurdle
    error = standard_error(sample, at, convention)
    return normal_cdf((sample.sharpe - hurdle) / error) if error > 0 else math.nan


def minimum_track_record(
    sample: SharpeSample, hurdle: float, probability: float, convention: Convention = "observed"
) -> float:
    """MinTRL: observations after which PSR(hurdle) reaches the probability, moments held fixed.

    (1 - skew * SR + (kurtosis - 1) / 4 * SR^2) * (z / (SR_observed - hurdle))^2, plus 1 if observed
    (2012 paper, eq. 11). inf where the ratio does not exceed the hurdle.
    """
    if math.isnan(sample.sharpe):
        return math.nan
    if sample.sharpe <= hurdle:
        return math.inf
    at, extra = (sample.sharpe, 1) if convention == "observed" else (hurdle, 0)
    z = _NORMAL.inv_cdf(probability)
    return extra + _spread(sample, at) * (z / (sample.sharpe - hurdle)) ** 2


def expected_maximum(n_trials: float) -> float:
    """Expected maximum of n independent standard normals, (1 - g) z(1 - 1/n) + g z(1 - 1/(n e)) with
    g Euler's constant: about 1 % high at n = 100, 8 % low at n = 2; defined as 0 at n <= 1.

    Bailey & Lopez de Prado 2014, The Deflated Sharpe Ratio, JPM 40(5):94, eq. 1.
    """
    if n_trials <= 1:
        return 0.0
    z = _NORMAL.inv_cdf
    return (1 - np.euler_gamma) * z(1 - 1 / n_trials) + np.euler_gamma * z(1 - 1 / (n_trials * math.e))


def deflated_sharpe(sample: SharpeSample, *, trials_variance: float, n_trials: float) -> float:
    """DSR: the PSR against sqrt(trials_variance) * expected_maximum(n_trials), the ratio that the best of
    n worthless trials would show (2014 paper, eq. 2).

    trials_variance: variance of the trials' ratios per period (annual variance / periods per year);
    n_trials: number of independent trials, see `effective_trials`.
    """
    return probabilistic_sharpe(sample, math.sqrt(trials_variance) * expected_maximum(n_trials))


def effective_trials(correlation_KK: Float, method: Literal["entropy", "mean_correlation"] = "entropy") -> float:
    """Number of independent trials that K dependent ones are worth; between 1 and K.

    entropy: exp(entropy of the normalised positive eigenvalues), the effective rank (2025 paper);
    mean_correlation: rho + (1 - rho) K with rho the mean pairwise correlation, floored at 0 (2014
    paper, appendix 3). correlation_KK: finite.
    """
    k = len(correlation_KK)
    if k <= 1:
        return float(k)
    if method == "mean_correlation":
        rho = max(float(correlation_KK[~np.eye(k, dtype=bool)].mean()), 0.0)
        return rho + (1 - rho) * k
    eigenvalues_K = np.linalg.eigvalsh(correlation_KK)
    share = eigenvalues_K[eigenvalues_K > 1e-12 * eigenvalues_K.max()]
    share = share / share.sum()
    return float(np.exp(-np.sum(share * np.log(share))))


def normal_cdf(z: float) -> float:
    """Standard normal distribution function, accurate in the lower tail; NaN gives NaN."""
    return 0.5 * math.erfc(-z / math.sqrt(2))


def _spread(sample: SharpeSample, at: float) -> float:
    return 1 - sample.skew * at + (sample.kurtosis - 1) / 4 * at**2
