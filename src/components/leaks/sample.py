"""The rows that tests of several columns together see: evenly spread over all symbols and times."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from components.leaks.future import Future, Outlook
from components.values import Float, Int

BLOCKS = 16


@dataclass(frozen=True, kw_only=True, eq=False)
class Sample:
    """K rows of the N columns of these names. block_K: of time; n_blocks of them; said: what was seen."""

    outlook: Outlook
    names: tuple[str, ...]
    rows_K: Int

    @classmethod
    def of(cls, outlook: Outlook, names: tuple[str, ...], most: int) -> "Sample":
        """Every so many rows, by a step that shares no factor with days, weeks and hours."""
        step = -(-outlook.table.n_rows // most)
        while step > 1 and any(step % factor == 0 for factor in (2, 3, 5, 7)):
            step += 1
        return cls(outlook=outlook, names=names, rows_K=np.arange(0, outlook.table.n_rows, step))

    @property
    def said(self) -> str:
        """Nothing where every row was seen."""
        seen, all_rows = len(self.rows_K), self.outlook.table.n_rows
        return "" if seen == all_rows else f"Columns together: {seen:,} of {all_rows:,} rows."

    @cached_property
    def time_K(self) -> Int:
        """The rows in the order of time."""
        return np.asarray(self.rows_K[np.argsort(self.outlook.table.date_R[self.rows_K], kind="stable")])

    @cached_property
    def n_blocks(self) -> int:
        longest = max(future.span for future in self.outlook.futures[:1]) if self.outlook.futures else 1
        count = BLOCKS
        while count > 4 and self.outlook.table.n_dates // count < 2 * longest + 20:
            count //= 2
        return count

    @cached_property
    def block_K(self) -> Int:
        """Block of time of each row of time_K."""
        return self.outlook.table.blocks_of(self.n_blocks)[self.time_K]

    @cached_property
    def ranks_NK(self) -> Float:
        """Ranks within the symbol, NaN where missing."""
        table = self.outlook.table
        return np.array([table.ranks(table.columns[name])[self.time_K] for name in self.names])

    def futures(self) -> Iterator[Future]:
        """The main one: the label, or the next move."""
        yield from self.outlook.futures[:1]
