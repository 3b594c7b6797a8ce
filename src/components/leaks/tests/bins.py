"""The mean of the future in sixteen bins of a column, learnt in other blocks of time: thresholds, tails, humps."""

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.layout import block_p
from components.leaks.tests._markets import of_later_market
from components.leaks.tests._wording import beside, chance, severity
from components.values import Float, Int

BINS = 16
CHANCE = 1e-7


def find(column: Column) -> Found:
    """Direction and size of the label or the next move."""
    signals, count = [], 0
    for future in column.outlook.main:
        for size in (False, True):
            if size and future.span > 6:
                continue
            if (signal := _judged(column, future, size=size)) is not None:
                signals.append(signal)
            count += 1
    return gathered(signals, count)


def bins(values_R: Float, count: int) -> Int:
    """(R,) which of so many equally full bins of its ranks; -1 where missing. A frequent value has one of its own."""
    with np.errstate(invalid="ignore"):
        place_R = np.clip((values_R / np.sqrt(12.0) + 0.5) * count, 0, count - 1)
    return np.where(np.isfinite(values_R), np.nan_to_num(place_R), -1).astype(np.int64)


def _judged(column: Column, future: Future, *, size: bool) -> Signal | None:
    from components.leaks.kernels.moments import binned

    n_blocks = column.table.cells.judged(future.span)
    if n_blocks < 8:
        return None
    y_R = np.abs(future.rank_R) - 0.866 if size else future.rank_R
    found_BQ2 = np.empty((1, n_blocks, BINS, 2))
    binned()(bins(column.ranks_R, BINS), y_R[None], column.table.blocks_of(n_blocks), found_BQ2)
    r, p = told(found_BQ2[0], float(np.nanmean(y_R**2)))
    what: reach.What = "size in bins" if size else "bins" if future.what != "magnitude" else "magnitude"
    levels = column.persistence > reach.HARDLY_MOVES
    bounds = reach.REACH[what].raised(
        column.outlook.own_of(future), reach.drift(future.span, column.table.n_dates) if levels else 0.0
    )
    if not size and future.what != "magnitude":
        plain = reach.REACH[future.what].raised(column.outlook.own_of(future), 0)
        bounds = reach.Reach(
            honest=bounds.honest,
            suspect=max(bounds.suspect, plain.suspect + 0.03),
            leak=max(bounds.leak, plain.leak + 0.05),
        )
    found = severity(r, bounds)
    if found is None or p > CHANCE:
        return None
    also, excused = "", False
    if not size:
        found, also, excused = of_later_market(column, future, r * column.sign_of(future), found)
    of = "size of " if size else ""
    return Signal(
        column=column.name,
        kind="function of the future",
        severity=found,
        evidence=f"bins of it, learnt in other blocks of time, tell {r:.2f} of the {of}{future.name} (correlation); "
        f"{beside(bounds)}{also} (chance {chance(p)})",
        strength=r,
        p=p,
        excused=excused,
    )


def told(found_BQ2: Float, square: float) -> tuple[float, float]:
    """(correlation of y with its mean in the same bin of other blocks, its p by blocks)."""
    n_BQ, sum_BQ = found_BQ2[..., 0], found_BQ2[..., 1]
    total, count = sum_BQ.sum(), max(n_BQ.sum(), 1.0)
    sum_BQ = sum_BQ - n_BQ * total / count
    rest_n_BQ, rest_BQ = n_BQ.sum(axis=0) - n_BQ, sum_BQ.sum(axis=0) - sum_BQ
    mean_BQ = np.where(rest_n_BQ >= 5, rest_BQ / np.maximum(rest_n_BQ, 1), 0.0)
    product_B = (sum_BQ * mean_BQ).sum(axis=1)
    spread = np.sqrt((n_BQ * mean_BQ**2).sum() * square * count)
    r = float(product_B.sum() / spread) if spread > 0 else 0.0
    return r, float(block_p(product_B)) if r > 0 else 1.0


TEST = LeakTest(
    name="bins",
    says="the mean of the future, and of its size, in bins of a column, learnt in other blocks of time",
    scope="column",
    sampled=False,
    find=find,
)
