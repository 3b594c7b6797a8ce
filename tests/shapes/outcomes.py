"""What the product makes of a file: read, refused, asked about, or broken."""

import functools
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml

from components.contracts import Quality, Source
from components.errors import AssayError
from components.panel import Panel
from runner import exit_codes
from runner.composition.build import build
from runner.composition.first_experiment import first_experiment
from runner.composition.places import config_files
from shapes.bad.base import FILES, INIT, LEAKTEST, REMEDY, Bad
from shapes.odd import MAY_ASK, NOT_BY_LEAKTEST
from shapes.truth import OHLC, Shape, difference

# A question names a setting and what to set it to.
SETTING = re.compile(r"(?<![\w./-])(data|quality)\.[a-z_]+=")

# What init proposes of itself: files are often written newest first, and a last bar twice.
MENDED = {"order": "repair", "duplicates": "repair"}


@dataclass(frozen=True, kw_only=True, eq=False)
class Outcome:
    """code: of the process; said: the error, or what was remarked; panel: None where nothing was read."""

    code: int
    said: str
    panel: Panel | None = None

    @property
    def kind(self) -> str:
        """read, refused, asked (refused, naming a setting that chooses) or broken (a stack trace)."""
        if self.code == exit_codes.RAN:
            return "read"
        if self.code not in (exit_codes.CONFIG, exit_codes.DATA):
            return "broken"
        return "asked" if SETTING.search(self.said) else "refused"


@functools.cache
def settings_of(slot: str, choice: str) -> Mapping[str, Any]:
    """What a choice file says."""
    settings: dict[str, Any] = yaml.safe_load(config_files(slot)[choice].read_text(encoding="utf-8"))
    return settings


def by_init(path: Path) -> Outcome:
    """What `init FILE` finds, and the bars of the experiment that it would write."""
    return _outcome(lambda: _initialised(path))


def by_files(path: Path, settings: Mapping[str, Any], quality: Mapping[str, Any] = MappingProxyType({})) -> Outcome:
    """What a run with `data=files` and these settings sees."""
    return _outcome(lambda: inspected({"path": str(path), **settings}, quality))


def by_leaktest(path: Path, *, time: str = "date", target: str = "close", symbol: str | None = None) -> Outcome:
    """What `leaktest --table` reads."""
    from runner.leaks.table import load_table

    def load() -> tuple[str, Panel]:
        table, unread = load_table(path, time=time, symbol=symbol, target=target)
        read = Panel(symbols=table.symbols, offsets=table.offsets, timestamps_R=table.times_R, fields=table.columns)
        return "\n".join(f"{name} {why}" for name, why in unread.items()), read

    return _outcome(load)


def _initialised(path: Path) -> tuple[str, Panel]:
    made = first_experiment(str(path))
    written = yaml.safe_load(made.text)
    said, panel = inspected(written["data"], written.get("quality", {}))
    return "\n".join([*made.remarks, said]), panel


def inspected(data: Mapping[str, Any], quality: Mapping[str, Any]) -> tuple[str, Panel]:
    """What an experiment with these deltas says of its bars, and their panel."""
    source: Source = build(Source, {**settings_of("data", "files"), **data}, path="data")  # type: ignore[type-abstract]
    policy: Quality = build(  # type: ignore[type-abstract]
        Quality, {**settings_of("quality", "standard"), **quality}, path="quality"
    )
    panel, findings = policy.inspect(source.bars())
    told = [f"{finding.check}: {finding.count} {finding.action}, {finding.example}" for finding in findings]
    return "\n".join([*panel.notices, *told]), panel


def _outcome(act: Callable[[], tuple[str, Panel | None]]) -> Outcome:
    try:
        said, panel = act()
    except AssayError as error:
        return Outcome(code=exit_codes.of_error(error), said=str(error))
    except Exception as error:
        return Outcome(code=exit_codes.UNFORESEEN, said=f"{type(error).__name__}: {error}")
    return Outcome(code=exit_codes.RAN, said=said, panel=panel)


def answer_to_honest(name: str, shape: Shape, verb: str, folder: Path) -> tuple[str, str | None]:
    """(right, asked, refused, wrong, broken or not tried; what is wrong with that) of an honest file.

    `init` is told nothing; a run with data=files and leaktest are told the columns, where those are called date and
    close, and are not tried otherwise.
    """
    folder.mkdir(exist_ok=True)
    written = shape(folder)
    if (verb != INIT and not written.plain) or (verb == LEAKTEST and name in NOT_BY_LEAKTEST):
        return "not tried", None
    outcome = {
        INIT: lambda: by_init(written.path),
        FILES: lambda: by_files(written.path, {"symbol_column": written.symbol}, MENDED),
        LEAKTEST: lambda: by_leaktest(written.path, symbol=written.symbol),
    }[verb]()
    if outcome.panel is None:
        return outcome.kind, None if outcome.kind == "asked" and name in MAY_ASK else outcome.said
    truth = written.truth if verb != LEAKTEST else written.truth.only(*(f for f in OHLC if f in outcome.panel.fields))
    fault = difference(truth, outcome.panel, written.path)
    return "wrong" if fault else "right", fault


def answer_to_bad(bad: Bad, verb: str, folder: Path) -> tuple[str, str | None]:
    """(asked, refused, told, wrong or broken; what is wrong with that) of a bad file."""
    folder.mkdir(exist_ok=True)
    path = bad.write(folder)
    settings = {"symbol_column": bad.symbol, **bad.settings}
    outcome = {
        INIT: lambda: by_init(path),
        FILES: lambda: by_files(path, settings),
        LEAKTEST: lambda: by_leaktest(path, target=bad.target, symbol=bad.symbol),
    }[verb]()
    fault = _fault(bad, path, outcome)
    read = "wrong" if fault else "told"
    return read if outcome.kind == "read" else outcome.kind, fault


def _fault(bad: Bad, path: Path, outcome: Outcome) -> str | None:
    """What is wrong with how a bad file was answered; None where nothing is."""
    if outcome.kind == "broken":
        return f"stack trace: {outcome.said}"
    if outcome.kind == "read":
        told = bad.told is not None and re.search(bad.told, outcome.said)
        return None if told else f"read without a word, says: {outcome.said}"
    if "\n" in outcome.said:
        return f"more than one line: {outcome.said}"
    name = path.name if "*" not in path.name else path.parent.name
    if name not in outcome.said and outcome.code == exit_codes.DATA:
        return f"does not name the file: {outcome.said}"
    if lacking := [part for part in bad.says if not re.search(part, outcome.said)]:
        return f"does not say {lacking[0]!r}: {outcome.said}"
    return None if re.search(REMEDY, outcome.said.partition(": ")[2]) else f"says no remedy: {outcome.said}"
