"""Values that stand in the price some rows later and in none before."""

from components.leaks.found import Found, LeakTest, gathered
from components.leaks.structure import later_value_signals
from components.leaks.symbol import Symbol


def find(symbol: Symbol) -> Found:
    """Against each base."""
    found = [
        s for base in symbol.based if symbol.others for s in later_value_signals(symbol.block, base, symbol.others)
    ]
    return gathered(found, 0)


TEST = LeakTest(
    name="later values",
    says="values that stand in the price some rows later and in none before",
    scope="symbol",
    sampled=True,
    find=find,
)
