"""The panel: bars of many symbols, immutable, one contiguous block of rows per symbol.

Shape legend: R rows (all bars of all symbols), S symbols, T distinct timestamps.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.values.periods import periods_of

if TYPE_CHECKING:
    import pandas as pd

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Time = npt.NDArray[np.datetime64]

TIME_DTYPE = np.dtype("datetime64[us]")

IN_UNIVERSE = "in_universe"
"""Reserved field: 1 where a symbol belongs to the universe at that time, 0 where it does not."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Panel:
    """Bars sorted by (symbol, timestamp).

    symbols      S names, sorted
    offsets      (S+1,) int64: rows of symbol s are offsets[s]:offsets[s+1]
    timestamps_R (R,) datetime64[us], strictly increasing within a symbol; the decision time of a bar
    fields       name -> (R,) float64, NaN where the value is missing
    notices      whole sentences about how the bars were obtained; no part of the fingerprint
    """

    symbols: tuple[str, ...]
    offsets: Int
    timestamps_R: Time
    fields: Mapping[str, Float]
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        frozen = {}
        for name, values_R in self.fields.items():
            column = np.ascontiguousarray(values_R, dtype=np.float64)
            column.flags.writeable = False
            frozen[name] = column
        object.__setattr__(self, "fields", MappingProxyType(frozen))
        object.__setattr__(self, "timestamps_R", self.timestamps_R.astype(TIME_DTYPE))

    @property
    def n_rows(self) -> int:
        return len(self.timestamps_R)

    @cached_property
    def symbol_codes_R(self) -> npt.NDArray[np.int32]:
        """(R,) position of each row's symbol in `symbols`."""
        return np.repeat(np.arange(len(self.symbols), dtype=np.int32), np.diff(self.offsets))

    @cached_property
    def dates_T(self) -> Time:
        """(T,) distinct timestamps in order."""
        return np.unique(self.timestamps_R)

    @cached_property
    def date_codes_R(self) -> npt.NDArray[np.int64]:
        """(R,) position of each row's timestamp in `dates_T`."""
        return np.searchsorted(self.dates_T, self.timestamps_R)

    @cached_property
    def in_universe_R(self) -> npt.NDArray[np.bool_]:
        """(R,) true for members of the universe; without the field in_universe every row is one.

        Outsiders' bars serve time-series operators; they are never trained on, scored or held.
        """
        if IN_UNIVERSE not in self.fields:
            return np.ones(self.n_rows, dtype=bool)
        return np.asarray(self.fields[IN_UNIVERSE] == 1.0)

    @cached_property
    def fingerprint(self) -> str:
        """SHA-256 over symbols, timestamps and every field: the root of all cache keys."""
        digest = hashlib.sha256()
        digest.update("\x00".join(self.symbols).encode())
        for array in (self.offsets.astype(np.int64), self.timestamps_R.view(np.int64)):
            digest.update(np.ascontiguousarray(array).tobytes())
        for name in sorted(self.fields):
            digest.update(name.encode())
            digest.update(self.fields[name].tobytes())
        return digest.hexdigest()

    @cached_property
    def bars_per_year(self) -> float:
        """Bars in a calendar year by their usual spacing (`components.values.periods`), median over symbols."""
        ends = zip(self.offsets[:-1], self.offsets[1:], strict=True)
        rates = np.array([periods_of(self.timestamps_R[first:end]).a_year for first, end in ends])
        return float(np.median(rates[~np.isnan(rates)])) if not np.isnan(rates).all() else float("nan")

    def grid(self, field: str) -> Float:
        """(T, S) matrix of a field, NaN where a symbol has no bar."""
        grid_TS = np.full((len(self.dates_T), len(self.symbols)), np.nan)
        grid_TS[self.date_codes_R, self.symbol_codes_R] = self.fields[field]
        return grid_TS

    def take(self, keep_R: npt.NDArray[np.bool_]) -> "Panel":
        """The panel of the rows where keep_R is true; symbols left without rows disappear."""
        counts = np.bincount(self.symbol_codes_R[keep_R], minlength=len(self.symbols))
        kept = [s for s, count in enumerate(counts) if count]
        return replace(
            self,
            symbols=tuple(self.symbols[s] for s in kept),
            offsets=np.concatenate([[0], np.cumsum([counts[s] for s in kept])]).astype(np.int64),
            timestamps_R=self.timestamps_R[keep_R],
            fields={name: values_R[keep_R] for name, values_R in self.fields.items()},
        )

    def before(self, end: np.datetime64) -> "Panel":
        """Only bars with timestamp < end."""
        return self.take(self.timestamps_R < end)

    @staticmethod
    def from_frame(frame: "pd.DataFrame") -> "Panel":
        """From columns symbol, timestamp and numeric fields, already sorted and checked."""
        symbol = frame["symbol"].to_numpy(dtype=object)
        begins = np.ones(len(symbol), dtype=bool)
        begins[1:] = symbol[1:] != symbol[:-1]
        starts = np.flatnonzero(begins)
        fields: dict[str, Any] = {
            str(name): frame[name].to_numpy(dtype=np.float64)
            for name in frame.columns
            if name not in ("symbol", "timestamp")
        }
        return Panel(
            symbols=tuple(str(symbol[i]) for i in starts),
            offsets=np.array([*starts, len(symbol)], dtype=np.int64),
            timestamps_R=frame["timestamp"].to_numpy().astype(TIME_DTYPE),
            fields=fields,
        )

    def to_frame(self) -> "pd.DataFrame":
        """Columns symbol, timestamp, then the fields, one line per bar."""
        import pandas as pd

        names = np.asarray(self.symbols, dtype=object)[self.symbol_codes_R]
        return pd.DataFrame({"symbol": names, "timestamp": self.timestamps_R, **self.fields})
