"""What is new in a column against what is new in a base or in the target, up to a year ahead."""

from components.leaks.dependence import Dependence, on_base, on_target
from components.leaks.found import Found, LeakTest, gathered
from components.leaks.symbol import Symbol


def find(symbol: Symbol) -> Found:
    """Against each base, and against a target that becomes known later."""
    made: list[Dependence] = []
    if symbol.others:
        made += [on_base(symbol.block, base, symbol.others) for base in symbol.based]
    if symbol.known == "after" and symbol.names:
        made.append(on_target(symbol.block, symbol.target, symbol.names, symbol.horizon, symbol.based))
    signals = [signal for dependence in made for signal in dependence.signals()]
    return gathered(signals, sum(dependence.p_KN.size for dependence in made))


TEST = LeakTest(
    name="innovations",
    says="what is new in a column against what is new up to 260 rows later, symbol by symbol",
    scope="symbol",
    sampled=True,
    find=find,
)
