"""The verdict in plain sentences."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.statistics.deflation import lucks_best
from components.values import SourceFacts
from runner.judging.standing import after_more
from runner.judging.verdict import GateOutcome, Level, Status, Verdict

SURVIVORSHIP = {
    "biased": "The universe was picked with hindsight (survivorship bias): what failed or was delisted is "
    "missing, so results look better than they could have been.",
    "unknown": "Whether the data still hold what failed or was delisted is not known: results may look "
    "better than they could have been.",
}
ADJUSTMENT = {
    "raw": "Prices are raw: a split or a dividend looks like a move of the market.",
    "split": "Prices are adjusted for splits, not for dividends: holding earned more than the returns show.",
    "total": "Prices are adjusted for splits and dividends: returns are complete, but past price levels "
    "contain later knowledge, so features should be ratios.",
}
NO_SKILL = (
    "no required gate judges skill, so nothing speaks for this model; combine the set with one that does, as in "
    "gates=[returns,deployment]"
)
CLAIMED = (
    "Its forecasts were made elsewhere (provenance: claimed): that each was known when it says is taken on trust, and "
    "since nothing can be fitted again there is no bundle, and no level above candidate."
)
HALLMARK = " Hallmarked is only what passes gates=strict on a vault that nobody has seen."
RESULT: dict[Status, str] = {
    "passed": "passed",
    "failed": "failed",
    "not judged": "not judged by a required gate of skill",
    "none": "no portfolio",
}


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """The verdict as plain sentences.

    level     of the verdict
    decision  by how many gates, and what is still to come
    first     what nobody may overlook
    forecast, portfolio  the two results, each with its figures and the gates it failed
    baseline  the best one, and whether it is beaten; empty without baselines
    provable  the smallest effect that this record could have shown, and whether the run's own is below it
    failed    what each failed required gate says
    advisory  what each failed advisory gate says
    suffices  what would suffice for each failed gate that knows it, required ones first
    loosened  how the set of gates differs from the shipped ones, and what was not asked
    record    what is wrong with the ledger, which counts the tries; empty if it is whole
    tries     where the run stands among all trials on this data
    data      what the forecasts' provenance and the source's survivorship and adjustment mean for the figures
    """

    level: Level
    decision: str
    first: tuple[str, ...]
    forecast: str
    portfolio: str
    baseline: str
    provable: str
    failed: tuple[str, ...]
    advisory: tuple[str, ...]
    suffices: tuple[str, ...]
    loosened: tuple[str, ...]
    record: tuple[str, ...]
    tries: str
    data: tuple[str, ...]


def in_words(
    verdict: Verdict,
    *,
    facts: SourceFacts,
    trial: int | None,
    family_trials: int,
    independent: float | None = None,
    series: str = "returns",
    record_problems: Sequence[str] = (),
) -> Sentences:
    """Everything that a verdict has to say.

    trial: number of this run among the family_trials configurations tried on this data, None for a run
    that is no trial; independent: how many independent ones they are worth by their series, returns or losses;
    record_problems: what is wrong with the ledger.
    """
    survivorship = (SURVIVORSHIP[facts.survivorship],) if facts.survivorship in SURVIVORSHIP else ()
    required, advisory = (verdict.failed(required=weight) for weight in (True, False))
    return Sentences(
        level=verdict.level,
        decision=_decision(verdict),
        first=verdict.standing.first,
        forecast=_result(verdict, "forecast", verdict.forecast, verdict.standing.forecast),
        portfolio=_result(verdict, "portfolio", verdict.portfolio, verdict.standing.portfolio),
        baseline=_baseline(verdict),
        provable=_provable(verdict),
        failed=tuple(f"{_named(gate)}: {gate.finding}" for gate in required),
        advisory=tuple(f"{_named(gate)}: {gate.finding}" for gate in advisory),
        suffices=tuple(f"{_named(gate)}: {gate.suffices}" for gate in (*required, *advisory) if gate.suffices),
        loosened=_loosened(verdict),
        record=tuple(
            f"The count of tries cannot be trusted: {problem} (python -m runner ledger)." for problem in record_problems
        ),
        tries=_tries(trial, family_trials, independent, series),
        data=(*((CLAIMED,) if verdict.provenance == "claimed" else ()), *survivorship, ADJUSTMENT[facts.adjustment]),
    )


def _named(gate: GateOutcome) -> str:
    return gate.name if gate.required else f"{gate.name} (advisory)"


def _decision(verdict: Verdict) -> str:
    required = [gate for gate in verdict.gates if gate.required and gate.status in ("passed", "failed")]
    failed = verdict.failed(required=True)
    if not verdict.judges_skill:
        return _capital(f"{NO_SKILL}.")
    better = f"No better than {verdict.offers}. " if verdict.offers else ""
    if failed:
        names = ", ".join(gate.name for gate in failed)
        which = "gate" if len(required) == 1 else "gates"
        said = f"{len(failed)} of {len(required)} required {which} failed: {names}."
        if verdict.passed:
            said = f"The forecast passed, the portfolio did not: {said}"
        return f"{better}{said}{_waiting(verdict)}"
    if waits := len(verdict.pending):
        return f"{waits} of {waits + len(required)} required gates {'is' if waits == 1 else 'are'} not judged yet."
    if not verdict.passed:
        return "No required gate of skill was passed, so nothing speaks for this model."
    which = "The only required gate" if len(required) == 1 else f"All {len(required)} required gates"
    return f"{better}{which} passed.{_waiting(verdict)}{_why_candidate(verdict)}"


def _why_candidate(verdict: Verdict) -> str:
    if verdict.level != "candidate":
        return ""
    return " Forecasts made elsewhere are candidates at most." if verdict.provenance == "claimed" else HALLMARK


def _waiting(verdict: Verdict) -> str:
    waiting = sum(gate.status == "deferred" for gate in verdict.gates if gate.required)
    if not waiting or not verdict.passed:
        return ""
    return " One more is judged at promotion." if waiting == 1 else f" {waiting} more are judged at promotion."


def _result(verdict: Verdict, result: str, status: Status, figures: str) -> str:
    if status == "none":
        return "no portfolio"
    failed = [gate.name for gate in verdict.failed(required=True) if gate.of == result]
    because = f" ({', '.join(failed)})" if failed else ""
    if result == "portfolio" and status == "failed" and not failed:
        because = " (no better than holding)"
    return f"{RESULT[status]}{because}{f': {figures}' if figures else ''}"


def _baseline(verdict: Verdict) -> str:
    rival = verdict.standing.rival
    if rival is None:
        return ""
    size = f"{100 * abs(rival.gain):.1f} % {'smaller' if rival.gain >= 0 else 'larger'}"
    luck = "" if rival.p is None else " (p < 0.001)" if rival.p < 0.001 else f" (p = {rival.p:.3f})"
    if rival.beaten:
        return f"{rival.name}: beaten, the model's losses are {size}{luck}"
    if verdict.no_better_than is None:
        return f"{rival.name}, a constant: beaten by a gate of skill, though the model's losses are {size}{luck}"
    shown = "no better than it" if rival.gain <= 0 else "not shown to be better than it"
    return f"{rival.name}: {shown}, the model's losses are {size}{luck}"


def _provable(verdict: Verdict) -> str:
    """Undecided is what is smaller than what could have been shown; what is not above zero is no claim."""
    if verdict.provable is not None:
        return _reach(verdict.provable)
    provable = verdict.standing.provable
    if provable is None:
        return ""
    undecided = not verdict.passed and 0 < provable.measured < provable.half
    return provable.says + ("; what this run claims is less, so it is undecided, not refuted" if undecided else "")


def _loosened(verdict: Verdict) -> tuple[str, ...]:
    loosened, left_out = verdict.compared.loosened, verdict.left_out
    said = (f"The gates are not as shipped: {'; '.join(loosened)}.",) if loosened else ()
    reasons = list(dict.fromkeys(left_out.values()))
    asked = "; ".join(
        f"{', '.join(name for name, why in left_out.items() if why == reason)} ({reason})" for reason in reasons
    )
    return (*said, *((f"Not asked: {asked}.",) if asked else ()))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _reach(reach: Mapping[str, Any]) -> str:
    """What the judge of skill could have shown, now and after more tries."""
    now, *later = reach["smallest"]

    def written(value: float) -> str:
        return f"{value:.2f}" if reach["what"] == "Sharpe ratio a year" else f"{100 * value:.1f} %"

    after = after_more((written(one["even"]), one["more"]) for one in later)
    undecided = "; what this run claims is less, so it is undecided, not refuted" if reach["undecided"] else ""
    return (
        f"a {reach['what']} of {written(now['even'])} with probability one half, of {written(now['likely'])} with 90 % "
        f"({after}){undecided}"
    )


def _tries(trial: int | None, family_trials: int, independent: float | None, series: str) -> str:
    if trial is None:
        return "This run is no trial: it is not counted and cannot be promoted."
    if family_trials <= 1:
        return "It is the first trial recorded here on this data: nothing was selected yet."
    worth = family_trials if independent is None else max(independent, 1.0)
    luck = lucks_best(worth)
    alike = "" if independent is None else f", worth {worth:.1f} independent ones by their {series}"
    return (
        f"It is trial {trial} of {family_trials} on this data{alike}. The best of so many worthless "
        f"trials reaches a t statistic of about {luck:.1f} by luck alone."
    )
