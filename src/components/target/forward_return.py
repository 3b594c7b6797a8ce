"""The return of the next bars, plain or relative to the cross-section."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from components.contracts import Kind, Target
from components.ranges import Ge, Le
from components.target._words import bars_ahead


@dataclass(frozen=True, kw_only=True)
class ForwardReturn(Target):
    """close[t + skip + h] / close[t + skip] - 1, in the chosen form.

    horizon_bars     h
    skip_bars        bars between the decision and the start of the move (see target/direction)
    cross_sectional  none; demean: minus the mean over the symbols of that time; rank: rank in (0, 1]
                     among them
    NaN where one of the closes is missing.
    """

    kind: ClassVar[Kind] = "return"

    horizon_bars: Annotated[int, Ge(1), Le(252)]
    skip_bars: Annotated[int, Ge(0), Le(252)]
    cross_sectional: Literal["none", "demean", "rank"]

    def in_words(self) -> str:
        form = {"none": "", "demean": ", less the mean of all symbols", "rank": ", as a rank among all symbols"}
        return f"the return over {bars_ahead(self.skip_bars, self.horizon_bars)}{form[self.cross_sectional]}"

    def text(self) -> str:
        end = self.skip_bars + self.horizon_bars
        start = f"ref(close, -{self.skip_bars})" if self.skip_bars else "close"
        move = f"ref(close, -{end}) / {start} - 1"
        return {"none": move, "demean": f"cs_demean({move})", "rank": f"cs_rank({move})"}[self.cross_sectional]

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"horizon_bars": 1, "skip_bars": 1, "cross_sectional": "none"},
            {"horizon_bars": 20, "skip_bars": 1, "cross_sectional": "rank"},
        )
