"""Sealing a file: what is visible of it, what only a key opens, and when that happened."""

import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from components.contracts import Source
from components.errors import ConfigError, DataError
from components.sealing import sealed
from components.tables.container import kind_of, symbol_of
from components.tables.guess import TOLD, guess
from components.tables.parts import SUFFIXES, part_of, row_times
from components.tables.shape import Told
from runner.composition.build import build
from runner.judging.tries import market_of
from runner.recording.ledger import Ledger
from runner.specification.places import Places
from runner.storage.disk import write_atomically

FILES = "components.data.files.Files"
READING = ("symbol_column", "time_column", "date_format", "clock_column", "decimal", "wide", "columns", "select", *TOLD)


@dataclass(frozen=True, kw_only=True)
class Made:
    """Both parts; parameters: how the file is read; before: how many trials and looks on the market came first, as a
    clause, None where there were none."""

    visible: Path
    sealed: Path
    n_visible: int
    n_sealed: int
    parameters: dict[str, Any]
    begins: str
    before: str | None

    def settings(self, key_env: str) -> str:
        """What an experiment writes to read both."""
        import yaml

        reading = {name: self.parameters[name] for name in READING if self.parameters[name] not in (None, {}, ".")}
        visible = {"path": str(self.visible), **reading}
        content = {
            "defaults": [{"override /data": "sealed"}],
            "data": {"visible": visible, "rest": str(self.sealed), "key_env": key_env},
            "split": {"vault_start": self.begins},
        }
        text: str = yaml.safe_dump(content, sort_keys=False)
        return text.rstrip()


def seal_file(file: Path, begins: str, key: bytes, places: Places) -> Made:
    """Writes both parts beside the file and notes the seal in the ledger.

    Raises ConfigError for what is no date, DataError where the file cannot be read, has no rows on one side of the day,
    or one of the parts is there already.
    """
    first = _moment(begins)
    parameters = dict(guess(str(file)).parameters)
    told = Told(**{name: parameters[name] for name in TOLD})
    bars = build(Source, {"_target_": FILES, **parameters}, path="data").bars()  # type: ignore[type-abstract]
    times_N = row_times(
        file,
        told,
        time=parameters["time_column"],
        clock=parameters["clock_column"],
        date_format=parameters["date_format"],
        zone=parameters["time_zone"],
    )
    sealed_N = times_N >= first
    if sealed_N.all() or not sealed_N.any():
        side = f"before {begins}" if sealed_N.all() else f"from {begins} on"
        raise DataError(f"{file}: no rows {side}; choose another day")
    suffix = SUFFIXES[kind_of(file)]
    name = symbol_of(file)
    visible, rest = file.with_name(f"{name}.visible{suffix}"), file.with_name(f"{name}.sealed")
    for path in (visible, rest):
        if path.exists():
            raise DataError(f"{path}: is there already; remove it, or keep what it seals")
    parts = part_of(file, told, ~sealed_N), part_of(file, told, sealed_N)
    header = {"from": begins, "visible": hashlib.sha256(parts[0]).hexdigest(), "rows": int(sealed_N.sum())}
    content = sealed(parts[1], header, key)
    write_atomically(visible, parts[0])
    write_atomically(rest, content)
    ledger, digest = Ledger.open(places.ledger), hashlib.sha256(content).hexdigest()
    market, _ = market_of(bars.before(first), visible.name)
    ledger.seal(market, digest, begins)
    earlier = ledger.sealed_before(market, digest) or 0
    return Made(
        visible=visible,
        sealed=rest,
        n_visible=int((~sealed_N).sum()),
        n_sealed=int(sealed_N.sum()),
        parameters=parameters,
        begins=begins,
        before=f"after {earlier:,} trials and looks on this market" if earlier else None,
    )


def _moment(begins: str) -> np.datetime64:
    try:
        return np.datetime64(begins, "us")
    except ValueError:
        raise ConfigError(f"--from: '{begins}' is not a date; write it as YYYY-MM-DD") from None
