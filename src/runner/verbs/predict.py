"""predict --bundle NAME --data FILE [SETTING=VALUE]: forecasts and target weights from a promoted bundle

Forecasts new bars with a promoted bundle and turns the forecasts into target weights, as CSV:
timestamp, symbol, forecast (empty where it cannot be made), weight (fraction of equity; empty with
--all where it depends on bars before the first; no such column where the bundle's portfolio failed or there is none);
lower and upper, the ends of the interval, where the
bundle's calibration makes them.

The bars are read and mended as those were that the bundle was made from. What differs is said: by an
option, or by any setting of data=files such as data.decimal=, ."""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import Any

from runner.answer import Answer
from runner.bundle.layout import VARIANT_GRAPHS
from runner.bundle.predictions import TIME_COLUMNS, load_bars, notes, rows, table
from runner.bundle.reader import Bundle
from runner.bundle.registry import find
from runner.composition.reading import settings_of
from runner.specification.places import HERE

ANSWER = {
    "bundle": "text: folder of the version",
    "forecasts": "list: of each bar timestamp, symbol, forecast, and what else the table has; null where there is none",
    "output": "text or null: the file that was written",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which bundle, which bars, and how to read them."""
    add = parser.add_argument
    add(
        "--bundle",
        required=True,
        metavar="NAME[@VERSION|@ALIAS]|PATH",
        help="of a name alone the champion, else the latest",
    )
    add("settings", nargs="*", metavar="SETTING=VALUE", help="data.KEY=VALUE, as in an experiment")
    add("--data", required=True, metavar="FILE", help="a file, a folder or a pattern, as data.path takes it")
    add(
        "--variant", choices=tuple(VARIANT_GRAPHS), help="a smaller graph; variants.json says what it costs in accuracy"
    )
    add("--all", action="store_true", help="every bar that can be forecast, not only the last one")
    add("--output", type=Path, metavar="FILE", help="instead of the standard output")
    add("--symbol-column", metavar="NAME", help="default: the bundle's, else symbol where there is one; '' for none")
    add("--time-column", metavar="NAME", help=f"default: the bundle's, else the first of {', '.join(TIME_COLUMNS)}")
    add("--date-format", metavar="FORMAT", help="strptime format of text dates; default: the bundle's")
    add("--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}")
    add("--threads", type=int, metavar="N", default=0, help="default: 0, all cores")


def run(options: Namespace) -> Answer:
    """The forecasts, in a file where --output asks for it, and notes."""
    folder, last_only = find(options.bundle, options.registry), not options.all
    bundle = Bundle.open(folder, variant=options.variant)
    panel = load_bars(bundle, options.data, _settings(options))
    forecast = bundle.forecast(panel, threads=options.threads)
    found = rows(bundle, forecast, last_only=last_only)
    text = table(bundle, forecast, found)
    if options.output is not None:
        from runner.storage.disk import write_atomically

        write_atomically(options.output, text.encode())
    remarks = tuple(notes(folder, options.variant, bundle, forecast, last_only=last_only))
    for note in remarks:
        print(f"note: {note}")
    content = {"bundle": str(folder), "forecasts": found, "output": options.output and str(options.output)}
    return Answer(content, partial(print, "" if options.output else text, end=""), notices=remarks)


def _settings(options: Namespace) -> dict[str, Any]:
    """Settings of data=files that were given."""
    given = {
        "symbol_column": options.symbol_column,
        "time_column": options.time_column,
        "date_format": options.date_format,
    }
    named = {name: value or None for name, value in given.items() if value is not None}
    return {**settings_of(options.settings, {"data": None})["data"], **named}
