"""archive RUN ...: put runs aside, out of `list runs`; --restore brings them back

Their folders move to outputs/archive; every verb finds them there by their id, and they witness for the ledger as
before."""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {"folders": "map: id of a run -> where it lies now"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument("runs", nargs="+", metavar="RUN", help="a run folder, a run id or its beginning, or latest")
    parser.add_argument("--restore", action="store_true", help="bring them back")


def run(options: Namespace) -> Answer:
    """Where they lie now."""
    from runner.recording.keeping import archive, restore
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import find_run

    ledger, move = Ledger.open(HERE.ledger), restore if options.restore else archive
    folders = [find_run(name, HERE.outputs) for name in options.runs]
    moved = {folder.resolve().name: str(move(folder, ledger, HERE.outputs)) for folder in folders}
    return Answer({"folders": moved}, said(*(f"{name}: {place}" for name, place in moved.items())))
