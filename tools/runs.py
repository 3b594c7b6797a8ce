"""Runs everything whose figures stand in README.md and experiments/*/README.md, from the cache where it can.

python tools/runs.py

Each page is a study with runs and a ledger of its own, under outputs/studies/, begun anew: its runs are made in the
order in which they are printed, so that whoever follows the page on an empty ledger gets the verdicts that it shows.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

from docs import BLOCK, ROOT, STUDIES, outputs_of


def commands(page: Path) -> list[tuple[str, ...]]:
    """The overrides of every run that the generated blocks of a page show, in the order of the page."""
    found: list[tuple[str, ...]] = []
    for match in BLOCK.finditer(page.read_text(encoding="utf-8")):
        name, *arguments = match["call"].split()
        if name == "variants":
            experiment, *choices = arguments
            found += [(experiment, *choice.split("+")) if choice != "-" else (experiment,) for choice in choices]
        elif name in ("results", "gates"):
            found += [(experiment,) for experiment in arguments]
    return list(dict.fromkeys(found))


def run(folder: Path, environment: dict[str, str], *arguments: str) -> None:
    """`python -m runner ARGUMENTS` in this folder."""
    command = [sys.executable, "-m", "runner", *arguments]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=folder, env=environment)


def replay(page: Path, outputs: Path, run: Callable[..., None] = run) -> None:
    """The runs of a page in its order, with an empty ledger, in the folder that holds `outputs`; stages come from a
    store that is there already."""
    study = outputs.parent
    for old in (outputs / "runs", study / "ledger.sqlite"):
        shutil.rmtree(old, ignore_errors=True) if old.is_dir() else old.unlink(missing_ok=True)
    outputs.mkdir(parents=True, exist_ok=True)
    environment = {**os.environ, "ASSAY_LEDGER": str(study / "ledger.sqlite")}
    for experiment, *overrides in commands(page):
        print(experiment, *overrides, flush=True)
        run(study, environment, f"+experiment={experiment}", "tracking=none", "export=never", *overrides)


def main() -> int:
    store = ROOT / "outputs" / "store"
    store.mkdir(parents=True, exist_ok=True)
    for page in STUDIES:
        outputs = outputs_of(page, ROOT / "outputs").resolve()
        outputs.mkdir(parents=True, exist_ok=True)
        if not (outputs / "store").exists():
            (outputs / "store").symlink_to(store)
        replay(page, outputs)
    return 0


if __name__ == "__main__":
    sys.exit(main())
