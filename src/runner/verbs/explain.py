"""explain NAME: what a choice, class or operator does, with its parameters, ranges and defaults"""

from argparse import ArgumentParser, Namespace

from runner.answer import Answer, said
from runner.composition.guide import explained

ANSWER = {"name": "text: what was asked for", "texts": "list: a text for each thing that goes by the name"}


def add_arguments(parser: ArgumentParser) -> None:
    """What to explain."""
    parser.add_argument(
        "name", metavar="NAME", help="a choice (ridge, model/ridge), a class, a metric (r2) or an operator (rsi)"
    )


def run(options: Namespace) -> Answer:
    """All that goes by the name."""
    texts = explained(options.name)
    return Answer({"name": options.name, "texts": texts}, said("\n\n".join(texts)))
