"""explain NAME: what a choice, class, slot, setting, gate, metric, operator or word is, with ranges and defaults"""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.composition.explained import explained

ANSWER = {"name": "text: what was asked for", "texts": "list: a text for each thing that goes by the name"}


def add_arguments(parser: ArgumentParser) -> None:
    """What to explain."""
    parser.add_argument(
        "name", metavar="NAME", help="as ridge, model/ridge, split.vault_start, beats_har, r2, rsi or vault"
    )


def run(options: Namespace) -> Answer:
    """All that goes by the name."""
    texts = explained(options.name)
    return Answer({"name": options.name, "texts": texts}, said("\n\n".join(texts)))
