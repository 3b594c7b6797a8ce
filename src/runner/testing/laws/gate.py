"""Laws of gates: a judgement whatever comes, never a pass for nothing."""

import math
from typing import get_args

from components.contracts import Gate, Gates, Result
from components.values import Evidence, Judgement, Need
from runner.testing.data import snapshot
from runner.testing.evidence import KINDS, lacking, nothing, ordinary
from runner.testing.law import law, require

STATUSES = ("passed", "failed", "not_applicable", "deferred")


def _sound(judged: Judgement, what: str) -> None:
    require(judged.status in STATUSES, f"of {what} its status is '{judged.status}'")
    says = judged.says.strip()
    require(
        says.endswith((".", "!")) and says[:1].upper() == says[:1], f"of {what} it says no whole sentence: '{says}'"
    )
    ends = not judged.suffices or says.endswith(judged.suffices.strip())
    require(ends, f"of {what} its words do not end with what would suffice: '{judged.suffices}'")
    require(not (judged.status == "passed" and judged.suffices), f"of {what} it passes and says what would suffice")
    if judged.status == "passed":
        values = [v for v in (judged.value, judged.threshold) if v is not None]
        require(not any(math.isnan(v) for v in values), f"of {what} it passes with a value that is NaN")


@law
def judges(gate: Gate) -> None:
    """Of an ordinary run of every kind a judgement in whole sentences, twice the same, and the run stays as it is."""
    for kind in KINDS:
        given = ordinary(gate, kind)
        before = snapshot(given.test, given.returns_T, given.benchmark_T)
        judged = gate.judge(given)
        _sound(judged, f"an ordinary run ({kind})")
        require(judged == gate.judge(given), "it judges the same run twice differently")
        require(before == snapshot(given.test, given.returns_T, given.benchmark_T), "it changes the run that it judges")


@law
def never_raises(gate: Gate) -> None:
    """Whatever is missing from a run, it judges: no trade, one symbol, one date, constant forecasts, figures that are
    NaN. An error would lose the verdict."""
    for kind in KINDS:
        for what, given in lacking(gate, kind):
            _sound(_judged(gate, given, f"{what} ({kind})"), f"{what} ({kind})")


@law
def no_pass_for_nothing(gate: Gate) -> None:
    """Without forecasts, returns and figures it cannot pass: what nobody has shown is not there."""
    for kind in KINDS:
        judged = _judged(gate, nothing(gate, kind), "nothing")
        require(judged.status != "passed", f"it passes a run that has nothing to show ({kind}): '{judged.says}'")


@law
def applies(gate: Gate) -> None:
    """It is for some kind of target, and of a run with such a one it passes or fails, whatever is missing: what a run
    failed to produce is a failure. Only a run that cannot be its business is none of it, and only the vault is waited
    for."""
    require(set(gate.kinds) <= set(KINDS) and gate.kinds != (), f"kinds names {gate.kinds}, not some of {KINDS}")
    for kind in gate.kinds:
        require(gate.judges(kind) in get_args(Result), f"judges({kind}) is '{gate.judges(kind)}'")
        for what, given in lacking(gate, kind):
            status = _status(gate, given)
            says = f"of {what} ({kind}) its status is '{status}', and it is for {kind}"
            require(status in ("passed", "failed", None), says)


@law
def asks(gate: Gate) -> None:
    """What it asks for is known to be found out, and asked for alike each time."""
    require(gate.needs() <= set(get_args(Need)), f"needs() names {sorted(set(gate.needs()) - set(get_args(Need)))}")
    require(not gate.scenarios() or "scenarios" in gate.needs(), "it names scenarios and does not need 'scenarios'")
    asked = (gate.needs(), gate.figures(), gate.baselines(), gate.scenarios())
    require(
        asked == (gate.needs(), gate.figures(), gate.baselines(), gate.scenarios()),
        "it asks for something else each time",
    )


@law
def sets(gates: Gates) -> None:
    """A set of gates needs and compares with all that some gate of it does, and says where each of them stands."""
    for name, gate in gates.checks.items():
        require(gate.needs() <= gates.needs(), f"needs() leaves out what the gate {name} needs")
        require(set(gate.baselines()) <= set(gates.baselines()), f"baselines() leaves out those of the gate {name}")
        require(gates.where(name), f"where() does not say where the gate {name} stands")


def _judged(gate: Gate, given: Evidence, what: str) -> Judgement:
    try:
        return gate.judge(given)
    except Exception as error:
        require(False, f"of {what} it raises {type(error).__name__}: {error}")
        raise


def _status(gate: Gate, given: Evidence) -> str | None:
    """None where it raises, of which `never_raises` speaks."""
    try:
        return gate.judge(given).status
    except Exception:
        return None
