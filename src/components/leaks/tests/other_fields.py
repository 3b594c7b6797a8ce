"""The next row's volume, range, gap and extremes, of bars whose columns are called so."""

import numpy as np

from components.leaks import reach
from components.leaks.column import Column
from components.leaks.examined import Signal
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.layout import block_p, correlation, merged
from components.leaks.tests._wording import beside, chance, severity


def find(column: Column) -> Found:
    """What is new in the column, and its ranks, against what is new in the next row's fields."""
    fields = [(name, rank_R) for name, made_of, rank_R in column.outlook.next_fields if column.name not in made_of]
    if not fields:
        return gathered([], 0)
    cells = column.table.cells
    y_KR = np.array([rank_R for _, rank_R in fields])
    best: Signal | None = None
    for what, x_R in (("what is new in it", column.innovations_R), ("it", column.ranks_R)):
        sums_KB7 = cells.sums(x_R, y_KR).sum(axis=1)
        for (name, _), sums_B7 in zip(fields, sums_KB7, strict=True):
            r = float(correlation(sums_B7.sum(axis=0)))
            bounds = reach.REACH["field"]
            found = severity(abs(r), bounds)
            if found is None or (best is not None and abs(r) <= best.strength):
                continue
            p = float(block_p(merged(sums_B7, cells.judged(1))[:, 5]))
            best = Signal(
                column=column.name,
                kind="future of another field",
                severity=found,
                evidence=f"{what} correlates {r:+.2f} with what is new in {name}; {beside(bounds)} "
                f"(chance {chance(p)})",
                strength=abs(r),
                p=p,
            )
    return gathered([best] if best else [], 2 * len(fields))


TEST = LeakTest(
    name="other fields",
    says="the next row's volume, range, gap and extremes, where columns are called volume, high, low and open",
    scope="column",
    sampled=False,
    find=find,
)
