"""report [RUN]: write the report of a finished run again

report.html and plots/ are written from the run's folder alone, which must be what the run wrote: a folder in which a
figure was changed is refused. The ledger, else the folder's SHA256SUMS, says what it was. A trial of a sweep that was
not judged by every gate yet is judged now, from the store."""

import sys
from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said

ANSWER = {"report": "text: the page that was written"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which run."""
    parser.add_argument(
        "run", nargs="?", default="latest", help="a run folder, a run id or its beginning (default: latest)"
    )


def run(options: Namespace) -> Answer:
    """Where the report lies."""
    from runner.console import Console
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import RunFolder, find_run
    from runner.recording.sealed import is_sealed, refuse_changed, seal
    from runner.report import write_report
    from runner.specification.places import HERE
    from runner.whole import is_whole, judge_wholly

    folder, ledger = find_run(options.run, HERE.outputs), Ledger.open(HERE.ledger)
    refuse_changed(folder, ledger)
    if not is_whole(folder):
        judge_wholly(folder, Console(sys.stderr), HERE)
        page = str(folder / "report.html")
        return Answer({"report": page}, said(page))
    page = str(write_report(folder))
    if is_sealed(folder, ledger):
        manifest = RunFolder.open(folder).manifest
        seal(folder, manifest["run_key"], ledger if manifest["trial"]["counted"] else None)
    return Answer({"report": page}, said(page))
