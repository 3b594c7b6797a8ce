"""Databases that hold a ledger, asked in one way: SQL with :names, and a map of values.

SQLite is asked through Python's own module, since SQLAlchemy takes longer to import than a cached run lasts;
every other database through SQLAlchemy.
"""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import sqlalchemy as sa

_BUSY_SECONDS = 30.0
_FILE_URL = "sqlite:///"
_NOTHING: Mapping[str, Any] = {}


class Unusable(Exception):
    """A database that cannot be reached, read or written; the reason in its own words, on one line."""


class Connection(Protocol):
    """An open transaction; dialect: sqlite, postgresql, ..."""

    @property
    def dialect(self) -> str: ...

    def rows(self, statement: str, values: Mapping[str, Any] = _NOTHING) -> Iterator[dict[str, Any]]:
        """Column -> value of every row that the statement gives; it is executed even if no one looks at them."""


class Database(Protocol):
    """place: what users know it by, without a password."""

    @property
    def place(self) -> str: ...

    def transaction(self, *, appends: bool) -> AbstractContextManager[Connection]:
        """Kept whole at the end of the block, or not at all if it raises; alone among all processes if it
        appends. Raises Unusable."""


@dataclass(frozen=True)
class _SQLiteConnection:
    raw: sqlite3.Connection
    dialect: str = "sqlite"

    def rows(self, statement: str, values: Mapping[str, Any] = _NOTHING) -> Iterator[dict[str, Any]]:
        return map(dict, self.raw.execute(statement, values))


@dataclass(frozen=True, kw_only=True)
class SQLite:
    """A file."""

    path: Path

    @property
    def place(self) -> str:
        return str(self.path)

    @contextmanager
    def transaction(self, *, appends: bool) -> Iterator[Connection]:
        try:
            raw = sqlite3.connect(self.path, timeout=_BUSY_SECONDS, isolation_level=None)
            try:
                raw.row_factory = sqlite3.Row
                raw.execute("BEGIN IMMEDIATE" if appends else "BEGIN")
                yield _SQLiteConnection(raw)
                raw.execute("COMMIT")
            finally:
                # What was not committed is rolled back.
                raw.close()
        except sqlite3.Error as error:
            raise Unusable(str(error).splitlines()[0]) from error


@dataclass(frozen=True, kw_only=True)
class OpenSQLite:
    """The same file by one connection that stays open, for a process that appends much: by a log beside the file, each
    transaction takes one sync and is as durable as before. Whoever closes it last puts the log back into the file."""

    path: Path
    raw: sqlite3.Connection

    @staticmethod
    def of(file: SQLite) -> "OpenSQLite":
        """Raises Unusable."""
        try:
            raw = sqlite3.connect(file.path, timeout=_BUSY_SECONDS, isolation_level=None)
            raw.row_factory = sqlite3.Row
            raw.execute("PRAGMA journal_mode = WAL")
            raw.execute("PRAGMA synchronous = FULL")
        except sqlite3.Error as error:
            raise Unusable(str(error).splitlines()[0]) from error
        return OpenSQLite(path=file.path, raw=raw)

    @property
    def place(self) -> str:
        return str(self.path)

    @contextmanager
    def transaction(self, *, appends: bool) -> Iterator[Connection]:
        try:
            self.raw.execute("BEGIN IMMEDIATE" if appends else "BEGIN")
            try:
                yield _SQLiteConnection(self.raw)
                self.raw.execute("COMMIT")
            finally:
                if self.raw.in_transaction:
                    self.raw.execute("ROLLBACK")
        except sqlite3.Error as error:
            raise Unusable(str(error).splitlines()[0]) from error

    def close(self) -> None:
        """The file is as others left it where another process still writes by the log."""
        with suppress(sqlite3.Error):
            self.raw.execute("PRAGMA busy_timeout = 0")
            self.raw.execute("PRAGMA journal_mode = DELETE")
        self.raw.close()


@dataclass(frozen=True)
class _ServerConnection:
    raw: "sa.Connection"

    @property
    def dialect(self) -> str:
        return self.raw.dialect.name

    def rows(self, statement: str, values: Mapping[str, Any] = _NOTHING) -> Iterator[dict[str, Any]]:
        import sqlalchemy as sa

        result = self.raw.execute(sa.text(statement), values)
        return map(dict, result.mappings()) if result.returns_rows else iter(())


@dataclass(frozen=True, kw_only=True)
class Server:
    """Whatever SQLAlchemy reaches."""

    engine: "sa.Engine"

    @property
    def place(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    @contextmanager
    def transaction(self, *, appends: bool) -> Iterator[Connection]:
        with _translated(), self.engine.begin() as raw:
            connection = _ServerConnection(raw)
            if appends and connection.dialect == "postgresql":
                connection.rows("SELECT pg_advisory_xact_lock(4277009102)")
            yield connection


def database(url: str) -> Database:
    """The database of an SQLAlchemy URL. Raises ValueError if it is none, Unusable without its driver."""
    if (path := url.removeprefix(_FILE_URL)) not in ("", url) and "?" not in path:
        return SQLite(path=Path(path))
    import sqlalchemy as sa

    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise ValueError(str(error)) from None
    if parsed.get_backend_name() == "sqlite":
        raise ValueError("an SQLite ledger is a file")
    with _translated():
        return Server(engine=sa.create_engine(parsed, poolclass=sa.NullPool))


@contextmanager
def _translated() -> Iterator[None]:
    import sqlalchemy as sa

    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.ArgumentError, ImportError) as error:
        raise Unusable(str(getattr(error, "orig", None) or error).splitlines()[0]) from error
