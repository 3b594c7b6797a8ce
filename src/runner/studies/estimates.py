"""What few draws say of many: means and shares with their 95 % intervals."""

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass

LEVEL = 0.95


@dataclass(frozen=True, kw_only=True)
class Estimate:
    """A mean or a share of n draws; low to high holds the true one in 95 of 100 cases, NaN where n is too small."""

    value: float
    low: float
    high: float
    n: int

    def above(self, value: float) -> bool:
        """Whether it is larger by more than luck explains."""
        return self.low > value

    def below(self, value: float) -> bool:
        return self.high < value

    def turned(self, sign: int) -> "Estimate":
        """The same of the negative quantity, where sign is -1."""
        low, high = (self.low, self.high) if sign > 0 else (-self.high, -self.low)
        return Estimate(value=sign * self.value, low=low, high=high, n=self.n)


def mean_of(values: Iterable[float | None]) -> Estimate:
    """Mean of the known values, with Student's interval; draws must be independent of each other."""
    known = [value for value in values if value is not None and math.isfinite(value)]
    if not known:
        return Estimate(value=math.nan, low=math.nan, high=math.nan, n=0)
    mean, n = statistics.fmean(known), len(known)
    if n < 2:
        return Estimate(value=mean, low=math.nan, high=math.nan, n=n)
    from scipy.stats import t

    half = float(t.ppf((1 + LEVEL) / 2, n - 1)) * statistics.stdev(known) / math.sqrt(n)
    return Estimate(value=mean, low=mean - half, high=mean + half, n=n)


def share_of(count: int, n: int) -> Estimate:
    """A share with its exact (Clopper-Pearson) interval."""
    from scipy.stats import beta

    tail = (1 - LEVEL) / 2
    low = float(beta.ppf(tail, count, n - count + 1)) if count else 0.0
    high = float(beta.ppf(1 - tail, count + 1, n - count)) if count < n else 1.0
    return Estimate(value=count / n, low=low, high=high, n=n)
