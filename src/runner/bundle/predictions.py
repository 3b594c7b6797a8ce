"""Forecasts and target weights of a bundle on new bars, as a table for whoever trades them."""

import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from components.bars import Bars
from components.contracts import Quality, Source
from components.errors import ConfigError, DataError, Problem
from components.panel import Panel
from components.structure import strict
from components.tables.container import paths_of
from components.tables.reading import names_of
from components.tables.shape import Told, shape_of
from components.values import Float, Int, Time
from runner.bundle.forecast import BundleForecast, time_texts
from runner.bundle.layout import VARIANTS
from runner.bundle.reader import Bundle
from runner.bundle.restore import restored
from runner.specification.described import TARGET

STANDARD = "components.quality.standard.StandardPolicy"
FILES = "components.data.files.Files"
OPTIONS = {
    "data.path": "--data",
    "data.symbol_column": "--symbol-column",
    "data.time_column": "--time-column",
    "data.date_format": "--date-format",
}
ADDED = (
    *("clock_column", "decimal", "wide", "encoding", "delimiter", "header", "sheet", "adjust_by"),
    *("folder_env", "symbols"),
)
TIME_COLUMNS = ("timestamp", "date", "time", "datetime")
HEADER = ("timestamp", "symbol", "forecast", "weight")
INTERVAL = ("lower", "upper")
FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n")
"""How texts begin that spreadsheets take for formulas."""


def load_bars(bundle: Bundle, path: str, settings: Mapping[str, Any]) -> Panel:
    """The bars of a file, read and mended as those were that the bundle was made from.

    settings: those of data=files that differ. A source that adds to the bars of files, or makes others of them, does so
    again; a file that holds what would be added is read alone. Of a bundle from no file the columns are found. Raises
    DataError in the words of predict's options.
    """
    written = _config(bundle)
    config = written.get("data", {})
    try:
        within = _file_within(config)
        if within is None:
            bars = _source(_found(path, settings)).bars()
        else:
            bars = _as_trained(config, within, {"path": path, **settings}, bundle)
        quality = _quality(written.get("quality", {}))
        return strict(bars) if quality is None else quality.inspect(bars)[0]
    except DataError as error:
        raise DataError(*map(_in_options, error.problems)) from None


def _in_options(problem: Problem) -> Problem:
    """The same in the words of predict's options."""

    def said(text: str) -> str:
        for setting, option in OPTIONS.items():
            text = text.replace(f"({setting})", f"({option})").replace(f"set {setting}", f"set {option}")
        return text.replace("in data.path", "in --data")

    return replace(problem, path=said(problem.path), message=said(problem.message), hint=said(problem.hint))


def _config(bundle: Bundle) -> Mapping[str, Any]:
    """The configuration of the run that the bundle was made from."""
    import yaml

    found = yaml.safe_load(bundle.written)
    return found if isinstance(found, dict) else {}


def _file_within(config: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Where the source of files stands in a source: () for itself, (main,) for the bars that it adds to."""
    if config.get(TARGET) == FILES:
        return ()
    if config.get("opened") is not None and isinstance(config.get("visible"), Mapping):
        inner, name = config["visible"], "visible"
    else:
        inner, name = config.get("main"), "main"
    below = _file_within(inner) if isinstance(inner, Mapping) else None
    return None if below is None else (name, *below)


def _as_trained(config: Mapping[str, Any], within: tuple[str, ...], changes: Mapping[str, Any], bundle: Bundle) -> Bars:
    if within[:1] == ("visible",):  # what was sealed then is no part of new bars
        return _as_trained(config["visible"], within[1:], changes, bundle)
    whole, files = _changed(config, within, changes)
    source = _source(whole)
    if within:
        alone = _source(files)
        try:
            source.fields()
        except (ConfigError, DataError):
            if not set(bundle.recipe.fields) <= set(alone.fields()):
                raise
            source = alone
    return source.bars()


def _changed(
    config: Mapping[str, Any], within: tuple[str, ...], changes: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The settings of the whole source and of the files in it, with the changes."""
    if not within:
        # What stood in for the file then does not stand in for this one.
        files = {**_defaults(), **config, **changes, **({"fallback": None} if "fallback" in config else {})}
        return files, files
    inner, files = _changed(config[within[0]], within[1:], changes)
    return {**config, within[0]: inner}, files


def _defaults() -> dict[str, Any]:
    """Settings that bundles of earlier versions do not have."""
    return dict.fromkeys(ADDED)


def _found(path: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for a file of which nothing is known: the columns are found by their names."""
    told = Told(**{name: settings[name] for name in ("encoding", "delimiter", "header", "sheet") if name in settings})
    named = {name.lower() for name in names_of(shape_of(paths_of(path)[0], told))}
    return {
        **_defaults(),
        "_target_": FILES,
        "path": path,
        "symbol_column": "symbol" if "symbol" in named else None,
        "time_column": next((name for name in TIME_COLUMNS if name in named), TIME_COLUMNS[0]),
        "date_format": None,
        "time_zone": None,
        "columns": {},
        "select": None,
        "survivorship": "unknown",
        "adjustment": "raw",
        **settings,
    }


def _source(settings: Mapping[str, Any]) -> Source:
    return restored(Source, settings, path="data")  # type: ignore[type-abstract]


def _quality(config: Mapping[str, Any]) -> Quality | None:
    """The policy that judged the bars then; how many a symbol needs is for the forecast to say."""
    if not config:
        return None
    if config.get("_target_") == STANDARD:
        # Policies of earlier versions do not have these.
        config = {"spikes": "warn", **config, "minimum_history": 0, "completeness": 0}
    return restored(Quality, config, path="quality")  # type: ignore[type-abstract]


def rows(bundle: Bundle, forecast: BundleForecast, *, last_only: bool) -> list[dict[str, Any]]:
    """The bars of the last time, or of every time that can be forecast: by column, None where there is no number.

    Raises DataError where the last time is asked for and has no forecast or no known weight.
    """
    header = _header(bundle, forecast)
    return [dict(zip(header, row, strict=True)) for row in _rows(bundle, forecast, last_only=last_only)]


def table(bundle: Bundle, forecast: BundleForecast, found: Sequence[Mapping[str, Any]]) -> str:
    """The same as CSV with a header."""
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(_header(bundle, forecast))
    for row in found:
        stamp, symbol, *numbers = row.values()
        writer.writerow((stamp, _harmless(symbol), *map(_text, numbers)))
    return buffer.getvalue()


def _header(bundle: Bundle, forecast: BundleForecast) -> tuple[str, ...]:
    header = HEADER if bundle.hands_out_weights else HEADER[:-1]
    return header if forecast.lower_M is None else (*header, *INTERVAL)


def notes(
    folder: Path, variant: str | None, bundle: Bundle, forecast: BundleForecast, *, last_only: bool
) -> Iterator[str]:
    """What the reader of the table should know."""
    yield from _variant_notes(folder, variant)
    yield from _notes(bundle, forecast, last_only=last_only)


def _rows(bundle: Bundle, forecast: BundleForecast, *, last_only: bool) -> Iterator[tuple[Any, ...]]:
    """One line per bar, in order of time, then symbol.

    Raises DataError if the last bar is asked for and has no forecast or no known weight.
    """
    panel = forecast.panel
    dates_D, forecast_DS = forecast.grid()
    weighed = bundle.hands_out_weights
    weights_DS = bundle.weights(forecast.view()) if weighed else np.zeros(forecast_DS.shape)
    ends = forecast.interval_grids()
    weights_DS[_outsiders(panel, dates_D)] = 0.0  # a portfolio with a memory would go on holding those who left
    if last_only:
        _check_last(bundle, forecast, dates_D, weights_DS)
        dates_D, forecast_DS, weights_DS = dates_D[-1:], forecast_DS[-1:], weights_DS[-1:]
        ends = tuple(end_DS[-1:] for end_DS in ends)
    texts_D = time_texts(dates_D)
    position_R = np.searchsorted(dates_D, panel.timestamps_R)
    shown_R = np.isin(panel.timestamps_R, dates_D)
    for row in np.lexsort((panel.symbol_codes_R, panel.timestamps_R)):
        if shown_R[row]:
            d, s = position_R[row], panel.symbol_codes_R[row]
            weight = (weights_DS[d, s],) if weighed else ()
            numbers = (forecast_DS[d, s], *weight, *(end_DS[d, s] for end_DS in ends))
            yield texts_D[d], panel.symbols[s], *(None if np.isnan(number) else float(number) for number in numbers)


def _outsiders(panel: Panel, dates_D: Time) -> tuple[Int, Int]:
    """Dates and symbols of the bars outside the universe, as places in a (D, S) grid."""
    rows = np.flatnonzero(~panel.in_universe_R & np.isin(panel.timestamps_R, dates_D))
    return np.searchsorted(dates_D, panel.timestamps_R[rows]), panel.symbol_codes_R[rows].astype(np.int64)


def _check_last(bundle: Bundle, forecast: BundleForecast, dates_D: Time, weights_DS: Float) -> None:
    panel = forecast.panel
    last = panel.dates_T[-1]
    if dates_D[-1] != last:
        row = int(np.flatnonzero(panel.timestamps_R == last)[0])
        raise DataError(f"the last bar cannot be forecast: {forecast.why_not(row)}; mend the bars or use --all")
    if np.isnan(weights_DS[-1]).any():
        lookback = bundle.portfolio.lookback_bars
        needed = bundle.recipe.slowest[1] + lookback - 1
        raise DataError(
            f"too few bars: the weights of the last bar depend on forecasts at {lookback} dates, "
            f"{len(dates_D)} can be made; give at least {needed} bars of every symbol"
        )


def _variant_notes(folder: Path, variant: str | None) -> Iterator[str]:
    """That a variant is not certified, with what it was measured to do."""
    measured = json.loads((folder / VARIANTS).read_bytes())[variant] if variant else {"certified": True}
    if not measured["certified"]:
        yield (
            f"the variant {variant} is not certified: {measured['differing_orders']:,} of {measured['orders']:,} "
            "orders of the out-of-sample period differ from those that were judged"
        )


def _notes(bundle: Bundle, forecast: BundleForecast, *, last_only: bool) -> Iterator[str]:
    """What the reader of the last bar's weights should know."""
    if override := bundle.manifest.get("override"):
        why = f"{', '.join(override['failed'])} failed" if override["failed"] else f"it is a {override['level']}"
        yield f"OVERRIDDEN: promoted although {why}: {override['reason']}"
    if not bundle.hands_out_weights:
        yield "forecasts alone: the bundle hands out no weights, since its portfolio failed or there is none"
    panel, universe = forecast.panel, bundle.recipe.universe
    absent = sorted(set(universe) - set(panel.symbols))
    if absent and bundle.hands_out_weights and len(panel.symbols) < len(universe):
        yield f"weights are spread without {', '.join(absent)}, of the bundle's universe but not in the bars"
    shown_M = np.ones(len(forecast.row_M), bool) if not last_only else forecast.timestamps_M == panel.dates_T[-1]
    if short := int((forecast.short_M & shown_M).sum()):
        yield (
            f"{short} forecast{'' if short == 1 else 's'} from fewer than {bundle.recipe.slowest[1]} bars of the "
            "symbol: missing features were filled; give more history unless there is none"
        )
    if not last_only:
        return
    last_R = panel.timestamps_R == panel.dates_T[-1]
    for row in np.setdiff1d(np.flatnonzero(last_R), forecast.row_M):
        yield f"no forecast: {forecast.why_not(int(row))}"
    if stale := sorted(set(panel.symbols) - {panel.symbols[s] for s in panel.symbol_codes_R[last_R]}):
        yield f"no bar at {time_texts(panel.dates_T[-1:])[0]}: {', '.join(stale)}"


def _harmless(name: str) -> str:
    """A text that a spreadsheet shows; one that begins like a formula gets an apostrophe, or it would be executed."""
    return f"'{name}" if name.startswith(FORMULAS) else name


def _text(value: float | None) -> str:
    return "" if value is None else f"{value:.9g}"
