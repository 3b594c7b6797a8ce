"""From a file to a first run, as a user types it: init, check, run, and no option."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import yaml

from harness import ended
from shapes.outcomes import inspected
from shapes.truth import Shape, difference


def fault_of_run(shape: Shape, folder: Path) -> str | None:
    """What went wrong on the way, or with the bars of the experiment that was run; None where nothing did."""
    folder.mkdir(exist_ok=True)
    written = shape(folder)
    file = written.path.relative_to(folder)
    for arguments in (
        ("init", str(file), "--name", "first"),
        ("check", "+experiment=first"),
        ("+experiment=first", "debug=fast", "tracking=none"),
    ):
        process = ended(folder, *arguments)
        if process.returncode != 0:
            return f"{' '.join(arguments)} ends with {process.returncode}: {process.stderr[-500:]}"
    experiment = yaml.safe_load((folder / "conf" / "experiment" / "first.yaml").read_text(encoding="utf-8"))
    with _inside(folder):
        _, panel = inspected(experiment["data"], experiment.get("quality", {}))
    return difference(written.truth, panel, file)


@contextmanager
def _inside(folder: Path) -> Iterator[None]:
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
