"""compare RUN RUN: two runs side by side: settings that differ, gates, figures, verdicts
compare NAME@A NAME@B: two versions side by side: gates, figures, and whether the difference is luck
compare SWEEP ...: trials of sweeps, and runs, side by side: what choosing by validation cost, and what is luck

RUN is a run folder, a run id or its beginning, or latest. Of versions it shows which gates differ, the figures of both,
and, on the rows and bars that both have, whether one forecasts or earns more than luck explains (Diebold-Mariano;
Ledoit-Wolf).

SWEEP is a folder of outputs/sweeps or its name (sweeps/latest is the newest); any number of sweeps and runs may stand
side by side. Of their trials it shows the settings in which they differ, what matters in them, selection regret (what
the choice by validation lost on the test spans, how that spreads, and what a lot would have lost), whether ranks last
from fold to fold, and the statistics of the set (deflated Sharpe ratio, overfitting, SPA and StepM). --html writes it
all as one page that loads nothing; --csv as a table, a line a trial. Test figures of all trials are seen that way: the
ledger notes a look, and nothing may be chosen by them."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from components.errors import AssayError, ConfigError
from runner.answer import Answer
from runner.bundle.registry import find
from runner.specification.places import HERE

SET = "of sweeps"
ANSWER = {
    "runs": "list: of runs, both in short",
    "settings": "map: of runs, dotted path -> the value of either, where they differ",
    "versions": "list: of versions, both in short",
    "gates": "map: name -> the status of either, where they differ",
    "metrics": "map: name -> the value of either",
    "forecasts": "map: of versions, whether one forecasts better than luck explains, or the reason why nobody knows",
    "returns": "map: of versions, whether one earns more than luck explains, or the reason why nobody knows",
    "sweeps": f"list: {SET}, each in short",
    "objectives": f"list: {SET}, the figures that are chosen by, foremost first",
    "figures": f"list: {SET}, of each figure of a trial its name, label, span, style and which way is better",
    "parameters": f"list: {SET}, of each setting in which trials differ its name, numeric, log and values",
    "fixed": f"map: {SET}, settings of the command line that all trials share",
    "folds": f"list: {SET}, numbers of the folds on which the first objective is known",
    "trials": f"list: {SET}, of each trial its name, state, level, parameters, figures, scores by fold, gates and run",
    "chosen": f"text or null: {SET}, the trial that is best by the first objective",
    "front": f"list: {SET}, trials on the Pareto front, where there are several objectives",
    "states": f"map: {SET}, how trials ended -> how many",
    "levels": f"map: {SET}, level -> how many trials",
    "gate_shares": f"map: {SET}, gate -> status -> how many trials",
    "regret": f"map or null: {SET}, what the choice by validation lost on the test spans; null: see left_out",
    "stability": f"map or null: {SET}, agreement of ranks between folds; null: see left_out",
    "statistics": f"list: {SET}, of each statistic of the set name, label, value, shown and says",
    "importance": f"list: {SET}, of each sweep the shares of its parameters, and how far they can be believed",
    "null_worlds": f"list: {SET}, of each sweep searched in null worlds where its best stands among theirs",
    "seen": f"list: {SET}, what was looked at to make this, one sentence each",
    "left_out": f"list: {SET}, what is left out of it and why, one sentence each",
    "page": "text or null: with --html, where it lies",
    "table": "text or null: with --csv, where it lies",
}
PAGE, TABLE = "compare.html", "compare.csv"


def add_arguments(parser: ArgumentParser) -> None:
    """Which."""
    parser.add_argument(
        "names",
        nargs="+",
        metavar="SWEEP|RUN|NAME[@VERSION]",
        help="sweeps and runs; or two versions, aliases or folders of bundles",
    )
    parser.add_argument(
        "--html",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help=f"write it as a page (default: {PAGE} in the sweep's folder); stands after the names",
    )
    parser.add_argument(
        "--csv",
        nargs="?",
        type=Path,
        const=Path(),
        metavar="FILE",
        help=f"write a line a trial (default: {TABLE} in the sweep's folder); stands after the names",
    )
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> Answer:
    """The comparison."""
    from runner.sweeps.compared.entries import is_sweep

    written = options.html is not None or options.csv is not None
    if written or len(options.names) > 2 or any(is_sweep(name) for name in options.names):
        return _sets(options)
    if len(options.names) < 2:
        hint = f"name another one beside it, or a sweep of {HERE.sweeps}"
        raise ConfigError(f"compare: '{options.names[0]}' alone cannot be compared; {hint}")
    try:
        folders = [find(name, options.registry) for name in options.names]
    except AssayError as no_version:
        return _runs(options, no_version)
    from runner.promotion.compare import compare, show

    found = compare(folders[0], folders[1])

    def shown() -> None:
        from runner.console import Console

        show(Console(), found)

    return Answer(found, shown)


def _runs(options: Namespace, no_version: AssayError) -> Answer:
    from runner.recording.run_folder import find_run
    from runner.report.compared import tables
    from runner.report.listed import compared

    try:
        folders = [find_run(name, HERE.outputs) for name in options.names]
    except AssayError:
        if any("@" in name for name in options.names):
            raise no_version from None
        raise
    found = compared(folders[0], folders[1])

    def shown() -> None:
        from runner.console import Console

        console = Console()
        for table in tables(found):
            console.table(table)

    return Answer(found, shown)


def _sets(options: Namespace) -> Answer:
    from runner.recording.ledger import Ledger
    from runner.report.comparison import page
    from runner.report.comparison_tables import csv_bytes, show
    from runner.storage.disk import write_atomically, writing
    from runner.sweeps.compared.content import content, curves, looked_back, returns_of
    from runner.sweeps.compared.entries import compared

    ledger = Ledger.open(HERE.ledger)
    entries = compared(options.names, ledger)
    returns, known = returns_of(entries, ledger)
    found = content(entries, returns, looked_back(known, ledger))
    folders = [opened.folder for opened in entries.sweeps.values()]
    beside = folders[0] if len(folders) == 1 else HERE.outputs
    asked_for = {"page": (options.html, PAGE), "table": (options.csv, TABLE)}
    places = {name: beside / usual if place == Path() else place for name, (place, usual) in asked_for.items()}
    texts = {"page": lambda: page(found, curves(entries, returns)).encode(), "table": lambda: csv_bytes(found)}
    for name, place in places.items():
        if place is not None:
            with writing(place.parent):
                write_atomically(place, texts[name]())
    told = {**found, **{name: None if place is None else str(place) for name, place in places.items()}}
    chosen = (trial for trial in found["trials"] if trial["trial"] == found["chosen"])
    following = (f"show {trial['run']}" for trial in chosen if trial["run"])
    asked = () if options.html is not None else (f"compare {' '.join(options.names)} --html",)
    return Answer(told, lambda: show(told), next=(*asked, *following))
