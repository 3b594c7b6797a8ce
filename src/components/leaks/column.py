"""One column as the tests see it: its ranks, innovations, and where it is missing."""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from components.leaks.examined import MIN_ROWS
from components.leaks.future import Future, Outlook
from components.leaks.layout import Table
from components.leaks.series import innovations
from components.values import Float

SENTINEL_SHARE = (0.005, 0.95)
"""Share of the rows that a value may take to be a sign of something missing."""

FEW_VALUES = 20


@dataclass(frozen=True, kw_only=True, eq=False)
class Column:
    """values_R: (R,) as they are, NaN where missing."""

    name: str
    values_R: Float
    outlook: Outlook

    @property
    def table(self) -> Table:
        return self.outlook.table

    @cached_property
    def known_R(self) -> np.typing.NDArray[np.bool_]:
        return np.isfinite(self.values_R)

    @cached_property
    def n_known(self) -> int:
        return int(self.known_R.sum())

    @cached_property
    def ranks_R(self) -> Float:
        return self.table.ranks(self.values_R)

    @cached_property
    def innovations_R(self) -> Float:
        made_R = np.full(self.table.n_rows, np.nan)
        for rows in self.table.parts:
            values_T = self.values_R[rows]
            made_R[rows] = innovations(values_T, np.empty((len(values_T), 0)))
        return made_R

    @cached_property
    def persistence(self) -> float:
        """Autocorrelation of the ranks."""
        before_R = self.table.later(self.ranks_R, -1)
        both_R = np.isfinite(before_R) & np.isfinite(self.ranks_R)
        return float((before_R[both_R] * self.ranks_R[both_R]).mean()) if both_R.sum() > 10 else 0.0

    @cached_property
    def counted(self) -> tuple[float, float, int]:
        """(the most frequent value, its share of the rows that are known, number of different values)."""
        values, counts = np.unique(self.values_R[self.known_R], return_counts=True)
        if len(values) == 0:
            return np.nan, 0.0, 0
        most = int(counts.argmax())
        return float(values[most]), float(counts[most] / counts.sum()), len(values)

    @cached_property
    def without_mode_R(self) -> Float:
        """(R,) without a value that many rows share: it agrees with whatever has it, too."""
        value, share, _ = self.counted
        return np.where(self.values_R == value, np.nan, self.values_R) if share > 0.01 else self.values_R

    @cached_property
    def ends(self) -> "Column | None":
        """Of a column in steps, what it holds on the last row of each; None of one that has hardly any."""
        last_R = np.where(self.table.later(self.values_R, 1) == self.values_R, np.nan, self.values_R)
        kept = int(np.isfinite(last_R).sum())
        return replace(self, values_R=last_R) if MIN_ROWS <= kept <= self.n_known / 2 else None

    @cached_property
    def digits(self) -> int | None:
        """Decimals to which the column is rounded, where they are so few that what it equals is rounded, too."""
        some = self.without_mode_R[np.isfinite(self.without_mode_R)][:5000]
        for digits in range(6):
            parts = some * 10.0**digits
            if len(some) and (np.abs(parts - np.round(parts)) < 1e-6 * np.maximum(1, np.abs(parts))).all():
                return digits
        return None

    @cached_property
    def flags(self) -> dict[str, Float]:
        """Where the column is missing, and where it holds a value that stands for that."""
        found = {}
        n = self.table.n_rows
        if 0.004 < 1 - self.n_known / n < 0.96:
            found["is missing"] = self.table.ranks((~self.known_R).astype(np.float64))
        value, share, n_distinct = self.counted
        if n_distinct > FEW_VALUES and SENTINEL_SHARE[0] < share < SENTINEL_SHARE[1]:
            found[f"is {value:g}"] = self.table.ranks(np.where(self.known_R, self.values_R == value, np.nan))
        return found

    @cached_property
    def sums(self) -> Float:
        """(K, S, B, 7) of its ranks with all futures, by cell."""
        return self.table.cells.sums(self.ranks_R, self.outlook.ranks_KR)

    @cached_property
    def innovation_sums(self) -> Float:
        """The same of its innovations."""
        return self.table.cells.sums(self.innovations_R, self.outlook.ranks_KR)

    def sign_of(self, future: Future) -> float:
        """Of its rank correlation with a future."""
        return float(np.sign(np.nansum(self.ranks_R * future.rank_R)))

    @cached_property
    def is_common(self) -> bool:
        """Whether all symbols have the same value at a time, as the column of another market does."""
        if len(self.table.symbols) == 1:
            return True
        date_R, values_R = self.table.date_R[self.known_R], self.values_R[self.known_R]
        first_D = np.full(self.table.n_dates, np.nan)
        first_D[date_R[::-1]] = values_R[::-1]
        return bool(np.mean(values_R == first_D[date_R]) > 0.99)

    @cached_property
    def is_market(self) -> bool:
        """Whether it is a price, or the moves of one that is in the table, too: a market of its own."""
        for moves_R in self.outlook.markets:
            for own_R in (self.ranks_R, self.table.ranks(self.innovations_R)):
                both_R = np.isfinite(moves_R) & np.isfinite(own_R)
                if both_R.sum() > 30 and abs(float((moves_R[both_R] * own_R[both_R]).mean())) > 0.93:
                    return True
        return False
