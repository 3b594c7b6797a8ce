"""A gate on how quickly the inference bundle answers a new bar."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from components.contracts import Gate, Kind, Result
from components.gates._wording import judgement, not_computable, number
from components.ranges import Gt
from components.values import Evidence, Judgement, Need

_ASKED: Any = {"relation": "<=", "statistic": "microseconds"}


@dataclass(frozen=True, kw_only=True)
class BundleLatency(Gate):
    """Passes where median and 99th percentile of the time from a new bar to its forecast stay within limits.

    max_p50_us: limit of the median, in microseconds; max_p99_us: limit of the 99th percentile, in microseconds.
    The time is that of the machine which runs the experiment, features included. value and threshold are the
    99th percentile's, or the median's where that alone is too long. Fails where nothing could be measured.
    """

    max_p50_us: Annotated[float, Gt(0)]
    max_p99_us: Annotated[float, Gt(0)]
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"max_p50_us": 300.0, "max_p99_us": 1000.0, "required": False},
            {"max_p50_us": 5000.0, "max_p99_us": 20000.0, "required": True},
        )

    def judges(self, kind: Kind) -> Result:
        return "run"

    def needs(self) -> frozenset[Need]:
        return frozenset({"bundle"})

    def judge(self, evidence: Evidence) -> Judgement:
        found = evidence.certificate
        if found is None or math.isnan(found.latency_p99_us):
            return not_computable("The bundle was not timed bar by bar.", self.max_p99_us)
        p50, p99 = found.latency_p50_us, found.latency_p99_us
        says = (
            f"From a new bar to its forecast the bundle takes {number(p50)} microseconds in the median (at most "
            f"{number(self.max_p50_us)} allowed), {number(p99)} at the 99th percentile (at most "
            f"{number(self.max_p99_us)})."
        )
        if p50 > self.max_p50_us and p99 <= self.max_p99_us:
            return judgement(False, value=p50, threshold=self.max_p50_us, says=says, **_ASKED)
        passed = p50 <= self.max_p50_us and p99 <= self.max_p99_us
        return judgement(passed, value=p99, threshold=self.max_p99_us, says=says, **_ASKED)
