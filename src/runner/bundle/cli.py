"""The verb `predict`: forecasts and target weights of a bundle on new bars."""

import argparse
import csv
import io
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from components.data.files import Files, column_names
from components.errors import DataError
from components.panel import Panel
from components.values import Float, Int, Time
from runner.bundle.layout import VARIANT_GRAPHS, VARIANTS
from runner.bundle.reader import Bundle, BundleForecast, time_texts
from runner.bundle.registry import find

REGISTRY = Path("outputs/registry")
OPTIONS = {
    "data.path": "--data",
    "data.symbol_column": "--symbol-column",
    "data.time_column": "--time-column",
    "data.date_format": "--date-format",
    "name it with data.columns.close=COLUMN": "rename the column",
}
TIME_COLUMNS = ("timestamp", "date", "time", "datetime")
HEADER = ("timestamp", "symbol", "forecast", "weight")
INTERVAL = ("lower", "upper")
DESCRIPTION = """\
Forecasts new bars with a promoted bundle and turns the forecasts into target weights, as CSV:
timestamp, symbol, forecast (empty where it cannot be made), weight (fraction of equity; empty with
--all where it depends on bars before the first); lower and upper, the ends of the interval, where the
bundle's calibration makes them."""


def main(argv: Sequence[str]) -> int:
    """Writes the forecasts to a file or to the standard output; returns the exit code."""
    options = _parser().parse_args(argv)
    folder = find(options.bundle, options.registry)
    bundle = Bundle.open(folder, variant=options.variant)
    panel = _load(options)
    forecast = bundle.forecast(panel, threads=options.threads)
    header = HEADER if forecast.lower_M is None else (*HEADER, *INTERVAL)
    text = _csv(header, _rows(bundle, forecast, last_only=not options.all))
    if options.output is None:
        sys.stdout.write(text)
    else:
        from runner.storage.disk import write_atomically

        write_atomically(options.output, text.encode())
    notes = _notes(bundle, forecast, last_only=not options.all)
    for note in (*_variant_notes(folder, options.variant), *notes):
        sys.stderr.write(f"note: {note}\n")
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runner predict",
        description=DESCRIPTION,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--bundle", required=True, metavar="NAME[@VERSION|@champion]|PATH", help="the champion where none is named")
    add("--data", required=True, metavar="FILE", help="CSV or Parquet, one line per symbol and bar")
    add(
        "--variant", choices=tuple(VARIANT_GRAPHS), help="a smaller graph; variants.json says what it costs in accuracy"
    )
    add("--all", action="store_true", help="every bar that can be forecast, not only the last one")
    add("--output", type=Path, metavar="FILE", help="instead of the standard output")
    add("--symbol-column", metavar="NAME", help="default: symbol where there is one; '' for a file of one symbol")
    add("--time-column", metavar="NAME", help=f"default: the first there is of {', '.join(TIME_COLUMNS)}")
    add("--date-format", metavar="FORMAT", help="strptime format of text dates; default: ISO 8601")
    add("--registry", type=Path, metavar="FOLDER", default=REGISTRY, help=f"default: {REGISTRY}")
    add("--threads", type=int, metavar="N", default=0, help="default: 0, all cores")
    return parser


def _load(options: argparse.Namespace) -> Panel:
    """The bars. Raises DataError in the words of this command's options."""
    try:
        named = {name.lower() for name in column_names(Path(options.data))}
        symbol = "symbol" if options.symbol_column is None and "symbol" in named else options.symbol_column
        time = options.time_column or next((name for name in TIME_COLUMNS if name in named), TIME_COLUMNS[0])
        return Files(
            path=options.data,
            symbol_column=symbol or None,
            time_column=time,
            date_format=options.date_format,
            time_zone=None,
            decimal=".",
            columns={},
            select=None,
            survivorship="unknown",
            adjustment="raw",
        ).load()
    except DataError as error:
        text = str(error)
        for setting, option in OPTIONS.items():
            text = text.replace(setting, option)
        raise DataError(text) from None


def _rows(bundle: Bundle, forecast: BundleForecast, *, last_only: bool) -> Iterator[tuple[str, ...]]:
    """One line per bar, in order of time, then symbol.

    Raises DataError if the last bar is asked for and has no forecast or no known weight.
    """
    panel = forecast.panel
    dates_D, forecast_DS = forecast.grid()
    weights_DS = bundle.weights(forecast_DS)
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
            numbers = (forecast_DS[d, s], weights_DS[d, s], *(end_DS[d, s] for end_DS in ends))
            yield texts_D[d], panel.symbols[s], *map(_text, numbers)


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
        yield f"OVERRIDDEN: promoted although {', '.join(override['failed'])} failed: {override['reason']}"
    panel, universe = forecast.panel, bundle.recipe.universe
    absent = sorted(set(universe) - set(panel.symbols))
    if absent and len(panel.symbols) < len(universe):
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


def _text(value: float) -> str:
    return "" if np.isnan(value) else f"{value:.9g}"


def _csv(header: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue()
