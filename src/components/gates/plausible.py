"""Is it too good to be true?"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_applicable, not_computable, number
from components.leaks.plausible import claims, too_good
from components.values import Evidence, Judgement


@dataclass(frozen=True, kw_only=True)
class Plausible(Gate):
    """Fails where forecasts or portfolio do better than any honest forecast of a market at that horizon.

    Looked at are the correlation of forecasts with outcomes on the test spans and the net Sharpe ratio a year;
    each less two standard errors is held against a ceiling (components.leaks.plausible). A level, such as
    volatility, has no ceiling of its own: it is honestly foretold. value: the lower end of what exceeds its ceiling
    most.
    """

    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"required": True}, {"required": False})

    @property
    def kinds(self) -> tuple[Kind, ...]:
        return ("return", "direction")

    def judges(self, kind: Kind) -> Result:
        return "run"

    def judge(self, evidence: Evidence) -> Judgement:
        if evidence.kind == "level":
            return not_applicable("A level is honestly foretold: there is no ceiling on its forecasts.")
        found = claims(evidence)
        unknown = [claim for claim in found if math.isnan(claim.low)]
        if unknown:
            return not_computable(f"Whether it is believable cannot be said: {unknown[0].name} is undefined.", None)
        beyond = [claim for claim in found if not claim.is_plausible]
        worst = max(beyond or found, key=lambda claim: claim.low / claim.ceiling)
        listed = "; ".join(f"{claim.name} is {number(claim.value)}, below {number(claim.ceiling)}" for claim in found)
        return judgement(
            not beyond,
            value=worst.low,
            threshold=worst.ceiling,
            relation="<=",
            statistic=f"{worst.name}, less two standard errors",
            says=too_good(evidence) if beyond else f"It is believable: {listed}.",
        )
