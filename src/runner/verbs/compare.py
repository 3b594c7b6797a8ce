"""compare RUN RUN: two runs side by side: settings that differ, gates, figures, verdicts
compare NAME@A NAME@B: two versions side by side: gates, figures, and whether the difference is luck

RUN is a run folder, a run id or its beginning, or latest. Of versions it shows which gates differ, the figures of both,
and, on the rows and bars that both have, whether one forecasts or earns more than luck explains (Diebold-Mariano;
Ledoit-Wolf)."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from components.errors import AssayError
from runner.answer import Answer
from runner.bundle.registry import find
from runner.specification.places import HERE

ANSWER = {
    "runs": "list: of runs, both in short",
    "settings": "map: of runs, dotted path -> the value of either, where they differ",
    "versions": "list: of versions, both in short",
    "gates": "map: name -> the status of either, where they differ",
    "metrics": "map: name -> the value of either",
    "forecasts": "map: of versions, whether one forecasts better than luck explains, or the reason why nobody knows",
    "returns": "map: of versions, whether one earns more than luck explains, or the reason why nobody knows",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which two."""
    for place in ("first", "second"):
        parser.add_argument(
            place, metavar="RUN|NAME[@VERSION]", help="a run; or a version, an alias, or the folder of a bundle"
        )
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> Answer:
    """The comparison."""
    try:
        folders = [find(name, options.registry) for name in (options.first, options.second)]
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
    from runner.report.listed import compared

    try:
        folders = [find_run(name, HERE.outputs) for name in (options.first, options.second)]
    except AssayError:
        if "@" in options.first or "@" in options.second:
            raise no_version from None
        raise
    found = compared(folders[0], folders[1])

    def shown() -> None:
        from runner.console import Console
        from runner.report.compared import tables

        console = Console()
        for table in tables(found):
            console.table(table)

    return Answer(found, shown)
