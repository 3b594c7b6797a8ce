"""Opens a bundle and forecasts with it: numpy, numba and onnxruntime alone, and none of its content is run.

Shape legend: R panel rows, F columns, M forecast rows, D dates with a forecast, S symbols of the panel.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from components.contracts import (
    NO_PREPROCESSING,
    Calibration,
    Constraints,
    FittedCalibration,
    FittedPreprocessor,
    Portfolio,
    Preprocessor,
    Unchanged,
)
from components.errors import DataError
from components.panel import Panel
from components.values import Block, Calibrated, Float, Float32, Int, Outputs, Time, View
from runner.bundle.forecast import BundleForecast
from runner.bundle.graph import Checked, Runner, check_graph
from runner.bundle.layout import (
    CONFIG,
    FORMAT_VERSION,
    GRAPH,
    MANIFEST,
    PREPROCESS,
    VARIANT_GRAPHS,
    read_verified,
)
from runner.bundle.past import Past
from runner.bundle.recipe import Recipe
from runner.bundle.restore import restored
from runner.compute.carried import Carried, replayed
from runner.compute.design import design_matrix
from runner.compute.orders import ordered
from runner.compute.warm_up import rows_ready

Bools = npt.NDArray[np.bool_]


@contextmanager
def _told(file: Path) -> Iterator[None]:
    """Turns what a manifest that is none breaks into one line."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        reason = f"it has no {error}" if isinstance(error, KeyError) else str(error).splitlines()[0][:200]
        raise DataError(f"{file}: is no manifest of a bundle: {reason}; promote the run again") from None


def _variant_file(folder: Path, files: Mapping[str, bytes], variant: str) -> str:
    held = [name for name, file in VARIANT_GRAPHS.items() if file in files]
    if variant not in held:
        raise DataError(f"{folder}: has no variant '{variant}' of its graph; it has {', '.join(held) or 'none'}")
    return VARIANT_GRAPHS[variant]


@dataclass(frozen=True, kw_only=True, eq=False)
class Bundle:
    """A recipe, what its preprocessor has learnt, and its model's graph.

    manifest: what bundle.json says, empty before it is written; place: where the graph lies, for messages; written: the
    run's configuration, as YAML.
    """

    recipe: Recipe
    graph: bytes
    learnt: Mapping[str, Any] = field(default_factory=dict[str, Any])
    manifest: Mapping[str, Any] = field(default_factory=dict[str, Any])
    place: str = "the graph"
    written: bytes = b""

    @staticmethod
    def open(folder: Path, *, variant: str | None = None) -> "Bundle":
        """The bundle with its graph or, instead, a smaller variant of it: fp16 or int8.

        Raises DataError if a byte has changed, if the bundle is of a newer format or lacks the variant.
        """
        files = read_verified(folder)
        file = GRAPH if variant is None else _variant_file(folder, files, variant)
        with _told(folder / MANIFEST):
            manifest = json.loads(files[MANIFEST])
            version = int(manifest["format_version"])
        if version > FORMAT_VERSION:
            raise DataError(
                f"{folder}: bundle format {version} is newer than {FORMAT_VERSION}, the newest known here; "
                "upgrade with: pip install --upgrade assay-runner"
            )
        with _told(folder / MANIFEST):
            bundle = Bundle(
                recipe=Recipe.from_json(manifest["recipe"]),
                graph=files[file],
                learnt=json.loads(files.get(PREPROCESS, b"{}")),
                manifest=manifest,
                place=str(folder / file),
                written=files[CONFIG],
            )
            _ = bundle.outputs
        _ = bundle.checked_graph
        return bundle

    @cached_property
    def digest(self) -> str:
        """SHA-256 of all that its forecasts and weights follow from."""
        content = json.dumps([self.recipe.to_json(), self.learnt], sort_keys=True).encode()
        return hashlib.sha256(content + b"\x00" + self.graph).hexdigest()

    @property
    def past_bars(self) -> int:
        """Bars that portfolio and constraints read besides forecasts, a decision's own included."""
        return max(self.portfolio.past_bars, self.constraints.past_bars)

    @property
    def hands_out_weights(self) -> bool:
        """Whether it says what to hold: not where the portfolio failed, or the experiment had none."""
        return self.recipe.hands_out_weights

    @cached_property
    def portfolio(self) -> Portfolio:
        """Raises ConfigError for a class that is no portfolio."""
        return restored(Portfolio, self.recipe.portfolio, path="portfolio")  # type: ignore[type-abstract]

    @cached_property
    def constraints(self) -> Constraints:
        """Raises ConfigError for a class that is no constraints."""
        return restored(Constraints, self.recipe.constraints, path="constraints")  # type: ignore[type-abstract]

    @cached_property
    def preprocess(self) -> Preprocessor:
        """Raises ConfigError for a class that is no preprocessor."""
        if self.recipe.preprocess is None:
            return NO_PREPROCESSING
        return restored(Preprocessor, self.recipe.preprocess, path="preprocess")  # type: ignore[type-abstract]

    @cached_property
    def preprocessor(self) -> FittedPreprocessor:
        if self.recipe.preprocess is None:
            return Unchanged(columns=self.recipe.features)
        return self.preprocess.restore(self.learnt)

    @cached_property
    def _calibration_settings(self) -> Calibration:
        """Raises ConfigError for a class that is no calibration."""
        assert self.recipe.calibration is not None
        settings = self.recipe.calibration["settings"]
        return restored(Calibration, settings, path="calibration")  # type: ignore[type-abstract]

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

    @property
    def carries_state(self) -> bool:
        """Whether the calibration goes on learning from bar to bar."""
        return self.calibration is not None and self._calibration_settings.carries_state

    def begun(self, symbols: int) -> Carried | None:
        """What the calibration carries before the first bar of so many symbols; None where it carries nothing."""
        if self.calibration is None or not self.carries_state:
            return None
        return Carried.begun(self.calibration, symbols, self.recipe.horizon_bars)

    def _calibrated(self, values_MO: Float) -> Float:
        if self.calibration is None:
            return values_MO
        return self._finished(values_MO, self.calibration.apply(values_MO[:, self.graph_outputs.decision]))

    def _finished(self, values_MO: Float, found: Calibrated) -> Float:
        """All outputs, of those of the graph and of what the calibration made of what is decided on."""
        values_MO = values_MO.copy()
        values_MO[:, self.graph_outputs.decision] = found.forecast_N
        if found.lower_N is None or found.upper_N is None:
            return values_MO
        return np.column_stack([values_MO, found.lower_N, found.upper_N])

    @cached_property
    def checked_graph(self) -> Checked:
        """Raises DataError for a graph that may not be run."""
        columns, lookback = len(self.recipe.inputs), self.recipe.lookback_rows
        return check_graph(self.graph, n_columns=columns, lookback_rows=lookback, where=self.place)

    @cached_property
    def run_graph(self) -> Runner:
        """(M, G), or (M, L, G) of a graph that looks back, -> (M, O) forecasts, before the calibration."""
        return Runner(self.graph, self.checked_graph, len(self.graph_outputs), self.place)

    def forecast(self, panel: Panel, *, threads: int = 0) -> BundleForecast:
        """Forecasts every row at which all columns are finite, or enough of them for the preprocessor.

        threads: for the expressions, 0 = all cores; the values do not depend on it. Raises DataError
        if the panel lacks a field, or a symbol of the universe that a cross-section needs, or if no row
        can be forecast.
        """
        from components.expressions import evaluate

        self.check(panel)
        values_FR: Float32 = evaluate(self.recipe.nodes, panel, threads=threads)
        row_M, values_MO = self.infer(values_FR, panel.timestamps_R, panel.in_universe_R, panel.symbol_codes_R)
        if len(row_M) == 0:
            raise DataError(self._nothing(panel, values_FR))
        return BundleForecast(
            panel=panel,
            recipe=self.recipe,
            values_FR=values_FR,
            missing_tolerance=self.preprocess.missing_tolerance,
            row_M=row_M,
            values_MO=values_MO,
            outputs=self.outputs,
        )

    def infer(
        self,
        values_FR: Float32,
        timestamps_R: Time,
        members_R: Bools,
        symbols_R: npt.NDArray[np.integer[Any]],
        asked_R: Bools | None = None,
    ) -> tuple[Int, Float]:
        """Rows (M,) of the columns that can be forecast, and their forecasts (M, O); members_R: of the universe;
        symbols_R: codes of the symbols, which stand together, each in order of time; asked_R: rows that shall be
        forecast, None: all. A calibration that goes on learning begins at the first of them."""
        row_M, X_MG = self.design(values_FR, timestamps_R, members_R, symbols_R)
        if asked_R is not None:
            row_M, X_MG = row_M[asked_R[row_M]], X_MG[asked_R[row_M]]
        if len(row_M) == 0 or self.calibration is None or not self.carries_state:
            return row_M, self._forecasts(X_MG)
        values_MO, raw_R = self.run_graph(X_MG), np.full(len(timestamps_R), np.nan)
        raw_R[row_M] = values_MO[:, self.graph_outputs.decision]
        found = replayed(
            self.calibration,
            raw_R,
            matured_R=values_FR[-1],
            date_codes_R=np.unique(timestamps_R, return_inverse=True)[1],
            codes_R=symbols_R,
            symbols=int(symbols_R.max()) + 1,
            horizon_bars=self.recipe.horizon_bars,
        )
        return row_M, self._finished(values_MO, found.take(row_M))

    def infer_next(
        self,
        values_FN: Float32,
        timestamps_N: Time,
        members_N: Bools,
        codes_N: Int,
        past: Past | None,
        carried: Carried | None,
        asked_N: Bools | None = None,
    ) -> tuple[Int, Float]:
        """The same at the next date, a row a symbol; past: of a bundle that looks back, which takes in the rows;
        carried: of a calibration that goes on learning, which does so."""
        row_M, X_MG = self._ready(values_FN, timestamps_N, members_N)
        if past is not None and len(row_M):
            enough_M, X_MG = past.windows(codes_N[row_M], X_MG)
            row_M = row_M[enough_M]
        if asked_N is not None:
            row_M, X_MG = row_M[asked_N[row_M]], X_MG[asked_N[row_M]]
        if carried is None:
            return row_M, self._forecasts(X_MG)
        values_MO = self.run_graph(X_MG) if len(row_M) else np.empty((0, len(self.graph_outputs)))
        raw_N = np.full(len(codes_N), np.nan)
        raw_N[row_M] = values_MO[:, self.graph_outputs.decision]
        found = carried.step(codes_N, raw_N, values_FN[-1])
        return row_M, self._finished(values_MO, found.take(row_M))

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

    def weights(self, view: View) -> Float:
        """(D, S) target weights of consecutive decisions; NaN where they depend on ones before the first. Nothing is
        held before the first, where that matters."""
        found = ordered(view, np.zeros(len(view.decided_D), dtype=np.int64), {0: self.portfolio}, self.constraints)
        weights_DS = found.weights_DS.copy()
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
