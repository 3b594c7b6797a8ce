"""The target itself: the same values, ranks, or classes."""

from components.leaks.found import Found, LeakTest, gathered
from components.leaks.symbol import Symbol
from components.leaks.target import contained_signals


def find(symbol: Symbol) -> Found:
    """Only a target that becomes known later can be held too early."""
    if symbol.known != "after" or not symbol.names:
        return gathered([], 0)
    return gathered(list(contained_signals(symbol.block, symbol.target, symbol.names, symbol.horizon)), 0)


TEST = LeakTest(
    name="contents",
    says="the target itself, up to scale or order, or by a threshold",
    scope="symbol",
    sampled=True,
    find=find,
)
