"""rollback NAME: the previous champion of a bundle is champion again

The move is recorded. Once more goes back further. Versions stay as they are."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.answer import Answer, said
from runner.bundle.aliases import roll_back
from runner.bundle.registry import find
from runner.promotion.moves import MoveWitness
from runner.recording.actors import forbid
from runner.recording.ledger import Ledger
from runner.specification.places import HERE
from runner.tracking.deliver import deliver

ANSWER = {
    "name": "text: of the bundle",
    "champion": "integer: the version that is champion now",
    "before": "integer: the version that was",
}


def add_arguments(parser: ArgumentParser) -> None:
    """Which bundle."""
    parser.add_argument("name", help="of the bundle")
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> Answer:
    """Which version is champion now, and which was."""
    forbid("may not move an alias")
    find(options.name, options.registry)
    witness = MoveWitness(Ledger.open(), options.registry, options.name)
    try:
        now, before = roll_back(options.registry, options.name, witness)
    finally:
        deliver(options.registry.parent)
    content = {"name": options.name, "champion": now, "before": before}
    return Answer(content, said(f"champion of {options.name}: {now}, no longer {before}"))
