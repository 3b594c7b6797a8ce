"""What a portfolio sees, made up for tests."""

from dataclasses import replace
from typing import Any

import numpy as np

from components.values import Output, Outputs, View

MEAN = Outputs(columns=(Output(target="target", horizon_bars=1, statistic="mean"),))


def view(forecast: Any, *, bars_per_year: float = 252.0, half_width: Any = None, past: Any = None) -> View:
    """Decisions on consecutive days of (D, S) forecasts; half_width: of an interval around each, (D, S) or a number;
    past: name -> (D, S) of the same days."""
    forecast_DS = np.asarray(forecast, dtype=np.float64)
    values, outputs = [forecast_DS], MEAN
    if half_width is not None:
        half_DS = np.broadcast_to(np.asarray(half_width, dtype=np.float64), forecast_DS.shape)
        values, outputs = [*values, forecast_DS - half_DS, forecast_DS + half_DS], MEAN.with_interval(0.9)
    decided_D = np.datetime64("2020-01-01", "us") + np.arange(len(forecast_DS)) * np.timedelta64(1, "D")
    return View(
        decided_D=decided_D,
        symbols=tuple(f"S{number}" for number in range(forecast_DS.shape[1])),
        values_DSO=np.stack(values, axis=2),
        outputs=outputs,
        bars_per_year=bars_per_year,
        times_T=decided_D if past else decided_D[:0],
        past=past or {},
    )


def shuffled(seen: View, order: Any) -> View:
    """The same with the symbols in another order."""
    return replace(
        seen,
        symbols=tuple(seen.symbols[place] for place in order),
        values_DSO=seen.values_DSO[:, order],
        past={name: values_TS[:, order] for name, values_TS in seen.past.items()},
        held_S=None if seen.held_S is None else seen.held_S[order],
    )
