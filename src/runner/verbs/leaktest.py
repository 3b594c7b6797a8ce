"""leaktest OVERRIDES: whether any stage of an experiment sees its future, and where
leaktest --table FILE --time COLUMN --target COLUMN: which columns of any table look into the future

leaktest +experiment=NAME [SLOT=CHOICE ...]
Runs every leak test on an experiment, named as for a run: see "Tests of an experiment" below. It fits
the experiment and fits it again, which is no trial; the ledger notes which bars were seen.

leaktest --table FILE --time COLUMN --target COLUMN
Examines any table (CSV, Parquet, Feather, Excel) and names the columns that look into the future, how, and on what
evidence. Where it holds a price, the ledger notes which bars were seen.

Every row of every symbol is looked at for columns that equal, rank, bin or follow what comes later: the
label, the next ten moves, their sums and sizes, in every symbol, block of time, calendar period and
group; where the target is a return, the price behind it is rebuilt. Windows, recursions and reversed
rows are looked for symbol by symbol, and what several columns tell together in a sample, both as far as
a minute or so allows; what was not seen is said.

A `leak` is an identity, or more than twice what honest columns reach at that horizon; `suspect` is what
lies between, with what honest columns reach beside it (experiments/honest_maxima). Levels are never
compared, and the chance of even one false alarm in a table is held below 1 %.

Exit codes: 0 no leak; 5 a leak; 3 mend the data."""

from argparse import ArgumentParser, Namespace
from functools import partial
from pathlib import Path
from typing import Any

from components.errors import ConfigError
from runner import exit_codes
from runner.answer import Answer
from runner.leaks.tests import LIMITS, TABLE_LIMITS, tests_in_words

ANSWER = {
    "experiment": "text: with an experiment, its name",
    "seen": "list: with an experiment, which rows were looked at",
    "not_made": "map: with an experiment, test -> what it would have looked for",
    "table": "text: with a table, the file",
    "target": "text: with a table, the column",
    "target_known": "text: with a table, at or after its row's time",
    "target_known_because": "text: with a table, how that is known",
    "rows": "integer: with a table, how many",
    "symbols": "integer: with a table, how many",
    "examined": "list: with a table, the columns that were examined",
    "not_examined": "map: with a table, column -> why not",
    "not_looked_for": "list: with a table, what was not looked for, one sentence each",
    "tests": "any: of an experiment, the names of those that were made; of a table, how many",
    "n_leaks": "integer: how many there are",
    "leaks": "list: of each column, kind, severity (leak or suspect) and evidence",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Either an experiment, as for a run, or a table."""
    parser.usage = "python -m runner leaktest (OVERRIDE ... | --table FILE --time COLUMN --target COLUMN) [options]"
    parser.epilog = f"{tests_in_words()}\n{TABLE_LIMITS}"
    add = parser.add_argument
    add("overrides", nargs="*", metavar="OVERRIDE", help="as for a run: +experiment=NAME model=ridge ...")
    add("--table", type=Path, metavar="FILE", help="a file, a folder or a pattern, one line per bar and symbol")
    add("--time", metavar="COLUMN", help="the column of the rows' times; rows may stand in any order")
    add("--symbol", metavar="COLUMN", help="the column that tells series apart, for panels")
    add("--target", metavar="COLUMN", help="what is to be forecast")
    add(
        "--target-known",
        choices=("at", "after", "auto"),
        default="auto",
        help="at: known at its row's time, as a price; after: a forward quantity, as a label; auto: find out (default)",
    )
    add("--html", type=Path, metavar="FILE", help="write the findings as a page, too")


def run(options: Namespace) -> Answer:
    """The findings; LEAKS where there is one."""
    _refuse_mixtures(options)
    of_experiment = options.table is None
    found = _of_experiment(options) if of_experiment else _of_table(options)
    show = _show_experiment if of_experiment else _show_table
    code = exit_codes.LEAKS if found["n_leaks"] else exit_codes.RAN
    return Answer(found, lambda: show(found, options.html), code)


def _of_experiment(options: Namespace) -> dict[str, Any]:
    from runner.composition.configure import configure
    from runner.compute import pipeline
    from runner.console import Console
    from runner.leaks.battery import full_battery
    from runner.leaks.findings import of_experiment
    from runner.specification.places import HERE
    from runner.trial import looked

    experiment, _ = configure(options.overrides)
    cache = pipeline.open_cache(HERE, Console(verbose=options.verbose))
    prepared = pipeline.prepare(experiment, cache)
    looked(experiment, prepared, cache, HERE, "leaktest")
    executed = pipeline.execute(experiment, prepared, cache)
    with cache.group("leak tests") as shown:
        told = partial(shown.progress, what="test")
        report = full_battery(prepared, executed, experiment=experiment, told=told)
    found = of_experiment(experiment.name, report)
    if options.html:
        from runner.report.leak_page import experiment_page

        _written(options.html, experiment_page(found, LIMITS))
    return found


def _of_table(options: Namespace) -> dict[str, Any]:
    from components.tables.meaning import Said
    from components.tables.whole import Reading
    from runner.composition.reading import TABLE, settings_of
    from runner.leaks.findings import of_table
    from runner.leaks.table import examined
    from runner.specification.places import HERE
    from runner.trial import looked_at_table

    settings = settings_of(options.overrides, {"data": TABLE})["data"]
    known = None if options.target_known == "auto" else options.target_known
    examination, unread = examined(
        options.table,
        time=options.time,
        symbol=options.symbol,
        target=options.target,
        known=known,
        reading=Reading.of(settings),
    )
    said = Said(time=options.time, symbol=options.symbol, settings=settings)
    looked_at_table(options.table, said, HERE, "leaktest")
    found = of_table(options.table, options.target, examination, unread)
    if options.html:
        from runner.report.leak_page import page

        _written(options.html, page(found, TABLE_LIMITS))
    return found


def _written(place: Path, page: str) -> None:
    from runner.storage.disk import write_atomically

    write_atomically(place, page.encode())


def _refuse_mixtures(options: Namespace) -> None:
    """Either an experiment or a table."""
    if options.table is not None:
        if others := [text for text in options.overrides if not text.startswith("data.")]:
            raise ConfigError(f"{others[0]}: an experiment and --table exclude each other; drop one of them")
        if lacking := [name for name in ("time", "target") if getattr(options, name) is None]:
            raise ConfigError(f"--{lacking[0]}: name the column; --table needs --time and --target")
        return
    if not options.overrides:
        raise ConfigError("leaktest: name an experiment (+experiment=NAME) or a table (--table FILE)")
    for name in ("time", "symbol", "target"):
        if getattr(options, name) is not None:
            raise ConfigError(f"--{name}: belongs to --table FILE; an experiment names its columns itself")


def _show_experiment(found: dict[str, Any], html: Path | None) -> None:
    from runner.leaks.findings import verdict
    from runner.terminal import Terminal

    out = Terminal()
    out.text("")
    for leak in found["leaks"]:
        style = "bold red" if leak["severity"] == "leak" else "yellow"
        out.item(f"{leak['severity'].upper()}  {leak['column']}:", f"{leak['kind']}: {leak['evidence']}", style=style)
    if found["leaks"]:
        out.text("")
    out.text(f"{found['experiment']}: {verdict(found)} Tests: {', '.join(found['tests'])}.")
    for line in found["seen"]:
        out.text(line)
    for name, says in found["not_made"].items():
        out.item(f"not made: {name}", f"({says})")
    out.text("No test shows publication lags that the data do not tell, revisions, or survivorship (leaktest --help).")
    if html:
        out.text(f"Page: {html}")


def _show_table(found: dict[str, Any], html: Path | None) -> None:
    from runner.terminal import Terminal

    out = Terminal()
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
    for line in found["not_looked_for"]:
        out.text(line)
    if not found["leaks"]:
        out.text("This is no proof of honesty: publication lag, revisions and survivorship leave no trace in a table")
        out.text("(see python -m runner leaktest --help).")
    if html:
        out.text(f"Page: {html}")


def _columns(n: int) -> str:
    return "No column looks" if n == 0 else "1 column looks" if n == 1 else f"{n} columns look"
