"""A gate on one figure of the run."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate
from components.gates._wording import VAULT, judgement, metric_in_words, not_computable, number, sentence
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class MetricGate(Gate):
    """Passes where minimum <= metric <= maximum; a bound that is null does not bind.

    metric: flat name such as "test/r2" or "backtest/max_drawdown", in that metric's unit.
    A metric that is missing or NaN fails.
    """

    metric: str
    minimum: float | None
    maximum: float | None
    required: bool

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"metric": "test/r2", "minimum": 0.0, "maximum": None, "required": True},
            {"metric": "backtest/volatility", "minimum": 0.01, "maximum": 0.3, "required": False},
        )

    def needs(self) -> frozenset[Need]:
        return frozenset({"vault"}) if self.metric.startswith(VAULT) else frozenset()

    def judge(self, evidence: Evidence) -> Judgement:
        bound = self.minimum if self.minimum is not None else self.maximum
        if self.metric not in evidence.metrics:
            near = difflib.get_close_matches(self.metric, evidence.metrics, n=1)
            hint = f"; the nearest metric is {near[0]}" if near else ""
            return not_computable(f"This run has no metric {self.metric}{hint}.", bound)
        value = evidence.metrics[self.metric]
        if bound is None:
            return not_computable(f"The gate on {self.metric} has neither a minimum nor a maximum.", None)
        if math.isnan(value):
            return not_computable(f"{self._name()} could not be computed in this run.", bound)
        return self._compare(value, bound)

    def _compare(self, value: float, bound: float) -> Judgement:
        says = f"{self._name()} is {number(value)}"
        if self.minimum is not None and value < self.minimum:
            says += f", {number(self.minimum - value)} below the minimum of {number(self.minimum)}."
            return judgement(False, value=value, threshold=self.minimum, says=says)
        if self.maximum is not None and value > self.maximum:
            says += f", {number(value - self.maximum)} above the maximum of {number(self.maximum)}."
            return judgement(False, value=value, threshold=self.maximum, says=says)
        return judgement(True, value=value, threshold=bound, says=f"{says}; {self._allowed()}.")

    def _allowed(self) -> str:
        if self.minimum is None or self.maximum is None:
            side, bound = ("least", self.minimum) if self.minimum is not None else ("most", self.maximum)
            return f"at {side} {number(bound or 0.0)} is asked for"
        return f"between {number(self.minimum)} and {number(self.maximum)} is asked for"

    def _name(self) -> str:
        return sentence(metric_in_words(self.metric))
