"""Target encodings: a column whose few values are the label's own means over the rows that have them.

Honest values of a group may foretell its mean, but miss it by chance; an encoding misses it by far less. With n_g rows
and spread s, the misses of honest values, in units of s / sqrt(n_g), have a sum of squares of about G - 2; those of an
encoding nearly none, although the means differ from each other as chance has it.
"""

import numpy as np

from components.leaks.column import Column
from components.leaks.examined import Severity, Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.tests._wording import chance
from components.values import Float

LARGEST_SHARE = 0.12
"""Groups a row, at most: each must have several rows."""

FITTED, MISSED, VARIED = 0.8, 0.4, 0.5
CHANCE = 1e-6


def find(column: Column) -> Found:
    """Groups are the rows that share a value."""
    signals = []
    n_distinct = column.counted[2]
    futures = column.outlook.main if 2 <= n_distinct <= LARGEST_SHARE * column.n_known else ()
    for future in futures:
        if (signal := _encoding(column, future)) is not None:
            signals.append(signal)
    return gathered(signals, len(futures))


def _encoding(column: Column, future: Future) -> Signal | None:
    rows_R = column.known_R & np.isfinite(future.level_R)
    values, group_K = np.unique(column.values_R[rows_R], return_inverse=True)
    y_K = future.level_R[rows_R]
    n_G = np.bincount(group_K)
    mean_G = np.bincount(group_K, weights=y_K) / n_G
    large_G = n_G >= 3
    if large_G.sum() < 3 or n_G[large_G].sum() < 0.5 * len(y_K):
        return None
    within = float(((y_K - mean_G[group_K]) ** 2).sum() / max(len(y_K) - len(values), 1))
    if within <= 0:
        return None
    weight_G = n_G[large_G] / (within * future.span)
    missed, total, dof = _line(values[large_G], mean_G[large_G], weight_G)
    fitted, varied = 1 - missed / max(total, 1e-300), total / (dof + 1)
    from scipy.special import chdtr

    p = float(chdtr(dof, missed))
    if fitted < FITTED or missed / dof > MISSED or varied < VARIED or p > CHANCE:
        return None
    severity: Severity = "leak"
    return Signal(
        column=column.name,
        kind="group encoding",
        severity=severity,
        evidence=f"its {large_G.sum()} values are the means of {future.name} over the rows that have them (R² "
        f"{fitted:.4f}), {missed / dof:.1e} of the misses that chance would bring (chance {chance(p)})",
        strength=fitted,
        p=p,
    )


def _line(x_G: Float, mean_G: Float, weight_G: Float) -> tuple[float, float, int]:
    """(squared misses of a line of the values, squared deviations of the means, both in units of chance, degrees of
    freedom)."""
    total = weight_G.sum()
    x_G = x_G - (weight_G * x_G).sum() / total
    y_G = mean_G - (weight_G * mean_G).sum() / total
    energy = float((weight_G * x_G**2).sum())
    slope = float((weight_G * x_G * y_G).sum()) / energy if energy > 0 else 0.0
    missed = float((weight_G * (y_G - slope * x_G) ** 2).sum())
    varied = float((weight_G * y_G**2).sum())
    return missed, varied, max(len(x_G) - 2, 1)


TEST = LeakTest(
    name="groups",
    says="columns whose values are the label's means over the rows that share them",
    scope="column",
    sampled=False,
    find=find,
)
