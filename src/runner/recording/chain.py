"""An append-only chain of events in an SQL database: each event carries the hash of the one before.

SQLite for one person, PostgreSQL for a team; any number of processes may append at the same time. A head
"number:hash" of the newest event, noted down elsewhere, witnesses later that nothing up to it was changed,
removed or replaced. Series of numbers lie in a table beside the events, which name them by their hash.
"""

import hashlib
import json
import re
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from datetime import UTC, datetime
from functools import cached_property
from typing import Any, TypeVar

from components.errors import OutputError
from runner.recording.actors import acting
from runner.recording.database import Connection, Database, Unusable
from runner.storage.canonical import canonical_json, content_hash, finite_or_null

T = TypeVar("T")

GENESIS = "0" * 64
"""What the first event names as the hash before it."""

EMPTY = f"0:{GENESIS}"
"""The head of an empty chain."""

_RETRY_SECONDS = (0.1, 0.2, 0.4)

_ELSEWHERE = "set ASSAY_LEDGER to another place"
_REMEDIES = {
    "locked": "wait until the process that holds it has ended",
    "full": f"free some space or {_ELSEWHERE}",
    "No module named": "install the driver that its URL asks for",
}

_TABLES = (
    """CREATE TABLE events (sequence INTEGER NOT NULL PRIMARY KEY, time TEXT NOT NULL, kind TEXT NOT NULL,
    family TEXT NOT NULL, key TEXT NOT NULL, body TEXT NOT NULL, previous TEXT NOT NULL UNIQUE,
    hash TEXT NOT NULL UNIQUE)""",
    "CREATE INDEX events_by_key ON events (key, kind)",
    "CREATE INDEX events_by_kind ON events (kind, family, key)",
    "CREATE TABLE series (hash TEXT NOT NULL PRIMARY KEY, data {bytes} NOT NULL)",
)
_BYTES = {"postgresql": "BYTEA"}
_TABLE_NAMES = {
    "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
    "postgresql": "SELECT tablename AS name FROM pg_tables WHERE schemaname = current_schema()",
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
    "sqlite": "SELECT count(*) AS n FROM sqlite_master WHERE type = 'trigger' AND tbl_name = 'events'",
    "postgresql": "SELECT 3 * count(*) AS n FROM pg_trigger WHERE tgname = 'events_no_change' AND tgenabled = 'O'",
}


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

    @cached_property
    def content(self) -> dict[str, Any]:
        content: dict[str, Any] = json.loads(self.body)
        return content

    def computed_hash(self) -> str:
        return content_hash({name: getattr(self, name) for name in _NAMES if name != "hash"})


_NAMES = tuple(each.name for each in fields(Event))
_INSERT = f"""INSERT INTO events ({", ".join(_NAMES)})
VALUES ({", ".join(f":{name}" for name in _NAMES)})"""  # noqa: S608  # names of our own


@dataclass(kw_only=True)
class Read:
    """Events that a process has read: they never change, so that only those after them are read again."""

    all: list[Event] = field(default_factory=list[Event])
    of_kind: dict[str, list[Event]] = field(default_factory=dict[str, list[Event]])
    of_key: dict[tuple[str, str], list[Event]] = field(default_factory=dict[tuple[str, str], list[Event]])

    def catch_up(self, connection: Connection) -> None:
        last = self.all[-1].sequence if self.all else 0
        query = "SELECT * FROM events WHERE sequence > :last ORDER BY sequence"
        for row in connection.rows(query, {"last": last}):
            event = Event(**row)
            self.all.append(event)
            self.of_kind.setdefault(event.kind, []).append(event)
            self.of_key.setdefault((event.kind, event.key), []).append(event)

    def events(self, kind: str | None, key: str | None) -> Iterator[Event]:
        if kind is not None and key is not None:
            return iter(self.of_key.get((kind, key), ()))
        found = self.all if kind is None else self.of_kind.get(kind, ())
        return iter([event for event in found if key is None or event.key == key])


@dataclass(frozen=True)
class Transaction:
    """What can be asked and appended while no one else appends. read: by this process before, None: it remembers
    nothing."""

    connection: Connection
    read: Read | None = None

    def events(self, *, kind: str | None = None, key: str | None = None) -> Iterator[Event]:
        """Events in order, all or those of one kind and key."""
        if self.read is not None:
            self.read.catch_up(self.connection)
            yield from self.read.events(kind, key)
            return
        wanted = {name: value for name, value in (("kind", kind), ("key", key)) if value is not None}
        where = " AND ".join(["1 = 1", *(f"{name} = :{name}" for name in wanted)])
        for row in self.connection.rows(f"SELECT * FROM events WHERE {where} ORDER BY sequence", wanted):  # noqa: S608
            yield Event(**row)

    def keys_by_family(self, kind: str) -> dict[str, set[str]]:
        """family -> distinct keys of its events of one kind."""
        keys: dict[str, set[str]] = {}
        if self.read is not None:
            for event in self.events(kind=kind):
                keys.setdefault(event.family, set()).add(event.key)
            return keys
        query = "SELECT DISTINCT family, key FROM events WHERE kind = :kind"
        for row in self.connection.rows(query, {"kind": kind}):
            keys.setdefault(row["family"], set()).add(row["key"])
        return keys

    def last(self) -> tuple[int, str]:
        """Sequence number and hash of the newest event; (0, GENESIS) if there is none."""
        newest = self.connection.rows("SELECT sequence, hash FROM events ORDER BY sequence DESC LIMIT 1")
        return next(((row["sequence"], row["hash"]) for row in newest), (0, GENESIS))

    def head(self) -> str:
        """Number and hash of the newest event; EMPTY if there is none."""
        return _head(*self.last())

    def holds(self, head: str) -> bool:
        """Whether this was once the head."""
        sequence, _, hash_ = head.partition(":")
        query = "SELECT 1 AS n FROM events WHERE sequence = :sequence AND hash = :hash"
        return head == EMPTY or any(self.connection.rows(query, {"sequence": int(sequence), "hash": hash_}))

    def keep(self, data: bytes) -> str:
        """Stores bytes under their SHA-256, once, and returns it; an event that holds it vouches for them."""
        name = hashlib.sha256(data).hexdigest()
        if self._data(name) is None:
            self.connection.rows("INSERT INTO series (hash, data) VALUES (:hash, :data)", {"hash": name, "data": data})
        return name

    def kept(self, name: str) -> bytes | None:
        """The bytes of that hash; None where they are missing or were changed."""
        data = self._data(name)
        return data if data is not None and hashlib.sha256(data).hexdigest() == name else None

    def names_kept(self) -> set[str]:
        """Hashes of everything that is stored, whatever it is by now."""
        return {row["hash"] for row in self.connection.rows("SELECT hash FROM series")}

    def _data(self, name: str) -> bytes | None:
        found = self.connection.rows("SELECT data FROM series WHERE hash = :hash", {"hash": name})
        return next((bytes(row["data"]) for row in found), None)

    def append(self, kind: str, *, family: str, key: str, content: Mapping[str, Any]) -> str:
        """Adds an event, with who acts, and returns the new head. Numbers that are not finite are written as null."""
        sequence, previous = self.last()
        event = Event(
            sequence=sequence + 1,
            time=datetime.now(UTC).isoformat(timespec="microseconds"),
            kind=kind,
            family=family,
            key=key,
            body=canonical_json(finite_or_null({**content, "actor": acting().content()})),
            previous=previous,
            hash="",
        )
        event = replace(event, hash=event.computed_hash())
        self.connection.rows(_INSERT, {name: getattr(event, name) for name in _NAMES})
        return _head(event.sequence, event.hash)


@dataclass(frozen=True)
class Chain:
    """The database of one chain. `open` makes it if it is not there."""

    database: Database
    known: Read | None = None

    @staticmethod
    def open(database: Database, *, remembers: bool = False) -> "Chain":
        """Raises OutputError where the database cannot be reached, read or made. remembers: what was read once is not
        read again, but to verify it."""
        chain = Chain(database, Read() if remembers else None)
        if not chain.read(_is_made):
            chain.append(_create)
        return chain

    def append(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work` alone among all processes; all it appended is kept, or nothing if it raises."""
        return self._transact(work, appends=True)

    def read(self, work: Callable[[Transaction], T]) -> T:
        """Runs `work`, which appends nothing; others may append meanwhile."""
        return self._transact(work, appends=False)

    def _transact(self, work: Callable[[Transaction], T], *, appends: bool) -> T:
        def once() -> T:
            with self.database.transaction(appends=appends) as connection:
                return work(Transaction(connection, self.known))

        try:
            for pause in _RETRY_SECONDS:
                try:
                    return once()
                except Unusable as error:
                    if "locked" not in str(error):
                        raise
                    time.sleep(pause)
            return once()
        except Unusable as error:
            raise unusable(self.database.place, str(error)) from error

    def verify(self, witnesses: Iterable[str], *, to_the_byte: bool = False) -> list[str]:
        """What is wrong with the chain, one line each; witnesses are heads noted down elsewhere; to_the_byte: the
        content of every series is looked at, not only whether it is there."""
        return replace(self, known=None).read(lambda t: _verify(t, set(witnesses), to_the_byte))


def _is_made(transaction: Transaction) -> bool:
    names = transaction.connection.rows(_TABLE_NAMES[_dialect(transaction)])
    return {"events", "series"} <= {row["name"] for row in names}


def _create(transaction: Transaction) -> None:
    if _is_made(transaction):  # by another process, meanwhile
        return
    dialect = _dialect(transaction)
    for statement in (*_TABLES, *_GUARDS[dialect]):
        transaction.connection.rows(statement.replace("{bytes}", _BYTES.get(dialect, "BLOB")))


def _dialect(transaction: Transaction) -> str:
    """Raises Unusable where the guards of the database's kind are not known."""
    dialect = transaction.connection.dialect
    if dialect not in _GUARDS:
        raise Unusable(f"{dialect} is not supported; use a file or PostgreSQL")
    return dialect


def unusable(place: str, reason: str) -> OutputError:
    """The one line for a ledger that cannot be opened, read or written."""
    remedy = next(
        (text for word, text in _REMEDIES.items() if word in reason),
        f"make it reachable and writable or {_ELSEWHERE}",
    )
    return OutputError(f"ledger {place}: cannot be used: {reason}; {remedy}")


def _head(sequence: int, hash_: str) -> str:
    return f"{sequence}:{hash_}"


_SERIES = re.compile(r'"series":\{([^{}]*)\}')
_NAMED = re.compile(r'"([^"]*)":"([0-9a-f]{64})"')


def _verify(transaction: Transaction, witnesses: set[str], to_the_byte: bool) -> list[str]:
    problems: list[str] = []
    last, before = 0, GENESIS
    named: dict[str, str] = {}
    unseen = witnesses - {EMPTY}
    for event in transaction.events():
        if event.sequence != last + 1 or event.previous != before:
            problems.append(
                f"chain broken: event {event.sequence} does not follow event {last}; events were removed or added"
            )
        if event.computed_hash() != event.hash:
            problems.append(f"chain broken: event {event.sequence} was changed after it was written")
        for part in _SERIES.findall(event.body):
            named |= {hash_: f"{name} of event {event.sequence}" for name, hash_ in _NAMED.findall(part)}
        last, before = event.sequence, event.hash
        unseen.discard(_head(last, before))
    guards = next(transaction.connection.rows(_GUARD_NAMES[_dialect(transaction)]))
    if guards["n"] < 3:
        problems.append("chain broken: the guards against changes are missing from the database")
    return problems + _lost_series(transaction, named, to_the_byte) + _testimony(unseen, last)


def _lost_series(transaction: Transaction, named: Mapping[str, str], to_the_byte: bool) -> list[str]:
    """Series that events vouch for and that are gone or changed: one line for either, with the first of them."""
    held = transaction.names_kept()
    gone = [where for name, where in named.items() if name not in held]
    changed = [
        where for name, where in named.items() if to_the_byte and name in held and transaction.kept(name) is None
    ]
    return [
        f"series {what}: the {where[0]}{_more(len(where))}; what was tried can no longer be counted"
        for what, where in (("missing", gone), ("changed after they were written", changed))
        if where
    ]


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
