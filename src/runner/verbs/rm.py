"""rm RUN ...: remove the folders of runs; their trials stay in the ledger, and count

What was tried stays tried: no count of tries goes down. Bundles that were promoted keep their own evidence; a run that
became one is removed with --force only, since it can no longer be promoted under another name or compared."""

from argparse import ArgumentParser, Namespace

from components.errors import DataError, Problem
from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {"removed": "list: ids of the runs", "head": "text: number and hash of the ledger's newest event"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder, a run id or its beginning, or latest")
    parser.add_argument("--force", action="store_true", help="also runs that became a bundle")


def run(options: Namespace) -> Answer:
    """Removes all of them, or none where one may not be removed."""
    from runner.recording.keeping import remove
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import find_run, manifest_of

    ledger = Ledger.open(HERE.ledger)
    folders = {name: find_run(name, HERE.outputs) for name in options.runs}
    for name, folder in folders.items():
        bundle = manifest_of(folder).get("bundle")
        if bundle and not options.force:
            raise DataError(
                Problem(name, f"became {bundle}", "--force removes it all the same", code="promoted", fix=("--force",))
            )
    names = [folder.resolve().name for folder in folders.values()]
    for folder in folders.values():
        head = remove(folder, ledger, HERE.outputs)
    lines = (*(f"removed {name}" for name in names), "What was tried stays in the ledger, and counts.")
    return Answer({"removed": names, "head": head}, said(*lines))
