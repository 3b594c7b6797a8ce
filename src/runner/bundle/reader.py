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
from components.values import Block, Float, Float32, Int, Outputs, Time
from runner.bundle.layout import (
    FORMAT_VERSION,
    GRAPH,
    MANIFEST,
    PREPROCESS,
    VARIANT_GRAPHS,
    read_verified,
)
from runner.bundle.past import Past
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
    rows, in order; values_MO: their forecasts, of which outputs says what each column is.
    """

    panel: Panel
    recipe: Recipe
    values_FR: Float32
    missing_tolerance: float
    row_M: Int
    values_MO: Float
    outputs: Outputs

    @property
    def forecast_M(self) -> Float:
        """The column that is decided on."""
        return self.values_MO[:, self.outputs.decision]

    @property
    def lower_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[0]]

    @property
    def upper_M(self) -> Float | None:
        return None if self.outputs.interval is None else self.values_MO[:, self.outputs.interval[1]]

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
    def _calibration_settings(self) -> Calibration:
        """Raises ConfigError for a class that is no catalogued calibration."""
        from runner.composition.build import build

        assert self.recipe.calibration is not None
        calibration: Calibration = build(
            Calibration,  # type: ignore[type-abstract]
            self.recipe.calibration["settings"],
            path="calibration",
        )
        return calibration

    @cached_property
    def calibration(self) -> FittedCalibration | None:
        if self.recipe.calibration is None:
            return None
        return self._calibration_settings.restore(self.recipe.calibration["learnt"])

    @cached_property
    def graph_outputs(self) -> Outputs:
        """Columns of the graph's forecast."""
        return Outputs.from_json(self.recipe.outputs)

    @cached_property
    def outputs(self) -> Outputs:
        """Columns of a forecast, after the calibration."""
        if self.calibration is None:
            return self.graph_outputs
        coverage = self._calibration_settings.interval_coverage()
        return self.graph_outputs if coverage is None else self.graph_outputs.with_interval(coverage)

    def _calibrated(self, values_MO: Float) -> Float:
        if self.calibration is None:
            return values_MO
        decision = self.graph_outputs.decision
        found = self.calibration.apply(values_MO[:, decision])
        values_MO = values_MO.copy()
        values_MO[:, decision] = found.forecast_N
        if found.lower_N is None or found.upper_N is None:
            return values_MO
        return np.column_stack([values_MO, found.lower_N, found.upper_N])

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
        row_M, X_MG = self.design(values_FR, panel.timestamps_R, panel.in_universe_R, panel.symbol_codes_R)
        if len(row_M) == 0:
            raise DataError(self._nothing(panel, values_FR))
        return BundleForecast(
            panel=panel,
            recipe=self.recipe,
            values_FR=values_FR,
            missing_tolerance=self.preprocess.missing_tolerance,
            row_M=row_M,
            values_MO=self._calibrated(self.run_graph(X_MG)),
            outputs=self.outputs,
        )

    def infer(
        self, values_FR: Float32, timestamps_R: Time, members_R: Bools, symbols_R: npt.NDArray[np.integer[Any]]
    ) -> tuple[Int, Float]:
        """Rows (M,) of the columns that can be forecast, and their forecasts (M, O); members_R: of the universe;
        symbols_R: codes of the symbols, which stand together, each in order of time."""
        row_M, X_MG = self.design(values_FR, timestamps_R, members_R, symbols_R)
        return row_M, self._forecasts(X_MG)

    def infer_next(
        self, values_FN: Float32, timestamps_N: Time, members_N: Bools, codes_N: Int, past: Past | None
    ) -> tuple[Int, Float]:
        """The same at the next date, a row a symbol; past: of a bundle that looks back, which takes in the rows."""
        row_M, X_MG = self._ready(values_FN, timestamps_N, members_N)
        if past is not None and len(row_M):
            enough_M, X_MG = past.windows(codes_N[row_M], X_MG)
            row_M = row_M[enough_M]
        return row_M, self._forecasts(X_MG)

    def past_of(self, history: Panel, codes_S: Int, symbols: int, *, threads: int) -> Past | None:
        """What the graph will read of the history besides new rows; None if it looks back no further than a row.

        codes_S: which symbol of `symbols` each symbol of the history is.
        """
        lookback = self.recipe.lookback_rows
        if lookback == 1:
            return None
        from components.expressions import evaluate

        past = Past.empty(symbols, lookback, len(self.recipe.inputs))
        if history.n_rows:
            values_FR: Float32 = evaluate(self.recipe.nodes, history, threads=threads)
            row_M, X_MG = self._ready(values_FR, history.timestamps_R, history.in_universe_R)
            past.take_in(codes_S[history.symbol_codes_R[row_M]], X_MG)
        return past

    def _forecasts(self, X_MG: Float32) -> Float:
        return self._calibrated(self.run_graph(X_MG)) if len(X_MG) else np.empty((0, len(self.outputs)))

    def design(
        self, values_FR: Float32, timestamps_R: Time, members_R: Bools, symbols_R: npt.NDArray[np.integer[Any]]
    ) -> tuple[Int, Float32]:
        """Rows (M,) of the columns that can be forecast, and what the graph reads of them: (M, G), or (M, L, G) if it
        looks back."""
        row_B, X_BG = self._ready(values_FR, timestamps_R, members_R)
        lookback = self.recipe.lookback_rows
        if lookback == 1 or len(row_B) == 0:
            return row_B, X_BG
        first_B = np.searchsorted(symbols_R[row_B], symbols_R[row_B])
        enough = np.flatnonzero(np.arange(len(row_B)) - first_B + 1 >= lookback)
        block = Block(values_RF=X_BG, columns=self.recipe.inputs, first_R=first_B)
        return row_B[enough], block.windows(enough, lookback)

    def _ready(self, values_FR: Float32, timestamps_R: Time, members_R: Bools) -> tuple[Int, Float32]:
        """Rows (B,) whose columns are known, and the columns (B, G) after the preprocessor."""
        row_B: Int = np.flatnonzero(rows_ready(values_FR, self.preprocess.missing_tolerance) & members_R)
        if len(row_B) == 0:
            return row_B, np.empty((0, len(self.recipe.inputs)), dtype=np.float32)
        return row_B, design_matrix(values_FR, row_B, timestamps_R[row_B], self.recipe.inputs, self.preprocessor)

    def run_graph(self, X_MG: Float32) -> Float:
        """(M, O) forecasts of the graph, before the calibration."""
        (forecast_MO,) = self.session.run(["forecast"], {"features": X_MG})
        wide_MO: Float = forecast_MO.astype(np.float64)
        return wide_MO

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
