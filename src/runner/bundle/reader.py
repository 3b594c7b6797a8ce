"""Opens a bundle and forecasts with it: numpy, numba and onnxruntime alone, and none of its content is run.

Shape legend: R panel rows, F columns, M forecast rows, D dates with a forecast, S symbols of the panel.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import Portfolio
from components.errors import DataError
from components.panel import Panel
from components.values import Float, Float32, Int, Time
from runner.bundle.layout import FORMAT_VERSION, GRAPH, MANIFEST, read_verified
from runner.bundle.recipe import Recipe


def time_texts(times_D: Time) -> npt.NDArray[np.str_]:
    """ISO 8601, no finer than needed."""
    for unit in ("D", "s"):
        if (times_D == times_D.astype(f"datetime64[{unit}]")).all():
            return np.datetime_as_string(times_D, unit=unit)
    return np.datetime_as_string(times_D)


def forecast_grid(panel: Panel, row_M: Int, forecast_M: Float) -> tuple[Time, Float]:
    """(D,) dates of the rows and (D, S) forecasts, NaN where there is none."""
    dates_D, position_M = np.unique(panel.timestamps_R[row_M], return_inverse=True)
    forecast_DS = np.full((len(dates_D), len(panel.symbols)), np.nan)
    forecast_DS[position_M, panel.symbol_codes_R[row_M]] = forecast_M
    return dates_D, forecast_DS


@dataclass(frozen=True, kw_only=True, eq=False)
class BundleForecast:
    """Forecasts of the rows of a panel at which every column is finite.

    values_FR: the columns; row_M: panel rows, in order; forecast_M: their forecasts.
    """

    panel: Panel
    recipe: Recipe
    values_FR: Float32
    row_M: Int
    forecast_M: Float

    @property
    def timestamps_M(self) -> Time:
        return self.panel.timestamps_R[self.row_M]

    @property
    def symbols_M(self) -> npt.NDArray[np.object_]:
        return np.asarray(self.panel.symbols, dtype=object)[self.panel.symbol_codes_R[self.row_M]]

    def grid(self) -> tuple[Time, Float]:
        """(D,) dates with at least one forecast and (D, S) forecasts, NaN where there is none."""
        return forecast_grid(self.panel, self.row_M, self.forecast_M)

    def why_not(self, row: int) -> str:
        """Why a row of the panel has no forecast."""
        code = int(self.panel.symbol_codes_R[row])
        given, (slowest, needed) = row - int(self.panel.offsets[code]) + 1, self.recipe.slowest
        who = f"{self.panel.symbols[code]}, {time_texts(self.panel.timestamps_R[row : row + 1])[0]}"
        if given < needed:
            return f"{who}: {given} bars up to here, {needed} needed ('{slowest}' looks back {needed - 1} bars)"
        column = tuple(self.recipe.expressions)[int(np.argmin(np.isfinite(self.values_FR[:, row])))]
        return f"{who}: '{column}' cannot be computed: a value that it reads is missing or out of its range"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A recipe and its model's graph. manifest: what bundle.json says, empty before it is written."""

    recipe: Recipe
    graph: bytes
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @staticmethod
    def open(folder: Path) -> "Bundle":
        """Raises DataError if a byte has changed, or if the bundle is of a newer format."""
        files = read_verified(folder)
        manifest = json.loads(files[MANIFEST])
        version = manifest["format_version"]
        if version > FORMAT_VERSION:
            raise DataError(
                f"{folder}: bundle format {version} is newer than {FORMAT_VERSION}, the newest known here; "
                "upgrade with: pip install --upgrade assay-runner"
            )
        return Bundle(recipe=Recipe.from_json(manifest["recipe"]), graph=files[GRAPH], manifest=manifest)

    @cached_property
    def portfolio(self) -> Portfolio:
        """Raises ConfigError for a class that is no catalogued portfolio."""
        from runner.build import build

        portfolio: Portfolio = build(Portfolio, self.recipe.portfolio, path="portfolio")  # type: ignore[type-abstract]
        return portfolio

    @cached_property
    def _session(self) -> Any:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])

    def forecast(self, panel: Panel, *, threads: int = 0) -> BundleForecast:
        """Forecasts every row at which all columns are finite.

        threads: for the expressions, 0 = all cores; the values do not depend on it. Raises DataError
        if the panel lacks a field, or a symbol of the universe that a cross-section needs, or if no row
        can be forecast.
        """
        from components.expressions import evaluate

        self._check(panel)
        values_FR: Float32 = evaluate(self.recipe.nodes, panel, threads=threads)
        row_M = np.flatnonzero(np.isfinite(values_FR).all(axis=0))
        if len(row_M) == 0:
            raise DataError(self._nothing(panel, values_FR))
        columns = list(self.recipe.expressions)
        picked = np.array([columns.index(name) for name in self.recipe.inputs], dtype=np.int64)
        X_NF = np.ascontiguousarray(values_FR[picked][:, row_M].T)
        (forecast_N1,) = self._session.run(["forecast"], {"features": X_NF})
        return BundleForecast(
            panel=panel,
            recipe=self.recipe,
            values_FR=values_FR,
            row_M=row_M,
            forecast_M=forecast_N1[:, 0].astype(np.float64),
        )

    def weights(self, forecast_DS: Float) -> Float:
        """(D, S) target weights of consecutive rows; NaN where they depend on rows before the first."""
        weights_DS = self.portfolio.weights(forecast_DS, bars_per_year=self.recipe.bars_per_year).copy()
        weights_DS[: self.portfolio.lookback_bars - 1] = np.nan
        return weights_DS

    def _check(self, panel: Panel) -> None:
        if missing := [name for name in self.recipe.fields if name not in panel.fields]:
            raise DataError(
                f"the bars lack {', '.join(missing)}; the bundle reads {', '.join(self.recipe.fields)}, "
                f"given are {', '.join(panel.fields)}"
            )
        absent = sorted(set(self.recipe.universe) - set(panel.symbols))
        if self.recipe.cross_sectional and absent:
            raise DataError(
                f"the bars lack the symbols {', '.join(absent)}; the bundle's features compare symbols, so "
                f"it needs its whole universe of {len(self.recipe.universe)}"
            )

    def _nothing(self, panel: Panel, values_FR: Float32) -> str:
        bars_S = np.diff(panel.offsets)
        longest = int(bars_S.argmax())
        slowest, needed = self.recipe.slowest
        if bars_S[longest] < needed:
            return (
                f"too few bars: the longest symbol, {panel.symbols[longest]}, has {bars_S[longest]}; "
                f"'{slowest}' looks back {needed - 1} bars, so give at least {needed}"
            )
        column = tuple(self.recipe.expressions)[int(np.isfinite(values_FR).sum(axis=1).argmin())]
        return (
            f"no bar can be forecast: '{column}' is missing at every bar; mend the values that "
            f"`{self.recipe.expressions[column]}` reads"
        )
