"""The verb `report`: writes the report of an existing run again."""

import argparse
import sys
from collections.abc import Sequence

from runner.recording.run_folder import find_run
from runner.report.page import write_report


def main(argv: Sequence[str]) -> int:
    """Writes report.html and plots/ of the named run and prints the report's path."""
    parser = argparse.ArgumentParser(
        prog="python -m runner report",
        description="Write report.html and plots/ of a finished run again, from its folder alone.",
    )
    parser.add_argument(
        "run", nargs="?", default="latest", help="a run folder, a run id or its beginning (default: latest)"
    )
    arguments = parser.parse_args(argv)
    sys.stdout.write(f"{write_report(find_run(arguments.run))}\n")
    return 0
