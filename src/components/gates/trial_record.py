"""Is the record of what was tried whole?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class TrialRecord(Gate):
    """The ledger's chain is unbroken and holds every head that runs and bundles noted down.

    Without it the number of tries is a claim. A ledger lost together with all its witnesses cannot be noticed.
    """

    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"required": True}, {"required": False})

    def judges(self, kind: Kind) -> Result:
        return "run"

    def needs(self) -> frozenset[Need]:
        return frozenset({"trials"})

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.trials is None:
            return not_computable("How much was tried on this data is not known.", None)
        if evidence.trials.count == 0:
            return not_computable("The ledger holds no trial of this data, not even this run.", 0.0)
        problems = evidence.trials.problems
        says = (
            f"The ledger cannot be trusted: {'; '.join(problems)}."
            if problems
            else "The ledger is whole, and holds what every run and bundle here noted of it."
        )
        suffices = "Restoring it from a copy that holds what is missing would suffice."
        return judgement(
            not problems,
            value=len(problems),
            threshold=0,
            relation="<=",
            statistic="problems",
            says=says,
            suffices=suffices,
        )
