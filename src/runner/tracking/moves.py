"""What a tracker is told of a bundle's aliases where they moved apart from a run: by a rollback, or onto a version
whose run it knows already."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from runner.bundle.aliases import Move, current
from runner.bundle.layout import MANIFEST
from runner.specification.tracker import Bundle, Record
from runner.tracking.told import table

KINDS = {"promote": "promotion", "rollback": "rollback"}
COLUMNS = ("number", "alias", "before", "version", "why", "at", "override")


def record_of_moves(registry: Path, name: str, moves: Sequence[Move]) -> Record:
    """Of one or more moves in order: every version that they touched, with the aliases that point at it now."""
    last, now = moves[-1], current(registry, name)
    touched = sorted({number for move in moves for number in (move.before, move.version) if number is not None})
    summary = {"state": "finished", "bundle": name, "version": last.version, "before": last.before, "why": last.why}
    aliases = {f"alias/{alias}": version for alias, version in now.items()}
    return Record(
        id=f"{name}-moves-{last.number}"[-100:].lstrip("-."),
        edition=last.hash[:16],
        name=f"{name} {KINDS[last.why]} {last.number}",
        kind=KINDS[last.why],
        began=moves[0].at,
        ended=last.at,
        config={"bundle": name, "tracking": told_by(registry, name, moves)[1]},
        summary={key: value for key, value in {**summary, **aliases}.items() if value is not None},
        tables={"moves": table(_row(move) for move in moves)},
        bundles=tuple(
            Bundle(folder=folder, aliases=tuple(alias for alias, version in now.items() if version == number))
            for number in touched
            if (folder := registry / name / str(number)).is_dir()
        ),
    )


def _row(move: Move) -> dict[str, Any]:
    content = asdict(move)
    return {column: content[column] for column in COLUMNS}


def told_by(registry: Path, name: str, moves: Sequence[Move]) -> tuple[tuple[str, ...], dict[str, Any]]:
    """The places that the run told which made the version that was moved last, and how its trackers are configured;
    none where it told none, or the version is gone."""
    folder = registry / name / str(moves[-1].version or moves[-1].before)
    try:
        run = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))["run"]
        config: dict[str, Any] = yaml.safe_load((folder / "config.yaml").read_text(encoding="utf-8"))["tracking"]
    except (OSError, ValueError, KeyError, TypeError, yaml.YAMLError):
        return (), {}
    return tuple(run.get("tracking") or ()), config
