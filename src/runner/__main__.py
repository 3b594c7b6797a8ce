"""`python -m runner`."""

import os
import sys

from runner.cli import main

if __name__ == "__main__":
    # Threads that spin while they wait starve each other when several runs share the processors.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    sys.exit(main(sys.argv[1:]))
