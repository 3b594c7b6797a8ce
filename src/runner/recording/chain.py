"""An append-only chain of events in an SQL database: each event carries the hash of the one before.

SQLite for one person, PostgreSQL for a team; any number of processes may append at the same time. A head
"number:hash" of the newest event, noted down elsewhere, witnesses later that nothing up to it was changed,
removed or replaced. Series of numbers lie in a table beside the events, which name them by their hash.
"""

import hashlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from components.errors import OutputError
from runner.storage.keys import canonical_json, content_hash, finite_or_null

if TYPE_CHECKING:
    import sqlalchemy as sa

T = TypeVar("T")

GENESIS = "0" * 64
"""What the first event names as the hash before it."""

EMPTY = f"0:{GENESIS}"
"""The head of an empty chain."""

_BUSY_SECONDS = 30.0
_RETRY_SECONDS = (0.1, 0.2, 0.4)

_ELSEWHERE = "set ASSAY_LEDGER to another place"
_REMEDIES = {
    "locked": "wait until the process that holds it has ended",
    "full": f"free some space or {_ELSEWHERE}",
    "No module named": "install the driver that its URL asks for",
}

# INSERT OR REPLACE deletes without firing DELETE triggers, hence the guard on INSERT.
_GUARDS = {
    "sqlite": [
        """CREATE TRIGGER IF NOT EXISTS events_no_update BEFORE UPDATE ON events
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS events_no_delete BEFORE DELETE ON events
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
        """CREATE TRIGGER IF NOT EXISTS events_no_replace BEFORE INSERT ON events
        WHEN EXISTS (SELECT 1 FROM events WHERE sequence >= NEW.sequence OR hash = NEW.hash
            OR previous = NEW.previous)
        BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION events_append_only() RETURNS trigger AS
        $$ BEGIN RAISE EXCEPTION 'the ledger is append-only'; END $$ LANGUAGE plpgsql""",
        """CREATE OR REPLACE TRIGGER events_no_change BEFORE UPDATE OR DELETE OR TRUNCATE ON events
        FOR EACH STATEMENT EXECUTE FUNCTION events_append_only()""",
    ],
}
_GUARD_NAMES = {
    "sqlite": "SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'",
    "postgresql": "SELECT 3 * count(*) FROM pg_trigger WHERE tgname = 'events_no_change' AND tgenabled = 'O'",
}


@cache
def _table() -> "sa.Table":
    import sqlalchemy as sa

    texts = [sa.Column(name, sa.Text, nullable=False) for name in ("time", "kind", "family", "key", "body")]
    hashes = [sa.Column(name, sa.Text, nullable=False, unique=True) for name in ("previous", "hash")]
    sequence = sa.Column("sequence", sa.Integer, primary_key=True, autoincrement=False)
    indexes = [sa.Index("events_by_key", "key", "kind"), sa.Index("events_by_kind", "kind", "family", "key")]
    return sa.Table("events", sa.MetaData(), sequence, *texts, *hashes, *indexes)


@cache
def _series_table() -> "sa.Table":
    import sqlalchemy as sa

    hash_ = sa.Column("hash", sa.Text, primary_key=True)
    return sa.Table("series", _table().metadata, hash_, sa.Column("data", sa.LargeBinary, nullable=False))


@dataclass(frozen=True, kw_only=True)
class Event:
    """One line of the chain; time in UTC, ISO 8601; hash over all other fields."""

    sequence: int
    time: str
    kind: str
    family: str
    key: str
    body: str
    previous: str
    hash: str

    @property
    def head(self) -> str:
        """The head of the chain when it was the newest."""
        return _head(self.sequence, self.hash)

    @property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    def computed_hash(self) -> str:
        return content_hash({name: value for name, value in asdict(self).items() if name != "hash"})


@dataclass(frozen=True)
class Transaction:
    """What can be asked and appended while no one else appends."""

    connection: "sa.Connection"

    def events(self, *, kind: str | None = None, key: str | None = None) -> Iterator[Event]:
        """Events in order, all or those of one kind and key."""
        import sqlalchemy as sa

        table = _table()
        query = sa.select(table).order_by(table.c.sequence)
        for name, value in (("kind", kind), ("key", key)):
            if value is not None:
                query = query.where(table.c[name] == value)
        for row in self.connection.execute(query):
            yield Event(**row._mapping)

    def keys_by_family(self, kind: str) -> dict[str, set[str]]:
        """family -> distinct keys of its events of one kind."""
        import sqlalchemy as sa

        table = _table()
        query = sa.select(table.c.family, table.c.key).where(table.c.kind == kind).distinct()
        keys: dict[str, set[str]] = {}
        for row in self.connection.execute(query):
            keys.setdefault(row.family, set()).add(row.key)
        return keys

    def last(self) -> tuple[int, str]:
        """Sequence number and hash of the newest event; (0, GENESIS) if there is none."""
        import sqlalchemy as sa

        table = _table()
        query = sa.select(table.c.sequence, table.c.hash).order_by(table.c.sequence.desc()).limit(1)
        newest = self.connection.execute(query).first()
        return (newest.sequence, newest.hash) if newest else (0, GENESIS)

    def head(self) -> str:
        """Number and hash of the newest event; EMPTY if there is none."""
        return _head(*self.last())

    def keep(self, data: bytes) -> str:
        """Stores bytes under their SHA-256, once, and returns it; an event that holds it vouches for them."""
        import sqlalchemy as sa

        table, name = _series_table(), hashlib.sha256(data).hexdigest()
        if self.connection.execute(sa.select(table.c.hash).where(table.c.hash == name)).first() is None:
            self.connection.execute(table.insert(), {"hash": name, "data": data})
        return name

    def kept(self, name: str) -> bytes | None:
        """The bytes of that hash; None where they are missing or were changed."""
        import sqlalchemy as sa

        table = _series_table()
        data = self.connection.execute(sa.select(table.c.data).where(table.c.hash == name)).scalar_one_or_none()
        return data if data is not None and hashlib.sha256(data).hexdigest() == name else None

    def append(self, kind: str, *, family: str, key: str, content: Mapping[str, Any]) -> str:
        """Adds an event and returns the new head. Numbers that are not finite are written as null."""
        sequence, previous = self.last()
        event = Event(
            sequence=sequence + 1,
            time=datetime.now(UTC).isoformat(timespec="microseconds"),
            kind=kind,
            family=family,
            key=key,
            body=canonical_json(finite_or_null(content)),
            previous=previous,
            hash="",
        )
        event = replace(event, hash=event.computed_hash())
        self.connection.execute(_table().insert(), asdict(event))
        return _head(event.sequence, event.hash)


@dataclass(frozen=True)
class Chain:
    """The database of one chain. `open` makes it if it is not there."""

    engine: "sa.Engine"
    place: str

    @staticmethod
    def open(url: "sa.URL") -> "Chain":
        """Raises OutputError where the database cannot be reached, read or made."""
        import sqlalchemy as sa

        is_file = url.get_backend_name() == "sqlite"
        place = str(url.database) if is_file else url.render_as_string(hide_password=True)
        arguments = {"timeout": _BUSY_SECONDS, "isolation_level": None} if is_file else {}
        with _reported(place):
            engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args=arguments)
        sa.event.listen(engine, "begin", _begin)
        chain = Chain(engine, place)
        if not chain.read(_is_made):
            chain.append(lambda transaction: _create(transaction.connection))
        return chain

    def append(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work` alone among all processes; all it appended is kept, or nothing if it raises."""
        return self._transact(work, appends=True)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work`, which appends nothing; others may append meanwhile."""
        return self._transact(work, appends=False)

    def _transact(self, work: Callable[[Transaction], T], *, appends: bool) -> T:
        import sqlalchemy as sa

        def once() -> T:
            connecting = self.engine.connect().execution_options(appends=appends)
            with connecting as connection, connection.begin():
                return work(Transaction(connection))

        with _reported(self.place):
            for pause in _RETRY_SECONDS:
                try:
                    return once()
                except sa.exc.OperationalError as error:
                    if "locked" not in str(error.orig):
                        raise
                    time.sleep(pause)
            return once()

    def verify(self, witnesses: Iterable[str]) -> list[str]:
        """What is wrong with the chain, one line each; witnesses are heads noted down elsewhere."""
        return self.read(lambda transaction: _verify(transaction, set(witnesses)))


def _begin(connection: "sa.Connection") -> None:
    appends = connection.get_execution_options().get("appends", False)
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE" if appends else "BEGIN")
    elif connection.dialect.name == "postgresql" and appends:
        connection.exec_driver_sql("SELECT pg_advisory_xact_lock(4277009102)")


def _is_made(transaction: Transaction) -> bool:
    import sqlalchemy as sa

    inspector = sa.inspect(transaction.connection)
    return all(inspector.has_table(name) for name in ("events", "series"))


def _create(connection: "sa.Connection") -> None:
    _series_table().metadata.create_all(connection)
    for statement in _GUARDS.get(connection.dialect.name, []):
        connection.exec_driver_sql(statement)


@contextmanager
def _reported(place: str) -> Iterator[None]:
    import sqlalchemy as sa

    try:
        yield
    except (sa.exc.DBAPIError, sa.exc.ArgumentError, ImportError) as error:
        reason = str(getattr(error, "orig", None) or error).splitlines()[0]
        raise unusable(place, reason) from error


def unusable(place: str, reason: str) -> OutputError:
    """The one line for a ledger that cannot be opened, read or written."""
    remedy = next(
        (text for word, text in _REMEDIES.items() if word in reason),
        f"make it reachable and writable or {_ELSEWHERE}",
    )
    return OutputError(f"ledger {place}: cannot be used: {reason}; {remedy}")


def _head(sequence: int, hash_: str) -> str:
    return f"{sequence}:{hash_}"


def _verify(transaction: Transaction, witnesses: set[str]) -> list[str]:
    problems = []
    last, before = 0, GENESIS
    unseen = witnesses - {EMPTY}
    for event in transaction.events():
        if event.sequence != last + 1 or event.previous != before:
            problems.append(
                f"chain broken: event {event.sequence} does not follow event {last}; events were removed or added"
            )
        if event.computed_hash() != event.hash:
            problems.append(f"chain broken: event {event.sequence} was changed after it was written")
        last, before = event.sequence, event.hash
        unseen.discard(_head(last, before))
    dialect = transaction.connection.dialect.name
    if dialect in _GUARDS:
        guards = transaction.connection.exec_driver_sql(_GUARD_NAMES[dialect]).scalar_one()
        if guards < 3:
            problems.append("chain broken: the guards against changes are missing from the database")
    return problems + _testimony(unseen, last)


def _testimony(unseen: set[str], last: int) -> list[str]:
    """What heads that the chain does not hold say about it: the two gravest facts, one line each."""
    noted = sorted((int(number), hash_) for number, _, hash_ in (head.partition(":") for head in unseen))
    beyond = [entry for entry in noted if entry[0] > last]
    other = [entry for entry in noted if entry[0] <= last]
    problems = []
    if beyond:
        number, hash_ = beyond[-1]
        problems.append(
            f"truncated or replaced: it ends at event {last}, but a run noted event {number} ({hash_[:12]})"
            f"{_more(len(beyond))}"
        )
    if other:
        number, hash_ = other[0]
        problems.append(
            f"forked: event {number} is not the one that a run noted ({hash_[:12]}); it wrote to another copy"
            f"{_more(len(other))}"
        )
    return problems


def _more(count: int) -> str:
    return f"; {count - 1} more such" if count > 1 else ""
