"""Columns that are a function of the label, of any shape: the label's size, remainder, wave or code.

Sorted by the label, such a column changes little from row to row (Chatterjee 2021, JASA 116:2009). Since digits of a
price that the column shows would do the same, this is held against the same of labels that lie further off.
"""

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.tests._wording import beside, chance, severity
from components.values import Float

FEWEST_VALUES = 50
"""Of the label: of fewer, bins are enough."""

MOST = 50_000
SAME_STEP = (0.05, 0.15)
"""Shares of equal steps in the order of the label from which on a column is suspect, and a code of the label."""

DISTINCT = 0.95


def find(column: Column) -> Found:
    """Against the label, or the next move where there is none."""
    signals = []
    for future in column.outlook.main:
        for made in (_function(column, future), _code(column, future)):
            if made is not None:
                signals.append(made)
    return gathered(signals, 2 * len(column.outlook.main))


def _function(column: Column, future: Future) -> Signal | None:
    table = column.table
    y_R = future.level_R
    rows_K = np.flatnonzero(column.known_R & np.isfinite(y_R))
    rows_K = rows_K[:: len(rows_K) // MOST + 1]
    if len(rows_K) < 200 or len(np.unique(y_R[rows_K])) < FEWEST_VALUES:
        return None
    x_K = column.ranks_R[rows_K]
    xi = xi_of(x_K, y_R[rows_K])
    bounds = reach.REACH["function"]
    # What a market's price grid, hours and volatility bring is there with other labels, too.
    if xi < bounds.suspect:
        return None
    others = []
    for shift in (future.span + 3, future.span + 11):
        other_R = table.later(y_R, shift)[rows_K]
        known_K = np.isfinite(other_R)
        others.append(xi_of(x_K[known_K], other_R[known_K]))
        other_R = table.later(y_R, -shift)[rows_K]
        known_K = np.isfinite(other_R)
        others.append(xi_of(x_K[known_K], other_R[known_K]))
    beyond = xi - max(0.0, *others)
    found = severity(beyond, bounds)
    if found is None:
        return None
    from components.leaks.tests.pooled import few_p

    p = few_p(min(0.999, beyond), len(rows_K) / future.span)
    return Signal(
        column=column.name,
        kind="function of the future",
        severity=found,
        evidence=f"in the order of {future.name} it changes {beyond:.0%} less than in any other (Chatterjee's xi); "
        f"{beside(bounds)} (chance {chance(p)})",
        strength=beyond,
        p=p,
    )


def xi_of(x_K: Float, y_K: Float) -> float:
    """1 - sum of |steps| of the ranks of x in the order of y, in units of what chance brings."""
    if len(x_K) < 50:
        return 0.0
    step = float(np.abs(np.diff(_places(x_K)[np.argsort(y_K, kind="stable")])).mean())
    return 1 - 3 * step / len(x_K)


def _places(x_K: Float) -> Float:
    """Ranks with ties in the middle, so that columns of few values are not torn apart."""
    order_K = np.argsort(x_K, kind="stable")
    sorted_K = x_K[order_K]
    run_K = np.cumsum(np.concatenate([[True], sorted_K[1:] != sorted_K[:-1]])) - 1
    mean_U = np.bincount(run_K, weights=np.arange(len(x_K))) / np.bincount(run_K)
    place_K = np.empty(len(x_K))
    place_K[order_K] = mean_U[run_K]
    return place_K


def _code(column: Column, future: Future) -> Signal | None:
    """Codes dealt out in the order of the label: the same step, again and again."""
    y_R = future.level_R
    rows_K = np.flatnonzero(column.known_R & np.isfinite(y_R))[:MOST]
    if len(rows_K) < 200:
        return None
    x_K = column.values_R[rows_K][np.argsort(y_R[rows_K], kind="stable")]
    if len(np.unique(x_K)) < DISTINCT * len(x_K) or len(np.unique(y_R[rows_K])) < DISTINCT * len(x_K):
        return None
    step_K = np.diff(x_K)
    scale = float(np.abs(step_K).max())
    if scale == 0:
        return None
    _, counts = np.unique(np.round(step_K / (1e-9 * scale)), return_counts=True)
    share = float(counts.max() / len(step_K))
    if share < SAME_STEP[0]:
        return None
    return Signal(
        column=column.name,
        kind="function of the future",
        severity="leak" if share >= SAME_STEP[1] else "suspect",
        evidence=f"in the order of {future.name} {share:.0%} of its steps are the same, as those of a code dealt out "
        "in that order",
        strength=share,
    )


TEST = LeakTest(
    name="functions",
    says="columns that are a function of the label of any shape, and codes dealt out in its order",
    scope="column",
    sampled=True,
    find=find,
)
