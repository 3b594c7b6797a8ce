"""What a record could show at all, before anything is run."""

import math
from contextlib import suppress

from components.contracts import Gates, Kind
from components.errors import OutputError
from components.statistics.provable import Provable, provable
from runner.recording.ledger import Ledger
from runner.specification.experiment import Experiment

YEARS = 10
BARS_A_YEAR = 252
LEVEL = 0.05
"""Chance of even one false claim where no gate names its own."""


def reach_of(experiment: Experiment) -> tuple[str, ...]:
    """What the gates of an experiment could show, beside what the ledger holds of its data."""
    return reach(experiment.gates, experiment.target.kind, tried_on(experiment.data.facts().identity))


def tried_on(source: str) -> int:
    """Tries that the ledger holds of what a source of this name gave; 0 where there is no ledger, or none that can be
    read: whoever runs the experiment is told why."""
    with suppress(OutputError):
        if (ledger := Ledger.existing()) is not None:
            return ledger.tried_on(source)
    return 0


def reach(gates: Gates, kind: Kind, tried: int = 0) -> tuple[str, ...]:
    """One line for each gate that tests everything that was tried, or one for such a test at 5 % where none does: the
    smallest true effect that it shows in ten years of one more try than there were, and after 10, 100 and 1,000 more,
    all independent (the worst case). Of a forecast's loss nobody knows the scale before it is made: its effect is told
    in standard deviations.
    """
    judges = {
        name: (levels, gate.judges(kind) == "forecast")
        for name, gate in gates.checks.items()
        if (levels := gate.false_claims())
    }
    judges = judges or {"no gate tests all tries; one that did at 5 %": ((LEVEL, LEVEL), kind == "level")}
    return tuple(_line(name, levels, by_loss, tried) for name, (levels, by_loss) in judges.items())


def _line(name: str, levels: tuple[float, float], by_loss: bool, tried: int) -> str:
    now, later = levels[1 if tried else 0], levels[1]
    effects = provable(YEARS * BARS_A_YEAR, tried + 1, 0.0, now=now, later=later, unit=math.sqrt(BARS_A_YEAR))
    what = "saving of loss a year, in its standard deviations," if by_loss else "net Sharpe ratio"
    return (
        f"{name}: in {YEARS} years of bars it shows a true {what} of {_listed(effects, tried)}, with even odds "
        f"(90 %) and tries that do not correlate; in other lengths times sqrt({YEARS} / years)"
    )


def _listed(effects: tuple[Provable, ...], tried: int) -> str:
    now, *later = (f"{effect.even:.2f} ({effect.likely:.2f})" for effect in effects)
    after = ", ".join(f"{text} after {effect.more:,}" for text, effect in zip(later, effects[1:], strict=True))
    times = "1 try" if tried == 1 else f"{tried:,} tries"
    first = f"now, after {times} recorded on these data" if tried else "at the first try on a market"
    return f"{now} {first}, {after} more"
