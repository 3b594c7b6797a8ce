"""What was found so far: results.jsonl, a line a cell, so that a study that was cut off goes on where it was."""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from runner.storage.disk import writing
from runner.studies.study import Cell, Study

FILE = "results.jsonl"
Values = tuple[float | None, ...]


@dataclass(frozen=True, kw_only=True)
class Trials:
    """The finished trials of a search, N of them, in order; None where a figure is not known.

    valid    the metric on the validation spans: what is chosen by
    steady   mean over standard deviation of the metric of the single validation spans
    test     the metric on the test spans
    sharpe   Sharpe ratio a year, net, on the test spans
    psr      probability that the true ratio is above zero, were this the only try
    later    the metric on bars that the search has not seen; empty where the study has none
    later_sharpe  Sharpe ratio a year there
    """

    number: tuple[int, ...]
    valid: Values
    steady: Values
    test: Values
    sharpe: Values
    psr: Values
    later: Values = ()
    later_sharpe: Values = ()

    def __len__(self) -> int:
        return len(self.number)


@dataclass(frozen=True, kw_only=True)
class Chosen:
    """The trial that is best on the validation spans, with the verdict of everything that was tried until then.

    values: what the search varied; folds: its metric on each test span; level: candidate, rejected, ...; tries: how
    many the verdict counts; failed: required gates that failed; says: the sentence of the gate that judges skill.
    """

    number: int
    values: Mapping[str, str]
    folds: Values
    level: str
    tries: int
    failed: tuple[str, ...] = ()
    says: str = ""


@dataclass(frozen=True, kw_only=True)
class Result:
    """What a cell came to. key: of the cell; asked: digest of question and expectation when it ran; began: planned
    trials that were begun; data: fingerprints; seconds: on the clock, processor_seconds: of all processors."""

    arm: str
    case: str
    draw: int
    key: str
    asked: str
    command: str
    data: tuple[str, ...]
    versions: Mapping[str, str]
    seconds: float
    processor_seconds: float
    begun: int
    trials: Trials
    chosen: Chosen | None
    problems: Mapping[str, int] = field(default_factory=dict)


def kept(folder: Path, study: Study) -> dict[tuple[str, str, int], Result]:
    """(arm, case, draw) -> the last result that is of the study's cell as it is now."""
    wanted = {cell.key: cell for cell in study.cells()}
    found = {}
    for line in _lines(folder / FILE):
        if (cell := wanted.get(line["key"])) is not None:
            found[place(cell)] = _result(line)
    return {where: found[where] for where in map(place, wanted.values()) if where in found}


def place(cell: Cell) -> tuple[str, str, int]:
    return cell.arm, cell.case, cell.draw


def keep(folder: Path, result: Result) -> None:
    """Adds a line, on disk before this returns."""
    with writing(folder), (folder / FILE).open("ab+") as file:
        if file.tell() and not _ends_with_line(file):
            file.write(b"\n")  # what was being written when the process died
        file.write(json.dumps(asdict(result), separators=(",", ":")).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _ends_with_line(file: Any) -> bool:
    file.seek(-1, os.SEEK_END)
    return bool(file.read(1) == b"\n")


def _lines(file: Path) -> Sequence[dict[str, Any]]:
    if not file.is_file():
        return []
    found = []
    for text in file.read_text(encoding="utf-8").splitlines():
        try:
            found.append(json.loads(text))
        except ValueError:
            continue  # cut off while it was written
    return found


def _result(line: Mapping[str, Any]) -> Result:
    trials = Trials(**{name: tuple(values) for name, values in line["trials"].items()})
    chosen = None if line["chosen"] is None else chosen_of(line["chosen"])
    return Result(**{**line, "data": tuple(line["data"]), "trials": trials, "chosen": chosen})


def chosen_of(content: Mapping[str, Any]) -> Chosen:
    """From what it was written as."""
    return Chosen(**{**content, "folds": tuple(content["folds"]), "failed": tuple(content["failed"])})
