"""What the source `sql` asks of a database, in terms that DuckDB and PostgreSQL share."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

Kind = Literal["text", "time", "number", "boolean", "other"]


class Database(ABC):
    """An open read-only connection; one snapshot from opening to closing.

    name: what complaints and cache keys call it, free of secrets.
    """

    name: str

    @abstractmethod
    def columns(self, relation: str) -> Mapping[str, Kind]:
        """column -> kind of what stands after FROM, without reading rows."""

    @abstractmethod
    def read(self, select: str, schema: "pa.Schema") -> "pa.Table":
        """The rows of a query."""

    @abstractmethod
    def microseconds(self, column: str) -> str:
        """Expression: a date or time as microseconds since 1970 UTC, an integer."""

    @abstractmethod
    def row_hash(self, expressions: tuple[str, ...]) -> str:
        """Expression: an integer that depends on all of these, of a type whose sums do not overflow."""

    @abstractmethod
    def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Digest:
    """What a set of rows holds: their number and the sum of their hashes. Disjoint sets add up."""

    count: int
    total: int

    def __add__(self, other: "Digest") -> "Digest":
        return Digest(count=self.count + other.count, total=self.total + other.total)


@dataclass(frozen=True, kw_only=True)
class Selection:
    """The columns that a source reads of one relation.

    relation: what stands after FROM; symbol, time: quoted columns; fields: field -> expression.
    """

    database: Database
    relation: str
    symbol: str
    time: str
    fields: Mapping[str, str]

    @property
    def schema(self) -> "pa.Schema":
        import pyarrow as pa

        columns = [("symbol", pa.string()), ("timestamp", pa.int64())]
        return pa.schema([*columns, *((name, pa.float64()) for name in self.fields)])

    def rows(self, start: np.datetime64 | None, end: np.datetime64 | None = None) -> "pa.Table":
        """Columns symbol, timestamp (microseconds) and the fields of the rows with start <= time < end."""
        expressions = zip(self.schema.names, self._expressions(), strict=True)
        listed = ", ".join(f"{expression} AS {quoted(name)}" for name, expression in expressions)
        # Every name in it is quoted; what the user wrote is the query itself.
        select = f"SELECT {listed} FROM {self.relation}{self._where(start, end)}"  # noqa: S608
        return self.database.read(select, self.schema)

    def digest(self, start: np.datetime64 | None, end: np.datetime64) -> Digest:
        """Computed by the database: the rows with start <= time < end are not transferred."""
        import pyarrow as pa

        total = self.database.row_hash(self._expressions())
        select = f'SELECT count(*) AS "count", CAST(coalesce(sum({total}), 0) AS VARCHAR) AS "total"'
        schema = pa.schema([("count", pa.int64()), ("total", pa.string())])
        row = self.database.read(f"{select} FROM {self.relation}{self._where(start, end)}", schema).to_pylist()[0]
        return Digest(count=row["count"], total=int(row["total"]))

    def text(self) -> str:
        """The same text for the same columns of the same relation of the same database."""
        return "\n".join([self.database.name, self.relation, *self.schema.names, *self._expressions()])

    def _expressions(self) -> tuple[str, ...]:
        time = self.database.microseconds(self.time)
        return (f"CAST({self.symbol} AS VARCHAR)", time, *self.fields.values())

    def _where(self, start: np.datetime64 | None, end: np.datetime64 | None) -> str:
        bounds = []
        if start is not None:
            # Rows without time belong to the open end, so that they are complained about, not lost.
            missing = "" if end is not None else f" OR {self.time} IS NULL"
            bounds.append(f"({self.time} >= TIMESTAMP '{start}'{missing})")
        if end is not None:
            bounds.append(f"{self.time} < TIMESTAMP '{end}'")
        return f" WHERE {' AND '.join(bounds)}" if bounds else ""


def quoted(name: str) -> str:
    """A name as SQL writes it whatever characters it holds."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


def first_line(error: BaseException) -> str:
    """The complaint of a library, shortened to its first line."""
    lines = str(error).strip().splitlines()
    return lines[0].strip() if lines else type(error).__name__
