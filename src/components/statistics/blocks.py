"""How long dependence lasts: the length of the blocks that a bootstrap of a mean should draw.

x_TK: (T, K) finite series side by side, in time order.
"""

import math

import numpy as np

from components.values import Float

LONGEST_SHARE = 1 / 3
"""Share of the record that a block covers at most."""


def block_lengths(x_TK: Float) -> Float:
    """(K,) lengths, in bars, that make the variance of a block-bootstrapped mean most accurate; 1 for white noise and
    for series that do not vary.

    b = (2 G^2 / (4/3 S^2))^(1/3) T^(1/3), with S = sum_k w(k/M) g_k the long-run variance and G = sum_k w(k/M) |k| g_k,
    over the autocovariances g_k under the flat-top window w. M is twice the last lag before sqrt(log10 T), at least 5,
    lags in a row show no correlation, |rho| < 2 sqrt(log10 T / T), and at most sqrt(T) plus those; b is at most
    min(3 sqrt(T), T / 3).
    Politis & White 2004, Econometric Reviews 23:53, as corrected by Patton, Politis & White 2009, ibid. 28:372.
    """
    n, k = x_TK.shape
    if n < 8:
        return np.ones(k)
    quiet = max(5, math.ceil(math.sqrt(math.log10(n))))
    most = min(math.ceil(math.sqrt(n)) + quiet, n - 1)
    covariance_LK = _autocovariances(x_TK, most)
    variance_K = covariance_LK[0]
    varies_K = variance_K > (1e-12 * np.abs(x_TK).max(axis=0)) ** 2
    rho_LK = covariance_LK[1:] / np.where(varies_K, variance_K, 1.0)
    speaks_LK = np.abs(rho_LK) >= 2 * math.sqrt(math.log10(n) / n)
    lengths = [_length(covariance_LK[:, i], _last(speaks_LK[:, i], quiet), n) for i in range(k)]
    return np.where(varies_K, lengths, 1.0)


def _last(speaks_L: np.typing.NDArray[np.bool_], quiet: int) -> int:
    """The lag before the first stretch of `quiet` lags without correlation; without one, the last that can be asked."""
    silent = np.convolve(~speaks_L, np.ones(quiet), "valid") == quiet
    return max(int(silent.argmax()), 1) if silent.any() else len(speaks_L)


def _length(covariance_L: Float, last: int, n: int) -> float:
    reach = min(2 * last, len(covariance_L) - 1)
    lags = np.arange(1, reach + 1)
    weighted = np.minimum(1.0, 2 * (1 - lags / reach)) * covariance_L[lags]
    long_run = float(covariance_L[0] + 2 * weighted.sum())
    slope = float(2 * (weighted * lags).sum())
    most = min(3 * math.sqrt(n), n * LONGEST_SHARE)
    if not long_run > 0:
        return 1.0 if slope == 0 else most
    return float(min(max((1.5 * slope**2 / long_run**2 * n) ** (1 / 3), 1.0), most))


def _autocovariances(x_TK: Float, most: int) -> Float:
    """(most + 1, K) population autocovariances of lags 0 to most, by one Fourier transform."""
    n = len(x_TK)
    size = 1 << (n + most).bit_length()
    spectrum = np.abs(np.fft.rfft(x_TK - x_TK.mean(axis=0), size, axis=0)) ** 2
    covariance_LK: Float = np.fft.irfft(spectrum, size, axis=0)[: most + 1] / n
    return covariance_LK
