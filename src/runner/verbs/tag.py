"""tag RUN WORD ...: mark a run with words by which `list runs` finds it; --remove takes them away

The ledger remembers who said so, and when."""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {"run": "text: id of the run", "tags": "list: all that it has now"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which run, which words."""
    parser.add_argument("run", metavar="RUN", help="a run folder, a run id or its beginning, or latest")
    parser.add_argument("words", nargs="+", metavar="WORD", help="one word each, such as baseline or paper-2")
    parser.add_argument("--remove", action="store_true", help="take these tags away")


def run(options: Namespace) -> Answer:
    """The tags that the run has now."""
    from runner.recording.keeping import tag
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import find_run

    folder = find_run(options.run, HERE.outputs)
    words = {"removed" if options.remove else "added": options.words}
    found = tag(folder, Ledger.open(HERE.ledger), **words)
    name = folder.resolve().name
    return Answer({"run": name, "tags": list(found.tags)}, said(f"{name}: {', '.join(found.tags) or 'no tags'}"))
