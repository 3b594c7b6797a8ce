"""Smoothers that run from the last row to the first."""

from components.leaks.found import Found, LeakTest, gathered
from components.leaks.structure import recursion_signals
from components.leaks.symbol import Symbol


def find(symbol: Symbol) -> Found:
    """Over every base and column."""
    found = recursion_signals(symbol.block, symbol.based, symbol.others) if symbol.others else ()
    return gathered(list(found), 0)


TEST = LeakTest(
    name="recursions",
    says="exponential averages and other recursions that run backwards",
    scope="symbol",
    sampled=True,
    find=find,
)
