"""What a portfolio sees when it decides, and what constraints make of its weights.

Shape legend: D decisions in order of time, S symbols, O outputs of a forecast, T bars, L bars up to a decision's own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from components.errors import ContractError
from components.values.arrays import Float, Int, Time
from components.values.forecast import Outputs

RETURN = "return"
"""Change of the close since the symbol's bar before, a fraction."""
HELD = "held"
"""What is held: the target weights of the decision before, after constraints."""
DERIVED: Mapping[str, tuple[str, ...]] = {RETURN: ("close",), HELD: ()}
"""What can be read besides fields of the bars, and the fields that it follows from."""


def fields_read(reads: Sequence[str]) -> tuple[str, ...]:
    """The fields of the bars from which what is read follows, sorted."""
    return tuple(sorted({name for read in reads for name in DERIVED.get(read, (read,))}))


State = Mapping[str, npt.NDArray[np.generic]]
"""What a calibration or constraints carry from bar to bar: named arrays of fixed shapes."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """Consecutive decisions and all that may be known at each of them.

    decided_D      decision times
    values_DSO     forecasts with all their outputs, NaN where there is none; outputs: what each column is
    bars_per_year  to annualise with
    times_T, past  bars, the last of them that of the last decision, and name -> (T, S) what was asked for of them:
                   fields (volume, a field of group codes) or RETURN; NaN where a symbol has no bar
    held_S         target weights of the decision before the last one here, after constraints, in fractions of equity;
                   what prices, fills and costs made of them since is left out. None where nobody reads it
    """

    decided_D: Time
    symbols: tuple[str, ...]
    values_DSO: Float
    outputs: Outputs
    bars_per_year: float
    times_T: Time = field(default_factory=lambda: np.empty(0, dtype="datetime64[us]"))
    past: Mapping[str, Float] = field(default_factory=dict[str, Float])
    held_S: Float | None = None

    @property
    def forecast_DS(self) -> Float:
        """(D, S) the output that is decided on."""
        return self.output(self.outputs.decision)

    @property
    def interval_DS(self) -> tuple[Float, Float] | None:
        """(D, S) the ends of the interval of what is decided on; None without one."""
        ends = self.outputs.interval
        return None if ends is None else (self.output(ends[0]), self.output(ends[1]))

    def output(self, place: int) -> Float:
        """(D, S) one output, C-contiguous."""
        return np.ascontiguousarray(self.values_DSO[:, :, place])

    @property
    def bar_D(self) -> Int:
        """(D,) the bar of each decision."""
        return np.searchsorted(self.times_T, self.decided_D)

    def trailing(self, name: str, bars: int) -> Float:
        """(D, L, S) the last bars up to each decision's own, which is the last; NaN before the first bar there is."""
        if name not in self.past:
            raise ContractError(f"a portfolio reads '{name}', which its `reads` does not declare")
        padded_TS = np.concatenate([np.full((bars, len(self.symbols)), np.nan), self.past[name]])
        trailing_DLS: Float = padded_TS[self.bar_D[:, None] + np.arange(1, bars + 1)]
        return trailing_DLS

    def until(self, d: int, *, decisions: int, bars: int) -> "View":
        """What a decision may depend on: so many decisions and so many bars, its own included."""
        first, last = max(d - decisions + 1, 0), d + 1
        end = int(self.bar_D[d]) + 1 if len(self.times_T) else 0
        begin = max(end - bars, 0)
        return replace(
            self,
            decided_D=self.decided_D[first:last],
            values_DSO=self.values_DSO[first:last],
            times_T=self.times_T[begin:end],
            past={name: values_TS[begin:end] for name, values_TS in self.past.items()},
        )


@dataclass(frozen=True, kw_only=True)
class Relaxed:
    """A constraint that could not be met: what was asked, and what was reached instead."""

    constraint: str
    asked: float
    reached: float


@dataclass(frozen=True, kw_only=True, eq=False)
class Constrained:
    """(S,) target weights after constraints, and every constraint that they do not meet."""

    weight_S: Float
    relaxed: tuple[Relaxed, ...] = ()
