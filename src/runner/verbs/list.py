"""list [SLOT]: every component, choice and experiment there is, or every promoted bundle"""

from argparse import ArgumentParser, Namespace

from components.errors import ConfigError
from runner import exit_codes
from runner.composition.check import nearest
from runner.composition.guide import groups, listing

BUNDLES = "bundles"


def add_arguments(parser: ArgumentParser) -> None:
    """All of it, or one slot."""
    parser.add_argument("slot", nargs="?", metavar="SLOT", help=f"one of {', '.join((*groups(), BUNDLES))}")


def run(options: Namespace) -> int:
    """Prints a name and one line on what it is."""
    slot, known = options.slot, groups()
    if slot == BUNDLES:
        from runner.console import Console
        from runner.promotion.verify import show_versions
        from runner.specification.places import HERE

        show_versions(Console(), HERE.registry)
        return exit_codes.RAN
    if slot is not None and slot not in known:
        near = nearest(slot, known)
        hint = f"did you mean '{near}'?" if near else f"slots: {', '.join(known)}"
        raise ConfigError(f"{slot}: no such slot; {hint}")
    for group, lines in listing([slot] if slot else known).items():
        print(group)
        width = max((len(name) for name, _ in lines), default=0)
        for name, what in lines:
            print(f"  {name:<{width}}  {what}".rstrip())
    return exit_codes.RAN
