"""compare NAME@A NAME@B: two versions side by side: gates, figures, and whether the difference is luck

Shows which gates differ, the figures of both, and, on the rows and bars that both have, whether one
forecasts or earns more than luck explains (Diebold-Mariano; Ledoit-Wolf)."""

import json
from argparse import ArgumentParser, Namespace
from pathlib import Path

from runner import exit_codes
from runner.bundle.registry import find
from runner.specification.places import HERE


def add_arguments(parser: ArgumentParser) -> None:
    """Which two versions."""
    for place in ("first", "second"):
        parser.add_argument(place, metavar="NAME[@VERSION]", help="a version, an alias, or the folder of a bundle")
    parser.add_argument("--json", action="store_true", help="print JSON")
    parser.add_argument(
        "--registry", type=Path, metavar="FOLDER", default=HERE.registry, help=f"default: {HERE.registry}"
    )


def run(options: Namespace) -> int:
    """Prints the comparison."""
    from runner.promotion.compare import compare, show

    found = compare(find(options.first, options.registry), find(options.second, options.registry))
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        from runner.console import Console

        show(Console(), found)
    return exit_codes.RAN
