"""A report, a bundle, a run's folder or a tracker's record against the ledger: is it what the ledger saw being made?"""

import json
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import DataError
from runner.bundle.layout import MANIFEST, read_verified
from runner.recording import testimony
from runner.recording.chain import Event
from runner.recording.ledger import Ledger
from runner.recording.sealed import changed, is_sealed

HEAD = re.compile(rb"\b(\d+:[0-9a-f]{64})\b")
NEXT = rb"[\"':=,;\x00-\x20\x80-\xff]{1,8}(-?\d+\.?\d*(?:[eE][+-]?\d+)?)(?![\w.])"
MOST_BYTES = 1 << 28
SQLITE = b"SQLite format 3\x00"
SHOWN = 5
"""Figures that differ are named up to here."""


@dataclass(frozen=True, kw_only=True)
class Compared:
    """facts: what the ledger says of it; problems: what is not as it was, one line each."""

    facts: tuple[str, ...]
    problems: tuple[str, ...]


def against(path: Path, ledger: Ledger) -> Compared:
    """Compares a file or folder with what the ledger recorded. Raises DataError where there is none to read."""
    if (path / MANIFEST).is_file():
        return _bundle(path, ledger)
    if (path / "manifest.json").is_file():
        return _run(path, ledger)
    data = _content(path)
    if data.startswith(SQLITE):
        return _mlflow(path, ledger)
    heads = sorted({head.decode() for head in HEAD.findall(data)}, key=lambda head: int(head.partition(":")[0]))
    problems = [f"{path}: ledger: {line}" for line in ledger.verify(heads)]
    events = ledger.chain.read(lambda transaction: list(transaction.events()))
    said = list(_same_bytes(testimony.digest(data), events))
    if said:
        return Compared(facts=tuple(said), problems=tuple(problems))
    if not heads:
        line = f"{path}: the ledger knows no file with this content, and it carries no head of a ledger"
        return Compared(facts=(), problems=(line, *problems))
    trials = [event for event in events if event.head in heads and event.kind.startswith("trial_")]
    metrics = trials[-1].content.get("metrics", {}) if trials else {}
    figures = _figures(data, metrics)
    if not trials or figures is None:
        line = f"{path}: not the bytes that the ledger recorded; it was changed, or written by something else"
        return Compared(facts=(), problems=(line, *problems))
    same, other = _compared(figures, metrics)
    if not same and not other:
        other = ["no figure of the trial is in it"]
    facts = (f"{same} figures are those of the trial that ended on {trials[-1].time[:19]}",) if same else ()
    return Compared(facts=facts, problems=(*(f"{path}: {line}" for line in other), *problems))


def _content(path: Path) -> bytes:
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DataError(
                f"{path}: larger than {MOST_BYTES >> 20} MiB; give a report, a bundle or a tracker's record"
            )
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}; give a report, a bundle or a record") from None


def _mlflow(path: Path, ledger: Ledger) -> Compared:
    """Every run of MLflow's own database that carries a head."""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True)) as base:
            tagged = base.execute("SELECT run_uuid, value FROM tags WHERE key = 'ledger_head'").fetchall()
            logged = {
                run: dict(base.execute("SELECT key, value FROM latest_metrics WHERE run_uuid = ?", (run,)).fetchall())
                for run, _ in tagged
            }
    except sqlite3.Error as error:
        raise DataError(f"{path}: is no database of MLflow: {error}") from None
    problems = [f"{path}: ledger: {line}" for line in ledger.verify([head for _, head in tagged])]
    events = ledger.chain.read(lambda transaction: {event.head: event for event in transaction.events()})
    agreeing = 0
    for run, head in tagged:
        metrics = events[head].content.get("metrics", {}) if head in events else {}
        same, other = _compared(logged[run], metrics)
        agreeing += same
        problems += [f"{path}: run {run}: {line}" for line in other]
    if not tagged:
        problems.append(f"{path}: no run in it carries a head of a ledger")
    facts = (f"{agreeing:,} figures of {len(tagged)} runs are those of their trials",) if agreeing else ()
    return Compared(facts=facts, problems=tuple(problems))


def _bundle(folder: Path, ledger: Ledger) -> Compared:
    files = {name: testimony.digest(data) for name, data in read_verified(folder).items()}
    manifest = json.loads((folder / MANIFEST).read_bytes())
    name, version = str(manifest["name"]), int(manifest["version"])
    known = testimony.versions_noted(ledger, str(manifest["run"]["run_key"]), name, version)
    if not known:
        return Compared(facts=(), problems=(f"{folder}: the ledger knows of no promotion to {name}@{version}",))
    problems = [f"{folder / file}: not what was promoted" for file in testimony.closest(known, files)]
    return Compared(facts=(f"promoted as {name}@{version} from run {known[-1]['run_id']}",), problems=tuple(problems))


def _run(folder: Path, ledger: Ledger) -> Compared:
    if not is_sealed(folder, ledger):
        return Compared(facts=(), problems=(f"{folder}: nothing says what the run wrote; it was cut off, or is old",))
    problems = [f"{folder / name}: not what the run wrote" for name in changed(folder, ledger)]
    return Compared(facts=(f"a run, recorded as {folder.resolve().name}",), problems=tuple(problems))


def _same_bytes(sha: str, events: list[Event]) -> Iterator[str]:
    """Where the ledger recorded a file with this very content."""
    for event in events:
        if event.kind not in testimony.KINDS:
            continue
        content = event.content
        for file, known in content.get("files", {}).items():
            if known == sha:
                where = content.get("run_id") or event.key
                yield f"byte for byte {file} of {where}, as recorded on {event.time[:19]} (event {event.sequence})"
        if content.get("move") == sha:
            yield f"byte for byte move {content['number']} of {event.key}, as recorded on {event.time[:19]}"


def _figures(data: bytes, metrics: Mapping[str, Any]) -> dict[str, float] | None:
    """Every number of a JSON document under the name next to it; of another record the numbers that follow the names
    of the metrics; None for a page, whose bytes count."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        return None if b"<html" in data[:4096].lower() else dict(_behind(data, metrics))
    return dict(_numbers(document, "")) if isinstance(document, dict | list) else None


def _behind(data: bytes, names: Iterable[str]) -> Iterator[tuple[str, float]]:
    """Numbers right behind names, as YAML, CSV and the files of Weights & Biases write them."""
    for name in names:
        pattern = rb"(?<![\w/.])" + re.escape(name.encode()) + NEXT
        for found in re.findall(pattern, data):
            yield name, float(found)


def _numbers(node: Any, name: str) -> Iterator[tuple[str, float]]:
    """Names as they stand, so that nested ones, which some trackers make of a/b, are joined by a slash; MLflow's
    entries {key, value} count as well."""
    stack = [(node, name)]
    while stack:
        here, path = stack.pop()
        match here:
            case {"key": str(key), "value": int(value) | float(value)}:
                yield key, float(value)
            case dict():
                stack += [(value, f"{path}/{key}".lstrip("/")) for key, value in here.items()]
            case list():
                stack += [(value, path) for value in here]
            case bool():
                pass
            case int() | float():
                yield path, float(here)


def _compared(figures: Mapping[str, float], metrics: Mapping[str, Any]) -> tuple[int, list[str]]:
    """How many figures agree, and which do not. A figure may stand deeper in its document."""
    known = {name: float(value) for name, value in metrics.items() if isinstance(value, int | float)}
    same, other = 0, []
    for path, value in figures.items():
        name = next((name for name in known if path == name or path.endswith(f"/{name}")), None)
        if name is None:
            continue
        if value == known[name]:
            same += 1
        else:
            other.append(f"{name} is {value:.9g}; the ledger recorded {known[name]:.9g}")
    further = [f"{len(other) - SHOWN} more figures differ"] if len(other) > SHOWN else []
    return same, [*other[:SHOWN], *further]
