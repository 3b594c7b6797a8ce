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

from components.contracts import Calibration, FittedCalibration, FittedPreprocessor, Portfolio, Preprocessor
from components.errors import DataError
from components.panel import Panel
from components.preprocess.none import NoPreprocessing, Unchanged
from components.values import Calibrated, Float, Float32, Int, Time
from runner.bundle.layout import (
    FORMAT_VERSION,
    GRAPH,
    MANIFEST,
    PREPROCESS,
    VARIANT_GRAPHS,
    read_verified,
)
from runner.bundle.recipe import Recipe
from runner.compute.design import design_matrix, rows_ready

Bools = npt.NDArray[np.bool_]
NOTHING = f"{NoPreprocessing.__module__}.{NoPreprocessing.__qualname__}"


def _variant_file(folder: Path, files: Mapping[str, bytes], variant: str) -> str:
    held = [name for name, file in VARIANT_GRAPHS.items() if file in files]
    if variant not in held:
        raise DataError(f"{folder}: has no variant '{variant}' of its graph; it has {', '.join(held) or 'none'}")
    return VARIANT_GRAPHS[variant]


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
    """Forecasts of the rows of a panel at which there are enough values.

    values_FR: the columns; missing_tolerance: share of the features that may be missing; row_M: panel
    rows, in order; forecast_M: their forecasts; lower_M, upper_M: the interval around each, None without
    intervals.
    """

    panel: Panel
    recipe: Recipe
    values_FR: Float32
    missing_tolerance: float
    row_M: Int
    forecast_M: Float
    lower_M: Float | None = None
    upper_M: Float | None = None

    @property
    def timestamps_M(self) -> Time:
        return self.panel.timestamps_R[self.row_M]

    @property
    def symbols_M(self) -> npt.NDArray[np.object_]:
        return np.asarray(self.panel.symbols, dtype=object)[self.panel.symbol_codes_R[self.row_M]]

    def grid(self) -> tuple[Time, Float]:
        """(D,) dates with at least one forecast and (D, S) forecasts, NaN where there is none."""
        return forecast_grid(self.panel, self.row_M, self.forecast_M)

    def interval_grids(self) -> tuple[Float, ...]:
        """(D, S) lower and upper ends on the dates of `grid`; nothing without intervals."""
        ends = [values_M for values_M in (self.lower_M, self.upper_M) if values_M is not None]
        return tuple(forecast_grid(self.panel, self.row_M, values_M)[1] for values_M in ends)

    @property
    def short_M(self) -> npt.NDArray[np.bool_]:
        """(M,) forecasts from fewer bars of the symbol than the slowest column needs: what lacks was filled."""
        first_M = self.panel.offsets[:-1][self.panel.symbol_codes_R[self.row_M]]
        return np.asarray(self.row_M - first_M + 1 < self.recipe.slowest[1])

    def why_not(self, row: int) -> str:
        """Why a row of the panel has no forecast."""
        code = int(self.panel.symbol_codes_R[row])
        given, (slowest, needed) = row - int(self.panel.offsets[code]) + 1, self.recipe.slowest
        who = f"{self.panel.symbols[code]}, {time_texts(self.panel.timestamps_R[row : row + 1])[0]}"
        finite_F = np.isfinite(self.values_FR[:, row])
        if not self.panel.in_universe_R[row]:
            return f"{who}: not in the universe"
        if finite_F[-1] and self.missing_tolerance > 0.0:
            missing, share = int((~finite_F).sum()), f"{self.missing_tolerance:.3g}"
            return f"{who}: {missing} of {len(finite_F) - 1} features are missing; {share} of them may be"
        if given < needed:
            return f"{who}: {given} bars up to here, {needed} needed ('{slowest}' looks back {needed - 1} bars)"
        column = tuple(self.recipe.expressions)[int(np.argmin(finite_F))]
        return f"{who}: '{column}' cannot be computed: a value that it reads is missing or out of its range"


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A recipe, what its preprocessor has learnt, and its model's graph.

    manifest: what bundle.json says, empty before it is written.
    """

    recipe: Recipe
    graph: bytes
    learnt: Mapping[str, Any] = field(default_factory=dict[str, Any])
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @staticmethod
    def open(folder: Path, *, variant: str | None = None) -> "Bundle":
        """The bundle with its graph or, instead, a smaller variant of it: fp16 or int8.

        Raises DataError if a byte has changed, if the bundle is of a newer format or lacks the variant.
        """
        files = read_verified(folder)
        manifest = json.loads(files[MANIFEST])
        version = manifest["format_version"]
        if version > FORMAT_VERSION:
            raise DataError(
                f"{folder}: bundle format {version} is newer than {FORMAT_VERSION}, the newest known here; "
                "upgrade with: pip install --upgrade assay-runner"
            )
        return Bundle(
            recipe=Recipe.from_json(manifest["recipe"]),
            graph=files[GRAPH if variant is None else _variant_file(folder, files, variant)],
            learnt=json.loads(files.get(PREPROCESS, b"{}")),
            manifest=manifest,
        )

    @cached_property
    def portfolio(self) -> Portfolio:
        """Raises ConfigError for a class that is no catalogued portfolio."""
        from runner.composition.build import build

        portfolio: Portfolio = build(Portfolio, self.recipe.portfolio, path="portfolio")  # type: ignore[type-abstract]
        return portfolio

    @cached_property
    def preprocess(self) -> Preprocessor:
        """Raises ConfigError for a class that is no catalogued preprocessor."""
        # The commonest choice is imported already; for another, all components are looked through.
        if self.recipe.preprocess is None or self.recipe.preprocess == {"_target_": NOTHING}:
            return NoPreprocessing()
        from runner.composition.build import build

        preprocess: Preprocessor = build(
            Preprocessor,  # type: ignore[type-abstract]
            self.recipe.preprocess,
            path="preprocess",
        )
        return preprocess

    @cached_property
    def preprocessor(self) -> FittedPreprocessor:
        if self.recipe.preprocess is None:
            return Unchanged(columns=self.recipe.features)
        return self.preprocess.restore(self.learnt)

    @cached_property
    def calibration(self) -> FittedCalibration | None:
        """Raises ConfigError for a class that is no catalogued calibration."""
        from runner.composition.build import build

        if self.recipe.calibration is None:
            return None
        calibration: Calibration = build(
            Calibration,  # type: ignore[type-abstract]
            self.recipe.calibration["settings"],
            path="calibration",
        )
        return calibration.restore(self.recipe.calibration["learnt"])

    def _calibrated(self, forecast_M: Float) -> Calibrated:
        return self.calibration.apply(forecast_M) if self.calibration else Calibrated(forecast_N=forecast_M)

    @cached_property
    def session(self) -> Any:
        """The graph, ready to run. Raises what onnxruntime raises where it is none."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        options.intra_op_num_threads = 1
        return onnxruntime.InferenceSession(self.graph, options, providers=["CPUExecutionProvider"])

    def forecast(self, panel: Panel, *, threads: int = 0) -> BundleForecast:
        """Forecasts every row at which all columns are finite, or enough of them for the preprocessor.

        threads: for the expressions, 0 = all cores; the values do not depend on it. Raises DataError
        if the panel lacks a field, or a symbol of the universe that a cross-section needs, or if no row
        can be forecast.
        """
        from components.expressions import evaluate

        self.check(panel)
        values_FR: Float32 = evaluate(self.recipe.nodes, panel, threads=threads)
        row_M, X_MG = self.design(values_FR, panel.timestamps_R, panel.in_universe_R)
        if len(row_M) == 0:
            raise DataError(self._nothing(panel, values_FR))
        calibrated = self._calibrated(self.run_graph(X_MG))
        return BundleForecast(
            panel=panel,
            recipe=self.recipe,
            values_FR=values_FR,
            missing_tolerance=self.preprocess.missing_tolerance,
            row_M=row_M,
            forecast_M=calibrated.forecast_N,
            lower_M=calibrated.lower_N,
            upper_M=calibrated.upper_N,
        )

    def infer(self, values_FR: Float32, timestamps_R: Time, members_R: Bools) -> tuple[Int, Float]:
        """Rows (M,) of the columns that can be forecast, and their forecasts (M,); members_R: of the universe."""
        row_M, X_MG = self.design(values_FR, timestamps_R, members_R)
        return row_M, self._calibrated(self.run_graph(X_MG)).forecast_N if len(row_M) else np.empty(0)

    def design(self, values_FR: Float32, timestamps_R: Time, members_R: Bools) -> tuple[Int, Float32]:
        """Rows (M,) of the columns that can be forecast, and what the graph reads of them (M, G)."""
        row_M: Int = np.flatnonzero(rows_ready(values_FR, self.preprocess.missing_tolerance) & members_R)
        if len(row_M) == 0:
            return row_M, np.empty((0, len(self.recipe.inputs)), dtype=np.float32)
        return row_M, design_matrix(values_FR, row_M, timestamps_R[row_M], self.recipe.inputs, self.preprocessor)

    def run_graph(self, X_MG: Float32) -> Float:
        """(M,) forecasts of the graph, before the calibration."""
        (forecast_M1,) = self.session.run(["forecast"], {"features": X_MG})
        forecast_M: Float = forecast_M1[:, 0].astype(np.float64)
        return forecast_M

    def weights(self, forecast_DS: Float) -> Float:
        """(D, S) target weights of consecutive rows; NaN where they depend on rows before the first."""
        weights_DS = self.portfolio.weights(forecast_DS, bars_per_year=self.recipe.bars_per_year).copy()
        weights_DS[: self.portfolio.lookback_bars - 1] = np.nan
        return weights_DS

    def check(self, panel: Panel) -> None:
        """Raises DataError if the panel lacks a field, or a symbol of the universe that a cross-section needs."""
        if missing := [name for name in self.recipe.fields if name not in panel.fields]:
            raise DataError(
                f"the bars lack {', '.join(missing)}; the bundle reads {', '.join(self.recipe.fields)}, "
                f"given are {', '.join(panel.fields)}"
            )
        absent = sorted(set(self.recipe.universe) - set(panel.symbols))
        if absent and (self.recipe.cross_sectional or self.preprocess.cross_sectional):
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
