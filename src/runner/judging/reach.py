"""What a set of gates could show at all, before anything is run."""

import math

from components.contracts import Gates
from components.statistics.provable import Provable, provable

YEARS = 10
BARS_A_YEAR = 252


def reach(gates: Gates) -> tuple[str, ...]:
    """One line for each gate that tests everything that was tried: the smallest true Sharpe ratio that it shows in ten
    years, of the first try on a market and after 10, 100 and 1,000 more, all independent (the worst case)."""
    return tuple(
        f"{name}: in {YEARS} years of bars it shows a true net Sharpe ratio of {_listed(effects)}, with even odds "
        f"(90 %) and tries that do not correlate; in other lengths times sqrt({YEARS} / years)"
        for name, gate in gates.checks.items()
        if (levels := gate.false_claims())
        for effects in [
            provable(YEARS * BARS_A_YEAR, 1, 0.0, now=levels[0], later=levels[1], unit=math.sqrt(BARS_A_YEAR))
        ]
    )


def _listed(effects: tuple[Provable, ...]) -> str:
    now, *later = (f"{effect.even:.2f} ({effect.likely:.2f})" for effect in effects)
    after = ", ".join(f"{text} after {effect.more:,}" for text, effect in zip(later, effects[1:], strict=True))
    return f"{now} at the first try on a market, {after} more"
