"""Rank correlation with what follows, all symbols together, judged by its mean over blocks of time."""

from collections.abc import Iterator

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Kind, Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.future import Future
from components.leaks.layout import block_p, correlation, merged
from components.leaks.tests._markets import of_later_market
from components.leaks.tests._wording import beside, chance, severity
from components.values import Float


def find(column: Column) -> Found:
    """Its ranks, its innovations and where it is missing, against all futures; the strongest of each."""
    variants: list[tuple[str, Float, Kind]] = [
        ("", column.sums, "dependence on the future"),
        ("the innovation of it ", column.innovation_sums, "dependence on the future"),
    ]
    cells = column.table.cells
    for what, flag_R in column.flags.items():
        sums = cells.sums(flag_R, column.outlook.ranks_KR)
        variants.append((f"where it {what}, it ", sums, "missing where the future says so"))
    signals = [
        signal
        for what, sums_KSB7, kind in variants
        for signal in _strongest(column, what, sums_KSB7, kind, levels=what == "")
    ]
    return gathered(signals, len(variants) * len(column.outlook.futures))


def _strongest(column: Column, what: str, sums_KSB7: Float, kind: Kind, *, levels: bool) -> Iterator[Signal]:
    best: tuple[float, Signal] | None = None
    for k, future in enumerate(column.outlook.futures):
        if future.what == "no price" and levels:
            continue
        sums_B7 = sums_KSB7[k].sum(axis=0)
        r = float(correlation(sums_B7.sum(axis=0)))
        bounds = _bounds(column, future, kind, levels=levels)
        found = severity(abs(r), bounds)
        if found is None:
            continue
        p = float(block_p(merged(sums_B7, column.table.cells.judged(future.span))[:, 5]))
        if p == 1.0:
            p = few_p(r, column.table.n_dates / future.memory)
        also, excused = "", False
        if kind == "dependence on the future":
            found, also, excused = of_later_market(column, future, r, found)
        excess = abs(r) / (bounds.leak if found == "leak" else bounds.suspect)
        says = f"{what}correlates {r:+.2f} with {future.name}; {beside(bounds)}{also} (chance {chance(p)})"
        signal = Signal(
            column=column.name, kind=kind, severity=found, evidence=says, strength=abs(r), p=p, excused=excused
        )
        if best is None or (found == "leak", excess) > (best[1].severity == "leak", best[0]):
            best = excess, signal
    if best is not None:
        yield best[1]


def few_p(r: float, n: float) -> float:
    """p of a correlation over so many independent rows, by Fisher's z."""
    from components.leaks.series import p_values

    return float(p_values(np.array([r]), np.array([n]))[0])


def _bounds(column: Column, future: Future, kind: Kind, *, levels: bool) -> reach.Reach:
    """Of flags and sizes what the table says; of a level more, since it strays in one sample."""
    stays = levels and column.persistence > reach.HARDLY_MOVES
    drift = reach.drift(future.span, column.table.n_dates) if stays else 0.0
    what = "flag" if kind == "missing where the future says so" and future.what in ("next", "beyond") else future.what
    return reach.REACH[what].raised(column.outlook.own_of(future), drift)


TEST = LeakTest(
    name="pooled",
    says="ranks, innovations and missing values against the label, the next ten moves, their sums and sizes",
    scope="column",
    sampled=False,
    find=find,
)
