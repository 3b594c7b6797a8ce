"""Runs everything whose figures stand in README.md and experiments/*/README.md, from the cache where it can.

python tools/runs.py
"""

import subprocess
import sys
from pathlib import Path

from docs import BLOCK, ROOT


def commands(page: Path) -> list[tuple[str, ...]]:
    """The overrides of every run that the generated blocks of a page show."""
    found: list[tuple[str, ...]] = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        name, *arguments = match["call"].split()
        if name == "variants":
            experiment, *choices = arguments
            found += [(experiment, *choice.split("+")) if choice != "-" else (experiment,) for choice in choices]
        elif name in ("results", "gates"):
            found += [(experiment,) for experiment in arguments]
    return found


def main() -> int:
    pages = (ROOT / "README.md", *sorted((ROOT / "experiments").glob("*/README.md")))
    wanted = dict.fromkeys(command for page in pages for command in commands(page))
    for experiment, *overrides in wanted:
        print(experiment, *overrides, flush=True)
        command = ["-m", "runner", f"+experiment={experiment}", "tracking=none", "export=never", *overrides]
        subprocess.run([sys.executable, *command], check=True, stdout=subprocess.DEVNULL)
    return 0


if __name__ == "__main__":
    sys.exit(main())
