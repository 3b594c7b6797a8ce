"""Samples as rows of one block: what a model is fitted on, and what lies before each row.

Shape legend: R rows of a block, F features, N samples, K targets, L rows of a window.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from components.errors import ContractError
from components.values.arrays import Float, Float32, Int, Time

T = TypeVar("T")


@dataclass(frozen=True, kw_only=True, eq=False)
class Block:
    """The rows that can be forecast, after the preprocessor: symbol by symbol, each in order of time.

    values_RF float32, C-contiguous; columns: F names; first_R: the row at which the symbol of each row begins, so
    that rows first_R[r] .. r are its past.
    """

    values_RF: Float32
    columns: tuple[str, ...]
    first_R: Int
    _selected: dict[tuple[str, ...], "Block"] = field(default_factory=dict, repr=False)

    def select(self, columns: Sequence[str]) -> "Block":
        """The block with these columns, in this order; made once."""
        wanted = tuple(columns)
        if wanted == self.columns:
            return self
        if wanted not in self._selected:
            places = [self.columns.index(name) for name in wanted]
            values_RG = np.ascontiguousarray(self.values_RF[:, places])
            self._selected[wanted] = Block(values_RF=values_RG, columns=wanted, first_R=self.first_R)
        return self._selected[wanted]

    def windows(self, rows_N: Int, lookback_rows: int) -> Float32:
        """(N, L, F) the last rows of each row's symbol, itself last: one gather. Raises ContractError where a row
        has fewer before it."""
        short_N = rows_N - self.first_R[rows_N] + 1 < lookback_rows
        if short_N.any():
            raise ContractError(
                f"{int(short_N.sum())} of {len(rows_N)} rows have fewer than {lookback_rows} rows of their symbol up "
                "to them; such rows are no samples"
            )
        windows_NLF: Float32 = self.values_RF[rows_N[:, None] + np.arange(1 - lookback_rows, 1)]
        return windows_NLF


@dataclass(frozen=True, kw_only=True, eq=False)
class Samples:
    """Rows of a block with their labels.

    y_NK float64, finite in what a model is fitted on; the first target is the one that is decided on. weight_N: how
    much a sample counts, None: all the same. timestamps_N: decision times; symbols_N: codes.
    """

    block: Block
    rows_N: Int
    y_NK: Float
    timestamps_N: Time
    symbols_N: npt.NDArray[np.int32]
    weight_N: Float | None = None
    _found: dict[Callable[..., Any], Any] = field(default_factory=dict, init=False, repr=False)

    @staticmethod
    def of(
        *,
        X_NF: Float32,
        y_N: Float,
        columns: tuple[str, ...],
        timestamps_N: Time,
        symbols_N: npt.NDArray[np.int32],
    ) -> "Samples":
        """Samples whose block is the matrix itself; neighbouring rows of one symbol are its past. y_N: (N,) or
        (N, K)."""
        begins_N = np.append(True, symbols_N[1:] != symbols_N[:-1])[: len(symbols_N)]
        first_R = np.maximum.accumulate(np.where(begins_N, np.arange(len(symbols_N)), 0)).astype(np.int64)
        return Samples(
            block=Block(values_RF=np.ascontiguousarray(X_NF), columns=columns, first_R=first_R),
            rows_N=np.arange(len(X_NF)),
            y_NK=_by_target(y_N),
            timestamps_N=timestamps_N,
            symbols_N=symbols_N,
        )

    def __len__(self) -> int:
        return len(self.rows_N)

    @property
    def columns(self) -> tuple[str, ...]:
        return self.block.columns

    @cached_property
    def X_NF(self) -> Float32:
        """(N, F) the rows alone, C-contiguous; a view where they lie side by side."""
        rows_N = self.rows_N
        if len(rows_N) and rows_N[-1] - rows_N[0] == len(rows_N) - 1 and (np.diff(rows_N) == 1).all():
            return self.block.values_RF[rows_N[0] : rows_N[-1] + 1]
        return self.block.values_RF[rows_N]

    @property
    def y_N(self) -> Float:
        """(N,) labels of the first target."""
        return self.y_NK[:, 0]

    def once(self, fn: "Callable[[Samples], T]") -> T:
        """fn(self), found when it is first asked for: what fits of one model with other parameters have in common."""
        if fn not in self._found:
            self._found[fn] = fn(self)
        found: T = self._found[fn]
        return found

    def windows(self, lookback_rows: int) -> Float32:
        """(N, L, F), see `Block.windows`."""
        return self.block.windows(self.rows_N, lookback_rows)

    def select(self, columns: Sequence[str]) -> "Samples":
        """The same rows with these columns."""
        return replace(self, block=self.block.select(columns))

    def with_features(self, X_NG: Float32, columns: tuple[str, ...]) -> "Samples":
        """The same rows with other columns, and no past beyond themselves."""
        return replace(
            Samples.of(
                X_NF=X_NG,
                y_N=self.y_NK,
                columns=columns,
                timestamps_N=self.timestamps_N,
                symbols_N=self.symbols_N,
            ),
            weight_N=self.weight_N,
        )

    def with_labels(self, y_NK: Float) -> "Samples":
        return replace(self, y_NK=_by_target(y_NK))

    def take(self, index: npt.NDArray[np.generic]) -> "Samples":
        """Some of the rows, in any order and number; each keeps its past."""
        return replace(
            self,
            rows_N=self.rows_N[index],
            y_NK=self.y_NK[index],
            timestamps_N=self.timestamps_N[index],
            symbols_N=self.symbols_N[index],
            weight_N=None if self.weight_N is None else self.weight_N[index],
        )


def _by_target(y_NK: Float) -> Float:
    """(N, K) labels; (N,) are those of one target."""
    return y_NK if y_NK.ndim == 2 else y_NK[:, None]
