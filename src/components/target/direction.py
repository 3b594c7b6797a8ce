"""Whether the price rises."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from components.contracts import Kind, Target
from components.ranges import Ge, Le
from components.target._words import bars_ahead


@dataclass(frozen=True, kw_only=True)
class Direction(Target):
    """1 if close[t + skip + h] > close[t + skip], else 0.

    horizon_bars  h
    skip_bars     bars between the decision and the start of the move; a decision at the close of bar t
                  is filled at the close of bar t + 1 at the earliest, so 1 is the first move one can trade
    NaN where one of the closes is missing.
    """

    kind: ClassVar[Kind] = "direction"

    horizon_bars: Annotated[int, Ge(1), Le(252)]
    skip_bars: Annotated[int, Ge(0), Le(252)]

    def in_words(self) -> str:
        return f"whether the price will rise over {bars_ahead(self.skip_bars, self.horizon_bars)}"

    def text(self) -> str:
        end = self.skip_bars + self.horizon_bars
        start = f"ref(close, -{self.skip_bars})" if self.skip_bars else "close"
        return f"ref(close, -{end}) > {start}"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({"horizon_bars": 1, "skip_bars": 1}, {"horizon_bars": 5, "skip_bars": 0})
