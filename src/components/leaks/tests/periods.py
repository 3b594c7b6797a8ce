"""Figures of a day, week, month, quarter or year that stand on rows of that same period.

On the first row of a period its return, extremes, mean and spread are still to come. A column is compared there, as it
is, beside the price, and by its step, with what the rest of the period brings beyond what the last one tells.
"""

from collections.abc import Iterator

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.layout import ranks_within
from components.leaks.periods import FEWEST_PERIODS, SIZES, Period
from components.leaks.series import p_values
from components.leaks.tests._wording import beside, chance, severity
from components.values import Float, Int


def find(column: Column) -> Found:
    """The figure that the column's first row of a period tells most of."""
    best: Signal | None = None
    count = 0
    for period in column.outlook.periods:
        for what, x_P in shown(column, period):
            rank_P = ranked(x_P, column.table.symbol_R[period.first_P])
            for figure, news_P in period.figures.items():
                count += 1
                signal = _judged(column, period, what, figure, rank_P, news_P)
                if signal is not None and (best is None or _order(signal) > _order(best)):
                    best = signal
    return gathered([best] if best else [], count)


def _order(signal: Signal) -> tuple[bool, float]:
    return signal.severity == "leak", signal.strength


def shown(column: Column, period: Period) -> Iterator[tuple[str, Float]]:
    x_R, price_R = column.values_R, column.outlook.price_R
    assert price_R is not None
    first_P, before_P = period.first_P, period.before_P
    yield "it", x_R[first_P]
    with np.errstate(invalid="ignore", divide="ignore"):
        yield "it, over the price,", x_R[first_P] / price_R[first_P]
        yield "it, times the price,", x_R[first_P] * price_R[first_P]
    yield "its step", x_R[first_P] - x_R[before_P]


def ranked(x_P: Float, symbol_P: Int) -> Float:
    """(P,) ranks within the symbol."""
    return ranks_within(x_P, symbol_P)


def _judged(column: Column, period: Period, what: str, figure: str, rank_P: Float, news_P: Float) -> Signal | None:
    rows_P = np.isfinite(rank_P) & np.isfinite(news_P)
    n = int(rows_P.sum())
    if n < FEWEST_PERIODS:
        return None
    a_P, b_P = rank_P[rows_P] - rank_P[rows_P].mean(), news_P[rows_P] - news_P[rows_P].mean()
    energy = float(np.sqrt((a_P**2).sum() * (b_P**2).sum()))
    r = float((a_P * b_P).sum()) / energy if energy > 0 else 0.0
    # Within a price's own bar the range of what follows is half foretold; a direction is not.
    bounds = reach.REACH["period" if figure not in SIZES else "magnitude"]
    found = severity(abs(r), bounds)
    if found is None:
        return None
    p = float(p_values(np.array([r]), np.array([min(n, period.dates)]))[0])
    return Signal(
        column=column.name,
        kind="figure of its own period",
        severity=found,
        evidence=f"on the first row of each {period.name} {what} correlates {r:+.2f} with the {figure} of its other "
        f"rows, over {n} of them; {beside(bounds)} (chance {chance(p)})",
        strength=abs(r),
        p=p,
    )


def find_if_priced(column: Column) -> Found:
    """Only where there is a price."""
    return find(column) if column.outlook.is_price else gathered([], 0)


TEST = LeakTest(
    name="periods",
    says="figures of a calendar period on that period's own rows: return, high, low, mean, spread, range",
    scope="column",
    sampled=False,
    find=find_if_priced,
)
