"""Performance of a return series, in the conventions of empyrical.

returns_T: (T,) simple returns per period; NaN are dropped first and do not count towards the length.
periods: periods per year. What is undefined (too few returns, no variation) is NaN, never an error.
"""

import math

import numpy as np

from components.values import Float


def known(returns_T: Float) -> Float:
    """The returns that are not NaN."""
    return returns_T[~np.isnan(returns_T)]


def wealth(returns_T: Float) -> Float:
    """(T + 1,) compounded wealth from 1, the start included."""
    return np.concatenate([[1.0], np.cumprod(1 + known(returns_T))])


def sortino_ratio(returns_T: Float, periods: float, required: float = 0.0) -> float:
    """(mean - required) * periods / downside_risk; required: minimal acceptable return per period."""
    r_T = known(returns_T)
    if len(r_T) < 2:
        return math.nan
    return ratio((float(r_T.mean()) - required) * periods, downside_risk(r_T, periods, required))


def downside_risk(returns_T: Float, periods: float, required: float = 0.0) -> float:
    """sqrt(mean(min(r - required, 0)^2) * periods), the mean taken over all returns."""
    r_T = known(returns_T)
    if len(r_T) == 0:
        return math.nan
    return math.sqrt(float(np.mean(np.minimum(r_T - required, 0.0) ** 2)) * periods)


def annual_return(returns_T: Float, periods: float) -> float:
    """Compound annual growth rate prod(1 + r)^(periods / T) - 1; -1 once everything is lost."""
    r_T = known(returns_T)
    if len(r_T) == 0:
        return math.nan
    growth = float(np.prod(1 + r_T))
    return math.exp(min(math.log(growth) * periods / len(r_T), 700.0)) - 1 if growth > 0 else -1.0


def annual_volatility(returns_T: Float, periods: float) -> float:
    """std(ddof=1) * sqrt(periods)."""
    r_T = known(returns_T)
    return deviation(r_T) * math.sqrt(periods) if len(r_T) > 1 else math.nan


def max_drawdown(returns_T: Float) -> float:
    """Deepest fall of compounded wealth below its running peak, the start included; <= 0."""
    if len(known(returns_T)) == 0:
        return math.nan
    wealth_T = wealth(returns_T)
    return float(np.min(wealth_T / np.maximum.accumulate(wealth_T) - 1))


def calmar_ratio(returns_T: Float, periods: float) -> float:
    """annual_return / |max_drawdown|; NaN without a drawdown."""
    drawdown = max_drawdown(returns_T)
    return annual_return(returns_T, periods) / -drawdown if drawdown < 0 else math.nan


def hit_rate(returns_T: Float) -> float:
    """Share of positive returns among those that are not zero."""
    r_T = known(returns_T)
    moved_T = r_T[r_T != 0]
    return float(np.mean(moved_T > 0)) if len(moved_T) else math.nan


def deviation(r_T: Float) -> float:
    """std(ddof=1), exactly 0 where the returns differ by rounding only."""
    spread = float(r_T.std(ddof=1))
    return spread if spread > 1e-12 * float(np.abs(r_T).max()) else 0.0


def ratio(gain: float, risk: float) -> float:
    """gain / risk; +-inf where a gain bears no risk, NaN without either."""
    if risk > 0:
        return gain / risk
    return math.copysign(math.inf, gain) if gain != 0 else math.nan
