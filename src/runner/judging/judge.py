"""From evidence to a verdict: what a run and a later promotion both do."""

from dataclasses import dataclass
from typing import Any

from components.values import Evidence, NullRank, Trials
from runner.composition.gates import left_out
from runner.compute.pipeline import Executed, Prepared
from runner.compute.stage import Cache, Keyed, Stage
from runner.judging.evidence import Gathered, complete
from runner.judging.figures import run_figures
from runner.judging.forms import VERDICT
from runner.judging.shipped import compared
from runner.judging.verdict import COSTLY, Verdict, judge
from runner.specification.experiment import Experiment
from runner.storage.formats import JSON


@dataclass(frozen=True, kw_only=True, eq=False)
class Judged:
    """evidence: complete; verdict; figures: every statistic with its sentence; state: of the family of trials in
    which it was judged; broken: what broke, one line each."""

    evidence: Stage[Evidence]
    verdict: Verdict
    figures: list[dict[str, Any]]
    state: str
    broken: tuple[str, ...]


def conclude(
    experiment: Experiment,
    prepared: Prepared,
    executed: Executed,
    gathered: Gathered,
    trials: Keyed[Trials],
    cache: Cache,
    nulls: NullRank | None = None,
) -> Judged:
    """Completes the evidence and judges it. What broke is judged again the next time. nulls: of the best of a sweep."""
    evidence = complete(gathered, experiment, prepared, executed, cache, trials, nulls)
    settings = _settings(experiment)
    judged = cache.stage(judge, inputs={"evidence": evidence}, settings=settings, form=VERDICT, shown="gates")
    verdict = judged.value
    if verdict.broken:
        cache.drop(judged)
    broken = [*verdict.broken]
    figures: list[dict[str, Any]] = []
    try:
        figures = cache.stage(run_figures, inputs={"evidence": evidence}, form=JSON, shown="statistics").value
    except Exception as error:
        broken.append(f"statistics: {type(error).__name__}: {error}")
    return Judged(
        evidence=evidence, verdict=verdict, figures=figures, state=trials.key, broken=tuple(dict.fromkeys(broken))
    )


def conclude_so_far(experiment: Experiment, gathered: Gathered) -> Verdict:
    """The verdict of the gates that read forecasts and returns; what costs more is pending."""
    return judge(gathered.evidence.value, **_settings(experiment), pending=COSTLY)


def _settings(experiment: Experiment) -> dict[str, Any]:
    gates, kind = experiment.gates, experiment.target.kind
    return {
        "gates": gates,
        "left_out": left_out(experiment),
        "compared": compared(gates, kind, has_portfolio=experiment.portfolio.trades),
        "provenance": "fitted" if experiment.claims is None else "claimed",
    }


def run_key(experiment: Experiment, gathered: Gathered, cache: Cache) -> str:
    """Same key: same data, code and settings, those of gates and figures included, so the same bytes in every result
    that does not read the ledger."""
    inputs = {"evidence": gathered.evidence, "metrics": gathered.metrics}
    settings = {"gates": experiment.gates, "robustness": dict(experiment.robustness), "experiment": experiment}
    return cache.key(conclude, inputs=inputs, settings=settings)
