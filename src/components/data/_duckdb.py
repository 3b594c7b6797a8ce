"""DuckDB, embedded: a database file, or Parquet and CSV files, read only."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from components.data._bars import library
from components.data._database import Database, Kind, first_line
from components.errors import DataError, Unavailable

if TYPE_CHECKING:
    import pyarrow as pa

NUMBERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE", "DECIMAL")
# An extension is code from the network; nobody asked for it.
SETTINGS = {"autoinstall_known_extensions": "false", "autoload_known_extensions": "false"}


class DuckDb(Database):
    """A connection to a database file, or to none: then relations are files."""

    def __init__(self, path: str | None, *, name: str) -> None:
        """Raises DataError where the file is missing, locked or no database."""
        self.name = name
        self._duckdb = library("duckdb")
        if path is not None and not Path(path).is_file():
            raise Unavailable(f"{path}: no such file; give an existing DuckDB database in data.database")
        try:
            self._connection = self._duckdb.connect(path or ":memory:", read_only=path is not None, config=SETTINGS)
            self._connection.execute("SET TimeZone = 'UTC'")
            self._connection.execute("SET lock_configuration = true")
            self._connection.execute("BEGIN")
        except self._duckdb.Error as error:
            raise Unavailable(f"{name}: cannot be opened: {first_line(error)}") from None

    def check_query(self, query: str) -> None:
        """Raises DataError unless the text is one SELECT: another statement could write files."""
        try:
            statements = self._duckdb.extract_statements(query)
        except self._duckdb.Error as error:
            raise DataError(f"{self.name}: data.query: {first_line(error)}") from None
        if [statement.type for statement in statements] != [self._duckdb.StatementType.SELECT]:
            raise DataError(f"{self.name}: data.query must be one SELECT statement")

    def columns(self, relation: str) -> Mapping[str, Kind]:
        described = self._run(f"DESCRIBE SELECT * FROM {relation}").fetchall()  # noqa: S608
        return {str(name): _kind(str(kind)) for name, kind, *_ in described}

    def read(self, select: str, schema: "pa.Schema") -> "pa.Table":
        try:
            return self._run(select).to_arrow_table().cast(schema)
        except self._duckdb.Error as error:
            raise DataError(f"{self.name}: {first_line(error)}; mend the data or data.query") from None

    def microseconds(self, column: str) -> str:
        return f"epoch_us({column})"

    def row_hash(self, expressions: tuple[str, ...]) -> str:
        return f"CAST(hash({', '.join(expressions)}) AS HUGEINT)"

    def close(self) -> None:
        self._connection.close()

    def _run(self, statement: str) -> Any:
        try:
            return self._connection.sql(statement)
        except self._duckdb.IOException as error:
            raise Unavailable(f"{self.name}: {first_line(error)}; mend data.table or data.query") from None
        except self._duckdb.Error as error:
            raise DataError(f"{self.name}: {first_line(error)}; mend data.table or data.query") from None


def _kind(kind: str) -> Kind:
    if kind == "DATE" or kind.startswith("TIMESTAMP"):
        return "time"
    if kind == "BOOLEAN":
        return "boolean"
    return "number" if kind.lstrip("U").startswith(NUMBERS) and not kind.endswith("]") else "other"
