"""Bars as a source gave them: not yet a panel, since order, duplicates and prices are still to be judged.

Shape legend: R rows in the order of the source.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.panel import Panel
from components.values import Float, Int, Time

if TYPE_CHECKING:
    import pandas as pd

Codes = npt.NDArray[np.int32]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bars:
    """Unjudged bars.

    symbols       names, in any order
    codes_R       (R,) position of each row's symbol in `symbols`
    timestamps_R  (R,) datetime64[us], the decision time of each bar
    fields        name -> (R,) float64, NaN where the value is missing
    where         the source, as error messages name it
    parts         the files of a source that has several, as error messages name them
    part_R        (R,) position of each row's file in `parts`; empty where there is one
    notices       whole sentences about how they were obtained, for example that a fallback stood in
    """

    symbols: tuple[str, ...]
    codes_R: Codes
    timestamps_R: Time
    fields: Mapping[str, Float]
    where: str
    parts: tuple[str, ...] = ()
    part_R: Codes = field(default_factory=lambda: np.empty(0, dtype=np.int32))
    notices: tuple[str, ...] = ()

    @property
    def n_rows(self) -> int:
        return len(self.timestamps_R)

    def take(self, rows: Int | Mask) -> "Bars":
        """The bars of the given rows, in that order."""
        return replace(
            self,
            codes_R=self.codes_R[rows],
            timestamps_R=self.timestamps_R[rows],
            fields={name: values_R[rows] for name, values_R in self.fields.items()},
            part_R=self.part_R[rows] if len(self.parts) else self.part_R,
        )

    def before(self, end: np.datetime64) -> "Bars":
        """Only bars with timestamp < end."""
        early_R = self.timestamps_R < end
        return self if early_R.all() else self.take(early_R)

    def with_fields(self, fields: Mapping[str, Float]) -> "Bars":
        """The same bars with some fields replaced."""
        return replace(self, fields={**self.fields, **fields})

    def with_only(self, field: str) -> "Bars":
        """The same bars with one field alone."""
        return replace(self, fields={field: self.fields[field]})

    def source(self, row: int) -> str:
        """The file of a row."""
        return self.parts[int(self.part_R[row])] if self.parts else self.where

    def symbol(self, row: int) -> str:
        return self.symbols[int(self.codes_R[row])]

    def time(self, row: int) -> str:
        """The timestamp of a row, as messages write it."""
        return f"{self.timestamps_R[row].astype('datetime64[us]').item()}"

    def ranks_R(self) -> Codes:
        """(R,) alphabetical position of each row's symbol."""
        order = sorted(range(len(self.symbols)), key=self.symbols.__getitem__)
        rank_S = np.empty(len(order), dtype=np.int32)
        rank_S[order] = np.arange(len(order), dtype=np.int32)
        return rank_S[self.codes_R]

    def ordered(self) -> "Bars":
        """The bars sorted by symbol and time; bars of the same symbol and time keep their order."""
        return self.take(np.lexsort((self.timestamps_R, self.ranks_R())))

    def arranged(self) -> "Bars":
        """The bars sorted by symbol and time where each file has an order of its own, from old to new or from new to
        old, be it symbol by symbol or date by date; else as they are, since some of them stand in a wrong place."""
        rank_R, time_R = self.ranks_R(), self.timestamps_R
        later_R = (rank_R[1:] == rank_R[:-1]) & (time_R[1:] > time_R[:-1])
        if (later_R | (rank_R[1:] > rank_R[:-1])).all():
            return self
        rows = np.argsort(rank_R, kind="stable")
        own_R = rank_R[rows][1:] == rank_R[rows][:-1]
        if self.parts:
            own_R &= self.part_R[rows][1:] == self.part_R[rows][:-1]
        steps = np.diff(time_R[rows])[own_R].astype(np.int64)
        return self if (steps < 0).any() and (steps > 0).any() else self.ordered()

    def to_panel(self) -> Panel:
        """The panel of bars that are sorted and unique."""
        changes = np.flatnonzero(self.codes_R[1:] != self.codes_R[:-1]) + 1
        starts = np.concatenate([[0], changes]) if self.n_rows else np.empty(0, dtype=np.int64)
        return Panel(
            symbols=tuple(self.symbols[self.codes_R[row]] for row in starts),
            offsets=np.append(starts, self.n_rows).astype(np.int64),
            timestamps_R=self.timestamps_R,
            fields=self.fields,
            notices=self.notices,
        )

    @staticmethod
    def of(panel: Panel, *, where: str) -> "Bars":
        """The bars of a panel."""
        return Bars(
            symbols=panel.symbols,
            codes_R=panel.symbol_codes_R,
            timestamps_R=panel.timestamps_R,
            fields=panel.fields,
            where=where,
            notices=panel.notices,
        )

    @staticmethod
    def from_frame(frame: "pd.DataFrame", *, where: str) -> "Bars":
        """From columns symbol, timestamp and numeric fields."""
        import pandas as pd

        codes_R, symbols = pd.factorize(frame["symbol"], use_na_sentinel=False)
        fields: dict[str, Any] = {
            str(name): frame[name].to_numpy(dtype=np.float64)
            for name in frame.columns
            if name not in ("symbol", "timestamp")
        }
        return Bars(
            symbols=tuple(str(symbol) for symbol in symbols),
            codes_R=codes_R.astype(np.int32),
            timestamps_R=frame["timestamp"].to_numpy().astype("datetime64[us]"),
            fields=fields,
            where=where,
        )
