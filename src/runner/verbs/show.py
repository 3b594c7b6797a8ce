"""show [RUN]: everything that a run came to: settings, gates, figures, tags and notes, and where it lies"""

import sys
from argparse import ArgumentParser, Namespace

from runner.answer import Answer
from runner.report.told import RUN
from runner.specification.places import HERE

ANSWER = {**RUN, "tags": "list: words that it was marked with", "notes": "list: what was written beside it"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which run."""
    parser.add_argument("run", nargs="?", default="latest", metavar="RUN", help="default: latest")


def run(options: Namespace) -> Answer:
    """All fields of the run."""
    from runner.console import Console
    from runner.recording.keeping import Marks, marks
    from runner.recording.ledger import Ledger
    from runner.recording.run_folder import find_run
    from runner.report.told import told
    from runner.whole import judge_wholly

    folder = find_run(options.run, HERE.outputs)
    judge_wholly(folder, Console(sys.stderr), HERE)
    found = told(folder)
    said = marks(Ledger.open(HERE.ledger)).get(found["run"], Marks())

    def show() -> None:
        console = Console()
        console.path("Run", found["run"])
        console.item("State:", " ".join((found["state"], *(["(debug)"] if found["debug"] else []))))
        console.item("Asked:", " ".join(found["overrides"]) or "nothing")
        if found["gates"]:
            console.summary(folder)
        for name, texts in (("Tags:", said.tags), ("Note:", said.notes)):
            for text in [", ".join(texts)] if name == "Tags:" and texts else texts:
                console.item(name, text)

    name = found["run"]
    following = (f"report {name}", f"compare {name} latest", *([f"promote {name}"] if found["passed"] else []))
    return Answer({**found, "tags": list(said.tags), "notes": list(said.notes)}, show, next=following)
