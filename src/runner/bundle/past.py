"""What a model that looks back has seen of each symbol: the last rows that could be forecast, the newest last.

Shape legend: S symbols, L rows of a window, G columns that the graph reads, M rows of one date, K of them with enough
past.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from components.values import Float32, Int


@dataclass(frozen=True, kw_only=True, eq=False)
class Past:
    """rows_SLG: the last L - 1 rows of each symbol; count_S: how many rows it had in all."""

    rows_SLG: Float32
    count_S: Int

    @staticmethod
    def empty(symbols: int, lookback_rows: int, columns: int) -> "Past":
        return Past(
            rows_SLG=np.full((symbols, lookback_rows - 1, columns), np.nan, dtype=np.float32),
            count_S=np.zeros(symbols, dtype=np.int64),
        )

    def take_in(self, codes_R: Int, X_RG: Float32) -> None:
        """Rows of history, symbol by symbol, each in order of time."""
        kept = self.rows_SLG.shape[1]
        for code in np.unique(codes_R):
            rows_KG = X_RG[codes_R == code]
            self.count_S[code] += len(rows_KG)
            last = rows_KG[-kept:] if kept else rows_KG[:0]
            if len(last):
                self.rows_SLG[code] = np.concatenate([self.rows_SLG[code], last])[-kept:]

    def windows(self, codes_M: Int, X_MG: Float32) -> tuple[npt.NDArray[np.bool_], Float32]:
        """(M,) which of the new rows have enough past, and (K, L, G) what the model reads of these; takes them in."""
        kept = self.rows_SLG.shape[1]
        windows_MLG = np.concatenate([self.rows_SLG[codes_M], X_MG[:, None]], axis=1)
        self.count_S[codes_M] += 1
        enough_M = self.count_S[codes_M] > kept
        self.rows_SLG[codes_M] = windows_MLG[:, 1:]
        return enough_M, np.ascontiguousarray(windows_MLG[enough_M])
