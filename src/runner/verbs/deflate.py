"""deflate RETURNS.csv: what is left of a Sharpe ratio after chance and the tries it took

Says how much a Sharpe ratio is worth: how sure one can be of it, and what is left of it once one
counts how many tries it took. RETURNS.csv holds simple returns per period (0.01 is 1 %), with or
without a column of dates.

Results of other programs are recognised by their shape, and what was read is said: equity curves and
trades of backtesting.py, trades of vectorbt, backtests of freqtrade (JSON or zip), reports of qlib,
returns of pyfolio. Of any other equity curve say --equity. Pickles are refused: opening one runs code.

The returns must be net of costs and in excess of cash, and --trials must count everything that
was tried on the data, also what was thrown away: no formula can know of tries that are not told.
With --trials alone the tries are taken to be independent and worthless, with the dispersion of
Sharpe ratios that chance gives (1 / T per period); with --matrix (one column of returns per try,
the judged one among them, over the same periods) both are measured, and identical tries are one.
DSR (2014) is the published ratio: number of tries and dispersion as they are.
DSR (strict) takes what the correlated tries are worth together, the dispersion that chance alone
gives, and allows for serial correlation of the returns; the other figures do not.

PSR conventions: 2012, Bailey & Lopez de Prado, standard error at the observed Sharpe ratio over T
- 1; 2025, Lopez de Prado, Lipton & Zoonekynd, standard error at the hypothesised one over T."""

import math
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from components.errors import ConfigError, DataError
from components.statistics.sharpe import SharpeSample, sharpe_sample
from components.tables.whole import Reading
from runner.answer import Answer
from runner.composition.reading import TABLE, settings_of
from runner.judging.figures import Figure, Tries, figures
from runner.judging.returns_table import Record, load_matrix, load_record
from runner.judging.told_tries import measured_tries, told_tries
from runner.terminal import Terminal

ANSWER = {
    "table": "text: the file",
    "column": "text: the column of returns",
    "read_as": "text: what the file was taken for, empty where it holds plain returns",
    "returns": "integer: how many there are",
    "missing": "integer: how many were left out",
    "periods_per_year": "number: by which figures are annual",
    "periods_because": "text: where that comes from",
    "skew": "number: of the returns, 0 for normal ones",
    "kurtosis": "number: of the returns, 3 for normal ones",
    "tries": "map or null: how many they were, and how that is known",
    "figures": "map: name -> number, null where it is not finite",
    "says": "map: name of a figure -> what it means",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which returns, after which tries."""
    add = parser.add_argument
    add("returns", type=Path, metavar="RETURNS.csv", help="a table with simple returns per period")
    add("settings", nargs="*", metavar="SETTING=VALUE", help="how it is read, where it does not say so: data.decimal=,")
    add("--column", metavar="NAME", help="the column of returns, or the strategy, where there are several")
    add("--equity", action="store_true", help="the column is an equity curve, not returns")
    tries = parser.add_mutually_exclusive_group()
    tries.add_argument("--trials", type=int, metavar="N", help="how many configurations were tried, all counted")
    tries.add_argument("--matrix", type=Path, metavar="FILE", help="returns of every try, one column each, by time")
    add("--periods-per-year", type=float, metavar="P", help="default: from the dates, else 252")


def run(options: Namespace) -> Answer:
    """The figures; raises DataError or ConfigError with one line."""
    _check(options)
    reading = Reading.of(settings_of(options.settings, {"data": TABLE})["data"])
    record = load_record(
        options.returns,
        reading,
        column=options.column,
        periods=options.periods_per_year,
        equity=options.equity,
    )
    sample = sharpe_sample(record.returns_T)
    if math.isnan(sample.sharpe):
        raise DataError(f"{options.returns}: column '{record.column}' does not vary; a Sharpe ratio needs risk")
    tries = None
    if options.matrix is not None:
        tries = measured_tries(*load_matrix(options.matrix, reading, record), record.returns_T)
    elif options.trials is not None:
        tries = told_tries(options.trials, record.returns_T)
    shown = figures(sample, record.periods, tries)
    return Answer(
        _content(options.returns, record, sample, tries, shown),
        lambda: _show(options.returns, record, sample, tries, shown),
    )


def _check(options: Namespace) -> None:
    if options.trials is not None and options.trials < 1:
        raise ConfigError(f"--trials {options.trials}: must be at least 1; count every configuration that was tried")
    if options.periods_per_year is not None and not 0 < options.periods_per_year < math.inf:
        raise ConfigError(f"--periods-per-year {options.periods_per_year}: must be above 0, for example 252, 52 or 12")


def _content(
    path: Path, record: Record, sample: SharpeSample, tries: Tries | None, shown: Sequence[Figure]
) -> dict[str, Any]:
    """What --json prints; a figure that is not finite is null."""
    return {
        "table": str(path),
        "column": record.column,
        "read_as": record.read_as,
        "returns": sample.n,
        "missing": record.dropped,
        "periods_per_year": record.periods,
        "periods_because": record.because,
        "skew": sample.skew,
        "kurtosis": sample.kurtosis,
        "tries": asdict(tries) if tries else None,
        "figures": {f.name: f.value if math.isfinite(f.value) else None for f in shown},
        "says": {f.name: f.says for f in shown},
    }


def _show(path: Path, record: Record, sample: SharpeSample, tries: Tries | None, shown: Sequence[Figure]) -> None:
    out = Terminal()
    if record.read_as:
        out.text(f"Taken for {record.read_as}.")
    missing = f", {record.dropped:,} missing" if record.dropped else ""
    out.text(
        f"{path}, column {record.column}: {sample.n:,} returns{missing}, {record.periods:.1f} a year "
        f"({record.because}); skew {sample.skew:.2f}, kurtosis {sample.kurtosis:.1f} (normal: 0 and 3)."
    )
    if tries:
        out.text(f"Tries: {tries.trials:,}, {tries.because}.")
    out.text("")
    out.grid(("figure", "value", "in words"), [(f.label, f.shown, f.says) for f in shown], right=(1,))
    if not tries:
        out.text("")
        out.text("One single try is assumed. If more was tried on this data, say --trials N or --matrix FILE.")
