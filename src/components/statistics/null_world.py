"""Bars as they would be if nothing foretold the direction of a move: everything else of the history is kept.

A sign is drawn for every time, the same for all symbols, and every move's distance from its symbol's mean is multiplied
by it (the wild bootstrap of Wu 1986, Annals of Statistics 14:1261, with Liu's 1988 signs, ibid. 16:1696; for dependent
observations that are no more than uncorrelated, Kim 2006, Economics Letters 92:38). Given the sizes of all moves, the
next one's expectation is its symbol's mean whatever came before: a martingale with the history's own volatility.

What is kept: the size of every move about the mean, hence volatility and its clusters; products of the moves of one
time, hence correlations between symbols; each symbol's mean move, since its first and its last price are its own, so
that merely holding is as good as it was; timestamps, holes, listings and delistings, bars without a move, and every
field that is no price. A bar whose sign is turned is turned upside down: high and low, and bid and ask, change places,
so that ranges and the order of open, high, low and close stay.

What is lost: everything that foretells the mean, from earlier moves, from other symbols and from fields that are no
prices; the relation of falls to later volatility (the leverage effect), and skewness, since signs are even; the grid on
which prices were quoted.

Shape legend: R rows, T times, S symbols.
"""

import itertools
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from components.errors import DataError
from components.panel import Float, Int, Panel, Time
from components.seeds import derive

Mask = npt.NDArray[np.bool_]

COUNTERPARTS = {"high": "low", "low": "high", "bid": "ask", "ask": "bid"}
"""Which price stands where the other stood in a bar that is upside down."""


def signs_of(stamps_T: Time, *, seed: int, world: int) -> Float:
    """(T,) +1 or -1, each as likely, of every time by itself: the same in all panels that hold it."""
    key = np.uint64(derive(seed, "null world", world)) << np.uint64(32) | np.uint64(derive(seed, "low", world))
    mixed_T = _mixed(_mixed(stamps_T.astype("datetime64[us]").view(np.uint64)) ^ _mixed(np.array([key])))
    return np.where(mixed_T >> np.uint64(63), 1.0, -1.0)


def null_world(panel: Panel, anchors: Mapping[str, str], *, seed: int, world: int) -> Panel:
    """The panel of one world.

    anchors: of every field that is a price, the field whose moves are redrawn and from which it keeps its distance,
    such as close for high; itself for that one. Missing values stay missing. A price that is not above 0 keeps its
    value where it is no anchor. Raises DataError where an anchor is not above 0: moves are logarithms.
    """
    sign_R = signs_of(panel.dates_T, seed=seed, world=world)[panel.date_codes_R]
    drawn = {anchor: _redrawn(panel, anchor, sign_R) for anchor in dict.fromkeys(anchors.values())}
    fields = {name: _turned(panel, name, anchor, drawn[anchor]) for name, anchor in anchors.items()}
    return replace(panel, fields={**panel.fields, **fields})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Redrawn:
    """An anchor's old and new prices at its rows, or the last ones before where it has none there; NaN where there was
    none yet. turned_R: which rows are upside down."""

    old_R: Float
    new_R: Float
    turned_R: Mask


def _redrawn(panel: Panel, anchor: str, sign_R: Float) -> _Redrawn:
    prices_R = panel.fields[anchor]
    known_R = np.isfinite(prices_R)
    if (bad_R := known_R & ~(prices_R > 0)).any():
        row = int(bad_R.argmax())
        raise DataError(
            f"null worlds: {anchor} of {panel.symbols[panel.symbol_codes_R[row]]} is {prices_R[row]:g} at "
            f"{panel.timestamps_R[row]}, and moves of prices that are not above 0 have no logarithm; "
            "drop such bars, or leave sweep.null_worlds out"
        )
    old_R, new_R = np.full(panel.n_rows, np.nan), np.full(panel.n_rows, np.nan)
    first_R = np.zeros(panel.n_rows, dtype=bool)
    for start, end in itertools.pairwise(panel.offsets):
        rows = start + np.flatnonzero(known_R[start:end])
        if len(rows):
            old_R[rows], new_R[rows] = prices_R[rows], _path(prices_R[rows], sign_R[rows])
            first_R[start : rows[0] + 1] = True  # before there is a move, nothing is turned
            held = _last(known_R[start:end])
            old_R[start:end], new_R[start:end] = (
                np.where(held >= 0, each_R[start:end][np.maximum(held, 0)], np.nan) for each_R in (old_R, new_R)
            )
    return _Redrawn(old_R=old_R, new_R=new_R, turned_R=(sign_R < 0) & ~first_R & np.isfinite(old_R))


def _path(prices_N: Float, sign_N: Float) -> Float:
    """The prices of one symbol with redrawn moves; the first and the last are kept."""
    move_N = np.diff(np.log(prices_N))
    moved_N = move_N != 0
    if not moved_N.any():
        return prices_N.copy()
    mean = move_N[moved_N].mean()
    drawn_N = np.where(moved_N, sign_N[1:] * (move_N - mean), 0.0)
    # What the signs left over goes, so that the mean is the history's, as it is in the history.
    drawn_N[moved_N] += mean - drawn_N[moved_N].mean()
    path_N: Float = prices_N[0] * np.exp(np.concatenate([[0.0], np.cumsum(drawn_N)]))
    return path_N


def _last(known_N: Mask) -> Int:
    """(N,) the last place at or before each that is known; -1 where there is none."""
    return np.maximum.accumulate(np.where(known_N, np.arange(len(known_N)), -1))


def _turned(panel: Panel, name: str, anchor: str, drawn: _Redrawn) -> Float:
    """A price as far from its anchor as it was: above where it was below, in a bar that is upside down."""
    twin = _counterpart(name) or name
    # Without a counterpart, or where that is the anchor, a price keeps its side.
    turns = twin in panel.fields and anchor not in (name, twin)
    turned_R = drawn.turned_R & turns
    value_R = np.where(turned_R, panel.fields[twin if turns else name], panel.fields[name])
    with np.errstate(divide="ignore", invalid="ignore"):
        made_R = drawn.new_R * np.where(turned_R, drawn.old_R / value_R, value_R / drawn.old_R)
    return np.where(np.isfinite(drawn.old_R) & (value_R > 0), made_R, value_R)


def _counterpart(name: str) -> str | None:
    for one, other in COUNTERPARTS.items():
        head, found, tail = name.rpartition(one)
        if found and (not head or head.endswith("_")) and (not tail or tail.startswith("_")):
            return f"{head}{other}{tail}"
    return None


def _mixed(state: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """A step of SplitMix64 (Steele, Lea & Flood 2014, OOPSLA): every bit of the state moves every bit of the result."""
    with np.errstate(over="ignore"):
        state = state + np.uint64(0x9E3779B97F4A7C15)
        state = (state ^ (state >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return state ^ (state >> np.uint64(31))
