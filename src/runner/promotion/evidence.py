"""What versions are compared on: out-of-sample forecasts and returns, kept in the bundle as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.values import Evidence, Float, Scored, Time
from runner.bundle.layout import EVIDENCE
from runner.promotion.vault import Looked
from runner.storage.formats import ARRAYS


def evidence_npz(
    evidence: Evidence, symbols: tuple[str, ...], looked: Looked | None, vault_symbols: tuple[str, ...]
) -> bytes:
    """An npz without pickle. M forecast rows: timestamps_M, symbols_M (names), forecast_M, target_M and vault_M,
    whether the row lies in the vault; T bars: stamps_T, returns_T and in_vault_T."""
    parts = [_rows(evidence.test, symbols)]
    bars = [(evidence.stamps_T, evidence.returns_T)]
    if looked is not None:
        parts.append(_rows(looked.vault.scored, vault_symbols))
        bars.append((looked.stamps_T, looked.vault.returns_T))
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    arrays["vault_M"] = np.repeat(np.arange(len(parts)) == 1, [len(part["forecast_M"]) for part in parts])
    arrays["stamps_T"] = np.concatenate([stamps.astype("datetime64[us]") for stamps, _ in bars])
    arrays["returns_T"] = np.concatenate([returns for _, returns in bars])
    arrays["in_vault_T"] = np.repeat(np.arange(len(bars)) == 1, [len(returns) for _, returns in bars])
    return ARRAYS.encode(arrays)["arrays.npz"]


def _rows(scored: Scored, symbols: tuple[str, ...]) -> dict[str, npt.NDArray[Any]]:
    return {
        "timestamps_M": scored.timestamps_M.astype("datetime64[us]"),
        "symbols_M": np.array(symbols, dtype=np.str_)[scored.symbols_M],
        "forecast_M": scored.forecast_M,
        "target_M": scored.target_M,
    }


@dataclass(frozen=True, kw_only=True, eq=False)
class Kept:
    """The out-of-sample record of one version, see `evidence_npz`."""

    timestamps_M: Time
    symbols_M: npt.NDArray[np.str_]
    forecast_M: Float
    target_M: Float
    vault_M: npt.NDArray[np.bool_]
    stamps_T: Time
    returns_T: Float
    in_vault_T: npt.NDArray[np.bool_]

    @staticmethod
    def read(folder: Path) -> "Kept":
        """The record in the folder of a bundle."""
        arrays: Mapping[str, Any] = ARRAYS.decode({"arrays.npz": (folder / EVIDENCE).read_bytes()})
        return Kept(**arrays)
