"""The returns over several horizons at once."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from components.contracts import Kind, Target
from components.ranges import Ge, Le, MinLen
from components.target.forward_return import ForwardReturn

Bars = Annotated[int, Ge(1), Le(252)]


@dataclass(frozen=True, kw_only=True)
class ForwardReturns(Target):
    """close[t + skip + h] / close[t + skip] - 1 for each horizon h, in the chosen form; columns are named h<bars>.

    horizons         h in bars, two or more, each named once; the first is decided on
    skip_bars        bars between the decision and the start of the moves (see target/direction)
    cross_sectional  none; demean: minus the mean over the symbols of that time; rank: rank in (0, 1]
                     among them
    NaN where one of the closes is missing. A row is trained on when the labels of all horizons are known, so that the
    purge is as long as the longest of them.
    """

    kind: ClassVar[Kind] = "return"

    horizons: Annotated[tuple[Bars, ...], MinLen(2)]
    skip_bars: Annotated[int, Ge(0), Le(252)]
    cross_sectional: Literal["none", "demean", "rank"]

    def flaws(self) -> tuple[str, ...]:
        twice = sorted({bars for bars in self.horizons if self.horizons.count(bars) > 1})
        return tuple(f"its horizon {bars} is named twice" for bars in twice)

    def in_words(self) -> str:
        further = ", ".join(map(str, self.horizons[1:]))
        return f"{self._of(self.horizons[0]).in_words()}; besides, over {further} bars"

    def text(self) -> str:
        return self._of(self.horizons[0]).text()

    def columns(self) -> Mapping[str, str]:
        return {f"h{bars}": self._of(bars).text() for bars in self.horizons}

    def _of(self, bars: int) -> ForwardReturn:
        return ForwardReturn(horizon_bars=bars, skip_bars=self.skip_bars, cross_sectional=self.cross_sectional)

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"horizons": (1, 5, 20), "skip_bars": 1, "cross_sectional": "none"},
            {"horizons": (5, 1), "skip_bars": 0, "cross_sectional": "demean"},
        )
