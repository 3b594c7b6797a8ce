"""Longer bars as they grow: what `weekly(x)` and its like are at each new bar, with the bits of the batch.

A long bar grows with the bars of its symbol. Once it is complete, see `timeframes`, the expressions take it in as one
new bar of a stream of their own; nothing but the bars that are growing and what that stream carries is kept.

Shape legend: S symbols, N symbols with a new bar, F fields, C expressions, R rows of a panel.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.expressions.calendar import PERIODS
from components.expressions.engine import evaluate
from components.expressions.plan import FrameStep
from components.expressions.timeframes import frames, too_many
from components.expressions.tree import fields_of
from components.panel import IN_UNIVERSE, TIME_DTYPE, Float, Int, Panel, Time

if TYPE_CHECKING:
    from components.expressions.stream import FeatureStream

NEVER = np.datetime64("NaT", "us")
_GROWN: Mapping[str, Callable[[Float, Float], Float]] = {"high": np.maximum, "low": np.minimum, "volume": np.add}


class LongBars:
    """The bars of one timeframe and the expressions that are computed on them.

    steps: all of one timeframe; fields: those of the panel; stream: makes the stream of expressions and fields.
    """

    def __init__(
        self,
        steps: Sequence[FrameStep],
        fields: Sequence[str],
        n_symbols: int,
        stream: Callable[[Mapping[str, Any], Sequence[str]], "FeatureStream"],
    ) -> None:
        self.timeframe, self.most = steps[0].timeframe, min(step.bars for step in steps)
        self.columns = tuple(step.column for step in steps)
        self._nodes = {step.column: step.node for step in steps}
        read = frozenset[str]().union(*map(fields_of, self._nodes.values())) | {IN_UNIVERSE}
        self._places = [place for place, name in enumerate(fields) if name in read]
        self._fields = tuple(fields[place] for place in self._places)
        self._stream = stream(self._nodes, self._fields)
        self._begin_S: Time = np.full(n_symbols, NEVER, dtype=TIME_DTYPE)
        self._bars_S: Int = np.zeros(n_symbols, dtype=np.int64)
        self._growing_FS: Float = np.full((len(self._fields), n_symbols), np.nan)
        self._visible_CS: Float = np.full((len(steps), n_symbols), np.nan)

    def warm(self, panel: Panel, codes_S: Int, threads: int) -> Float:
        """(C, R) what is visible at each row of the history, which is taken in."""
        longer = frames(panel, self.timeframe, self._fields, self.most)
        bars = longer.panel
        values_CL = evaluate(self._nodes, bars, threads=threads, dtype=np.float64)
        last_S = bars.offsets[1:] - 1
        over_L = np.ones(bars.n_rows, dtype=bool)
        latest = bars.timestamps_R.max() if bars.n_rows else NEVER
        grows_S = ~(bars.timestamps_R[last_S] < latest) if self._stream.cross_sectional else np.ones(len(last_S), bool)
        over_L[last_S[grows_S]] = False
        complete = bars.take(over_L)
        place_S = dict(zip(bars.symbols, codes_S, strict=True))
        self._stream.warm(complete, np.array([place_S[name] for name in complete.symbols], dtype=np.int64))
        known_S = last_S - grows_S
        seen_S = known_S >= bars.offsets[:-1]
        self._visible_CS[:, codes_S[seen_S]] = values_CL[:, known_S[seen_S]]
        own, growing = codes_S[grows_S], last_S[grows_S]
        begins_R = PERIODS[self.timeframe](panel.timestamps_R)
        self._begin_S[own] = bars.timestamps_R[growing]
        self._growing_FS[:, own] = [bars.fields[name][growing] for name in self._fields]
        for code, row, start, end in zip(codes_S, last_S, panel.offsets[:-1], panel.offsets[1:], strict=True):
            self._bars_S[code] = (begins_R[start:end] == bars.timestamps_R[row]).sum()
        return np.array([longer.spread(values_L) for values_L in values_CL])

    def check(self, codes_N: Int, timestamps_N: Time) -> None:
        """Raises DataError where a period would have more bars than declared."""
        begins_N = PERIODS[self.timeframe](timestamps_N)
        full_N = (self._begin_S[codes_N] == begins_N) & (self._bars_S[codes_N] >= self.most)
        if full_N.any():
            raise too_many(self.timeframe, "a symbol", self.most + 1, begins_N[full_N.argmax()], self.most)

    def take(self, codes_N: Int, timestamps_N: Time, fields_IN: Float) -> Float:
        """(C, N) what is visible at the new bars, which are taken in. fields_IN: the panel's."""
        begins_N = PERIODS[self.timeframe](timestamps_N).astype(TIME_DTYPE)
        self._complete(codes_N, begins_N)
        bars_FN, growing_FS = fields_IN[self._places], self._growing_FS
        new_N = np.isnat(self._begin_S[codes_N])
        own = codes_N[~new_N]
        for name, values_N, growing_S in zip(self._fields, bars_FN, growing_FS, strict=True):
            growing_S[codes_N[new_N]] = values_N[new_N]
            if name in _GROWN:
                growing_S[own] = _GROWN[name](growing_S[own], values_N[~new_N])
            elif name != "open":
                growing_S[own] = values_N[~new_N]
        self._begin_S[codes_N] = begins_N
        self._bars_S[codes_N] = np.where(new_N, 1, self._bars_S[codes_N] + 1)
        return self._visible_CS[:, codes_N]

    def _complete(self, codes_N: Int, begins_N: Time) -> None:
        """Hands on the long bars after which a new one begins: those of all symbols, where they are compared."""
        over = codes_N[self._begin_S[codes_N] < begins_N]
        if self._stream.cross_sectional and len(begins_N):
            over = np.flatnonzero(self._begin_S < begins_N.max())
        for begin in np.unique(self._begin_S[over]):
            codes = over[self._begin_S[over] == begin]
            bars_FN = self._growing_FS[:, codes]
            members = np.ones(len(codes), dtype=bool)
            if IN_UNIVERSE in self._fields:
                members = bars_FN[self._fields.index(IN_UNIVERSE)] == 1.0
            times = np.full(len(codes), begin, dtype=TIME_DTYPE)
            self._visible_CS[:, codes] = self._stream.values(codes, times, bars_FN, members)
        self._begin_S[over] = NEVER

    def saved(self) -> dict[str, npt.NDArray[np.generic]]:
        """All that symbols carry."""
        own = {
            "begin_S": self._begin_S.copy(),
            "bars_S": self._bars_S.copy(),
            "growing_FS": self._growing_FS.copy(),
            "visible_CS": self._visible_CS.copy(),
        }
        return own | {f"stream/{name}": values for name, values in self._stream.saved().items()}

    def restore(self, saved: Mapping[str, npt.NDArray[Any]]) -> None:
        """Takes on what was saved."""
        self._stream.restore({name.removeprefix("stream/"): values for name, values in saved.items()})
        self._begin_S, self._bars_S = saved["begin_S"].copy(), saved["bars_S"].copy()
        self._growing_FS, self._visible_CS = saved["growing_FS"].copy(), saved["visible_CS"].copy()
