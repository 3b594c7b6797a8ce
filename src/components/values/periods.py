"""How many periods make a year, by the usual spacing of times."""

from dataclasses import dataclass

import numpy as np

from components.values.arrays import Time

YEAR_DAYS = 365.25
CLOSED_DAYS = 14.0
"""No market that trades is closed for longer: what is missing for longer is a hole."""
LONGER = 1.5
"""Times the usual spacing, where that is longer: a month that is missing among months is a hole."""
FEW = 0.05
"""Share of the spacings that may be holes; where more are long, long is usual, as where returns come trade by trade."""


@dataclass(frozen=True, kw_only=True)
class Periods:
    """a_year: periods in a year of the times that are there, NaN below two; holes: stretches that are missing."""

    a_year: float
    holes: int


def periods_of(stamps_T: Time) -> Periods:
    """Periods a year of times in order, without the holes: (T - 1) / (years from first to last), where each spacing of
    more than max(14 days, 1.5 x the median one) counts as the median one, as long as no more than 5 % of the spacings
    (or one) are that long: a record with a hole of years is not one of rarer bars. Equal times: NaN.
    """
    if len(stamps_T) < 2:
        return Periods(a_year=float("nan"), holes=0)
    days_T = np.diff(stamps_T) / np.timedelta64(1, "D")
    usual = float(np.median(days_T))
    hole_T = days_T > max(CLOSED_DAYS, LONGER * usual)
    holes = int(hole_T.sum())
    if holes > max(FEW * len(days_T), 1):
        holes, hole_T = 0, np.zeros_like(hole_T)
    years = float(np.where(hole_T, usual, days_T).sum()) / YEAR_DAYS
    return Periods(a_year=len(days_T) / years if years > 0 else float("nan"), holes=holes)
