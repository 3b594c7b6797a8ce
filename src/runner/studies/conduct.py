"""Runs what is left of a study, and writes its page."""

import time
from collections.abc import Callable
from pathlib import Path

from runner.storage.disk import write_atomically
from runner.studies.findings import Results
from runner.studies.page import PAGE, PICTURE, page
from runner.studies.picture import picture
from runner.studies.results import keep, kept, place
from runner.studies.searching import check_cells, searched
from runner.studies.study import Study

Say = Callable[[str], None]


def conduct(folder: Path, study: Study, minutes: float, say: Say) -> Results:
    """Searches the cells that have no result, until none is left or the time is up, and writes the page after each.

    Raises ConfigError, before anything runs, with all that is wrong with any cell.
    """
    until = time.monotonic() + 60 * minutes
    found, cells = kept(folder, study), study.cells()
    left = [cell for cell in cells if place(cell) not in found]
    if left and minutes > 0:
        check_cells(study)
    for cell in left:
        if time.monotonic() >= until:
            break
        result = searched(study, cell)
        keep(folder, result)
        found = kept(folder, study)
        say(f"{len(found):,} of {len(cells):,}: {cell.name}, {len(result.trials):,} trials in {result.seconds:.0f} s")
        written(folder, study, found)
    written(folder, study, found)
    return found


def written(folder: Path, study: Study, found: Results) -> None:
    """Page and picture of the results so far."""
    write_atomically(folder / PAGE, page(folder.resolve().name, study, found).encode())
    if found:
        write_atomically(folder / PICTURE, picture(study, found).encode())
