"""Rows that stand in reverse order."""

from components.leaks.found import Found, LeakTest, gathered
from components.leaks.structure import reversed_signals
from components.leaks.symbol import Symbol


def find(symbol: Symbol) -> Found:
    """Against each base."""
    found = [
        signal for base in symbol.based for signal in reversed_signals(symbol.block, base, symbol.others, symbol.level)
    ]
    return gathered(found, 7 * len(symbol.others) * len(symbol.based))


TEST = LeakTest(
    name="row order",
    says="columns that move with the price once they are read from the last row to the first",
    scope="symbol",
    sampled=True,
    find=find,
)
