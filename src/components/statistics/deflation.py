"""What is left of the best of many tries once luck's share is taken off.

The hurdle is what the best of N worthless tries reaches on average: the expected maximum of N independent
standard normals (Bailey & Lopez de Prado 2014, JPM 40(5):94, eq. 1) times the statistic's standard deviation
*under the null*. The published ratio takes the observed variance of the tries instead. That variance contains
true differences, so it hides good strategies among bad ones; and together with an effective number of tries it
counts their correlation twice, since correlated tries disperse less.

N is the number of independent tries that the correlated ones are worth, rho + (1 - rho) K with rho their mean
correlation (2014 paper, appendix 3), plus one for every try of which no series is known. The entropy of the
eigenvalues (`effective_trials`) gives fewer: at correlation 0.9 a hurdle so low that the best of 50 worthless
tries passes in 7 % of cases.
"""

import math
from dataclasses import dataclass

import numpy as np

from components.statistics.newey_west import long_run_variance, mean_test, robust_lags
from components.statistics.sharpe import (
    SharpeSample,
    deflated_sharpe,
    effective_trials,
    expected_maximum,
    sharpe_sample,
    standard_error,
)
from components.statistics.student import student_cdf, student_quantile
from components.values import Float


@dataclass(frozen=True, kw_only=True)
class Deflated:
    """A statistic against luck's best; NaN where it cannot be computed.

    statistic    as measured: a Sharpe ratio per period, or the t statistic of a loss differential
    hurdle       what the best of n_independent worthless tries reaches on average, in the same unit
    confidence   that the true value exceeds the hurdle
    critical     the statistic from which the confidence is 95 %, all else equal
    null_error   standard deviation of the statistic of a worthless try
    n_independent  tries counted
    """

    statistic: float
    hurdle: float
    confidence: float
    critical: float
    null_error: float
    n_independent: float


def independent_trials(series_TK: Float, silent: int = 0) -> float:
    """How many independent tries K correlated ones are worth, plus the silent ones, of which nothing is known.

    series_TK: (T, K) finite; a column that does not vary counts as silent.
    """
    if series_TK.size == 0:
        return float(series_TK.shape[1] + silent)
    varies_K = series_TK.std(axis=0) > 1e-12 * np.abs(series_TK).max(axis=0, initial=0.0)
    flat = int((~varies_K).sum())
    if varies_K.sum() == 0:
        return float(flat + silent)
    if varies_K.sum() == 1:
        return float(1 + flat + silent)
    correlation_KK = np.asarray(np.corrcoef(series_TK[:, varies_K], rowvar=False))
    return effective_trials(correlation_KK, "mean_correlation") + flat + silent


def lucks_best(n_independent: float) -> float:
    """What the best of so many worthless tries reaches on average, in standard deviations: `expected_maximum`, and
    below two tries, where that formula is of no use, the line from 0 at one try."""
    if n_independent >= 2:
        return expected_maximum(n_independent)
    return max(n_independent - 1, 0.0) * expected_maximum(2)


def deflated_ratio(returns_T: Float, n_independent: float) -> Deflated:
    """The Sharpe ratio per period against sqrt(h / T) * lucks_best(n_independent), where h is the ratio of
    the returns' long-run variance (Bartlett, `robust_lags`) to their variance, at least 1.

    confidence = F((SR - hurdle) / (s sqrt(h))), s the standard error of SR at the observed ratio with the sample's
    skewness and kurtosis (Bailey & Lopez de Prado 2012, eq. 9), F Student's distribution with 1.5 T / (lags + 1)
    degrees of freedom, since h is estimated. NaN returns are dropped.
    """
    r_T = returns_T[np.isfinite(returns_T)]
    sample = sharpe_sample(r_T)
    if math.isnan(sample.sharpe):
        return _undefined(n_independent)
    lags = robust_lags(len(r_T), 1)
    inflation = math.sqrt(max(long_run_variance(r_T, lags) / float(r_T.var()), 1.0))
    # At a ratio of zero skewness and kurtosis leave the standard error alone: it is 1 / sqrt(T).
    under_null = standard_error(SharpeSample(sharpe=0.0, n=sample.n), 0.0, "hypothesised") * inflation
    error = standard_error(sample, sample.sharpe) * inflation
    return _against(sample.sharpe, under_null, error, 1.5 * len(r_T) / (lags + 1), n_independent)


def deflated_mean(gain_T: Float, n_independent: float, overlap_bars: int) -> Deflated:
    """The robust t statistic of a mean gain (`mean_test`) against lucks_best(n_independent): under the null
    its variance is 1. Fewer than 8 values or no variation gives NaN."""
    test = mean_test(gain_T, overlap_bars)
    if math.isnan(test.t):
        return _undefined(n_independent)
    return _against(test.t, 1.0, 1.0, test.degrees_of_freedom, n_independent)


def published_ratio(returns_T: Float, returns_TK: Float, count: int) -> float:
    """The deflated Sharpe ratio as published: raw number of tries, observed variance of their ratios.

    count: tries, also those without returns; returns_TK: (T, K) of those with. NaN below two ratios.
    """
    ratios = [sharpe_sample(column_T).sharpe for column_T in returns_TK.T]
    known = [ratio for ratio in ratios if not math.isnan(ratio)]
    sample = sharpe_sample(returns_T)
    if count <= 1 and not math.isnan(sample.sharpe):
        return deflated_sharpe(sample, trials_variance=0.0, n_trials=1)
    if len(known) < 2 or math.isnan(sample.sharpe):
        return math.nan
    return deflated_sharpe(sample, trials_variance=float(np.var(known, ddof=1)), n_trials=count)


def tries_that_pass(deflated: Deflated) -> float:
    """The largest number of independent tries after which the statistic measured would still be 95 % sure; 0 if
    even a single try would not be."""
    width = deflated.critical - deflated.hurdle
    room = (deflated.statistic - width) / deflated.null_error
    if not room >= 0:
        return 0.0
    low, high = 1.0, 1e9
    for _ in range(100):
        middle = math.sqrt(low * high)
        low, high = (middle, high) if lucks_best(middle) <= room else (low, middle)
    return low


def _against(
    statistic: float, null_error: float, error: float, degrees_of_freedom: float, n_independent: float
) -> Deflated:
    hurdle = null_error * lucks_best(n_independent)
    return Deflated(
        statistic=statistic,
        hurdle=hurdle,
        confidence=student_cdf((statistic - hurdle) / error, degrees_of_freedom),
        critical=hurdle + error * student_quantile(0.95, degrees_of_freedom),
        null_error=null_error,
        n_independent=n_independent,
    )


def _undefined(n_independent: float) -> Deflated:
    nan = math.nan
    return Deflated(
        statistic=nan, hurdle=nan, confidence=nan, critical=nan, null_error=nan, n_independent=n_independent
    )
