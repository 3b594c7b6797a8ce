"""From a run folder to report.html."""

import base64
import functools
import os
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from components.errors import OutputError
from runner.recording.run_folder import RunFolder
from runner.report import notation, tables
from runner.report.badge import badge
from runner.report.meanings import shown
from runner.report.pictures import Picture, captioned, draw
from runner.report.promotion import judged, sentences
from runner.report.words import decisions, words


def write_report(run_folder: Path, images: Mapping[str, bytes] | None = None) -> Path:
    """Writes <run>/report.html, <run>/plots/*.png and <run>/badge.svg, and returns the path of the first.

    images: what `draw` gave for a run with the same results; None draws them.

    The page holds its pictures and its style, loads nothing and needs no script. The same run folder
    gives the same bytes. Raises DataError where the run is incomplete, OutputError where the folder
    cannot be written.
    """
    run = RunFolder.open(Path(run_folder))
    pictures = captioned(draw(run)[0] if images is None else images)
    page = render(run, pictures)
    try:
        (run.path / "plots").mkdir(exist_ok=True)
        for picture in pictures.values():
            _write(run.path / "plots" / f"{picture.name}.png", picture.png)
        _write(run.path / "badge.svg", badge(words(run.manifest, judged(run)).word).encode())
        _write(run.path / "report.html", page.encode())
    except OSError as error:
        raise OutputError(f"{run.path}: the report cannot be written ({error.strerror})") from error
    return run.path / "report.html"


def render(run: RunFolder, pictures: dict[str, Picture]) -> str:
    """The page as text."""
    return str(_template().render(_content(run, pictures)))


@functools.cache
def _template() -> Any:
    from runner.report.templates import template

    filters: dict[str, Callable[..., Any]] = {
        "date": notation.date,
        "count": notation.count,
        "seconds": notation.seconds,
        "significant": notation.significant,
        "threshold": notation.threshold,
        "typeset": notation.typeset,
        "base64": lambda data: base64.b64encode(data).decode(),
    }
    return template("template.html.j2", filters)


def _content(run: RunFolder, pictures: dict[str, Picture]) -> dict[str, Any]:
    """Everything that the template shows, under the names it uses."""
    manifest = run.manifest
    verdict = judged(run)
    has_portfolio = verdict.get("portfolio") != "none"
    meanings = shown(run.metrics, (gate["says"] for gate in verdict["gates"]))
    return {
        "manifest": manifest,
        "config": run.config,
        "gates": verdict["gates"],
        "leaks": run.leaks,
        "pictures": pictures,
        "promotion": sentences(run.promotion) if run.promotion else None,
        "verdict": words(manifest, verdict),
        "cards": tables.cards(run.metrics, run.kind, has_portfolio=has_portfolio),
        "forecast_table": tables.forecast_table(run.metrics),
        "outputs_table": tables.outputs_table(run.metrics),
        "portfolio_table": tables.portfolio_table(run.metrics),
        "cost_table": tables.cost_table(run.costs or tables.costs(run.equity, run.trades)),
        "fold_table": tables.fold_table(run.metrics, manifest["folds"], run.kind, tables.gated(verdict)),
        "statistics": run.statistics,
        "null_worlds": run.null_worlds,
        "meanings": meanings,
        "has_portfolio": has_portfolio,
        "hints": {meaning.label: meaning.says for meaning in meanings},
        "split_table": tables.split_table(manifest["folds"]),
        "decisions": decisions(manifest),
    }


def _write(file: Path, data: bytes) -> None:
    """All of it or nothing: a reader never sees half a report."""
    handle, temporary = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(data)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(file)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
