"""Every cost a multiple of what was assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Backtest, Enters, Scenario
from components.ranges import Gt

DOUBLED = 2.0


@dataclass(frozen=True, kw_only=True)
class HigherCosts(Scenario):
    """The same weights, every cost (commission, impact, borrowing, financing) times `factor`, > 0."""

    enters: ClassVar[Enters] = "costs"

    factor: Annotated[float, Gt(0)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"factor": DOUBLED}, {"factor": 1.5})

    @property
    def phrase(self) -> str:
        return "with every cost doubled" if self.factor == DOUBLED else f"with every cost times {self.factor:g}"

    @property
    def costs_times(self) -> float:
        return self.factor

    def backtest(self, backtest: Backtest) -> Backtest | None:
        return backtest.costlier(self.factor)
