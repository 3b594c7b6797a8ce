"""Markets that close one after the other."""

import numpy as np

from components.leaks.column import Column
from components.leaks.examined import Severity
from components.leaks.future import Future

SAME_DAY = 0.10
"""r with the move of its own row from which on a column may be that of a market that closes later."""

LATER_MARKET = 0.70
"""What such a column may reach at the next row."""


def of_later_market(column: Column, future: Future, r: float, found: Severity) -> tuple[Severity, str, bool]:
    """(what a correlation at the next row is, what is to be said of it, whether it is excused).

    A market that closes later follows at the next row what moved this one. Such a column moves with its own row,
    too, or is a price itself; the noisy future of the target is neither."""
    moves_R = column.outlook.moves_R
    if future.step != 1 or future.span != 1 or moves_R is None or abs(r) >= LATER_MARKET:
        return found, "", False
    if not column.is_common:
        return found, "", False
    same = float(np.nanmean(column.ranks_R * column.table.ranks(moves_R)))
    if same * np.sign(r) >= SAME_DAY:
        return (
            "suspect",
            f"; it moves with its own row, too ({same:+.2f}), as where one market closes before another",
            False,
        )
    if column.is_market:
        return "suspect", "; it is a price, which another may follow", column.outlook.known == "at"
    return found, "", False
