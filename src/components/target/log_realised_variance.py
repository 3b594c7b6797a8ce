"""Log of the mean realised variance of the next bars."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Literal

from components.contracts import Kind, Target
from components.ranges import Ge, Le
from components.target._words import bars_ahead

ESTIMATORS = {
    "parkinson": "log(high / low) ** 2 / 2.772588722239781",
    "garman_klass": "0.5 * log(high / low) ** 2 - 0.3862943611198906 * log(close / open) ** 2",
    "close_to_close": "log(close / ref(close, 1)) ** 2",
}


@dataclass(frozen=True, kw_only=True)
class LogRealisedVariance(Target):
    """log( (1/h) * sum of v[t+1] ... v[t+h] ), v a bar's realised variance, per bar.

    horizon_bars  h
    estimator     parkinson: ln(H/L)^2 / (4 ln 2) (Parkinson 1980, J. Business 53);
                  garman_klass: 0.5 ln(H/L)^2 - (2 ln 2 - 1) ln(C/O)^2 (Garman and Klass 1980, ibid.);
                  close_to_close: ln(C[t]/C[t-1])^2
    overnight     add ln(O[t]/C[t-1])^2, which the range of a bar cannot see; close_to_close has it already
    NaN where a bar of the horizon is missing; undefined (treated as missing) where all variances are 0.
    """

    kind: ClassVar[Kind] = "level"

    horizon_bars: Annotated[int, Ge(1), Le(252)]
    estimator: Literal["parkinson", "garman_klass", "close_to_close"]
    overnight: bool

    def in_words(self) -> str:
        return f"how much the price will vary over {bars_ahead(0, self.horizon_bars)} (log realised variance)"

    def text(self) -> str:
        variance = ESTIMATORS[self.estimator]
        if self.overnight and self.estimator != "close_to_close":
            variance = f"{variance} + log(open / ref(close, 1)) ** 2"
        return f"log(mean(ref({variance}, -{self.horizon_bars}), {self.horizon_bars}))"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"horizon_bars": 5, "estimator": "garman_klass", "overnight": True},
            {"horizon_bars": 1, "estimator": "close_to_close", "overnight": False},
        )
