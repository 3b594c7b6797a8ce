"""sign NAME[@VERSION] --key FILE: vouch for a bundle with an Ed25519 key

Writes SIGNATURE.json beside the checksums of the version, which stay as they are, and notes it in the ledger.
`verify NAME --signed-by PUBLIC` asks for that signature. FILE and PUBLIC are PEM:
openssl genpkey -algorithm ed25519 -out KEY, and openssl pkey -in KEY -pubout -out PUBLIC."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner.answer import Answer, said
from runner.specification.places import HERE

ANSWER = {"folder": "text: the version", "by": "text: fingerprint of the public key"}


def add_arguments(parser: ArgumentParser) -> None:
    """Which version, with which key."""
    parser.add_argument("reference", metavar="NAME[@VERSION]", help="the champion where no version is named")
    parser.add_argument("--key", type=Path, required=True, metavar="FILE", help="private key, PEM")
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> Answer:
    """Who signed what."""
    from runner.bundle.registry import find
    from runner.promotion.signing import sign
    from runner.recording.ledger import Ledger

    folder = find(options.reference, options.registry)
    by = sign(folder, options.key, Ledger.open())
    return Answer({"folder": str(folder), "by": by}, said(f"{folder}: signed by {by[:16]}"))
