"""PostgreSQL, found by a URL in an environment variable, read only."""

import io
import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from components.data._bars import library
from components.data._database import Database, Kind, first_line
from components.errors import DataError, Unavailable

if TYPE_CHECKING:
    import pyarrow as pa

# Object identifiers of PostgreSQL's built-in types: fixed in its catalogue pg_type.
KINDS: Mapping[int, Kind] = {
    16: "boolean",
    **dict.fromkeys((20, 21, 23, 700, 701, 1700), "number"),
    **dict.fromkeys((1082, 1114, 1184), "time"),
}


class Postgres(Database):
    """One read-only transaction that sees one snapshot; its messages never show the password."""

    def __init__(self, url_env: str, *, timeout_s: float) -> None:
        """Raises DataError where the variable is not set, holds no URL, or the server cannot be reached."""
        self._psycopg = library("psycopg")
        url = os.environ.get(url_env, "")
        if not url:
            raise DataError(
                f"data.url_env: the environment variable {url_env} is not set; "
                "set it to a PostgreSQL URL such as postgresql://user@host:5432/database"
            )
        try:
            parts = library("psycopg.conninfo").conninfo_to_dict(url)
        except self._psycopg.Error:
            raise DataError(
                f"data.url_env: the value of {url_env} is no PostgreSQL URL; write postgresql://user@host:5432/database"
            ) from None
        self.name = f"{url_env} ({parts.get('host', 'localhost')}/{parts.get('dbname', parts.get('user', ''))})"
        self._secret = str(parts.get("password", ""))
        try:
            self._connection = self._psycopg.connect(url, connect_timeout=max(2, round(timeout_s)))
        except self._psycopg.Error as error:
            raise Unavailable(
                f"{self.name}: cannot connect: {self._says(error)}; check {url_env} and the server"
            ) from None
        self._connection.read_only = True
        self._connection.isolation_level = self._psycopg.IsolationLevel.REPEATABLE_READ
        self._connection.execute("SET LOCAL TIME ZONE 'UTC'")
        self._connection.execute("SET LOCAL extra_float_digits = 1")
        self._connection.execute(f"SET LOCAL statement_timeout = {round(timeout_s * 1000)}")

    def columns(self, relation: str) -> Mapping[str, Kind]:
        # A prepared statement cannot hold two: what passes here is one SELECT.
        try:
            cursor = self._connection.execute(f"SELECT * FROM {relation} LIMIT 0", prepare=True)  # noqa: S608
        except self._psycopg.Error as error:
            raise DataError(f"{self.name}: {self._says(error)}; mend data.table or data.query") from None
        return {column.name: KINDS.get(column.type_code, "other") for column in cursor.description}

    def read(self, select: str, schema: "pa.Schema") -> "pa.Table":
        text = io.BytesIO()
        try:
            with self._connection.cursor().copy(f"COPY ({select}) TO STDOUT (FORMAT csv)") as copy:
                for block in copy:
                    text.write(block)
        except self._psycopg.Error as error:
            raise DataError(f"{self.name}: {self._says(error)}; mend the data or raise data.timeout_s") from None
        return _table(text, schema)

    def microseconds(self, column: str) -> str:
        return f"CAST(extract(epoch FROM {column}) * 1000000 AS BIGINT)"

    def row_hash(self, expressions: tuple[str, ...]) -> str:
        return f"CAST(hashtextextended(CAST(ROW({', '.join(expressions)}) AS TEXT), 0) AS NUMERIC)"

    def close(self) -> None:
        self._connection.close()

    def _says(self, error: Exception) -> str:
        line = first_line(error)
        return line.replace(self._secret, "***") if self._secret else line


def _table(text: io.BytesIO, schema: "pa.Schema") -> "pa.Table":
    from pyarrow import csv

    if text.tell() == 0:
        return schema.empty_table()
    text.seek(0)
    converting: Any = csv.ConvertOptions(
        column_types=schema, null_values=[""], strings_can_be_null=True, quoted_strings_can_be_null=False
    )
    return csv.read_csv(
        text,
        read_options=csv.ReadOptions(column_names=schema.names),
        parse_options=csv.ParseOptions(newlines_in_values=True),
        convert_options=converting,
    )
