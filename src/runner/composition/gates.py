"""What gates ask of an experiment, before any data is read: a required gate that needs what the experiment leaves out
is refused, an advisory one is not asked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from components.contracts import Gate
from components.errors import Problem
from runner.composition.check import nearest
from runner.composition.figures import has_intervals, lacking
from runner.specification.experiment import Experiment

NO_SKILL = "no required gate judges skill, so nothing will be promoted; combine, as in gates=[returns,deployment]"


@dataclass(frozen=True, kw_only=True)
class Lack:
    """What an experiment has not. what: as in `no vault`; remedy: how it gets it."""

    what: str
    remedy: str


VAULT = Lack(what="no vault", remedy="set split.vault_start")
PORTFOLIO = Lack(what="no portfolio", remedy="choose a portfolio")
INTERVALS = Lack(what="no intervals of its forecasts", remedy="set calibration=conformal")
BUNDLE = Lack(what="no bundle: its forecasts were made elsewhere", remedy="fit a model")
COSTS = Lack(what="no costs", remedy="give the backtest costs")


def gate_paths(experiment: Experiment) -> Mapping[str, Gate]:
    """dotted path -> gate."""
    gates = experiment.gates
    return {f"gates.{gates.where(name)}": gate for name, gate in gates.checks.items()}


def left_out(experiment: Experiment) -> dict[str, str]:
    """gate -> what it needs and the experiment has not, so that it is not asked: an advisory one, and any that asks for
    a bundle of forecasts that were made elsewhere, which are candidates at most."""
    found = {}
    for name, gate in experiment.gates.checks.items():
        lack = _lack(gate, experiment)
        if lack and (not gate.required or lack is BUNDLE):
            found[name] = lack.what
    return found


def gates_have_what_they_need(experiment: Experiment) -> Iterator[Problem]:
    """Both remedies: what the gate needs, or a gate that is not required."""
    for path, gate in gate_paths(experiment).items():
        lack = _lack(gate, experiment)
        if lack and gate.required and lack is not BUNDLE:
            yield Problem(
                path,
                f"is required, and the experiment has {lack.what}",
                f"{lack.remedy}, or {path}.required=false",
            )


def gates_find_their_baselines(experiment: Experiment) -> Iterator[Problem]:
    known = tuple(experiment.baselines)
    for path, gate in gate_paths(experiment).items():
        for name in gate.baselines():
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean '{near}'?" if near else f"baselines: {', '.join(known) or 'none'}"
                yield Problem(
                    path,
                    f"compares with the baseline '{name}', which is not configured",
                    f"{hint}; or leave the gate out: '~{path}'",
                )


def gates_find_their_scenarios(experiment: Experiment) -> Iterator[Problem]:
    known = tuple(experiment.robustness)
    for path, gate in gate_paths(experiment).items():
        for name in (name for name in gate.scenarios() if not gate.figures()):
            if name not in known:
                near = nearest(name, known)
                hint = f"did you mean '{near}'?" if near else f"scenarios: {', '.join(known) or 'none'}"
                yield Problem(path, f"judges the scenario '{name}', which is not configured", hint)


def gates_find_their_figures(experiment: Experiment) -> Iterator[Problem]:
    for path, gate in gate_paths(experiment).items():
        for figure in gate.figures():
            if found := lacking(figure, experiment):
                why, hint = found
                yield Problem(path, f"no such run has the figure '{figure}': {why}", hint)


def gate_problems(experiment: Experiment) -> Iterator[Problem]:
    """Everything that the gates ask for and the experiment cannot give."""
    for rule in (
        gates_find_their_baselines,
        gates_find_their_scenarios,
        gates_find_their_figures,
        gates_have_what_they_need,
    ):
        yield from rule(experiment)


def gate_notices(experiment: Experiment) -> list[str]:
    """What is allowed and never promotes anything."""
    kind = experiment.target.kind
    skilled = [g for g in experiment.gates.checks.values() if g.required and g.shows_skill(kind) and kind in g.kinds]
    if skilled:
        return []
    return [f"gates: {NO_SKILL}"]


def _lack(gate: Gate, experiment: Experiment) -> Lack | None:
    """What the gate needs and the experiment has not; nothing is asked of a gate of another kind."""
    kind = experiment.target.kind
    if kind not in gate.kinds:
        return None
    if "vault" in gate.needs() and experiment.split.vault_start is None:
        return VAULT
    if "bundle" in gate.needs() and experiment.claims is not None:
        return BUNDLE
    if gate.judges(kind) == "portfolio" and not experiment.portfolio.trades:
        return PORTFOLIO
    if gate.needs_intervals and not has_intervals(experiment):
        return INTERVALS
    if any(_changes_nothing(name, experiment) for name in gate.scenarios() if not gate.figures()):
        return COSTS
    return None


def _changes_nothing(scenario: str, experiment: Experiment) -> bool:
    """Whether it multiplies costs that are zero."""
    played = experiment.robustness.get(scenario)
    if played is None or played.enters != "costs" or played.costs_times is None:
        return False
    return played.backtest(experiment.backtest) == experiment.backtest
