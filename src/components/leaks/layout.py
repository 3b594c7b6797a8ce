"""A table as the tests of all rows see it: symbols one after the other, time cut into blocks common to all.

Shape legend: R rows, S symbols, D distinct times, C cells (a symbol in a block of time), B blocks, K series.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from components.leaks.examined import Block
from components.values import Float, Float32, Int, Time

FINEST = 64
"""Blocks of time of the finest cut, a power of two."""

DATES_A_BLOCK = 10
"""Fewer distinct times are no block."""

SOME = 24

JUDGED = (8, 64)
"""Blocks over which a mean is judged: fewer say nothing of its error."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Table:
    """Rows in the order of symbol, then time. columns: name -> (R,) numbers, NaN where missing."""

    symbols: tuple[str, ...]
    offsets: Int
    times_R: Time
    columns: Mapping[str, Float]

    @classmethod
    def of(cls, blocks: Sequence[Block]) -> "Table":
        """Of blocks with the same columns; a single one is not copied."""
        names = tuple(blocks[0].columns)
        joined = {
            name: blocks[0].columns[name] if len(blocks) == 1 else np.concatenate([b.columns[name] for b in blocks])
            for name in names
        }
        return cls(
            symbols=tuple(block.symbol for block in blocks),
            offsets=np.cumsum([0, *(len(block.times_T) for block in blocks)]),
            times_R=np.concatenate([block.times_T for block in blocks]),
            columns=joined,
        )

    def with_values(self, target: str, fewest: int) -> "Table | None":
        """The symbols with so many values of the target; None without any."""
        known_R = np.isfinite(self.columns[target])
        keep_S = np.bincount(self.symbol_R[known_R], minlength=len(self.symbols)) >= fewest
        if keep_S.all():
            return self
        return self.of_symbols(keep_S) if keep_S.any() else None

    def of_symbols(self, keep_S: np.typing.NDArray[np.bool_]) -> "Table":
        """The rows of some symbols."""
        keep_R = keep_S[self.symbol_R]
        return Table(
            symbols=tuple(name for name, keep in zip(self.symbols, keep_S, strict=True) if keep),
            offsets=np.concatenate([[0], np.cumsum(np.diff(self.offsets)[keep_S])]),
            times_R=self.times_R[keep_R],
            columns={name: values_R[keep_R] for name, values_R in self.columns.items()},
        )

    def head(self, rows: int) -> "Table":
        """The first symbols with so many rows together, or the first rows of one; the columns are not copied."""
        count = max(1, int(np.searchsorted(self.offsets, rows, side="right")) - 1)
        end = min(int(self.offsets[count]), rows)
        return Table(
            symbols=self.symbols[:count],
            offsets=np.minimum(self.offsets[: count + 1], end),
            times_R=self.times_R[:end],
            columns={name: values_R[:end] for name, values_R in self.columns.items()},
        )

    def finite(self) -> "Table":
        """The same without infinite values."""
        columns = {
            name: values_R if not np.isinf(values_R).any() else np.where(np.isinf(values_R), np.nan, values_R)
            for name, values_R in self.columns.items()
        }
        return replace(self, columns=columns)

    @property
    def n_rows(self) -> int:
        return len(self.times_R)

    @cached_property
    def parts(self) -> tuple[slice, ...]:
        """The rows of each symbol."""
        return tuple(slice(int(a), int(b)) for a, b in zip(self.offsets[:-1], self.offsets[1:], strict=True))

    @cached_property
    def symbol_R(self) -> Int:
        return np.repeat(np.arange(len(self.symbols)), np.diff(self.offsets))

    @cached_property
    def date_R(self) -> Int:
        """(R,) place of a row's time among the distinct times."""
        return np.unique(self.times_R, return_inverse=True)[1].astype(np.int64)

    @cached_property
    def n_dates(self) -> int:
        return int(self.date_R.max()) + 1 if self.n_rows else 0

    def block(self, place: int, more: Mapping[str, Float] | None = None) -> Block:
        """One symbol's rows; more: columns (R,) beside those of the table."""
        rows = self.parts[place]
        columns = {**self.columns, **(more or {})}
        return Block(
            symbol=self.symbols[place],
            times_T=self.times_R[rows],
            columns={name: values_R[rows] for name, values_R in columns.items()},
        )

    def some_blocks(self) -> tuple[Block, ...]:
        """Of at most SOME evenly spread symbols and the one with most rows."""
        places = {int(place) for place in np.linspace(0, len(self.symbols) - 1, SOME)}
        return tuple(self.block(place) for place in sorted({*places, int(np.diff(self.offsets).argmax())}))

    def blocks_of(self, count: int) -> Int:
        """(R,) number of the block of time, of so many with equally many distinct times."""
        return self.date_R * count // self.n_dates

    @cached_property
    def cells(self) -> "Cells":
        count = FINEST
        while count > 1 and self.n_dates // count < DATES_A_BLOCK:
            count //= 2
        block_R = self.blocks_of(count)
        key_R = self.symbol_R * count + block_R
        start_C = np.flatnonzero(np.concatenate([[True], key_R[1:] != key_R[:-1]]))
        return Cells(
            n_blocks=count,
            n_symbols=len(self.symbols),
            n_dates=self.n_dates,
            start_C1=np.append(start_C, self.n_rows).astype(np.int64),
            symbol_C=self.symbol_R[start_C],
            block_C=block_R[start_C],
        )

    def later(self, values_R: Float, rows: int) -> Float:
        """The value so many rows later within the symbol (earlier where negative); NaN beyond its ends."""
        moved_R = np.full(self.n_rows, np.nan)
        if rows == 0:
            moved_R[:] = values_R
        elif abs(rows) < self.n_rows:
            from_R, to_R = (
                (slice(rows, None), slice(None, -rows)) if rows > 0 else (slice(None, rows), slice(-rows, None))
            )
            same_R = self.symbol_R[from_R] == self.symbol_R[to_R]
            moved_R[to_R] = np.where(same_R, values_R[from_R], np.nan)
        return moved_R

    def ranks(self, values_R: Float) -> Float:
        """Ranks within the symbol, ties in the middle, mean 0 and variance 1; NaN where missing."""
        ranked_R = np.full(self.n_rows, np.nan)
        for rows in self.parts:
            ranked_R[rows] = ranks(values_R[rows])
        return ranked_R


@dataclass(frozen=True, kw_only=True, eq=False)
class Cells:
    """start_C1: first row of each cell; symbol_C and block_C: whose it is."""

    n_blocks: int
    n_symbols: int
    n_dates: int
    start_C1: Int
    symbol_C: Int
    block_C: Int

    def sums(self, x_R: Float, y_KR: Float | Float32) -> Float:
        """(K, S, B, 7) n, x, y, xx, yy, xy, xxxx over the rows of each cell where both are finite."""
        from components.leaks.kernels.moments import SUMS, moments

        found_KC7 = np.empty((len(y_KR), len(self.symbol_C), SUMS))
        moments()(x_R, y_KR, self.start_C1, found_KC7)
        sums_KSB7 = np.zeros((len(y_KR), self.n_symbols, self.n_blocks, SUMS))
        sums_KSB7[:, self.symbol_C, self.block_C] = found_KC7
        return sums_KSB7

    def judged(self, overlap: int) -> int:
        """How many blocks a mean is judged by: each longer than twice what one value spans, and 20 times."""
        count = self.n_blocks
        while count > 1 and self.n_dates // count < 2 * overlap + 20:
            count //= 2
        return count


def correlation(sums_7: Float) -> Float:
    """Pearson's r of sums (..., 7); 0 where either does not vary."""
    n, sx, sy, sxx, syy, sxy = (sums_7[..., i] for i in range(6))
    with np.errstate(invalid="ignore", divide="ignore"):
        spread = (sxx - sx * sx / n) * (syy - sy * sy / n)
        r = (sxy - sx * sy / n) / np.sqrt(spread)
    return np.where((n > 2) & (spread > 1e-12 * n * n), np.clip(np.nan_to_num(r), -1, 1), 0.0)


def participation(sums_7: Float) -> Float:
    """About how many rows carry a series' variance: n for ranks, few for rare flags."""
    with np.errstate(invalid="ignore", divide="ignore"):
        carried = 1.8 * sums_7[..., 3] ** 2 / sums_7[..., 6]
    return np.asarray(np.minimum(sums_7[..., 0], np.nan_to_num(carried)))


def block_p(product_B: Float) -> Float:
    """Two-sided p of a mean of 0 of what the last axis holds, by Student's t; 1 with fewer blocks than 8."""
    from scipy.special import stdtr

    count = product_B.shape[-1]
    if count < JUDGED[0]:
        return np.ones(product_B.shape[:-1])
    spread = product_B.std(axis=-1, ddof=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        t = product_B.mean(axis=-1) / spread * np.sqrt(count)
    return np.asarray(2 * stdtr(count - 1, -np.abs(np.nan_to_num(t, posinf=1e9, neginf=1e9))))


def merged(sums_7: Float, count: int) -> Float:
    """Sums (..., B, 7) over neighbouring blocks, so that `count` are left."""
    shape = sums_7.shape
    return np.asarray(sums_7.reshape(*shape[:-2], count, shape[-2] // count, shape[-1]).sum(axis=-2))


def ranks(values_T: Float) -> Float:
    """Ranks with ties in the middle, mean 0 and variance 1; NaN where missing, and where all are the same."""
    ranked_T = np.full(len(values_T), np.nan)
    known_K = np.flatnonzero(np.isfinite(values_T))
    if len(known_K) < 3:
        return ranked_T
    order_K = known_K[np.argsort(values_T[known_K], kind="stable")]
    sorted_K = values_T[order_K]
    tie_U, length_U = _runs(np.concatenate([[True], sorted_K[1:] != sorted_K[:-1]]))
    place_K = np.repeat(tie_U + (length_U - 1) / 2 - (len(known_K) - 1) / 2, length_U)
    scale = float(np.sqrt((place_K**2).mean()))
    if scale > 0:
        ranked_T[order_K] = place_K / scale
    return ranked_T


def ranks_within(values_K: Float, group_K: Int) -> Float:
    """The same among the places of each group, for many small ones."""
    ranked_K = np.full(len(values_K), np.nan)
    known_K = np.flatnonzero(np.isfinite(values_K))
    if len(known_K) < 3:
        return ranked_K
    order_K = known_K[np.lexsort((values_K[known_K], group_K[known_K]))]
    group, value = group_K[order_K], values_K[order_K]
    new_group = np.concatenate([[True], group[1:] != group[:-1]])
    first_U, size_U = _runs(new_group)
    tie_V, length_V = _runs(new_group | np.concatenate([[True], value[1:] != value[:-1]]))
    middle_K = np.repeat(first_U + (size_U - 1) / 2, size_U)
    place_K = np.repeat(tie_V + (length_V - 1) / 2, length_V) - middle_K
    scale_U = np.sqrt(np.add.reduceat(place_K**2, first_U) / size_U)
    scale_K = np.repeat(np.where((scale_U > 0) & (size_U >= 3), scale_U, np.nan), size_U)
    ranked_K[order_K] = place_K / scale_K
    return ranked_K


def _runs(starts_K: np.typing.NDArray[np.bool_]) -> tuple[Int, Int]:
    """(first place, length) of each run."""
    first_U = np.flatnonzero(starts_K)
    return first_U, np.diff(np.append(first_U, len(starts_K)))
