"""Bars from a database: DuckDB embedded, or PostgreSQL."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from components.bars import Bars
from components.contracts import Source
from components.data._bars import moment, sorted_bars
from components.data._database import Database, Kind, Selection, literal, quoted
from components.data._duckdb import DuckDb
from components.data._increment import read_increment
from components.data._postgres import Postgres
from components.errors import ConfigError, DataError, Problem
from components.panel import Panel
from components.ranges import Gt
from components.structure import strict
from components.values import SourceFacts

if TYPE_CHECKING:
    import pyarrow as pa

FILES = (".parquet", ".csv", ".csv.gz")


@dataclass(frozen=True, kw_only=True)
class Sql(Source):
    """Bars from a table or query of DuckDB (a database file, or Parquet and CSV files) or PostgreSQL.

    url_env        environment variable with the PostgreSQL URL; null: DuckDB. The URL stays out of every
                   configuration, message and cache key
    database       DuckDB database file; null: no file, then `table` is a path or pattern of Parquet or CSV files
    table, query   one of the two: a table or view, or one SELECT
    symbol_column, time_column  columns with the symbol and with the bar's decision time (a date or
                   timestamp; one with a time zone is turned into UTC)
    columns        field -> column where the names differ, for example {close: adj_close}
    since          only bars at or after this time, ISO 8601 in UTC; null: all
    survivorship   free: delisted names are in it; biased: they are not; unknown
    adjustment     raw, split (split-adjusted) or total (dividends too)
    incremental    keep what was read, and read only the bars that are newer next time. The database
                   compares a checksum of what was kept, and any difference makes it read all again,
                   so that the panel is bit-equal to a full read
    timeout_s      seconds to wait for a connection and for each query (PostgreSQL)
    cache_folder   where `incremental` keeps bars
    Every other numeric or boolean column becomes a field under its lower-case name; columns of other
    types are left out. Rows may come in any order. Missing values are allowed outside prices. The
    connection is read-only; grant its role no more than SELECT. What a query returns may change: the
    panel's fingerprint is its content, so that a run on other bars is another run.
    """

    inert: ClassVar[frozenset[str]] = frozenset({"incremental", "timeout_s", "cache_folder"})
    optional: ClassVar[tuple[str, ...]] = ("duckdb", "psycopg")

    url_env: str | None
    database: str | None
    table: str | None
    query: str | None
    symbol_column: str
    time_column: str
    columns: Mapping[str, str]
    since: str | None
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]
    incremental: bool
    timeout_s: Annotated[float, Gt(0)]
    cache_folder: str

    def packages(self) -> tuple[str, ...]:
        return ("psycopg",) if self.url_env is not None else ("duckdb",)

    def facts(self) -> SourceFacts:
        # The query is no part of the identity: another query of the same bars is the same family.
        place = Path(self.url_env or self.database or self.table or "files").name
        return SourceFacts(
            identity=f"sql:{place}",
            description=f"bars from the {'PostgreSQL' if self.url_env else 'DuckDB'} source {place}",
            survivorship=self.survivorship,
            adjustment=self.adjustment,
        )

    def fields(self) -> tuple[str, ...]:
        with self._open() as database:
            return tuple(self._selection(database).fields)

    def load(self) -> Panel:
        return strict(self.bars())

    def bars(self) -> Bars:
        with self._open() as database:
            selection = self._selection(database)
            since = self._since()
            table = read_increment(selection, since, self.cache_folder) if self.incremental else selection.rows(since)
        return _bars(table, self._where(database))

    def _since(self) -> np.datetime64 | None:
        return None if self.since is None else moment(self.since, "since")

    @contextmanager
    def _open(self) -> Iterator[Database]:
        if (self.table is None) == (self.query is None):
            raise ConfigError(Problem("table", "give either a table or a query, the other null"))
        if self.url_env is not None and self.database is not None:
            raise ConfigError(Problem("database", "must be null where url_env names a PostgreSQL URL"))
        self._since()
        database: Database
        if self.url_env is not None:
            database = Postgres(self.url_env, timeout_s=self.timeout_s)
        else:
            database = DuckDb(self.database, name=self.database or self.table or "duckdb")
        try:
            if isinstance(database, DuckDb) and self.query is not None:
                database.check_query(self.query)
            yield database
        finally:
            database.close()

    def _relation(self) -> str:
        """What stands after FROM."""
        if self.query is not None:
            # On lines of its own, so that a comment at its end does not swallow the bracket.
            return f"(\n{self.query.rstrip().rstrip(';')}\n) AS bars"
        assert self.table is not None
        if self.url_env is None and self.database is None:
            if not self.table.endswith(FILES):
                raise ConfigError(
                    Problem("table", f"'{self.table}' is no Parquet or CSV file", "or name its database in `database`")
                )
            return literal(self.table)
        return ".".join(quoted(part) for part in self.table.split("."))

    def _selection(self, database: Database) -> Selection:
        relation = self._relation()
        kinds = database.columns(relation)
        lookup = {name.lower(): name for name in kinds}
        wanted = {"symbol_column": self.symbol_column, "time_column": self.time_column}
        wanted |= {f"columns.{field}": column for field, column in self.columns.items()}
        for key, column in wanted.items():
            if column.lower() not in lookup:
                raise DataError(
                    f"{self._where(database)}: no column '{column}' (data.{key}); columns: {', '.join(kinds) or 'none'}"
                )
        time = lookup[self.time_column.lower()]
        if kinds[time] != "time":
            raise DataError(
                f"{self._where(database)}: column '{time}' (data.time_column) is no date or timestamp; "
                "convert it with CAST in data.query"
            )
        return Selection(
            database=database,
            relation=relation,
            symbol=quoted(lookup[self.symbol_column.lower()]),
            time=quoted(time),
            fields=self._fields(kinds, lookup, self._where(database)),
        )

    def _fields(self, kinds: Mapping[str, Kind], lookup: Mapping[str, str], where: str) -> dict[str, str]:
        """field -> expression, in the order of the columns."""
        mapped = {lookup[column.lower()]: field for field, column in self.columns.items()}
        keys = {lookup[self.symbol_column.lower()], lookup[self.time_column.lower()]}
        fields = {}
        for column, kind in kinds.items():
            if column in keys or (kind not in ("number", "boolean") and column not in mapped):
                continue
            if kind not in ("number", "boolean"):
                raise DataError(
                    f"{where}: column '{column}' (data.columns.{mapped[column]}) holds no numbers; "
                    "convert it with CAST in data.query"
                )
            number = f"CAST({quoted(column)} AS INTEGER)" if kind == "boolean" else quoted(column)
            fields[mapped.get(column, _field_name(column))] = f"CAST({number} AS DOUBLE PRECISION)"
        if "close" not in fields:
            raise DataError(
                f"{where}: no numeric column 'close'; columns: {', '.join(kinds)}; "
                "name it with data.columns.close=COLUMN"
            )
        return fields

    def _where(self, database: Database) -> str:
        return database.name if self.table in (None, database.name) else f"{database.name}: {self.table}"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        base: dict[str, Any] = {
            "url_env": None,
            "database": "bars.duckdb",
            "table": "bars",
            "query": None,
            "symbol_column": "symbol",
            "time_column": "date",
            "columns": {},
            "since": None,
            "survivorship": "unknown",
            "adjustment": "raw",
            "incremental": False,
            "timeout_s": 60.0,
            "cache_folder": "outputs/fetched",
        }
        postgres = {"url_env": "ASSAY_DATABASE", "database": None, "table": None, "incremental": True}
        query = "SELECT ticker, day, adj_close FROM bars"
        names = {"symbol_column": "ticker", "time_column": "day", "columns": {"close": "adj_close"}}
        return (base, base | postgres | names | {"query": query, "since": "2010-01-01"})


def _field_name(column: str) -> str:
    return "".join(c if c.isalnum() else "_" for c in column.strip().lower())


def _bars(table: "pa.Table", where: str) -> Bars:
    import pyarrow.compute as pc

    for column in ("symbol", "timestamp"):
        missing = table[column].null_count
        if missing:
            raise DataError(
                f"{where}: {missing} row(s) without {column}; fill the value or leave them out in data.query"
            )
    symbols = pc.dictionary_encode(table["symbol"]).combine_chunks()
    return sorted_bars(
        tuple(symbols.dictionary.to_pylist()),
        symbols.indices.to_numpy().astype(np.int64),
        table["timestamp"].to_numpy(),
        {name: table[name].to_numpy() for name in table.column_names[2:]},
        where=where,
    )
