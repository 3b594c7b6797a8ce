"""A report says which of several paths it judges, and what all of them earned."""

import json
from collections.abc import Callable
from pathlib import Path

from runner.recording.run_folder import RunFolder
from runner.report import write_report
from runner.report.words import paths_note

SAID = (
    "Every time was tested on 4 paths. Judged is path 2, whose account has the median Sharpe ratio; those of all "
    "paths: -0.10, –, 0.22, 1.50."
)
PATHS = {"judged": 2, "sharpe": [1.5, 0.224, None, -0.1]}


def test_every_path_is_told() -> None:
    assert paths_note(PATHS) == SAID


def test_the_page_says_so_where_there_are_several(tmp_path: Path, write_run: Callable[[Path, str], Path]) -> None:
    folder = write_run(tmp_path / "run", "level")
    assert "Every time was tested" not in write_report(folder, {}).read_text()
    manifest = json.loads((folder / "manifest.json").read_text())
    first = manifest["folds"][0]
    first["train"] = [["2001-01-02", "2002-01-02"], ["2003-01-02", "2003-03-02"]]
    (folder / "manifest.json").write_text(json.dumps({**manifest, "paths": PATHS}))
    page = write_report(folder, {}).read_text()
    assert "Every time was tested on 4 paths. Judged is path 2" in page
    spans = '<span class="whole">2001-01-02 to 2002-01-02,</span> <span class="whole">2003-01-02 to 2003-03-02</span>'
    assert spans in page
    assert RunFolder.open(folder).manifest["paths"] == PATHS
