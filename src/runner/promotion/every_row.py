"""What a run had no time for: the leak tests of every row of every field and feature, before its vault is opened."""

from components.values import LeakReport
from runner.compute.forms import LEAKS
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache
from runner.judging.verdict import GateOutcome
from runner.leaks.battery import inputs_battery
from runner.specification.experiment import Experiment

NAME = "no_leaks"


def leaks_of_every_row(
    experiment: Experiment, prepared: Prepared, executed: Executed, made: LeakReport | None, cache: Cache
) -> GateOutcome | None:
    """The gate that fails, whatever the set of gates; None where there is no leak. made: the run's own tests, which
    suffice where they looked at every row."""
    if made is not None and made.whole:
        return None
    inputs = {"prepared": prepared.as_input(), "executed": executed.as_input()}
    settings = {"experiment": experiment}
    report = cache.stage(inputs_battery, inputs=inputs, settings=settings, form=LEAKS, shown="leaks of every row").value
    leaks = [finding for finding in report.findings if finding.severity == "leak"]
    if not leaks:
        return None
    more = f", and {len(leaks) - 1} more" if len(leaks) > 1 else ""
    says = f"The future leaks in at {leaks[0].where}{more}: {leaks[0].evidence}. {' '.join(report.seen)}"
    return GateOutcome(
        name=NAME,
        status="failed",
        required=True,
        value=float(len(leaks)),
        threshold=0.0,
        says=says,
        of="run",
        statistic="leaks",
        relation="<=",
    )
