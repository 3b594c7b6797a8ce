"""note RUN TEXT: write a sentence beside a run; notes stay, in order, and the ledger remembers who wrote them"""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {"run": "text: id of the run", "notes": "list: all that it has now, the oldest first"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which run, which text."""
    parser.add_argument("run", metavar="RUN", help="a run folder, a run id or its beginning, or latest")
    parser.add_argument("text", nargs="+", metavar="TEXT", help="what is to be known of it")


def run(options: Namespace) -> Answer:
    """The notes that the run has now."""
    from runner.recording.keeping import note
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import find_run

    folder = find_run(options.run, HERE.outputs)
    found = note(folder, Ledger.open(HERE.ledger), " ".join(options.text))
    name = folder.resolve().name
    return Answer({"run": name, "notes": list(found.notes)}, said(f"{name}:", *(f"  {text}" for text in found.notes)))
