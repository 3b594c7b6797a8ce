"""The verdict: all gates together, and in words."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from components.contracts import Gate, Gates
from components.statistics.deflation import lucks_best
from components.values import Evidence, Judgement, SourceFacts

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

VAULT_CLOSED = Judgement(
    status="deferred",
    value=None,
    threshold=None,
    says="Judged once, at promotion, on the vault, which nothing has looked at yet.",
)

SEEN_BEFORE = "The vault's bars had been seen before, so this is only advice."

NO_VAULT = Judgement(
    status="not_applicable",
    value=None,
    threshold=None,
    says="No vault was held back: split.vault_start is null or no bar lies behind it.",
)


@dataclass(frozen=True, kw_only=True)
class GateOutcome:
    """One gate's judgement under its name; value and threshold are finite or None; says ends with suffices; broken:
    it failed because it, or what it looks at, could not be computed; provable: see `Judgement`."""

    name: str
    status: Literal["passed", "failed", "not_applicable", "deferred"]
    required: bool
    value: float | None
    threshold: float | None
    says: str
    suffices: str = ""
    broken: bool = False
    provable: Mapping[str, Any] | None = None

    @property
    def finding(self) -> str:
        """What it says without what would suffice."""
        return self.says.removesuffix(self.suffices).rstrip()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """passed: no required gate failed, and at least one required gate could be applied and passed."""

    passed: bool
    gates: tuple[GateOutcome, ...]

    def to_json(self) -> dict[str, Any]:
        """{"passed": bool, "provable": {...} or None, "gates": [{"name", "status", "required", "value", "threshold",
        "says", "suffices", "broken"}]}; "provable" stands in the gate that tells it, too."""
        return {"passed": self.passed, "provable": self.provable, "gates": [_plain(gate) for gate in self.gates]}

    @property
    def provable(self) -> Mapping[str, Any] | None:
        """The smallest effects that the record could show, of the first gate that tells them; None where none does."""
        return next((gate.provable for gate in self.gates if gate.provable), None)

    def failed(self, *, required: bool) -> tuple[GateOutcome, ...]:
        """The failed gates among the required or the advisory ones."""
        return tuple(gate for gate in self.gates if gate.status == "failed" and gate.required == required)

    @property
    def broken(self) -> tuple[str, ...]:
        """What could not be judged, one line each."""
        return tuple(f"gate {gate.name}: {gate.says}" for gate in self.gates if gate.broken)

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Verdict":
        """What `to_json` wrote."""
        return Verdict(passed=content["passed"], gates=tuple(GateOutcome(**gate) for gate in content["gates"]))


def judge(evidence: Evidence, *, gates: Gates) -> Verdict:
    """Judges every gate on the evidence. A gate that breaks, or lacks what it needs, has failed."""
    return of_outcomes(tuple(_outcome(name, gate, evidence) for name, gate in gates.checks.items()))


def judge_vault(gates: Gates, evidence: Evidence, earlier: tuple[GateOutcome, ...]) -> Verdict:
    """The run's verdict with the gates that waited for the vault judged: on evidence.vault, or not applicable
    where there is none. earlier: the run's outcomes."""
    judged = {
        name: _outcome(name, gate, evidence) if evidence.vault else _outcome_of(name, gate, NO_VAULT)
        for name, gate in gates.checks.items()
        if "vault" in gate.needs()
    }
    return of_outcomes(tuple(judged.get(outcome.name, outcome) for outcome in earlier))


def of_outcomes(outcomes: tuple[GateOutcome, ...]) -> Verdict:
    """The verdict that these judgements make together."""
    required = [outcome.status for outcome in outcomes if outcome.required]
    return Verdict(passed="failed" not in required and "passed" in required, gates=outcomes)


@dataclass(frozen=True, kw_only=True)
class Sentences:
    """The verdict as plain sentences.

    decision  Passed or Rejected, and by how many gates
    failed    what each failed required gate says
    advisory  what each failed advisory gate says
    suffices  what would suffice for each failed gate that knows it, required ones first
    record    what is wrong with the ledger, which counts the tries; empty if it is whole
    tries     where the run stands among all trials on this data
    data      what the source's survivorship and adjustment mean for the figures
    """

    decision: str
    failed: tuple[str, ...]
    advisory: tuple[str, ...]
    suffices: tuple[str, ...]
    record: tuple[str, ...]
    tries: str
    data: tuple[str, ...]

    @property
    def lines(self) -> tuple[str, ...]:
        return (self.decision, *self.failed, *self.advisory, *self.suffices, *self.record, self.tries, *self.data)


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
    """The decision first.

    trial: number of this run among the family_trials configurations tried on this data, None for a run
    that is no trial; independent: how many independent ones they are worth by their series, returns or losses;
    record_problems: what is wrong with the ledger.
    """
    survivorship = (SURVIVORSHIP[facts.survivorship],) if facts.survivorship in SURVIVORSHIP else ()
    required, advisory = (verdict.failed(required=weight) for weight in (True, False))
    return Sentences(
        decision=_decision(verdict),
        failed=tuple(f"{_named(gate)}: {gate.finding}" for gate in required),
        advisory=tuple(f"{_named(gate)}: {gate.finding}" for gate in advisory),
        suffices=tuple(f"{_named(gate)}: {gate.suffices}" for gate in (*required, *advisory) if gate.suffices),
        record=tuple(
            f"The count of tries cannot be trusted: {problem} (python -m runner ledger)." for problem in record_problems
        ),
        tries=_tries(trial, family_trials, independent, series),
        data=(*survivorship, ADJUSTMENT[facts.adjustment]),
    )


def _plain(gate: GateOutcome) -> dict[str, Any]:
    content = asdict(gate)
    return content if content["provable"] else {key: content[key] for key in content if key != "provable"}


def _named(gate: GateOutcome) -> str:
    return gate.name if gate.required else f"{gate.name} (advisory)"


def _outcome(name: str, gate: Gate, evidence: Evidence) -> GateOutcome:
    missing = [f"{need} ({why})" for need, why in evidence.broken.items() if need in gate.needs()]
    if missing:
        return _broken(name, gate, f"What it looks at could not be computed: {'; '.join(missing)}.")
    try:
        judgement = VAULT_CLOSED if _waits(gate, evidence) else gate.judge(evidence)
    except Exception as error:
        return _broken(name, gate, f"{type(gate).__name__}.judge raised {type(error).__name__}: {error}.")
    if not isinstance(judgement, Judgement):
        returned = type(judgement).__name__
        return _broken(name, gate, f"{type(gate).__name__}.judge returned {returned}, not a Judgement.")
    outcome = _outcome_of(name, gate, judgement)
    if _weakened(gate, evidence):
        says = f"{outcome.finding} {SEEN_BEFORE} {outcome.suffices}".rstrip()
        return replace(outcome, required=False, says=says)
    return outcome


def _broken(name: str, gate: Gate, says: str) -> GateOutcome:
    nothing = Judgement(status="failed", value=None, threshold=None, says=says)
    return replace(_outcome_of(name, gate, nothing), broken=True)


def _outcome_of(name: str, gate: Gate, judgement: Judgement) -> GateOutcome:
    return GateOutcome(
        name=name,
        status=judgement.status,
        required=gate.required,
        value=_finite(judgement.value),
        threshold=_finite(judgement.threshold),
        says=judgement.says,
        suffices=judgement.suffices,
        provable=judgement.provable,
    )


def _weakened(gate: Gate, evidence: Evidence) -> bool:
    """Bars that were looked at before prove less: what they show is only advice."""
    return "vault" in gate.needs() and evidence.vault is not None and evidence.vault.reused


def _waits(gate: Gate, evidence: Evidence) -> bool:
    return "vault" in gate.needs() and evidence.vault is None


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None


def _decision(verdict: Verdict) -> str:
    required = [gate for gate in verdict.gates if gate.required]
    applied = [gate for gate in required if gate.status in ("passed", "failed")]
    failed = verdict.failed(required=True)
    if verdict.passed:
        which = "the only" if len(applied) == 1 else f"all {len(applied)}"
        gates = "gate" if len(applied) == 1 else "gates"
        return f"Passed: {which} required {gates} that could be applied passed.{_waiting(required)}"
    if failed:
        names = ", ".join(gate.name for gate in failed)
        return f"Rejected: {len(failed)} of {len(applied)} required gates failed: {names}."
    return "Rejected: no required gate could be applied, so nothing speaks for this model."


def _waiting(required: list[GateOutcome]) -> str:
    waiting = sum(gate.status == "deferred" for gate in required)
    if not waiting:
        return ""
    return " One more is judged at promotion." if waiting == 1 else f" {waiting} more are judged at promotion."


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
