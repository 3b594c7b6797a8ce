"""Is one forecast, or one portfolio, better than another by more than luck explains?"""

import numpy as np

from components.statistics.newey_west import MeanTest, mean_test
from components.values import Float, Time


def per_timestamp(value_M: Float, timestamps_M: Time) -> Float:
    """(T,) mean of value_M over the rows of each distinct timestamp, in time order.

    Rows of one timestamp share the market's shock: a panel test that counts them as independent
    observations overstates its certainty. NaN rows are left out; a timestamp of NaN only is NaN.
    """
    if len(value_M) == 0:
        return value_M
    if (timestamps_M[1:] > timestamps_M[:-1]).all():  # one row each, as of a single symbol
        return np.where(np.isfinite(value_M), value_M + 0.0, np.nan)
    stamps_T, codes_M = np.unique(timestamps_M, return_inverse=True)
    known_M = np.isfinite(value_M)
    count_T = np.bincount(codes_M[known_M], minlength=len(stamps_T))
    sum_T = np.bincount(codes_M[known_M], weights=value_M[known_M], minlength=len(stamps_T))
    return np.where(count_T > 0, sum_T / np.maximum(count_T, 1), np.nan)


def predictive_accuracy(loss_M: Float, baseline_loss_M: Float, timestamps_M: Time, *, horizon_bars: int) -> MeanTest:
    """Tests "the forecast's expected loss is below the baseline's" on the loss differential
    d = baseline_loss - loss, averaged per timestamp (Diebold & Mariano 1995, JBES 13:253, for panels).

    Positive means favour the forecast. The standard error is that of `mean_test` with the overlap of
    the labels, horizon_bars. Losses per row in any unit; rows with a NaN loss are left out.
    """
    return mean_test(per_timestamp(baseline_loss_M - loss_M, timestamps_M), horizon_bars)


def sharpe_difference(returns_T: Float, other_T: Float) -> MeanTest:
    """Tests whether the Sharpe ratio of returns_T exceeds that of other_T, per period (not annualised).

    Each ratio m / s has the influence function z - m / (2 s) (z^2 - 1), z = (r - m) / s; the mean of
    the difference of both, centred on the difference of the ratios, is tested with `mean_test`: the
    delta method with robust standard errors of Ledoit & Wolf (2008, J. Empirical Finance 15:850).
    Periods where either return is NaN are left out; a series without variation gives NaN.
    """
    known_T = np.isfinite(returns_T) & np.isfinite(other_T)
    influence_T = _sharpe_influence(returns_T[known_T]) - _sharpe_influence(other_T[known_T])
    return mean_test(influence_T)


def _sharpe_influence(returns_T: Float) -> Float:
    """Per-period values whose mean is the Sharpe ratio (population standard deviation)."""
    if len(returns_T) == 0 or not returns_T.std() > 1e-12 * np.abs(returns_T).max():
        return np.full(len(returns_T), np.nan)
    ratio = returns_T.mean() / returns_T.std()
    z_T = (returns_T - returns_T.mean()) / returns_T.std()
    influence_T: Float = ratio + z_T - ratio / 2 * (z_T**2 - 1)
    return influence_T
