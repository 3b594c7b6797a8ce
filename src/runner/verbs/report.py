"""report [RUN]: write the report of a finished run again

report.html and plots/ are written from the run's folder alone."""

from argparse import ArgumentParser, Namespace

from runner import exit_codes


def add_arguments(parser: ArgumentParser) -> None:
    """Which run."""
    parser.add_argument(
        "run", nargs="?", default="latest", help="a run folder, a run id or its beginning (default: latest)"
    )


def run(options: Namespace) -> int:
    """Prints where the report lies."""
    from runner.recording.run_folder import find_run
    from runner.report import write_report
    from runner.specification.places import HERE

    print(write_report(find_run(options.run, HERE.outputs)))
    return exit_codes.RAN
