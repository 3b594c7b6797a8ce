"""A run in fields, for programs: the same for the run itself, `show`, `list runs` and whoever loads it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from components.errors import DataError

RUN: Mapping[str, str] = {
    "run": "text: its id",
    "folder": "text: where all of it lies",
    "experiment": "text: name of the experiment",
    "state": "text: running, finished, failed, interrupted or pruned",
    "started": "text or null: time in UTC",
    "finished": "text or null: time in UTC",
    "debug": "true or false: a quick look, whose figures mean nothing",
    "overrides": "list: the command line",
    "choices": "map: slot -> choice",
    "level": "text or null: rejected, candidate or hallmarked, after promotion where there was one; pending: a "
    "trial of a sweep that not every gate has judged yet; null: no verdict",
    "provenance": "text or null: fitted, or claimed where the forecasts were made elsewhere",
    "passed": "true or false or null: no required gate failed, and the forecast or the portfolio showed skill",
    "forecast": "text or null: passed, failed or not judged",
    "portfolio": "text or null: passed, failed, not judged or none",
    "no_better_than": "text or null: the baseline that the forecast is not shown to beat",
    "gates": "list: of every gate name, status, required, value, threshold, says, suffices",
    "metrics": "map: name, as backtest/sharpe or test/r2 -> number or null",
    "data": "map: what the bars are, from when to when",
    "tries": "map: what was tried on the same data",
    "trial": "map: number, and whether it is counted",
    "broken": "list: what broke, one sentence each",
    "bundle": "text or null: the promoted version",
    "report": "text or null: the page",
    "files": "list: names in the folder",
}

GATE = ("name", "status", "required", "value", "threshold", "statistic", "relation", "says", "suffices")
VERDICT = ("level", "provenance", "passed", "forecast", "portfolio", "no_better_than")


def told(folder: Path) -> dict[str, Any]:
    """Every field of RUN; what a run that did not finish has not written is null or empty. Raises DataError where the
    folder has no manifest that can be read."""
    manifest = _read(folder / "manifest.json")
    if manifest is None:
        raise DataError(f"{folder}: not a run folder, it has no manifest.json that can be read")
    verdict = (_read(folder / "promotion.json") or {}).get("verdict") or _read(folder / "gates.json") or {}
    page = folder / "report.html"
    return {
        "run": manifest["run_id"],
        "folder": str(folder),
        "experiment": manifest["experiment"],
        "state": manifest["state"],
        "started": manifest.get("started"),
        "finished": manifest.get("finished"),
        "debug": bool(manifest.get("debug")) or not manifest.get("trial", {}).get("counted", False),
        "overrides": manifest.get("overrides", []),
        "choices": manifest.get("choices", {}),
        **{name: verdict.get(name) for name in VERDICT},
        "gates": [{name: gate.get(name) for name in GATE} for gate in verdict.get("gates", ())],
        "metrics": _read(folder / "metrics.json") or {},
        "data": manifest.get("data", {}),
        "tries": manifest.get("tries", {}),
        "trial": manifest.get("trial", {}),
        "broken": manifest.get("broken", []),
        "bundle": manifest.get("bundle"),
        "report": str(page) if page.exists() else None,
        "files": sorted(path.name for path in folder.iterdir() if not path.name.startswith(".")),
    }


def _read(file: Path) -> Any:
    try:
        return json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
