"""What a study knows, as lines that are only ever added: in a file, or in a table of a database that others reach.

Whoever reads and adds does it in a turn, and turns exclude each other, in whatever processes. A line that was cut off
by a crash was never written.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any, Protocol

from components.errors import ConfigError
from runner.storage.disk import writing

Line = Mapping[str, Any]


class Turn(Protocol):
    """The time in which nobody else reads or adds."""

    def read(self, since: int) -> tuple[list[Line], int]:
        """The lines from a place on, and the place after them; 0 is the first place."""
        ...

    def add(self, line: Line, *, durable: bool = True) -> None:
        """durable: on the disk when this returns, so that a power cut does not undo it."""
        ...


class Journal(Protocol):
    @property
    def place(self) -> str:
        """Where it is, for messages."""
        ...

    @property
    def shared(self) -> bool:
        """Whether others than the owner of these files may write to it."""
        ...

    def turn(self) -> AbstractContextManager[Turn]:
        """Waits until nobody else has one."""
        ...


@dataclass(frozen=True, kw_only=True)
class FileJournal:
    """One JSON text a line. A turn raises OutputError where the file cannot be written."""

    path: Path
    shared = False

    @property
    def place(self) -> str:
        return str(self.path)

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        from filelock import FileLock

        with writing(self.path.parent), FileLock(f"{self.path}.lock"), self.path.open("a+b") as file:
            yield _FileTurn(file=file)


@dataclass(frozen=True, kw_only=True)
class _FileTurn:
    file: Any

    def read(self, since: int) -> tuple[list[Line], int]:
        self.file.seek(since)
        content = self.file.read()
        whole = content.rfind(b"\n") + 1
        return [json.loads(line) for line in content[:whole].splitlines()], since + whole

    def add(self, line: Line, *, durable: bool = True) -> None:
        end = self.file.seek(0, os.SEEK_END)
        if end:
            self.file.seek(end - 1)
            if self.file.read(1) != b"\n":
                self._drop_torn(end)
        self.file.write(json.dumps(line).encode() + b"\n")
        self.file.flush()
        if durable:
            os.fsync(self.file.fileno())

    def _drop_torn(self, end: int) -> None:
        """Cuts off a line that a crash left unfinished."""
        self.file.seek(0)
        self.file.truncate(self.file.read(end).rfind(b"\n") + 1)


@dataclass(frozen=True, kw_only=True)
class MemoryJournal:
    """Of a study that ends with its process."""

    lines: list[Line] = field(default_factory=list[Line])
    place = "memory"
    shared = False

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        yield _MemoryTurn(lines=self.lines)


@dataclass(frozen=True, kw_only=True)
class _MemoryTurn:
    lines: list[Line]

    def read(self, since: int) -> tuple[list[Line], int]:
        return self.lines[since:], len(self.lines)

    def add(self, line: Line, *, durable: bool = True) -> None:  # nothing of it lasts
        self.lines.append(line)


@dataclass(frozen=True, kw_only=True)
class SqlJournal:
    """A table `assay_studies` of SQLite or PostgreSQL, a row a line. url: SQLAlchemy's; study: its name there."""

    url: str
    study: str
    shared = True

    @property
    def place(self) -> str:
        from sqlalchemy.engine import make_url

        return f"{make_url(self.url).render_as_string(hide_password=True)}, study {self.study}"

    @contextmanager
    def turn(self) -> Iterator[Turn]:
        from sqlalchemy import text
        from sqlalchemy.exc import SQLAlchemyError

        try:
            engine = _engine(self.url)
            with engine.begin() as connection:
                if engine.dialect.name == "postgresql":
                    connection.execute(text("SELECT pg_advisory_xact_lock(hashtext(:study))"), {"study": self.study})
                yield _SqlTurn(connection=connection, study=self.study)
        except (SQLAlchemyError, ImportError) as error:
            raise ConfigError(f"{self.place}: {str(error).splitlines()[0]}; see sweep.storage_env") from None


def is_address(url: str) -> bool:
    """Whether SQLAlchemy can read it; whether anything is there is not asked."""
    from sqlalchemy.engine import make_url
    from sqlalchemy.exc import ArgumentError

    try:
        make_url(url)
    except (ArgumentError, ValueError):
        return False
    return True


@lru_cache(maxsize=4)
def _engine(url: str) -> Any:
    """An engine whose transactions begin by taking the lock, in SQLite too; creates the table."""
    from sqlalchemy import create_engine, event, text
    from sqlalchemy.exc import IntegrityError, ProgrammingError
    from sqlalchemy.pool import NullPool

    engine = create_engine(url, poolclass=NullPool)
    if engine.dialect.name == "sqlite":
        # pysqlite begins late, so that two readers could both become writers: it begins where we say.
        event.listen(engine, "connect", lambda raw, _: setattr(raw, "isolation_level", None))
        event.listen(engine, "begin", lambda connection: connection.exec_driver_sql("BEGIN IMMEDIATE"))
    # Where two create it at once, PostgreSQL refuses the later one in spite of what it is asked.
    with suppress(IntegrityError, ProgrammingError), engine.begin() as connection:
        connection.execute(
            text(
                "CREATE TABLE IF NOT EXISTS assay_studies "
                "(study VARCHAR(200), place INTEGER, line TEXT, PRIMARY KEY (study, place))"
            )
        )
    return engine


@dataclass(frozen=True, kw_only=True)
class _SqlTurn:
    connection: Any
    study: str

    def read(self, since: int) -> tuple[list[Line], int]:
        from sqlalchemy import text

        query = text("SELECT line FROM assay_studies WHERE study = :study AND place >= :since ORDER BY place")
        lines = [json.loads(row[0]) for row in self.connection.execute(query, {"study": self.study, "since": since})]
        return lines, since + len(lines)

    def add(self, line: Line, *, durable: bool = True) -> None:
        from sqlalchemy import text

        count = text("SELECT COUNT(*) FROM assay_studies WHERE study = :study")
        place = self.connection.execute(count, {"study": self.study}).scalar_one()
        insert = text("INSERT INTO assay_studies VALUES (:study, :place, :line)")
        self.connection.execute(insert, {"study": self.study, "place": place, "line": json.dumps(line)})


def lines_of(journal: Journal) -> Sequence[Line]:
    """Everything that it holds."""
    with journal.turn() as turn:
        return turn.read(0)[0]
