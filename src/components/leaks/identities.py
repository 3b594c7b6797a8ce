"""What a column may equal on some of its rows: only later rows tell it.

Shape legend: R rows, H the first of them.
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
GRID_ROWS = 100_000
"""Rows on which coincidences are counted."""

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
    head = table.head(GRID_ROWS)
    if label_R is not None and len(np.unique(label_R[np.isfinite(label_R)])) > FEW_VALUES:
        before = [head.later(label_R[: head.n_rows], -horizon - j) for j in range(PAST)]
        if price_R is not None and horizon == 1:
            before += _past_moves(head, _grown(head, price_R[: head.n_rows]))
        yield _identity(f"{target}[t]", label_R, label_R, before, main=True)
    if price_R is None:
        return
    grown_R, early_H = _grown(table, price_R), price_R[: head.n_rows]
    guesses = _past_moves(head, grown_R[: head.n_rows])
    levels = [early_H, *(head.later(early_H, -j) for j in range(1, PAST)), *_by_a_tick(head, early_H)]
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
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        logs_R = np.log1p(np.where(grown_R > -1, grown_R, np.nan))
        # What was rebuilt from a label of logarithms is a move in the wrong unit: both units count.
        forms = (grown_R, logs_R, 1 / (1 + grown_R) - 1, np.expm1(grown_R), np.expm1(-grown_R))
    return [table.later(form_R, -j) for form_R in forms for j in range(PAST)]


def same(a_R: Float, b_R: Float) -> Mask:
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(a_R - b_R) <= PRECISION * np.abs(b_R))


def _grown(table: Table, price_R: Float) -> Float:
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(price_R / table.later(price_R, -1) - 1)


def _by_a_tick(table: Table, price_R: Float) -> Sequence[Float]:
    """The price moved by its most frequent moves: on a coarse grid a neighbouring price comes often."""
    change_R = price_R - table.later(price_R, -1)
    changes, counts = np.unique(np.round(change_R[np.isfinite(change_R) & (change_R != 0)], 8), return_counts=True)
    return [price_R + changes[place] for place in np.argsort(-counts)[:2]]


def _identity(name: str, level_R: Float, move_R: Float, guesses: Sequence[Float], *, main: bool) -> Identity:
    early_H = level_R[: len(guesses[0])]
    known_H = np.isfinite(early_H) & (move_R[: len(early_H)] != 0)
    # A column of sizes agrees wherever a move comes again in either direction.
    shares = [
        float(((same(guess_H, early_H) | same(-guess_H, early_H)) & known_H).sum() / max(known_H.sum(), 1))
        for guess_H in guesses
    ]
    return Identity(name=name, level_R=level_R, move_R=move_R, grid=max(shares, default=0.0), main=main)
