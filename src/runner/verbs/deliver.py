"""deliver: tell the trackers what they do not know yet, and say what cannot be told

Runs are told by a process that nobody waits for; what it could not tell, for want of a network, a key or a disk, waits
in the run folders for this command or the next run. Nothing is told twice."""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {
    "told": "integer: records that were told, each place counted",
    "waiting": "list: what could not be told, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """None."""


def run(_: Namespace) -> Answer:
    """How much was told, and what waits."""
    from runner.tracking.deliver import told_now
    from runner.tracking.waiting import Folders

    if not HERE.outputs.is_dir():
        return Answer({"told": 0, "waiting": []}, said(f"{HERE.outputs} does not exist: nothing to tell"))
    found = told_now(HERE.outputs, Folders(HERE.outputs))
    lines = found.lines()
    summary = f"{found.told} {'record' if found.told == 1 else 'records'} told"
    return Answer({"told": found.told, "waiting": lines}, said(summary, *lines))
