"""A gate on one figure of the run."""

import difflib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Gate, Kind, Result
from components.contracts.metric import FORECASTS, SPANS
from components.gates._wording import (
    judgement,
    not_computable,
    number,
    percent,
    sentence,
)
from components.values import Evidence, Judgement, Need


@dataclass(frozen=True, kw_only=True)
class MetricGate(Gate):
    """Passes where minimum <= metric <= maximum; a bound that is null does not bind.

    metric: flat name such as "test/r2", "vault/r2", "backtest/max_drawdown" or "double_costs/sharpe", in that
    metric's unit; one of the vault is judged at promotion. minimum, maximum: in the metric's unit; minimum alone,
    maximum alone, or between both.
    A metric that is missing or NaN fails. Drawdown and volatility fail with the size of positions that would
    suffice: ln(1 + drawdown) and volatility are about proportional to it.
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

    def judges(self, kind: Kind) -> Result:
        return "forecast" if self.metric.partition("/")[0] in FORECASTS else "portfolio"

    def needs(self) -> frozenset[Need]:
        span = self.metric.partition("/")[0]
        return frozenset[Need]({"vault"} if span.startswith("vault") else {"scenarios"} if self.scenarios() else ())

    def scenarios(self) -> tuple[str, ...]:
        span = self.metric.partition("/")[0]
        return () if span in SPANS else (span,)

    def figures(self) -> tuple[str, ...]:
        return (self.metric,)

    def flaws(self) -> tuple[str, ...]:
        if self.minimum is None and self.maximum is None:
            return ("has neither a minimum nor a maximum",)
        if self.minimum is not None and self.maximum is not None and self.minimum > self.maximum:
            return (f"its minimum of {number(self.minimum)} is above its maximum of {number(self.maximum)}",)
        return ()

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
            return not_computable(f"{self._name(evidence)} could not be computed in this run.", bound)
        return self._compare(self._name(evidence), value, bound)

    def _compare(self, name: str, value: float, bound: float) -> Judgement:
        says = f"{name} is {number(value)}"
        if self.minimum is not None and value < self.minimum:
            says += f", {number(self.minimum - value)} below the minimum of {number(self.minimum)}."
            return judgement(
                False,
                value=value,
                threshold=self.minimum,
                relation=">=",
                statistic=self._figure(),
                says=says,
                suffices=self._suffices(value, "least", self.minimum),
            )
        if self.maximum is not None and value > self.maximum:
            says += f", {number(value - self.maximum)} above the maximum of {number(self.maximum)}."
            return judgement(
                False,
                value=value,
                threshold=self.maximum,
                relation="<=",
                statistic=self._figure(),
                says=says,
                suffices=self._suffices(value, "most", self.maximum),
            )
        return judgement(
            True,
            value=value,
            threshold=bound,
            relation=">=" if self.minimum is not None else "<=",
            statistic=self._figure(),
            says=f"{says}; {self._allowed()}.",
        )

    def _figure(self) -> str:
        return self.metric.rpartition("/")[2].replace("_", " ")

    def _suffices(self, value: float, side: str, bound: float) -> str:
        figure = self.metric.rpartition("/")[2]
        if figure == "max_drawdown" and -1 < value < bound < 0:
            share = math.log1p(bound) / math.log1p(value)
            return f"Positions scaled to about {percent(share)} would suffice."
        if figure == "volatility" and 0 < bound < value:
            return f"Positions scaled to about {percent(bound / value)} would suffice."
        return f"At {side} {number(bound)} would suffice."

    def _allowed(self) -> str:
        if self.minimum is None or self.maximum is None:
            side, bound = ("least", self.minimum) if self.minimum is not None else ("most", self.maximum)
            return f"at {side} {number(bound or 0.0)} is asked for"
        return f"between {number(self.minimum)} and {number(self.maximum)} is asked for"

    def _name(self, evidence: Evidence) -> str:
        return sentence(evidence.words.get(self.metric, self.metric))
