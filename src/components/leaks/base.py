"""The price that a label was made of, where no column holds it.

A return of one row, y[t] = p[t+1] / p[t] - 1, is the next move: its cumulative product is the price up to a factor.
Of a return of h rows, log(1 + y[t]) - log(1 + y[t-1]) is the move h rows on less the move now, so that each move
follows from the one h rows before; of the first h of them only the sum is known, and each of the h chains is given the
same mean, which errs by one move over sqrt(T / h), but never adds up.
"""

from collections.abc import Iterator

import numpy as np

from components.leaks.layout import Table
from components.leaks.series import shifted
from components.values import Float

PLAUSIBLE = (0.5, 2.0)
"""Spread of the moves that were found, in units of what a return of h rows with independent moves implies."""

CLEARLY = 0.98
WHOLE_SHARE = 0.9
"""Share of the rows of h-row labels that must be there: every hole begins the chains anew."""


def rebuilt(table: Table, y_R: Float, horizon: int) -> tuple[Float, Float] | None:
    """((R,) last move known at each row, (R,) price); None where the label is no return whose moves can be told."""
    best: tuple[float, Float] | None = None
    for grown_R in _scales(y_R):
        moves_R = np.full(table.n_rows, np.nan)
        for rows in table.parts:
            moves_R[rows] = _moves(grown_R[rows], horizon)
        spread = _spread(table, moves_R, grown_R, horizon)
        # The wrong scale adds up its errors; where both serve, a plain return is the more frequent label.
        if spread is not None and (best is None or spread < CLEARLY * best[0]):
            best = spread, moves_R
    if best is None:
        return None
    price_R = np.full(table.n_rows, np.nan)
    for rows in table.parts:
        known_T = np.isfinite(best[1][rows])
        path_T = 100 * np.exp(np.cumsum(np.where(known_T, best[1][rows], 0.0)))
        price_R[rows] = np.where(known_T | (np.arange(len(known_T)) == 0), path_T, np.nan)
    return best[1], price_R


def _scales(y_R: Float) -> Iterator[Float]:
    """The label as growth in logarithms: of a fraction, of percent, or as it is."""
    largest = float(np.nanmax(np.abs(y_R)))
    typical = float(np.nanstd(y_R))
    if typical <= 0.2:
        if np.nanmin(y_R) > -1:
            yield np.log1p(y_R)
        yield y_R
    elif typical <= 20:
        if np.nanmin(y_R) > -100:
            yield np.log1p(y_R / 100)
        yield y_R / max(100.0, 2 * largest)


def _moves(grown_T: Float, horizon: int) -> Float:
    """(T,) the move from the row before to each row."""
    if horizon == 1:
        return shifted(grown_T, -1)
    step_T = grown_T - shifted(grown_T, -1)
    moves_T = np.full(len(grown_T), np.nan)
    known_T = np.isfinite(step_T)
    edges = np.flatnonzero(np.diff(np.concatenate([[False], known_T, [False]]).astype(np.int8)))
    for first, end in zip(edges[::2], edges[1::2], strict=True):
        if end - first >= 10 * horizon:
            _chains(moves_T, step_T, int(first), int(end), horizon, grown_T)
    return moves_T


def _chains(moves_T: Float, step_T: Float, first: int, end: int, horizon: int, grown_T: Float) -> None:
    """Fills the moves of one unbroken stretch, rows first .. end + h. The label before it is the sum of its first h
    moves, so that no drift is made up."""
    paths = []
    for chain in range(horizon):
        path = np.concatenate([[0.0], np.cumsum(step_T[first + chain : end : horizon])])
        paths.append(path - path.mean())
    offset = (grown_T[first - 1] - sum(float(path[0]) for path in paths)) / horizon
    for chain, path in enumerate(paths):
        rows = first + chain + horizon * np.arange(len(path))
        inside = rows < len(moves_T)
        moves_T[rows[inside]] = (path + offset)[inside]


def _spread(table: Table, moves_R: Float, grown_R: Float, horizon: int) -> float | None:
    """Spread of the moves; None where it is not what their sums imply, or too little could be rebuilt."""
    known_R = np.isfinite(moves_R)
    if (
        known_R.sum() < WHOLE_SHARE * max(np.isfinite(grown_R).sum() - horizon * len(table.parts), 1)
        or not known_R.any()
    ):
        return None
    spread = float(moves_R[known_R].std())
    implied = float(np.nanstd(grown_R)) / np.sqrt(horizon)
    return spread if PLAUSIBLE[0] * implied < spread < PLAUSIBLE[1] * implied else None
