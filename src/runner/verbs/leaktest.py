"""The verb `leaktest`: whether an experiment, or which columns of any table, look into the future."""

import argparse
import json
import textwrap
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from components.errors import ConfigError, DataError
from components.leaks.examination import examine
from components.leaks.examined import MIN_ROWS, Block, Examination
from runner.verbs.plain_table import numeric, read_table, require_column, times

if TYPE_CHECKING:
    import pandas as pd

LEAKS_FOUND = 5
DESCRIPTION = """\
leaktest +experiment=NAME [SLOT=CHOICE ...]
Runs every leak test on an experiment, named as for a run: see "Tests of an experiment" below. It fits
the experiment and fits it again, which is no trial, and writes nothing but the cache.

leaktest --table FILE --time COLUMN --target COLUMN
Examines any CSV or Parquet file and names the columns that look into the future, how, and on what
evidence.

Found are columns that equal a transform of later values, copies of later rows, smoothers that run
backwards, windows centred on their row, values taken from a later row (a week's last close on its
Monday), columns in reverse row order, the target itself, and dependence on what the future brings
beyond what the past tells. Levels are never compared, so that honest predictors do not alarm:
correlations count above fixed floors only, and the chance of even one false alarm in a table is
held below 1 %.
"""
LIMITS = """\
What no test can show, and you must ask the data's maker:
  publication lag      a figure filed under the day it describes, not the day it was published
  revisions            values that were corrected later; only one vintage is in the file
  survivorship         symbols that failed were never included, or membership is as of today
  adjustment           price levels divided by splits and dividends that came later
  scaling              means, ranks or principal components fitted on the whole history
  weak leaks           future information that explains little, below what honest data can reach
A bar's open is known before the rest of its row: with --target open, its own close knows more.

Exit codes: 0 no leak; 5 a leak; 3 mend the data.
"""
Cells = dict[str, Any]
LARGEST = 1e100
"""Beyond it squares of sums overflow; no market quantity is so large."""


def main(arguments: Sequence[str]) -> int:
    """Prints the findings; returns 5 if a column leaks, else 0."""
    from threadpoolctl import threadpool_limits

    options = _parser().parse_args(arguments)
    _refuse_mixtures(options)
    if options.table is None:
        from runner.verbs.leak_battery import on_experiment

        return LEAKS_FOUND if on_experiment(options.overrides, json=options.json, html=options.html) else 0
    blocks, unread = load_blocks(options.table, time=options.time, symbol=options.symbol, target=options.target)
    known = None if options.target_known == "auto" else options.target_known
    with threadpool_limits(limits=1, user_api="blas"):  # many small products: threads would wait for each other
        examination = examine(blocks, target=options.target, known=known)
    if examination.n_symbols == 0:
        raise DataError(
            f"{options.table}: fewer than {MIN_ROWS} values of '{options.target}' in every symbol; "
            "too few to tell a leak from chance"
        )
    found = content(options.table, options.target, examination, unread)
    if options.html:
        from runner.storage.disk import write_atomically
        from runner.verbs.leak_page import page

        write_atomically(options.html, page(found, LIMITS).encode())
    if options.json:
        print(json.dumps(found, indent=2))
    else:
        _show(found, options.html)
    return LEAKS_FOUND if found["n_leaks"] else 0


def _refuse_mixtures(options: argparse.Namespace) -> None:
    """Either an experiment or a table."""
    if options.table is not None:
        if options.overrides:
            raise ConfigError(f"{options.overrides[0]}: an experiment and --table exclude each other; drop one of them")
        if lacking := [name for name in ("time", "target") if getattr(options, name) is None]:
            raise ConfigError(f"--{lacking[0]}: name the column; --table needs --time and --target")
        return
    if not options.overrides:
        raise ConfigError("leaktest: name an experiment (+experiment=NAME) or a table (--table FILE)")
    for name in ("time", "symbol", "target"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name}: belongs to --table FILE; an experiment names its columns itself")


def tests_in_words() -> str:
    """The battery, one test after the other."""
    from runner.leaks.tests import TESTS

    lines = ["Tests of an experiment, in this order (those marked * also in every run):"]
    for test in TESTS:
        mark = "*" if test.in_every_run else " "
        lines += textwrap.wrap(
            f"{mark} {test.name:<10}{test.says}", width=100, initial_indent="  ", subsequent_indent=" " * 14
        )
    return "\n".join(lines) + "\n"


def load_blocks(path: Path, *, time: str, symbol: str | None, target: str) -> tuple[list[Block], dict[str, str]]:
    """One block per symbol in time order, and the columns that hold no numbers, with the reason."""
    frame = read_table(path)
    for option, name in (("--time", time), ("--target", target), ("--symbol", symbol)):
        if name is not None:
            require_column(frame, name, option=option, path=path)
    columns, unread = _numbers(frame, {time, symbol})
    if target not in columns:
        raise DataError(f"{path}: --target {target}: {unread.get(target, 'holds no numbers')}")
    known = columns[target][np.isfinite(columns[target])]
    if len(known) >= MIN_ROWS and (known == known[0]).all():
        raise DataError(f"{path}: --target {target}: does not vary, so nothing can look ahead to it")
    stamps_R = times(frame, time, path)
    codes_R = frame[symbol].astype("string").fillna("").to_numpy() if symbol else np.full(len(frame), path.stem)
    order_R = np.lexsort((stamps_R, np.unique(codes_R, return_inverse=True)[1]))
    stamps_R, codes_R = stamps_R[order_R], codes_R[order_R]
    _refuse_duplicates(path, stamps_R, codes_R, symbol)
    cuts = np.flatnonzero(codes_R[1:] != codes_R[:-1]) + 1
    blocks = [
        Block(
            symbol=str(codes_R[rows[0]]),
            times_T=stamps_R[rows],
            columns={name: values_R[order_R[rows]] for name, values_R in columns.items()},
        )
        for rows in np.split(np.arange(len(frame)), cuts)
    ]
    return blocks, unread


def content(path: Path, target: str, examination: Examination, unread: dict[str, str]) -> dict[str, Any]:
    """What --json prints."""
    leaks = [
        {"column": leak.column, "kind": leak.kind, "severity": leak.severity, "evidence": leak.evidence}
        for leak in examination.leaks
    ]
    return {
        "table": str(path),
        "target": target,
        "target_known": examination.known,
        "target_known_because": examination.why,
        "rows": examination.n_rows,
        "symbols": examination.n_symbols,
        "examined": list(examination.examined),
        "not_examined": {**unread, **examination.skipped},
        "tests": examination.n_tests,
        "n_leaks": sum(leak["severity"] == "leak" for leak in leaks),
        "leaks": leaks,
    }


def _numbers(frame: "pd.DataFrame", keys: set[str | None]) -> tuple[dict[str, Any], dict[str, str]]:
    columns, unread = {}, {}
    for name in frame.columns:
        if name in keys:
            continue
        values_R = numeric(frame[name])
        if values_R is None:
            unread[name] = "holds no numbers"
        elif np.nanmax(np.abs(values_R), initial=0.0) > LARGEST:
            unread[name] = f"holds numbers beyond {LARGEST:g}"
        else:
            columns[name] = values_R
    return columns, unread


def _refuse_duplicates(path: Path, stamps_R: Any, codes_R: Any, symbol: str | None) -> None:
    same_R = (stamps_R[1:] == stamps_R[:-1]) & (codes_R[1:] == codes_R[:-1])
    if same_R.any():
        stamp = np.datetime_as_string(stamps_R[int(same_R.argmax())], unit="s").replace("T00:00:00", "")
        remedy = "drop one of them" if symbol else "name the column of the symbols with --symbol, or drop one of them"
        raise DataError(f"{path}: {same_R.sum()} times stand twice, the first is {stamp}; {remedy}")


def _show(found: dict[str, Any], html: Path | None) -> None:
    from runner.verbs.plain_output import PlainOutput

    out = PlainOutput()
    symbols = f", {found['symbols']} symbols" if found["symbols"] > 1 else ""
    out.text(f"{found['table']}: {found['rows']} rows{symbols}, {len(found['examined'])} columns examined")
    when = "at its own row's time" if found["target_known"] == "at" else "after its own row's time"
    out.text(f"Target {found['target']} is taken to be known {when}: {found['target_known_because']}.")
    for name, reason in found["not_examined"].items():
        out.item("not examined:", f"{name}, which {reason}" if "few" not in reason else f"{name}, {reason}")
    out.text("")
    for leak in found["leaks"]:
        style = "bold red" if leak["severity"] == "leak" else "yellow"
        out.item(f"{leak['severity'].upper()}  {leak['column']}:", f"{leak['kind']}: {leak['evidence']}", style=style)
    suspects = len(found["leaks"]) - found["n_leaks"]
    if found["leaks"]:
        out.text("")
    out.text(f"{_columns(found['n_leaks'])} into the future.")
    if suspects:
        out.text(f"Suspect: {suspects}, below what proves a leak and above what honest data usually show.")
    if not found["leaks"]:
        out.text("This is no proof of honesty: publication lag, revisions and survivorship leave no trace in a table")
        out.text("(see python -m runner leaktest --help).")
    if html:
        out.text(f"Page: {html}")


def _columns(n: int) -> str:
    return "No column looks" if n == 0 else "1 column looks" if n == 1 else f"{n} columns look"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m runner leaktest",
        usage="python -m runner leaktest (OVERRIDE ... | --table FILE --time COLUMN --target COLUMN) [options]",
        description=DESCRIPTION,
        epilog=f"{tests_in_words()}\n{LIMITS}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME model=ridge ...")
    add("--table", type=Path, metavar="FILE", help="CSV or Parquet, one line per bar and symbol")
    add("--time", metavar="COLUMN", help="the column of the rows' times; rows may stand in any order")
    add("--symbol", metavar="COLUMN", help="the column that tells series apart, for panels")
    add("--target", metavar="COLUMN", help="what is to be forecast")
    add(
        "--target-known",
        choices=("at", "after", "auto"),
        default="auto",
        help="at: known at its row's time, as a price; after: a forward quantity, as a label; auto: find out (default)",
    )
    add("--json", action="store_true", help="print the findings as JSON")
    add("--html", type=Path, metavar="FILE", help="write the findings as a page, too")
    return parser
