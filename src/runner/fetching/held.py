"""The file that holds fetched bars: a Parquet table of symbol, timestamp and fields, whose metadata say where from.

Bars of a symbol are a table without the symbol: `timestamp` (datetime64[us], the decision time) and the fields.
"""

import io
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.errors import ConfigError, DataError
from components.tables.fetched import KEY
from runner.storage.disk import write_atomically

if TYPE_CHECKING:
    import pandas as pd

FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class Vintage:
    """When bars were got. bars: how many; of those from `first` to `last` (ISO); fetched_at: ISO, UTC."""

    fetched_at: str
    first: str
    last: str
    bars: int


@dataclass(frozen=True, kw_only=True)
class Revised:
    """What a vendor changed of bars that were held. symbol; first: of them, ISO; bars: how many; says: by how much;
    adjustment: whether it is one, of all bars before a date by one factor; noticed_at: ISO, UTC."""

    symbol: str
    first: str
    bars: int
    says: str
    adjustment: bool
    noticed_at: str


@dataclass(frozen=True, kw_only=True, eq=False)
class Symbol:
    """What is held of one symbol: bars from `start` up to, not including, `end` (ISO) were asked for."""

    bars: "pd.DataFrame"
    start: str
    end: str
    vintages: tuple[Vintage, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class Held:
    """A file of fetched bars. vendor: the choice of data; settings: what else decided which bars came; symbols: by
    name; revised: everything that the vendor changed, oldest first."""

    vendor: str
    settings: Mapping[str, Any]
    symbols: Mapping[str, Symbol]
    revised: tuple[Revised, ...] = ()
    adjustment: str = "raw"
    survivorship: str = "unknown"

    @property
    def n_bars(self) -> int:
        return sum(len(symbol.bars) for symbol in self.symbols.values())

    def with_symbol(self, name: str, symbol: Symbol, revised: tuple[Revised, ...] = ()) -> "Held":
        """The same with one symbol's bars replaced."""
        return replace(self, symbols={**self.symbols, name: symbol}, revised=(*self.revised, *revised))


def read(path: Path) -> Held:
    """What a file holds. Raises ConfigError for a file that is there and is none of these."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(path)
        told = json.loads((table.schema.metadata or {})[KEY])
    except (OSError, ValueError, KeyError, pa.ArrowException):
        raise ConfigError(f"{path}: is no file that fetch wrote; choose another --out") from None
    if told.get("format") != FORMAT:
        raise ConfigError(f"{path}: was written by a newer version; choose another --out")
    frame = table.to_pandas().astype({"symbol": str})
    by_symbol = dict(iter(frame.groupby("symbol", sort=False)))
    symbols = {
        name: Symbol(
            bars=by_symbol[name].drop(columns="symbol").reset_index(drop=True),
            start=facts["start"],
            end=facts["end"],
            vintages=tuple(Vintage(**vintage) for vintage in facts["vintages"]),
        )
        for name, facts in told["symbols"].items()
    }
    revised = tuple(Revised(**entry) for entry in told["revised"])
    return Held(
        vendor=told["vendor"],
        settings=told["settings"],
        symbols=symbols,
        revised=revised,
        adjustment=told["adjustment"],
        survivorship=told["survivorship"],
    )


def write(path: Path, held: Held) -> None:
    """Writes or replaces the file, whole or not at all. Raises OutputError."""
    import pandas as pd
    import pyarrow as pa
    import pyarrow.parquet as pq

    parts = [held.symbols[name].bars.assign(symbol=name) for name in sorted(held.symbols)]
    frame = pd.concat(parts, ignore_index=True)
    names = ["symbol", "timestamp", *(name for name in frame.columns if name not in ("symbol", "timestamp"))]
    told = {
        "format": FORMAT,
        "vendor": held.vendor,
        "settings": dict(held.settings),
        "adjustment": held.adjustment,
        "survivorship": held.survivorship,
        "symbols": {
            name: {
                "start": symbol.start,
                "end": symbol.end,
                "vintages": [asdict(vintage) for vintage in symbol.vintages],
            }
            for name, symbol in sorted(held.symbols.items())
        },
        "revised": [asdict(entry) for entry in held.revised],
    }
    table = pa.Table.from_pandas(frame[names].astype({"symbol": "category"}), preserve_index=False)
    table = table.replace_schema_metadata({KEY: json.dumps(told).encode()})
    sink = io.BytesIO()
    pq.write_table(table, sink, compression="zstd")
    write_atomically(path, sink.getvalue())


def refuse_other(held: Held, vendor: str, settings: Mapping[str, Any], path: Path) -> None:
    """Raises ConfigError where a file holds bars of another vendor, or got with other settings."""
    if held.vendor != vendor:
        raise ConfigError(f"{path}: holds bars of {held.vendor}, not of {vendor}; choose another --out")
    other = [name for name in {**held.settings, **settings} if held.settings.get(name) != settings.get(name)]
    if other:
        was, now = held.settings.get(other[0]), settings.get(other[0])
        raise ConfigError(f"{path}: was fetched with data.{other[0]}={was}, not {now}; choose another --out")


def bars_of(panel: Any, name: str) -> "pd.DataFrame":
    """The bars of the one symbol of a panel."""
    if panel.symbols != (name,):
        raise DataError(f"{name}: the vendor answers with the symbols {', '.join(panel.symbols)}")
    return panel.to_frame().drop(columns="symbol")
