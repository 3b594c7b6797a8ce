"""The last bars of what portfolio and constraints read besides forecasts.

Shape legend: T bars kept, S symbols, N symbols with a new bar.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from components.panel import TIME_DTYPE, Panel
from components.values import RETURN, Float, Int, Time
from runner.compute.view import grid_read


class Tail:
    """Rows of the last bars there were, of any symbol; changed in place by `add`."""

    def __init__(self, bars: int, times_T: Time, past: Mapping[str, Float], close_S: Float) -> None:
        self._bars, self.times_T, self.past, self._close_S = bars, times_T, dict(past), close_S

    @staticmethod
    def of(history: Panel, reads: Sequence[str], bars: int) -> "Tail":
        """The end of a history."""
        kept = max(len(history.dates_T) - bars, 0)
        close_S = np.full(len(history.symbols), np.nan)
        if RETURN in reads:
            close_S = history.fields["close"][history.offsets[1:] - 1].copy()
        past = {name: grid_read(history, name)[kept:] for name in reads}
        return Tail(bars, history.dates_T[kept:], past, close_S)

    def add(self, stamp: np.datetime64, codes_N: Int, bars: Mapping[str, Float]) -> None:
        """A new bar of each of N symbols; bars: field -> (N,)."""
        place = int(np.searchsorted(self.times_T, stamp))
        if place == len(self.times_T) or self.times_T[place] != stamp:
            self.times_T = np.insert(self.times_T, place, np.datetime64(stamp).astype(TIME_DTYPE))
            self.past = {name: np.insert(rows, place, np.nan, axis=0) for name, rows in self.past.items()}
        for name, rows_TS in self.past.items():
            if name == RETURN:
                rows_TS[place, codes_N] = bars["close"] / self._close_S[codes_N] - 1
            else:
                rows_TS[place, codes_N] = bars[name]
        if RETURN in self.past:
            self._close_S[codes_N] = bars["close"]
        self.times_T = self.times_T[-self._bars :]
        self.past = {name: rows_TS[-self._bars :] for name, rows_TS in self.past.items()}

    def saved(self) -> dict[str, npt.NDArray[Any]]:
        past = {f"past/{name}": rows_TS.copy() for name, rows_TS in self.past.items()}
        return {"times_T": self.times_T.copy(), "close_S": self._close_S.copy(), **past}

    @staticmethod
    def restored(saved: Mapping[str, npt.NDArray[Any]], bars: int) -> "Tail":
        past = {name.removeprefix("past/"): rows.copy() for name, rows in saved.items() if name.startswith("past/")}
        return Tail(bars, saved["times_T"].copy(), past, saved["close_S"].copy())
