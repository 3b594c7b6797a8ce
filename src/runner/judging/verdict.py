"""The verdict: all gates together, a level, and two results: the forecast and the portfolio."""

import math
from collections.abc import Mapping, Set
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from components.contracts import Gate, Gates, Result
from components.values import Evidence, Judgement, Need, Relation
from runner.judging.shipped import Compared
from runner.judging.shortfall import shortfall
from runner.judging.standing import Standing, standing_of

Level = Literal["pending", "rejected", "candidate", "hallmarked"]
"""pending: a required gate was not judged yet, and none failed that was."""
Provenance = Literal["fitted", "claimed"]
"""Whether forecasts were fitted here, or made elsewhere and handed in."""
Status = Literal["passed", "failed", "not judged", "none"]

VAULT_CLOSED = Judgement(status="deferred", value=None, threshold=None, says="Judged once, at promotion, on the vault.")
NOT_YET = Judgement(
    status="pending",
    value=None,
    threshold=None,
    says="Not judged yet: a sweep judges it for the best of its trials; so do report and promote for any.",
)
COSTLY: frozenset[Need] = frozenset(get_args(Need)) - {"vault"}
"""What a trial of a sweep is not asked for: everything beyond its forecasts and returns. The vault waits anyway."""
SEEN_BEFORE = "The vault's bars had been seen before, so this is only advice."
NO_VAULT = Judgement(
    status="failed",
    value=None,
    threshold=None,
    says="No vault was held back: split.vault_start is null or no bar lies behind it.",
)


@dataclass(frozen=True, kw_only=True)
class GateOutcome:
    """One gate's judgement under its name; value and threshold are finite or None; says ends with suffices.

    broken: it failed because it, or what it looks at, could not be computed; of: which result it judges; skill: whether
    passing it shows skill; on_vault: whether it is judged on the vault; statistic, relation, provable: see Judgement;
    figures: flat names of those that it judges.
    """

    name: str
    status: Literal["passed", "failed", "not_applicable", "deferred", "pending"]
    required: bool
    value: float | None
    threshold: float | None
    says: str
    suffices: str = ""
    broken: bool = False
    of: Result = "forecast"
    skill: bool = False
    on_vault: bool = False
    statistic: str = ""
    relation: Relation = ""
    figures: tuple[str, ...] = ()
    provable: Mapping[str, Any] | None = None

    @property
    def finding(self) -> str:
        """What it says without what would suffice."""
        return self.says.removesuffix(self.suffices).rstrip()

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "GateOutcome":
        """What `Verdict.to_json` gave."""
        return GateOutcome(**{**content, "figures": tuple(content.get("figures", ()))})


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What all gates come to.

    gates      every judgement; compared: how the set differs from the shipped ones
    left_out   advisory gate -> what the experiment has not, so that it was not asked
    provenance of its forecasts; has_portfolio, standing  of the run, see `runner.judging.standing`
    """

    gates: tuple[GateOutcome, ...]
    compared: Compared = field(default_factory=Compared)
    left_out: Mapping[str, str] = field(default_factory=dict[str, str])
    has_portfolio: bool = True
    standing: Standing = field(default_factory=Standing)
    provenance: Provenance = "fitted"

    @property
    def level(self) -> Level:
        """candidate: passed; hallmarked: passed all that `strict` requires, on a vault that nobody had seen, with
        forecasts that were fitted here."""
        if self.pending and not self.failed(required=True):
            return "pending"
        if not self.passed:
            return "rejected"
        if self.provenance == "claimed":
            return "candidate"
        unseen = any(gate.on_vault and gate.required and gate.status == "passed" for gate in self.gates)
        waits = any(gate.required and gate.status == "deferred" for gate in self.gates)
        return "hallmarked" if self.compared.strict and unseen and not waits else "candidate"

    @property
    def passed(self) -> bool:
        """No required gate of the run or of the forecast failed, and one of the two results showed skill. Where only
        the portfolio could show it, it has to."""
        if self.pending or self._failed("run") or self.forecast == "failed":
            return False
        return "passed" in (self.forecast, self.portfolio)

    @property
    def pending(self) -> tuple[str, ...]:
        """Names of the required gates that were not judged yet."""
        return tuple(gate.name for gate in self.gates if gate.status == "pending" and gate.required)

    @property
    def forecast(self) -> Status:
        """not judged: no required gate of skill judges it."""
        return self._status("forecast")

    @property
    def portfolio(self) -> Status:
        """none: the experiment has none. Where no required gate of skill judges it, it fails if it earned less than
        holding the market."""
        if not self.has_portfolio:
            return "none"
        status = self._status("portfolio")
        return "failed" if status == "not judged" and self.standing.behind else status

    @property
    def hands_out_weights(self) -> bool:
        """Whether a bundle may say what to hold: not where the portfolio failed, or there is none."""
        return self.portfolio in ("passed", "not judged")

    @property
    def no_better_than(self) -> str | None:
        """The best baseline, where the forecast is not shown to be better: by its losses, or than a constant by a gate
        of skill."""
        rival = self.standing.rival
        if rival is None or rival.beaten or (rival.constant and self.forecast == "passed"):
            return None
        return rival.name

    @property
    def offers(self) -> str | None:
        """The baseline whose bundle is worth as much: simpler, where nothing but the forecast speaks for the model."""
        return self.no_better_than if self.passed and self.portfolio != "passed" else None

    @property
    def judges_skill(self) -> bool:
        """Whether some required gate does, one that waits for the vault included."""
        return any(gate.required and gate.skill and gate.status != "not_applicable" for gate in self.gates)

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

    def to_json(self) -> dict[str, Any]:
        """Everything, with what follows from it: level, passed, forecast, portfolio, weights, provable and so on."""
        return {
            "level": self.level,
            "provenance": self.provenance,
            "passed": self.passed,
            "forecast": self.forecast,
            "portfolio": self.portfolio,
            "weights": self.hands_out_weights,
            "no_better_than": self.no_better_than,
            "offers": self.offers,
            "provable": self.provable,
            "strict": self.compared.strict,
            "loosened": list(self.compared.loosened),
            "left_out": dict(self.left_out),
            "standing": self.standing.to_json(),
            "gates": [_plain(gate) for gate in self.gates],
        }

    @staticmethod
    def from_json(content: Mapping[str, Any]) -> "Verdict":
        """What `to_json` wrote."""
        return Verdict(
            gates=tuple(GateOutcome.from_json(gate) for gate in content["gates"]),
            compared=Compared(strict=content.get("strict", False), loosened=tuple(content.get("loosened", ()))),
            left_out=content.get("left_out", {}),
            has_portfolio=content.get("portfolio") != "none",
            standing=Standing.from_json(content.get("standing", {})),
            provenance=content.get("provenance", "fitted"),
        )

    def _status(self, result: Result) -> Status:
        if self._failed(result):
            return "failed"
        shown = (g for g in self.gates if g.of == result and g.required and g.skill and g.status == "passed")
        return "passed" if any(shown) else "not judged"

    def _failed(self, result: Result) -> bool:
        return any(gate.of == result for gate in self.failed(required=True))


def judge(
    evidence: Evidence,
    *,
    gates: Gates,
    left_out: Mapping[str, str] | None = None,
    compared: Compared | None = None,
    provenance: Provenance = "fitted",
    pending: Set[Need] = frozenset(),
) -> Verdict:
    """Judges every gate on the evidence but those left out. A gate that breaks, or lacks what it needs, has failed.

    pending: what was not found out yet; a gate that needs some of it is not judged.
    """
    left_out = left_out or {}
    return Verdict(
        gates=tuple(
            _outcome(name, gate, evidence, pending) for name, gate in gates.checks.items() if name not in left_out
        ),
        compared=compared or Compared(),
        left_out=left_out,
        has_portfolio=evidence.has_portfolio,
        standing=standing_of(evidence, counted="trials" not in pending),
        provenance=provenance,
    )


def judge_vault(gates: Gates, evidence: Evidence, earlier: Verdict) -> Verdict:
    """The run's verdict with the gates that waited for the vault judged: on evidence.vault, or failed where there is
    none."""
    judged = {
        name: _outcome(name, gate, evidence) if evidence.vault else _outcome_of(name, gate, NO_VAULT, evidence)
        for name, gate in gates.checks.items()
        if "vault" in gate.needs()
    }
    return replace(earlier, gates=tuple(judged.get(outcome.name, outcome) for outcome in earlier.gates))


def _outcome(name: str, gate: Gate, evidence: Evidence, pending: Set[Need] = frozenset()) -> GateOutcome:
    if gate.needs() & pending and evidence.kind in gate.kinds:
        return _outcome_of(name, gate, NOT_YET, evidence)
    missing = [f"{need} ({why})" for need, why in evidence.broken.items() if need in gate.needs()]
    if missing:
        return _broken(name, gate, evidence, f"What it looks at could not be computed: {'; '.join(missing)}.")
    try:
        judgement = _judged(gate, evidence)
    except Exception as error:
        return _broken(name, gate, evidence, f"{type(gate).__name__}.judge raised {type(error).__name__}: {error}.")
    if not isinstance(judgement, Judgement):
        returned = type(judgement).__name__
        return _broken(name, gate, evidence, f"{type(gate).__name__}.judge returned {returned}, not a Judgement.")
    outcome = _outcome_of(name, gate, judgement, evidence)
    if _weakened(gate, evidence):
        says = f"{outcome.finding} {SEEN_BEFORE} {outcome.suffices}".rstrip()
        return replace(outcome, required=False, says=says)
    return outcome


def _judged(gate: Gate, evidence: Evidence) -> Judgement:
    """A gate that does not apply is for another kind of target; one that looks at nothing has failed."""
    if evidence.kind not in gate.kinds:
        fitting = " and ".join(gate.kinds)
        says = f"For targets of kind {fitting}; this one is a {evidence.kind}."
        return Judgement(status="not_applicable", value=None, threshold=None, says=says)
    if "vault" in gate.needs() and evidence.vault is None:
        return VAULT_CLOSED
    if says := shortfall(gate, evidence):
        return Judgement(status="failed", value=None, threshold=None, says=says)
    judgement = gate.judge(evidence)
    idle = isinstance(judgement, Judgement) and judgement.status not in ("passed", "failed")
    return replace(judgement, status="failed") if idle else judgement


def _broken(name: str, gate: Gate, evidence: Evidence, says: str) -> GateOutcome:
    nothing = Judgement(status="failed", value=None, threshold=None, says=says)
    return replace(_outcome_of(name, gate, nothing, evidence), broken=True)


def _outcome_of(name: str, gate: Gate, judgement: Judgement, evidence: Evidence) -> GateOutcome:
    return GateOutcome(
        name=name,
        status=judgement.status,
        required=gate.required,
        value=_finite(judgement.value),
        threshold=_finite(judgement.threshold),
        says=judgement.says,
        suffices=judgement.suffices,
        of=gate.judges(evidence.kind),
        skill=gate.shows_skill(evidence.kind),
        on_vault="vault" in gate.needs(),
        statistic=judgement.statistic,
        relation=judgement.relation,
        figures=gate.figures(),
        provable=judgement.provable,
    )


def _weakened(gate: Gate, evidence: Evidence) -> bool:
    """Bars that were looked at before prove less: what they show is only advice."""
    return "vault" in gate.needs() and evidence.vault is not None and evidence.vault.reused


def _plain(gate: GateOutcome) -> dict[str, Any]:
    """Of a gate that tells nothing provable that is not mentioned."""
    content = {**vars(gate), "figures": list(gate.figures)}
    return content if gate.provable else {name: value for name, value in content.items() if name != "provable"}


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
