"""What the rows of a table do not know yet: the label, the next moves, their sums and sizes.

Shape legend: R rows, K futures.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Literal

import numpy as np

from components.leaks import reach
from components.leaks.examined import Known
from components.leaks.fields import next_fields
from components.leaks.identities import Identity, identities
from components.leaks.layout import Table
from components.leaks.periods import Period, periods
from components.leaks.series import calendar_dummies, clipped, innovations, moving_window, residual
from components.values import Float, Float32

Sort = Literal["move", "direction", "magnitude", "rank"]

AHEAD = 10
EMPTY: Float = np.empty(0)
SUMS = (5, 20)
OWN_LAGS = 4
PERSISTENT = 0.2
"""Autocorrelation at some of HORIZONS from which on a label is a magnitude, as volatility or a range is."""
HORIZONS = 5


@dataclass(frozen=True, kw_only=True, eq=False)
class Future:
    """rank_R: (R,) within the symbol; step: rows until it begins; span: rows that it takes; what: its row of the table
    of reach; level_R: the same not ranked, of
    the first future only; signed: whether it is a direction, not a size."""

    name: str
    step: int
    span: int
    what: reach.What
    level_R: Float
    rank_R: Float32
    signed: bool = True

    @cached_property
    def is_coarse(self) -> bool:
        """Whether it takes a few values only, as a direction does."""
        return len(np.unique(self.rank_R[np.isfinite(self.rank_R)][:5_000])) <= 12

    @cached_property
    def memory(self) -> float:
        """Rows that one independent value takes: 1 + twice the sum of its autocorrelations until they are small."""
        return max(float(self.span), memory_of(self.rank_R))


def memory_of(rank_R: Float32) -> float:
    """See `Future.memory`; over at most the first 20,000 rows."""
    z_T = np.nan_to_num(rank_R[:20_000])
    n = len(z_T)
    if n < 30 or not z_T.any():
        return 1.0
    spectrum = np.fft.rfft(z_T, 2 * n)
    autocorrelation = np.fft.irfft(np.abs(spectrum) ** 2)[: max(2, n // 5)]
    autocorrelation = autocorrelation / autocorrelation[0]
    small = np.flatnonzero(autocorrelation < 0.1)
    end = int(small[0]) if len(small) else len(autocorrelation)
    return float(1 + 2 * autocorrelation[1:end].sum())


@dataclass(frozen=True, kw_only=True, eq=False)
class Outlook:
    """The target and what follows each row.

    moves_R, price_R: the price and its last move as known at a row, None where there is none; base: what it is called;
    sort: of the label.
    """

    table: Table
    target: str
    known: Known
    horizon: int
    sort: Sort
    base: str
    moves_R: Float | None
    price_R: Float | None
    is_price: bool
    unsaid: tuple[str, ...]

    @cached_property
    def futures(self) -> tuple[Future, ...]:
        """The label first, where the target is one. Only of the first one the values themselves are kept."""
        made: list[Future] = []
        for future in self._futures():
            made.append(future if not made else replace(future, level_R=EMPTY))
        ranks_KR = np.array([future.rank_R for future in made])
        return tuple(replace(future, rank_R=rank_R) for future, rank_R in zip(made, ranks_KR, strict=True))

    @property
    def ranks_KR(self) -> Float32:
        """(K, R) of all futures, which hold its rows."""
        base = self.futures[0].rank_R.base if self.futures else None
        return np.empty((0, self.table.n_rows), dtype=np.float32) if base is None else base

    @cached_property
    def identities(self) -> tuple[Identity, ...]:
        """What a column may equal on some of its rows."""
        label_R = self.table.columns[self.target] if self.known == "after" else None
        found = identities(
            self.table,
            target=self.target,
            label_R=label_R,
            horizon=self.horizon,
            base=self.base,
            price_R=self.price_R if self.is_price else None,
        )
        return tuple(found)

    @cached_property
    def markets(self) -> tuple[Float, ...]:
        """(R,) ranks of the moves of every other column that is a price."""
        found = []
        for name, values_R in self.table.columns.items():
            if name != self.target and values_R is not self.price_R and np.nanmin(values_R) > 0:
                moves_R, is_price = price_moves(self.table, values_R)
                if is_price:
                    found.append(self.table.ranks(moves_R))
        return tuple(found)

    @cached_property
    def next_fields(self) -> tuple[tuple[str, tuple[str, ...], Float], ...]:
        """What is new in the other fields of the next bar."""
        return () if self.price_R is None or not self.is_price else tuple(next_fields(self.table, self.price_R))

    @cached_property
    def periods(self) -> tuple[Period, ...]:
        """Calendar periods with what their later rows bring."""
        if self.price_R is None:
            return ()
        return tuple(periods(self.table, self.price_R))

    @property
    def main(self) -> tuple[Future, ...]:
        """What is looked at closest: the label, or the next move where the target is known at its row."""
        return self.futures[:1]

    def own_of(self, future: Future) -> float:
        """r of a future with what the target itself tells of it: its last moves, and its level as far as that is more
        than a level shows by straying."""
        return self._own.get(future.span, 0.0)

    @cached_property
    def _own(self) -> dict[int, float]:
        found: dict[int, float] = {}
        for future in self.futures:
            if future.span not in found and future.signed and future.what not in ("magnitude", "no price"):
                found[future.span] = self._own_r(future)
        return found

    def _own_r(self, future: Future) -> float:
        table = self.table
        if self.moves_R is None:
            past = [future.level_R]
            lags = [future.span]
        else:
            past, lags = [self.moves_R] * OWN_LAGS, list(range(OWN_LAGS))
        lagged = [table.ranks(table.later(each_R, -lag)) for each_R, lag in zip(past, lags, strict=True)]
        r = foretold(future.rank_R, np.column_stack(lagged))
        if self.price_R is None or self.known == "after":
            return r
        level = foretold(future.rank_R, table.ranks(self.price_R)[:, None])
        stray = reach.REACH["next"].drift * reach.drift(future.span, table.n_dates)
        return float(np.hypot(r, max(level - stray, 0.0)))

    def _futures(self) -> Iterator[Future]:
        table = self.table
        if self.known == "after":
            yield from self._labels()
        moves_R = self.moves_R
        if moves_R is None:
            return
        same = self.known == "after" and self.horizon == 1 and self.sort == "move"
        for k in range(2 if same else 1, AHEAD + 1):
            what: reach.What = ("next" if k == 1 else "beyond") if self.is_price else "no price"
            yield self._future(f"the move of {self.base} to [t+{k}]", table.later(moves_R, k), k, 1, what)
        if not self.is_price:
            return
        plain_R = np.nan_to_num(moves_R)
        for h in SUMS:
            if table.n_dates >= 30 * h:
                total_R = sum((table.later(plain_R, k) for k in range(1, h + 1)), np.zeros(table.n_rows))
                yield self._future(f"the moves of {self.base} to [t+1..t+{h}]", total_R, 1, h, reach.of_span(h))
        size_R = _by_symbol(table, lambda x_T: innovations(np.abs(x_T), np.empty((len(x_T), 0))), moves_R)
        yield self._future(f"the size of the move of {self.base} to [t+1]", table.later(size_R, 1), 1, 1, "size", False)
        week_R = sum((table.later(size_R, k) for k in range(1, 6)), np.zeros(table.n_rows))
        yield self._future(f"the size of the moves of {self.base} to [t+1..t+5]", week_R, 1, 5, "size of a week", False)

    def _labels(self) -> Iterator[Future]:
        table, y_R = self.table, self.table.columns[self.target]
        if self.sort == "magnitude":
            surprise_R = _by_symbol(table, lambda y_T: _surprise(y_T, self.horizon), y_R)
            name = f"{self.target}[t] beyond what {self.target}[t-{self.horizon}] tells"
            yield self._future(name, surprise_R, 1, self.horizon, "magnitude")
            return
        yield self._future(f"{self.target}[t]", y_R, 1, self.horizon, reach.of_span(self.horizon))
        if self.moves_R is None:
            for k in range(1, 6):
                later_R = table.later(y_R, k)
                yield self._future(f"{self.target}[t+{k}]", later_R, 1 + k, self.horizon, reach.of_span(self.horizon))

    def _future(self, name: str, level_R: Float, step: int, span: int, what: reach.What, signed: bool = True) -> Future:
        rank_R = self.table.ranks(level_R).astype(np.float32)
        return Future(name=name, step=step, span=span, what=what, level_R=level_R, rank_R=rank_R, signed=signed)


def foretold(y_R: Float | Float32, past_RP: Float) -> float:
    """Multiple r of a series with others, less what chance brings."""
    y_R = np.asarray(y_R, dtype=np.float64)
    rows_R = np.isfinite(y_R)
    if rows_R.sum() < 30:
        return 0.0
    left_R = residual(y_R, past_RP)
    explained = 1 - float(np.nanvar(left_R[rows_R])) / max(float(np.nanvar(y_R[rows_R])), 1e-300)
    chance = past_RP.shape[1] / float(rows_R.sum())
    return float(np.sqrt(max(explained - chance, 0.0)))


def sort_of(table: Table, y_R: Float, horizon: int) -> Sort:
    """Whether a label is a direction, a rank within its date, a magnitude, or a move."""
    finite_R = y_R[np.isfinite(y_R)]
    if len(np.unique(finite_R[:10_000])) <= 3:
        return "direction"
    if len(table.symbols) >= 3 and _is_rank(table, y_R):
        return "rank"
    # Within a day sizes come again at the same hours: what is far from itself at one horizon may be near at several.
    return "magnitude" if any(_persists(table, y_R, horizon, lags) for lags in range(1, HORIZONS + 1)) else "move"


def _persists(table: Table, y_R: Float, horizon: int, lags: int) -> bool:
    before_R, own_R = table.ranks(table.later(y_R, -horizon * lags)), table.ranks(y_R)
    both_R = np.isfinite(before_R) & np.isfinite(own_R)
    r = float((before_R[both_R] * own_R[both_R]).mean()) if both_R.sum() >= 30 else 0.0
    return bool(r > max(PERSISTENT, 3 / np.sqrt(max(both_R.sum(), 1) / horizon)))


def _is_rank(table: Table, y_R: Float) -> bool:
    """Whether the means of all dates are the same, as those of ranks and of what was demeaned are."""
    known_R = np.isfinite(y_R)
    n_D = np.bincount(table.date_R[known_R], minlength=table.n_dates)
    sum_D = np.bincount(table.date_R[known_R], weights=y_R[known_R], minlength=table.n_dates)
    full_D = n_D == n_D.max()
    if n_D.max() < 3 or full_D.sum() < 20:
        return False
    means = sum_D[full_D] / n_D[full_D]
    return float(means.std()) < 1e-3 * float(y_R[known_R].std())


def _surprise(y_T: Float, horizon: int) -> Float:
    from components.leaks.series import shifted

    known_TP = np.column_stack([clipped(shifted(y_T, -horizon * i)) for i in (1, 2)])
    return clipped(residual(clipped(y_T), known_TP))


def _by_symbol(table: Table, how, values_R: Float) -> Float:  # type: ignore[no-untyped-def]
    made_R = np.full(table.n_rows, np.nan)
    for rows in table.parts:
        made_R[rows] = how(values_R[rows])
    return made_R


def price_moves(table: Table, level_R: Float) -> tuple[Float, bool]:
    """(R,) the last move of a level, and whether it is a price: its moves add up, as those of a price do."""
    positive = float(np.nanmin(level_R)) > 0
    with np.errstate(invalid="ignore", divide="ignore"):
        scaled_R = np.log(level_R) if positive else level_R
    moves_R = np.full(table.n_rows, np.nan)
    for rows in table.parts:
        moves_R[rows][1:] = np.diff(_filled(scaled_R[rows]))
        moves_R[rows][~np.isfinite(level_R[rows])] = np.nan
    longest = max(table.parts, key=lambda rows: rows.stop - rows.start)
    if _adds_up(moves_R[longest]):
        return moves_R, True
    made_R = np.full(table.n_rows, np.nan)
    for rows in table.parts:
        made_R[rows] = innovations(level_R[rows], calendar_dummies(table.times_R[rows]))
    return made_R, False


def _filled(values_T: Float) -> Float:
    from components.leaks.series import filled_forward

    return filled_forward(values_T)


def _adds_up(moves_T: Float) -> bool:
    """Variance ratio of sums of ten moves between 1/2 and 2, and no moving window."""
    known_T = clipped(moves_T[np.isfinite(moves_T)])
    if len(known_T) < 60 or not np.isfinite(known_T).all():
        return False
    count = len(known_T) // 10
    sums = known_T[: count * 10].reshape(count, 10).sum(axis=1)
    ratio = float(sums.var() / max(10 * known_T.var(), 1e-300))
    return 0.4 < ratio < 2.5 and moving_window(known_T) == 0
