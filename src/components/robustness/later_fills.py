"""Every order filled later than was assumed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Backtest, Enters, Scenario
from components.ranges import Ge


@dataclass(frozen=True, kw_only=True)
class LaterFills(Scenario):
    """The same weights, each filled `bars` bars later than the backtest fills it, >= 1."""

    enters: ClassVar[Enters] = "costs"

    bars: Annotated[int, Ge(1)]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"bars": 1}, {"bars": 2})

    @property
    def phrase(self) -> str:
        return "with fills one bar later" if self.bars == 1 else f"with fills {self.bars} bars later"

    def backtest(self, backtest: Backtest) -> Backtest | None:
        return backtest.later(self.bars)
