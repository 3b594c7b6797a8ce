"""verify [NAME[@VERSION]]: is every byte, move and record of the registry what it was

Checks of every version, or of one: the checksum of each file, that recipe and graph open, that its
certificate found no difference, the chain of moves of the aliases, and that the ledger is whole and
knows the heads that were noted.

Exit codes: 0 all is what it was; 1 something is not, one line each."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner import exit_codes
from runner.specification.places import HERE


def add_arguments(parser: ArgumentParser) -> None:
    """Which version, or everything."""
    parser.add_argument("reference", nargs="?", metavar="NAME[@VERSION]", help="default: everything")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> int:
    """Prints what is there and what is wrong with it; UNFORESEEN if anything is."""
    from runner.promotion.verify import show, verify_all

    found = verify_all(options.registry, options.reference)
    problems = [line for entry in found for line in entry["problems"]]
    if options.json:
        print(json.dumps({"bundles": found, "problems": problems}, indent=1))
    else:
        from runner.console import Console

        show(Console(), found)
    return exit_codes.UNFORESEEN if problems else exit_codes.RAN
