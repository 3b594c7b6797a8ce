"""`python -m runner`."""

import os
import sys

from runner.cli import main
from runner.exit_codes import INTERRUPTED


def _exit(code: int) -> None:
    if code == INTERRUPTED:
        # CPython ends by a signal instead of a code where Ctrl-C met an exec() of text, as dataclasses use it,
        # even if the exception was caught later.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
    sys.exit(code)


if __name__ == "__main__":
    # Threads that spin while they wait starve each other when several runs share the processors.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    _exit(main(sys.argv[1:]))
