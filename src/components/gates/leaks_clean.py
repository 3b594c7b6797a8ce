"""A gate on the leak tests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable
from components.values import Evidence, Judgement, LeakFinding, Need

NAMED = 3


@dataclass(frozen=True, kw_only=True)
class LeaksClean(Gate):
    """Passes where no leak test that was made found a leak; what is merely suspect is reported, not judged.

    rows: all: fails unless every row of every field and feature was looked at; some: as many as a run has time for.
    value: number of leaks; threshold: 0. Without leak tests it cannot be computed, and fails.
    """

    rows: Literal["some", "all"]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"rows": "all", "required": True}, {"rows": "some", "required": False})

    def judges(self, kind: Kind) -> Result:
        return "run"

    def needs(self) -> frozenset[Need]:
        return frozenset({"leaks", "every row"}) if self.rows == "all" else frozenset({"leaks"})

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.leaks is None or not evidence.leaks.tests:
            return not_computable("No leak tests were made.", 0.0)
        if self.rows == "all" and not evidence.leaks.whole:
            return not_computable("The leak tests did not look at every row.", 0.0)
        leaks = [finding for finding in evidence.leaks.findings if finding.severity == "leak"]
        clean = f"No leak was found by the tests {', '.join(evidence.leaks.tests)}."
        says = " ".join([_says(leaks) if leaks else clean, *evidence.leaks.seen])
        return judgement(not leaks, value=float(len(leaks)), threshold=0.0, relation="<=", statistic="leaks", says=says)


def _says(leaks: Sequence[LeakFinding]) -> str:
    """Which test found what where; of many, the first."""
    named = [f"{finding.where} (test {finding.test})" for finding in leaks[:NAMED]]
    more = f", and {len(leaks) - NAMED} more" if len(leaks) > NAMED else ""
    return f"The future leaks in at {', '.join(named)}{more}. {leaks[0].where}: {leaks[0].evidence}."
