"""What a column may equal on some of its rows: only later rows tell it.

Shape legend: R rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from components.leaks.layout import Table
from components.values import Float

Mask = np.typing.NDArray[np.bool_]

PRECISION = 2e-6
"""Relative difference up to which two numbers are the same: single precision, and what is computed with it."""

STEPS = (1, 2, 3, 5)
PAST = 5
FEW_VALUES = 20
"""Different values below which equality says nothing."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Identity:
    """level_R: (R,) what only later rows tell; move_R: the move in it; grid: share of the rows on which an honest past
    equals it; main: whether multiples of it are looked for, too."""

    name: str
    level_R: Float
    move_R: Float
    grid: float
    main: bool


def identities(
    table: Table, *, target: str, label_R: Float | None, horizon: int, base: str, price_R: Float | None
) -> Iterator[Identity]:
    """Of the label, and of the price: its later values, moves and returns."""
    if label_R is not None and len(np.unique(label_R[np.isfinite(label_R)])) > FEW_VALUES:
        before = [table.later(label_R, -horizon - j) for j in range(PAST)]
        if price_R is not None and horizon == 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                before += _past_moves(table, price_R / table.later(price_R, -1) - 1)
        yield _identity(f"{target}[t]", label_R, label_R, before, main=True)
    if price_R is None:
        return
    with np.errstate(invalid="ignore", divide="ignore"):
        change_R = price_R - table.later(price_R, -1)
        grown_R = price_R / table.later(price_R, -1) - 1
    guesses = _past_moves(table, grown_R)
    levels = [price_R, *(table.later(price_R, -j) for j in range(1, PAST)), *_by_a_tick(price_R, change_R)]
    for k in STEPS:
        move_R = table.later(grown_R, k)
        yield _identity(f"{base}[t+{k}] / {base}[t+{k - 1}] - 1", move_R, move_R, guesses, main=k == 1)
        with np.errstate(invalid="ignore", divide="ignore"):
            total_R = table.later(price_R, k) / price_R - 1
        if k == 1:
            with np.errstate(invalid="ignore", divide="ignore"):
                log_R = np.log1p(np.where(move_R > -1, move_R, np.nan))
            yield _identity(f"log({base}[t+1] / {base}[t])", log_R, move_R, guesses, main=False)
        else:
            yield _identity(f"{base}[t+{k}] / {base}[t] - 1", total_R, total_R, guesses, main=False)
        yield _identity(f"{base}[t+{k}]", table.later(price_R, k), total_R, levels, main=False)


def _past_moves(table: Table, grown_R: Float) -> list[Float]:
    """The last moves as returns, as logarithms and the other way round: on a price grid they come again."""
    with np.errstate(invalid="ignore", divide="ignore"):
        logs_R = np.log1p(np.where(grown_R > -1, grown_R, np.nan))
        # What was rebuilt from a label of logarithms is a move in the wrong unit: both units count.
        forms = (grown_R, logs_R, 1 / (1 + grown_R) - 1, np.expm1(grown_R), np.expm1(-grown_R))
    return [table.later(form_R, -j) for form_R in forms for j in range(PAST)]


def same(a_R: Float, b_R: Float) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(a_R - b_R) <= PRECISION * np.abs(b_R))


def _by_a_tick(price_R: Float, change_R: Float) -> Sequence[Float]:
    """The price moved by its most frequent moves: on a coarse grid a neighbouring price comes often."""
    changes, counts = np.unique(np.round(change_R[np.isfinite(change_R) & (change_R != 0)], 8), return_counts=True)
    return [price_R + changes[place] for place in np.argsort(-counts)[:2]]


def _identity(name: str, level_R: Float, move_R: Float, guesses: Sequence[Float], *, main: bool) -> Identity:
    known_R = np.isfinite(level_R) & (move_R != 0)
    # A column of sizes agrees wherever a move comes again in either direction.
    shares = [
        float(((same(guess_R, level_R) | same(-guess_R, level_R)) & known_R).sum() / max(known_R.sum(), 1))
        for guess_R in guesses
    ]
    return Identity(name=name, level_R=level_R, move_R=move_R, grid=max(shares, default=0.0), main=main)
