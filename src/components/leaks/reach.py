"""What honest columns reach, and from where on a column is suspect or a leak.

`honest` is what experiments/honest_maxima measured: the largest |r| of honest columns of public market data. Floors
lie above it; between them lies what a user should look at.
"""

from dataclasses import dataclass
from math import sqrt
from typing import Literal

What = Literal[
    "next",
    "beyond",
    "week",
    "month",
    "long",
    "size",
    "size of a week",
    "magnitude",
    "no price",
    "cell",
    "bins",
    "size in bins",
    "pair",
    "size by a pair",
    "trees",
    "period",
    "field",
    "flag",
    "function",
]


@dataclass(frozen=True, kw_only=True)
class Reach:
    """honest: largest |r| seen; suspect, leak: floors; own: how many times the target's own foretold part raises them;
    drift: how many sqrt(rows spanned / rows) do, for columns that hardly move."""

    honest: float
    suspect: float
    leak: float
    own: float = 0.0
    drift: float = 0.0

    def raised(self, own_r: float = 0.0, drift: float = 0.0) -> "Reach":
        """own_r: r of the future on its own past; drift: sqrt(rows spanned / rows) for columns that hardly move."""
        by = self.own * own_r + self.drift * drift
        return Reach(honest=self.honest + by, suspect=self.suspect + by, leak=self.leak + by)


REACH: dict[What, Reach] = {
    "next": Reach(honest=0.06, suspect=0.10, leak=0.20, own=1.5, drift=2.5),
    "beyond": Reach(honest=0.07, suspect=0.10, leak=0.17, own=0.5, drift=2.5),
    "week": Reach(honest=0.09, suspect=0.13, leak=0.24, own=1.5, drift=2.5),
    "month": Reach(honest=0.16, suspect=0.17, leak=0.30, own=1.5, drift=2.5),
    "long": Reach(honest=0.16, suspect=0.25, leak=0.42, own=1.5, drift=2.5),
    "size": Reach(honest=0.19, suspect=0.30, leak=0.45),
    "size of a week": Reach(honest=0.27, suspect=0.42, leak=0.60),
    "magnitude": Reach(honest=0.50, suspect=0.55, leak=0.75),
    "no price": Reach(honest=0.40, suspect=0.60, leak=0.75),
    "flag": Reach(honest=0.04, suspect=0.08, leak=0.15, own=0.5),
    "cell": Reach(honest=0.29, suspect=0.45, leak=0.60, own=1.0),
    "bins": Reach(honest=0.06, suspect=0.13, leak=0.25, own=1.5, drift=2.5),
    "size in bins": Reach(honest=0.30, suspect=0.40, leak=0.60),
    "pair": Reach(honest=0.15, suspect=0.22, leak=0.35, own=1.5, drift=2.5),
    "size by a pair": Reach(honest=0.16, suspect=0.35, leak=0.55),
    "trees": Reach(honest=0.10, suspect=0.16, leak=0.28, own=1.5, drift=2.5),
    "period": Reach(honest=0.36, suspect=0.45, leak=0.65),
    "field": Reach(honest=0.25, suspect=0.35, leak=0.55),
    "function": Reach(honest=0.06, suspect=0.15, leak=0.30),
}

HARDLY_MOVES = 0.9
"""Autocorrelation beyond which a column is a level, whose r in one sample is biased (Stambaugh 1999)."""


def of_span(span: int) -> What:
    """The row of the table for the sum of so many moves."""
    return "next" if span == 1 else "week" if span <= 6 else "month" if span <= 21 else "long"


def drift(span: int, n_dates: int) -> float:
    """sqrt(h / T), by which r of a level with the sum of the next h moves strays in T rows."""
    return sqrt(span / max(n_dates, 1))
