"""What no honest forecast of a market reaches: skill and profit that are a leak until shown otherwise.

The ceiling on the correlation of forecasts with outcomes is the floor of leaks of single columns at that horizon, or
what an annual Sharpe ratio of 2.6 on a single market implies, if that is more: r = S sqrt(h / bars a year). It is
raised by what the outcomes' own past foretells, as the bounce of quotes does. What is held against it is the lower end
of an interval of two standard errors, so that luck in a short record is no accusation.
"""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from components.leaks.reach import REACH, of_span
from components.statistics.forecast import correlation
from components.statistics.sharpe import sharpe_ratio, sharpe_sample, standard_error
from components.values import Evidence, Float, Scored

SHARPE = 4.0
"""Net annual Sharpe ratio beyond which a strategy on daily or slower bars is not believed."""

IMPLIED_SHARPE = 2.6
LARGEST_R = 0.85
ERRORS = 2.0
OWN = 1.5
FEWEST_TIMES = 8


@dataclass(frozen=True, kw_only=True)
class Claim:
    """value: what was measured; low: two standard errors below it; ceiling: what no honest forecast reaches; name: what
    it is, as a sentence calls it."""

    name: str
    value: float
    low: float
    ceiling: float

    @property
    def is_plausible(self) -> bool:
        """What is NaN claims nothing."""
        return not self.low > self.ceiling


def claims(evidence: Evidence) -> tuple[Claim, ...]:
    """The correlation of forecasts with outcomes, and the net Sharpe ratio; NaN where it cannot be computed."""
    return (_skill(evidence), *([_profit(evidence)] if len(evidence.returns_T) else []))


def too_good(evidence: Evidence) -> str:
    """What is beyond belief, in a sentence; empty where nothing is. A level is honestly foretold."""
    beyond = [claim for claim in claims(evidence) if not claim.is_plausible] if evidence.kind != "level" else []
    if not beyond:
        return ""
    measured = " and ".join(
        f"{claim.name} is {claim.value:.2f}, by more than two standard errors above {claim.ceiling:.2f}, which no "
        "honest forecast of a market at this horizon reaches"
        for claim in beyond
    )
    return (
        f"Too good to be true: {measured}. It is a leak until shown otherwise: run leaktest, and look at the features "
        "with most importance."
    )


def ceiling(span: int, bars_per_year: float, own_r: float = 0.0) -> float:
    """Largest correlation with the sum of the next `span` moves that an honest forecast reaches."""
    implied = IMPLIED_SHARPE * sqrt(span / bars_per_year) if bars_per_year > 0 else 0.0
    return min(LARGEST_R, max(REACH[of_span(span)].leak, implied) + OWN * own_r)


def _skill(evidence: Evidence) -> Claim:
    scored, span = evidence.test, max(evidence.horizon_bars, 1)
    known_M = np.isfinite(scored.forecast_M) & np.isfinite(scored.target_M)
    times = len(np.unique(scored.timestamps_M[known_M]))
    r = correlation(scored.target_M[known_M], scored.forecast_M[known_M]) if times >= FEWEST_TIMES else np.nan
    # Symbols of one date are one market, and overlapping labels one outcome.
    error = (1 - r * r) / sqrt(max(times / span, 1.0))
    return Claim(
        name="the correlation of forecasts with outcomes",
        value=r,
        low=r - ERRORS * error,
        ceiling=ceiling(span, evidence.bars_per_year, _own_r(scored, span)),
    )


def _own_r(scored: Scored, span: int) -> float:
    """|r| of outcomes with those of the same symbol that were known by then."""
    order_M = np.lexsort((scored.timestamps_M, scored.symbols_M))
    y_M, symbol_M = scored.target_M[order_M], scored.symbols_M[order_M]
    if len(y_M) <= span + FEWEST_TIMES:
        return 0.0
    same_M = symbol_M[span:] == symbol_M[:-span]
    r = _r(y_M[span:][same_M], y_M[:-span][same_M])
    return max(0.0, abs(r) - ERRORS / sqrt(max(same_M.sum() / span, 1.0)))


def _r(a_M: Float, b_M: Float) -> float:
    known_M = np.isfinite(a_M) & np.isfinite(b_M)
    r = correlation(a_M[known_M], b_M[known_M]) if known_M.sum() > FEWEST_TIMES else np.nan
    return 0.0 if np.isnan(r) else r


def _profit(evidence: Evidence) -> Claim:
    sample, bars = sharpe_sample(evidence.returns_T), evidence.bars_per_year
    value = sharpe_ratio(evidence.returns_T, bars)
    error = standard_error(sample, sample.sharpe) * sqrt(bars)
    return Claim(name="the net Sharpe ratio a year", value=value, low=value - ERRORS * error, ceiling=SHARPE)
