"""The same correlations within each symbol, each block of time, and each block of each symbol."""

from collections.abc import Iterator

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Severity, Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.layout import correlation, merged, participation
from components.leaks.series import p_values
from components.leaks.tests._markets import of_later_market
from components.leaks.tests._wording import beside, chance
from components.values import Float

FEWEST = 16
"""Independent rows of a cell below which it says nothing."""

CHANCE = {"leak": 1e-12, "suspect": 1e-10}
FAINT = 1e-14
"""Chance from which on a smaller correlation is suspect, too."""

FAINT_FLOOR = 0.30


def find(column: Column) -> Found:
    """The strongest cell of its ranks and of its innovations."""
    signals: list[Signal] = []
    count = 0
    for innovation, sums_KSB7 in ((False, column.sums), (True, column.innovation_sums)):
        best: tuple[float, Signal] | None = None
        for k, future in enumerate(column.outlook.futures):
            if future.step > 3 or future.what == "month" or not future.signed or future.what == "no price":
                continue
            for found, where in _views(column, sums_KSB7[k], future):
                count += found[0].size
                signal = _strongest(column, future, found, where, innovation)
                if signal is not None and (best is None or signal.strength > best[0]):
                    best = signal.strength, signal
        if best is not None:
            signals.append(best[1])
    return gathered(signals, count)


def _views(column: Column, sums_SB7: Float, future: Future) -> Iterator[tuple[tuple[Float, Float], str]]:
    """((r, effective rows), what the cells are), of symbols, of blocks of time, and of both."""
    count = sums_SB7.shape[1]
    while count >= 1:
        cut_SB7 = merged(sums_SB7, count)
        if count > 1:
            pooled_B7 = cut_SB7.sum(axis=0)
            # Rows of one date are no independent evidence.
            dates = np.minimum(column.table.n_dates / count, participation(pooled_B7))
            yield (correlation(pooled_B7), dates / future.memory), f"block of time {{}} of {count}"
        if len(cut_SB7) > 1:
            of_cell = f"in block of time {{}} of {count}" if count > 1 else ""
            yield (correlation(cut_SB7), participation(cut_SB7) / future.memory), f"symbol {{}} {of_cell}".strip()
        count //= 2


def _strongest(
    column: Column, future: Future, cell: tuple[Float, Float], where: str, innovation: bool
) -> Signal | None:
    r, n = cell
    bounds = reach.REACH["cell" if future.what != "magnitude" else "magnitude"].raised(column.outlook.own_of(future))
    size = np.where(n >= FEWEST, np.abs(r), 0.0)
    faint = max(FAINT_FLOOR, bounds.honest) + 1.5 * column.outlook.own_of(future)
    if future.what == "magnitude":
        # What the label's past tells of it differs from one stretch to another.
        faint, n = bounds.suspect, n / 2
    if size.max(initial=0.0) < min(bounds.suspect, faint):
        return None
    p = p_values(np.where(size > 0, r, 0.0), n)
    if future.is_coarse:
        # Two classes agree on n rows by chance once in 2^(n - 1) times, and then r is 1.
        p = np.maximum(p, 2.0 ** (1 - n))
    sure = size * (p < CHANCE["leak"]) >= bounds.leak
    likely = (size * (p < CHANCE["suspect"]) >= bounds.suspect) | (size * (p < FAINT) >= faint)
    if not (sure | likely).any():
        return None
    severity: Severity = "leak" if sure.any() else "suspect"
    place = np.unravel_index(int(np.where(sure if sure.any() else likely, size, 0.0).argmax()), size.shape)
    found, also, excused = of_later_market(column, future, float(r[place]), severity)
    names = [column.table.symbols[place[0]]] if where.startswith("symbol") else []
    names += [str(place[-1] + 1)] if where.count("{}") > len(names) else []
    what = "its innovation correlates" if innovation else "correlates"
    return Signal(
        column=column.name,
        kind="part of the history",
        severity=found,
        evidence=f"in {where.format(*names).removeprefix('in ')} it {what.removeprefix('its innovation ')} "
        f"{r[place]:+.2f} with {future.name} over {n[place]:.0f} rows; {beside(bounds)}{also} "
        f"(chance {chance(p[place])})",
        strength=float(abs(r[place])),
        p=float(p[place]),
        excused=excused,
    )


TEST = LeakTest(
    name="cells",
    says="the same in every symbol, in every block of time from a half to a 64th of it, and in both",
    scope="column",
    sampled=False,
    find=find,
)
