"""`python -m runner`, and the console script `assay`."""

import os
import sys


def main() -> None:
    """Runs the command line of this process and ends the process with its exit code."""
    # Threads that spin while they wait starve each other when several runs share the processors.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.path[:] = current_folder_last(sys.path)
    from runner.cli import main as command_line
    from runner.exit_codes import INTERRUPTED

    code = command_line(sys.argv[1:])
    if code == INTERRUPTED:
        # CPython ends by a signal instead of a code where Ctrl-C met an exec() of text, as dataclasses use it,
        # even if the exception was caught later.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


def current_folder_last(path: list[str]) -> list[str]:
    """The search path of modules under which a user's components/ or utils.py never stands in for ours, while the
    packages that a user names are still found in the current folder."""
    here = os.getcwd()  # noqa: PTH109  # until the path is in order, pathlib could be the user's own
    return [*(entry for entry in path if entry not in ("", here)), here]


if __name__ == "__main__":
    main()
