"""Student's t distribution, in closed form and a continued fraction: importing SciPy costs more than a test."""

import math
from functools import lru_cache
from statistics import NormalDist

TINY = 1e-300
MOST_STEPS = 10_000


def student_cdf(t: float, degrees_of_freedom: float) -> float:
    """P(T <= t) of a Student t with n degrees of freedom, to an absolute 1e-12.

    The tail beyond |t| is I_x(n / 2, 1 / 2) / 2 at x = n / (n + t^2), the regularised incomplete beta function
    by its continued fraction (Abramowitz & Stegun 26.5.8 and 26.7.1). NaN where an argument is NaN or n is
    not above 0.
    """
    n = degrees_of_freedom
    if math.isnan(t) or not n > 0:
        return math.nan
    if math.isinf(n):
        return NormalDist().cdf(t) if t > -1 else math.erfc(-t / math.sqrt(2)) / 2
    tail = _tail(abs(t), n)
    return tail if t < 0 else 1 - tail


@lru_cache(maxsize=1024)
def student_quantile(p: float, degrees_of_freedom: float) -> float:
    """The t below which a share p of the distribution lies; infinite at 0 and 1, NaN outside or without degrees."""
    if not 0 <= p <= 1 or not degrees_of_freedom > 0:
        return math.nan
    if p in (0.0, 1.0):
        return math.inf if p else -math.inf
    if p > 0.5:
        return -student_quantile(1 - p, degrees_of_freedom)
    low, high = -1.0, 0.0
    while student_cdf(low, degrees_of_freedom) > p:
        low, high = 2 * low, low
    while (middle := (low + high) / 2) not in (low, high):
        low, high = (middle, high) if student_cdf(middle, degrees_of_freedom) < p else (low, middle)
    return high


def _tail(t: float, n: float) -> float:
    """P(T > t) for t >= 0."""
    if math.isinf(t):
        return 0.0
    a, square = n / 2, t * t
    # x ** a * (1 - x) ** (1 / 2) / B(a, 1 / 2), with nothing that cancels.
    front = math.exp(_log_gamma_ratio(a) - a * math.log1p(square / n)) * t / math.sqrt((n + square) * math.pi)
    if n / (n + square) < (a + 1) / (a + 2.5):
        return front * _fraction(n / (n + square), a, 0.5) / a / 2
    return 0.5 - front * _fraction(square / (n + square), 0.5, a)


def _log_gamma_ratio(a: float) -> float:
    """log(Gamma(a + 1 / 2) / Gamma(a)); for large a by its asymptotic series, where the difference would cancel."""
    if a < 40:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    return 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5) + 17 / (14336 * a**7)


def _fraction(x: float, a: float, b: float) -> float:
    """The continued fraction of the incomplete beta function (A & S 26.5.8), by Lentz's method."""
    c, d = 1.0, 1 / _away_from_zero(1 - (a + b) * x / (a + 1))
    value = d
    for m in range(1, MOST_STEPS):
        for step in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 / _away_from_zero(1 + step * d)
            c = _away_from_zero(1 + step / c)
            value *= c * d
        if abs(c * d - 1) < 1e-16:
            break
    return value


def _away_from_zero(value: float) -> float:
    return value if abs(value) > TINY else TINY
