"""reproduce RUN|BUNDLE [--data FILE]: compute it once more: the same to the bit, or the first difference and its cause

Runs the configuration that a run folder or a bundle carries, from no stored result, and compares bars, forecasts,
weights, trades, equity and figures with what the run wrote; of a bundle the kept evidence and the deployed model.
--data says where the file of bars lies by now. Other bars than the run's are found before anything is fitted: they
are the cause "data", and nothing is tried on them. Else the cause is "version" (of a library) or "code".

Exit codes: 0 the same to the bit; 1 something differs."""

from argparse import ArgumentParser, Namespace
from dataclasses import asdict
from pathlib import Path

from runner import exit_codes
from runner.answer import Answer

ANSWER = {
    "compared": "list: what is the same to the bit",
    "difference": "text or null: the first",
    "cause": "text or null: data, version or code",
    "because": "text or null: what of it differs",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which run or bundle, and where its bars are."""
    parser.add_argument("reference", metavar="RUN|BUNDLE", help="a run folder, run id or 'latest'; or NAME[@VERSION]")
    parser.add_argument("--data", type=Path, metavar="FILE", help="the file of bars; default: where the run read it")


def run(options: Namespace) -> Answer:
    """What is the same, or what differs first; UNFORESEEN if anything does."""
    from runner.promotion.reproduce import reproduce, sentences
    from runner.specification.places import HERE

    found = reproduce(options.reference, options.data, HERE)

    def show() -> None:
        from runner.console import Console

        console = Console()
        for line in sentences(found):
            (console.alarm if found.difference else console.say)(line)

    return Answer(asdict(found), show, exit_codes.UNFORESEEN if found.difference else exit_codes.RAN)
