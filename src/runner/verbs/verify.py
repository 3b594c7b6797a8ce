"""verify [NAME[@VERSION]]: is every byte, move and record of registry, runs and ledger what it was

Checks of every version, or of one: the checksum of each file, that the ledger recorded these bytes when it was
promoted, that recipe and graph open, that its certificate found no difference, and that it forecasts what it
forecast when it was made; of the aliases every move; and that the ledger is whole and knows the heads that were
noted. Without a name also every run's files, what each opened vault said, and every series of the ledger.

--against FILE compares a report, a bundle, a run's folder or a tracker's record, wherever it lies, with what
the ledger recorded when it was made.

Exit codes: 0 all is what it was; 1 something is not, one line each."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner import exit_codes
from runner.answer import Answer
from runner.specification.places import HERE

ANSWER = {
    "bundles": "list: of each name its versions, aliases and problems",
    "runs": "integer: how many run folders were looked at",
    "facts": "list: with --against, what the ledger says of it",
    "problems": "list: what is not what it was, one sentence each",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which version, or everything."""
    parser.add_argument("reference", nargs="?", metavar="NAME[@VERSION]", help="default: everything")
    parser.add_argument("--against", type=Path, metavar="FILE", help="a report, a bundle, a run or a tracker's record")
    parser.add_argument("--signed-by", type=Path, metavar="PUBLIC", help="a public key that must have signed, PEM")
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> Answer:
    """What is there and what is wrong with it; UNFORESEEN if anything is."""
    if options.against is not None:
        return _against(options)
    from runner.promotion.verify import show, verify_all

    found = verify_all(options.registry, options.reference, replay=True, trusted=options.signed_by)
    problems = found.every_problem()

    def shown() -> None:
        from runner.console import Console

        show(Console(), found)

    content = {"bundles": list(found.bundles), "runs": found.runs, "problems": problems}
    return Answer(content, shown, exit_codes.UNFORESEEN if problems else exit_codes.RAN)


def _against(options: Namespace) -> Answer:
    from runner.promotion.against import against
    from runner.recording.ledger import Ledger

    found = against(options.against, Ledger.open())

    def shown() -> None:
        from runner.console import Console

        console = Console()
        for line in found.facts:
            console.say(line)
        for line in found.problems:
            console.alarm(line)
        if not found.problems:
            console.say(f"{options.against}: it is what the ledger recorded.")

    content = {"facts": list(found.facts), "problems": list(found.problems)}
    return Answer(content, shown, exit_codes.UNFORESEEN if found.problems else exit_codes.RAN)
