"""The target itself: how it was made, when it becomes known, and which columns hold it."""

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from components.leaks.exact import NOVELTY, ROUNDING, future_forms
from components.leaks.examined import MIN_ROWS, Block, Known, Signal
from components.leaks.series import clipped, correlations, moving_window, residual, shifted
from components.values import Float

FORWARD_NAME = re.compile(
    r"(^|[_\W])(target|label|fwd|forward|future|next|ahead|lead|tomorrow|outcome|y)([_\W\d]|$)", re.IGNORECASE
)
PLAINLY_FORWARD = re.compile(r"(^|[_\W])(fwd|forward|future|next|ahead|lead|tomorrow)([_\W\d]|$)", re.IGNORECASE)
PRICE_NAME = re.compile(r"(adj[\s_.]*)?(close|price|last|mid|settle(ment)?|nav)", re.IGNORECASE)
MAKER_STEPS = 64
MAKER_ROWS = 1_000
MAKERS = 32
"""Columns whose transforms are made at a time."""

COLUMN = "\0"


class Made(NamedTuple):
    """How a target was made of the column that COLUMN stands for."""

    formula: str
    steps: int


def when_known(target: str, values_T: Float, made: tuple[str, str, int] | None) -> tuple[Known, str]:
    """Whether the target is known at its own row or after it, and the reason in words."""
    if made is not None:
        return "after", f"{target} equals {made[1]} to rounding"
    if FORWARD_NAME.search(target):
        if not PLAINLY_FORWARD.search(target) and is_walk(values_T):
            return "at", f"{target} wanders as a price does, and its name does not say that it is a later one"
        return "after", f"the name {target} says so"
    if len(np.unique(values_T[np.isfinite(values_T)])) == 2:
        return "after", f"{target} has two values only, like the label of a direction"
    return "at", f"{target} is no forward transform of another column, and its name does not say that it is forward"


def maker(block: Block, target: str, names: Sequence[str]) -> tuple[str, str, int] | None:
    """(column, formula, rows ahead) of which the target is a forward transform; None where there is none.

    Columns with the name of a price come first, since a leaking column may be the target's twin.
    """
    block = _end_of(block, target)
    y_1T = block.columns[target][None]
    ordered = sorted(names, key=lambda name: PRICE_NAME.fullmatch(name) is None)
    levels = [name for name in ordered if _is_level(block.columns[name])]
    for first in range(0, len(levels), MAKERS):
        some = levels[first : first + MAKERS]
        for name, (unexplained, form) in zip(some, _best_forms(_finite(block.matrix(tuple(some))), y_1T), strict=True):
            # A level must be told from its own neighbour rows, a return needs rounding only.
            bound = 1e-9 if form == Made(f"{COLUMN}[t+{form.steps}]", form.steps) else 1e-4
            if unexplained < bound:
                return name, form.formula.replace(COLUMN, name), form.steps
    return None


def _best_forms(p_NT: Float, y_1T: Float) -> list[tuple[float, Made]]:
    """Of each series, the share of y that its best forward transform leaves unexplained, and that transform."""
    best = [(1.0, Made("", 0))] * len(p_NT)
    for form in future_forms(p_NT, COLUMN, MAKER_STEPS):
        if form.centred:
            continue
        r_N1, n_N1 = correlations(form.values_T, y_1T)
        unexplained_N = np.where(n_N1[:, 0] >= MIN_ROWS / 2, 1 - np.nan_to_num(r_N1[:, 0]) ** 2, 1.0)
        for i in np.flatnonzero(unexplained_N < [unexplained for unexplained, _ in best]):
            best[i] = float(unexplained_N[i]), Made(form.formula, form.steps)
    return best


def _end_of(block: Block, target: str) -> Block:
    """The rows up to the last one with a target: as many as tell a formula from chance."""
    last = int(np.flatnonzero(np.isfinite(block.columns[target]))[-1]) + 1
    return block.rows(slice(max(0, last - MAKER_ROWS), min(len(block.times_T), last + MAKER_STEPS)))


def contained_signals(block: Block, target: str, names: tuple[str, ...], horizon: int) -> Iterator[Signal]:
    """Columns that hold a forward target at its own row: the same values, ranks, or classes."""
    y_T = block.columns[target]
    column_NT = block.matrix(names)
    plain, n_1N = correlations(y_T[None], column_NT)
    past_TP = np.column_stack([shifted(y_T, -horizon * i) for i in (1, 2, 3)])
    past_TP = np.nan_to_num((past_TP - np.nanmean(past_TP, axis=0)) / np.maximum(np.nanstd(past_TP, axis=0), 1e-300))
    news = float(np.nanvar(residual(y_T, past_TP)) / max(float(np.nanvar(y_T)), 1e-300))
    for i, name in enumerate(names):
        rows_T = np.isfinite(y_T) & np.isfinite(column_NT[i])
        if n_1N[0, i] < MIN_ROWS / 2:
            continue
        r = max(abs(np.nan_to_num(plain[0, i])), _rank_correlation(y_T[rows_T], column_NT[i][rows_T]))
        if 1 - r**2 < min(ROUNDING, NOVELTY * news):
            says = f"equals {target}[t] up to scale or order (R² {r**2:.6f})"
        elif _separates(y_T[rows_T], column_NT[i][rows_T]):
            says = f"one threshold on it tells the two values of {target}[t] apart without an error"
        else:
            continue
        yield Signal(column=name, kind="contains the target", evidence=f"{says}, {int(n_1N[0, i])} rows")


def is_walk(values_T: Float) -> bool:
    """Whether a series is positive and its moves are small beside it and independent of each other: a price."""
    known_T = values_T[np.isfinite(values_T)]
    if len(known_T) < MIN_ROWS or (known_T <= 0).any():
        return False
    level_T = np.log(known_T)
    move_T = clipped(np.diff(level_T))
    if not np.isfinite(move_T).all() or moving_window(move_T):
        return False
    near = float(np.corrcoef(move_T[1:], move_T[:-1])[0, 1])
    return abs(near) < 0.25 and float(np.diff(level_T).std()) < 0.3 * float(level_T.std())


def _is_level(p_T: Float) -> bool:
    finite_T = p_T[np.isfinite(p_T)]
    return len(finite_T) >= MIN_ROWS and len(np.unique(finite_T)) >= 20 and bool((finite_T > 0).all())


def _rank_correlation(y_R: Float, x_R: Float) -> float:
    if len(np.unique(y_R)) < 10 or len(np.unique(x_R)) < 10:
        return 0.0
    ranks = [np.unique(values_R, return_inverse=True)[1].astype(np.float64) for values_R in (y_R, x_R)]
    return float(abs(np.nan_to_num(correlations(ranks[0][None], ranks[1][None])[0][0, 0])))


def _separates(y_R: Float, x_R: Float) -> bool:
    """Whether x splits a two-valued y that changes often enough for this to be no chance."""
    classes = np.unique(y_R)
    if len(classes) != 2 or np.count_nonzero(np.diff(y_R)) < 20:
        return False
    low_R, high_R = x_R[y_R == classes[0]], x_R[y_R == classes[1]]
    if min(len(low_R), len(high_R)) < 10:
        return False
    return bool(low_R.max() < high_R.min() or high_R.max() < low_R.min())


def _finite(values_NT: Float) -> Float:
    return np.where(np.isfinite(values_NT), values_NT, np.nan)
