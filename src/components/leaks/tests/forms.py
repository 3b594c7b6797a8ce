"""Windows, ratios, moves and spreads of later values, to rounding."""

from components.leaks.exact import exact_signals
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.symbol import Symbol


def find(symbol: Symbol) -> Found:
    """Against each base."""
    bases = symbol.based if symbol.others else ()
    found = [signal for base in bases for signal in exact_signals(symbol.block, base, symbol.others)]
    return gathered(found, 0)


TEST = LeakTest(
    name="forms",
    says="windows, ratios, moves and spreads of later values, to rounding",
    scope="symbol",
    sampled=True,
    find=find,
)
