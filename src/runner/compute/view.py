"""What is seen at each decision, from bars and forecasts.

Shape legend: D decisions, S symbols, R panel rows, M forecasts, O outputs, T bars.
"""

from collections.abc import Sequence

import numpy as np

from components.contracts import Constraints, Portfolio
from components.panel import Panel
from components.values import HELD, RETURN, Float, Int, Outputs, Time, View


def read_by(*readers: Portfolio | Constraints) -> tuple[str, ...]:
    """What all of them read besides forecasts, HELD apart."""
    return tuple(sorted({name for reader in readers for name in reader.reads} - {HELD}))


def view_of(
    panel: Panel,
    row_M: Int,
    values_MO: Float,
    outputs: Outputs,
    decided_D: Time,
    reads: Sequence[str],
    *,
    bars_per_year: float,
) -> View:
    """The decisions at these times, of forecasts at rows of the panel, each row once and none at another time."""
    values_DSO = np.full((len(decided_D), len(panel.symbols), values_MO.shape[1]), np.nan)
    place_M = np.searchsorted(decided_D, panel.timestamps_R[row_M])
    values_DSO[place_M, panel.symbol_codes_R[row_M]] = values_MO
    bars = int(np.searchsorted(panel.dates_T, decided_D[-1], side="right")) if len(decided_D) and reads else 0
    return View(
        decided_D=decided_D,
        symbols=panel.symbols,
        values_DSO=values_DSO,
        outputs=outputs,
        bars_per_year=bars_per_year,
        times_T=panel.dates_T[:bars],
        past={name: grid_read(panel, name)[:bars] for name in reads},
    )


def grid_read(panel: Panel, name: str) -> Float:
    """(T, S), see View.past."""
    if name != RETURN:
        return panel.grid(name)
    close_R = panel.fields["close"]
    change_R = np.full(panel.n_rows, np.nan)
    change_R[1:] = close_R[1:] / close_R[:-1] - 1
    change_R[panel.offsets[:-1]] = np.nan
    grid_TS = np.full((len(panel.dates_T), len(panel.symbols)), np.nan)
    grid_TS[panel.date_codes_R, panel.symbol_codes_R] = change_R
    return grid_TS
