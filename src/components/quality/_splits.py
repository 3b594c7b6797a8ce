"""Prices that were not adjusted for a split: they step by a ratio of small whole numbers and stay there, and the number
of shares traded steps the other way.

Shape legend: R rows.
"""

import math
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from components.bars import Bars
from components.quality._series import CALM, log_returns, robust_scores, spans, usual_around
from components.structure import Defect, named
from components.values import Float

SMALLEST = 1.15
PRICE_BARS = 5
VOLUME_BARS = 100
"""Volume is noisier than the price: its level takes more bars to tell."""
HEAVY = math.log(3.0)
"""A day that trades so much more (log ratio) than the days after it has news: a crash, no split."""
USUAL = frozenset({(3, 2), (4, 3), (5, 4), (5, 2), (7, 2), *((n, 1) for n in (*range(2, 11), 12, 15, 20, 25, 30, 40))})
"""Ratios that are believed without a volume, beside whole multiples of 50."""


@dataclass(frozen=True, kw_only=True)
class Ratio:
    """p new shares for q old ones, p > q; reverse: the other way."""

    p: int
    q: int
    reverse: bool

    def __str__(self) -> str:
        return f"{self.q}:{self.p}" if self.reverse else f"{self.p}:{self.q}"

    @property
    def is_usual(self) -> bool:
        return (self.p, self.q) in USUAL or (self.q == 1 and self.p % 50 == 0)


def splits(bars: Bars, split_tolerance: float, outlier_z: float) -> Iterator[Defect]:
    """Steps of the close by the ratio of a split, with the most likely ratio.

    A split moves the price (median of five bars before and after) by p : q, far more than the symbol usually moves, and
    volume (median of a hundred bars) by its inverse, roughly, without one day that trades far more than those after it.
    Without volume only the usual ratios are believed.
    """
    if "close" not in bars.fields:
        return
    return_R = log_returns(bars)
    large = np.flatnonzero(np.abs(return_R) > math.log(SMALLEST))
    large = large[np.abs(robust_scores(bars, return_R)[large]) > outlier_z / 3] if len(large) else large
    ends = spans(bars) if len(large) else []
    found: dict[int, tuple[Ratio, bool]] = {}
    for row in large.tolist():
        start, end = ends[bisect_right(ends, (row, bars.n_rows)) - 1]
        seen = _split(bars, return_R, row, start, end, split_tolerance)
        if seen is not None:
            found[row] = seen
    if found:
        row, (ratio, sure) = next(iter(found.items()))
        why = "while volume steps the other way" if sure else "though there is no volume to tell"
        says = f"close jumps by {np.expm1(return_R[row]):+.1%} and stays there as in a {ratio} split, {why}: "
        factor = f"{ratio.p}" if ratio.q == 1 else f"{ratio.p}/{ratio.q}"
        verb = "multiply" if ratio.reverse else "divide"
        remedy = f"adjust the prices before it for the split: {verb} them by {factor}"
        yield Defect(rows=np.array(list(found)), says=says + named(bars, row), remedy=remedy)


def _split(bars: Bars, return_R: Float, row: int, start: int, end: int, tolerance: float) -> tuple[Ratio, bool] | None:
    """The ratio by which the bar's price steps, and whether volume says so too; None where it is no split."""
    size, at = float(return_R[row]), row - start
    close_R = bars.fields["close"][start:end]
    level = _step(close_R[max(0, at - PRICE_BARS) : at], close_R[at:][:PRICE_BARS])
    usual = usual_around(return_R, row, start, end)
    if not abs(level - size) <= abs(size) / 3 or abs(size) < CALM * usual:
        return None
    overnight = _overnight(bars, row, size)
    ratio = likely_ratio(size if overnight is None else overnight, tolerance)
    if ratio is None and overnight is None:
        ratio = likely_ratio(size, tolerance + 2 * usual)
    if ratio is None:
        return None
    volume_R = bars.fields["volume"][start:end] if "volume" in bars.fields else np.empty(0)
    before, after = volume_R[max(0, at - VOLUME_BARS) : at], volume_R[at:][:VOLUME_BARS]
    step = _step(before, after)
    if math.isnan(step):
        return (ratio, False) if ratio.is_usual else None
    heavy = volume_R[at] > 0 and math.log(volume_R[at] / np.nanmedian(after)) > HEAVY
    # Closer to what a split does than to nothing; after bad news volume rises by more, or for a day.
    return (ratio, True) if 0.5 < -step / size < 2.5 and not heavy else None


def _overnight(bars: Bars, row: int, size: float) -> float | None:
    """The step from the last close to the open, where that is most of the move: the day's own move blurs the ratio."""
    begin_R = bars.fields.get("open")
    if begin_R is None or not begin_R[row] > 0:
        return None
    gap = math.log(begin_R[row] / bars.fields["close"][row - 1])
    return gap if abs(gap - size) < abs(size) / 3 else None


def _step(before: Float, after: Float) -> float:
    """Log of the median after over that before; NaN where one of them is not positive."""
    if not (np.isfinite(before).any() and np.isfinite(after).any()):
        return float("nan")
    one, other = float(np.nanmedian(before)), float(np.nanmedian(after))
    return math.log(other / one) if one > 0 and other > 0 else float("nan")


def likely_ratio(size: float, tolerance: float) -> Ratio | None:
    """The simplest ratio of whole numbers within the tolerance of a log return; None where there is none."""
    factor = math.exp(abs(size))
    least, most = factor / (1 + tolerance), factor * (1 + tolerance)
    whole = [(n, 1) for n in range(max(2, math.ceil(least)), math.floor(most) + 1)]
    parts = [(p, q) for q in range(2, 6) for p in range(q + 1, 13) if math.gcd(p, q) == 1 and least <= p / q <= most]
    if not (whole or parts):
        return None
    p, q = min([*whole, *parts], key=lambda pair: (_effort(*pair), abs(math.log(pair[0] / pair[1]) - abs(size))))
    return Ratio(p=p, q=q, reverse=size > 0)


def _effort(p: int, q: int) -> int:
    """How far a ratio is from what a board decides: few digits, round numbers."""
    if q > 1:
        return 4 + q
    round_by = next((place for place, unit in enumerate((100, 50, 25, 10, 5)) if p % unit == 0), 5)
    return 0 if p <= 10 else 1 + round_by
