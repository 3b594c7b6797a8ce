"""explain NAME: what a choice, class or operator does, with its parameters, ranges and defaults"""

from argparse import ArgumentParser, Namespace

from runner import exit_codes
from runner.composition.guide import explained


def add_arguments(parser: ArgumentParser) -> None:
    """What to explain."""
    parser.add_argument(
        "name", metavar="NAME", help="a choice (ridge, model/ridge), a class, a metric (r2) or an operator (rsi)"
    )


def run(options: Namespace) -> int:
    """Prints all that goes by the name."""
    print("\n\n".join(explained(options.name)))
    return exit_codes.RAN
