"""A few forecasts of the deployed model, kept in its bundle: whoever verifies it later sees it forecast them again.

K kept rows, the newest that can be forecast: what the graph reads and gives, and, for whoever has the bars, what the
bundle forecasts at which bar.
"""

import io
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from components.errors import AssayError
from components.panel import Panel
from components.values import Float, Int, Time
from runner.bundle.forecast import BundleForecast
from runner.bundle.layout import CONFIG, EVIDENCE, PROMOTION, REPLAY
from runner.bundle.parity import FORECAST_TOLERANCE
from runner.bundle.reader import Bundle
from runner.specification.places import Places
from runner.storage.formats import ARRAYS

if TYPE_CHECKING:
    from runner.compute.pipeline import Prepared

KEPT = 16
SPARE_DATES = 8
"""Dates beyond those that a graph looks back on, since not every row can be forecast."""


def kept_forecasts(bundle: Bundle, forecast: BundleForecast) -> bytes:
    """An npz: X_KG or X_KLG, graph_KO, timestamps_K, symbols_K and forecast_K."""
    panel, dates_T = forecast.panel, forecast.panel.dates_T
    first = dates_T[max(0, len(dates_T) - 3 * bundle.recipe.lookback_rows - SPARE_DATES)]
    late = np.flatnonzero(panel.timestamps_R >= first)
    stamps_R, members_R = panel.timestamps_R[late], panel.in_universe_R[late]
    row_M, X_MG = bundle.design(forecast.values_FR[:, late], stamps_R, members_R, panel.symbol_codes_R[late])
    newest = np.sort(np.argsort(stamps_R[row_M], kind="stable")[-KEPT:])
    rows, X_KG = late[row_M[newest]], X_MG[newest]
    forecast_R = np.full(panel.n_rows, np.nan)
    forecast_R[forecast.row_M] = forecast.forecast_M
    arrays: dict[str, npt.NDArray[Any]] = {
        "X": X_KG,
        "graph": bundle.run_graph(X_KG) if len(rows) else np.empty((0, len(bundle.graph_outputs))),
        "timestamps": panel.timestamps_R[rows].astype("datetime64[us]"),
        "symbols": np.array(panel.symbols, dtype=np.str_)[panel.symbol_codes_R[rows]],
        "forecast": forecast_R[rows],
    }
    return ARRAYS.encode(arrays)["arrays.npz"]


def replay_problems(folder: Path, files: Mapping[str, bytes], bundle: Bundle) -> Iterator[str]:
    """Where the graph does not give what it gave when it was written; versions without kept forecasts have none."""
    if REPLAY not in files:
        return
    kept = ARRAYS.decode({"arrays.npz": files[REPLAY]})
    if len(kept["X"]) and (wrong := _differing(bundle.run_graph(kept["X"]), kept["graph"])):
        yield f"{folder / REPLAY}: {wrong} of {len(kept['X'])} kept forecasts are not what the graph gives"


def data_problems(folder: Path, files: Mapping[str, bytes], bundle: Bundle, root: Path) -> Iterator[str]:
    """Where bundle and evidence do not agree with the bars that the version was made from; none where these are not at
    hand, or are others by now. root: the registry, beside which the store lies."""
    promotion = json.loads(files.get(PROMOTION, b"{}"))
    everything = _at_hand(files[CONFIG], root)
    if everything is None or everything.panel.fingerprint != promotion["deployed"]["fingerprint"]:
        return
    panel = everything.panel
    place = {bar: row for row, bar in enumerate(_bars(panel))}
    evidence = ARRAYS.decode({"arrays.npz": files[EVIDENCE]})
    rows_M = _rows(place, evidence["timestamps_M"], evidence["symbols_M"])
    if (rows_M < 0).any():
        yield f"{folder / EVIDENCE}: holds bars that the data do not have"
    elif wrong := _differing(everything.labels.y_R[rows_M][:, None], evidence["target_M"][:, None]):
        yield f"{folder / EVIDENCE}: {wrong} of {len(rows_M)} outcomes are not those of the data"
    if REPLAY in files:
        kept = ARRAYS.decode({"arrays.npz": files[REPLAY]})
        found, forecast_R = bundle.forecast(panel), np.full(panel.n_rows, np.nan)
        forecast_R[found.row_M] = found.forecast_M
        rows_K = _rows(place, kept["timestamps"], kept["symbols"])
        if (rows_K < 0).any() or _differing(forecast_R[rows_K][:, None], kept["forecast"][:, None]):
            yield f"{folder / REPLAY}: on its own data the bundle does not forecast what it forecast"


def _at_hand(config: bytes, root: Path) -> "Prepared | None":
    """Everything that the version was made from; None where it cannot be read without asking a service."""
    import yaml

    from runner.composition.build import build
    from runner.compute import pipeline
    from runner.console import Console
    from runner.promotion.vault import prepare_all
    from runner.specification.experiment import Experiment

    places = Places(outputs=root.parent)
    try:
        experiment = build(Experiment, yaml.safe_load(config))
        if experiment.data.content() is None:
            return None
        everything = prepare_all(experiment, pipeline.open_cache(places, Console(io.StringIO())))
        _ = everything.panel
    except AssayError:
        return None
    return everything


def _rows(place: Mapping[tuple[Any, str], int], stamps_M: Time, symbols_M: npt.NDArray[np.str_]) -> Int:
    bars = zip(stamps_M.tolist(), symbols_M.tolist(), strict=True)
    return np.array([place.get(bar, -1) for bar in bars], dtype=np.int64)


def _bars(panel: Panel) -> list[tuple[Any, str]]:
    names = np.array(panel.symbols, dtype=np.str_)[panel.symbol_codes_R].tolist()
    return list(zip(panel.timestamps_R.astype("datetime64[us]").tolist(), names, strict=True))


def _differing(found_KO: Float, kept_KO: Float) -> int:
    """Rows beyond the tolerance of a certificate; NaN equals NaN."""
    spread = float(np.nanstd(kept_KO)) if np.isfinite(kept_KO).any() else 0.0
    close_KO = np.abs(found_KO - kept_KO) <= FORECAST_TOLERANCE * np.maximum(np.abs(kept_KO), spread)
    return int((~(close_KO | (np.isnan(found_KO) & np.isnan(kept_KO)))).any(axis=1).sum())
