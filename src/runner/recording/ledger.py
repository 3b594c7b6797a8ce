"""The ledger: every trial on every family of data, so that a verdict knows how much was tried."""

import os
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import numpy as np

from components.errors import ContractError, OutputError
from components.values import Float, Time
from runner.recording.chain import Chain, Event, Transaction, unusable
from runner.recording.database import Database, SQLite, Unusable, database
from runner.storage.canonical import content_hash, finite_or_null
from runner.storage.formats import ARRAYS

Outcome = Literal["finished", "failed", "interrupted", "pruned"]


@dataclass(frozen=True, kw_only=True)
class Family:
    """The data's logical identity: source, symbols and the days from first to last, both included.

    Two families are the same if the source is equal and symbols and days overlap, directly or through
    others that were tried.
    """

    source: str
    symbols: tuple[str, ...]
    first: date
    last: date

    def content(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "symbols": sorted(set(self.symbols)),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }

    @property
    def id(self) -> str:
        return content_hash(self.content())

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Family":
        return Family(
            source=content["source"],
            symbols=tuple(content["symbols"]),
            first=date.fromisoformat(content["first"]),
            last=date.fromisoformat(content["last"]),
        )

    def shares_bars(self, other: "Family") -> bool:
        """Whether some symbol and some day belong to both."""
        return self.first <= other.last and other.first <= self.last and not set(self.symbols).isdisjoint(other.symbols)


@dataclass(frozen=True, kw_only=True, eq=False)
class Series:
    """Values at times, in order of time: (T,) each."""

    stamps_T: Time
    values_T: Float

    def before(self, until: np.datetime64) -> "Series":
        early_T = self.stamps_T < until
        return Series(stamps_T=self.stamps_T[early_T], values_T=self.values_T[early_T])

    def to_bytes(self) -> bytes:
        """The same series, the same bytes."""
        arrays = {"stamps": self.stamps_T.astype("datetime64[us]"), "values": self.values_T.astype(np.float64)}
        return zlib.compress(ARRAYS.encode(arrays)["arrays.npz"], level=1)

    @staticmethod
    def from_bytes(data: bytes) -> "Series":
        arrays = ARRAYS.decode({"arrays.npz": zlib.decompress(data)})
        return Series(stamps_T=arrays["stamps"], values_T=arrays["values"])


@dataclass(frozen=True, kw_only=True)
class TrialNumber:
    """number: 1 for the first trial of its family; family_trials: how many there are now; head: witness."""

    number: int
    family_trials: int
    head: str


@dataclass(frozen=True, kw_only=True)
class Trial:
    """What the ledger knows of one trial; started: body of its first start; outcome: of its last end."""

    key: str
    number: int
    state: Literal["running", "finished", "failed", "interrupted", "pruned"]
    started_at: str
    started: Mapping[str, Any]
    outcome: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class FamilySummary:
    """Families that count as one, as the hull of their symbols and days, with the trials on them."""

    family: Family
    trials: int


@dataclass(frozen=True, kw_only=True)
class VaultOpening:
    """earlier: keys under which overlapping bars were opened before; reused if there are any."""

    earlier: tuple[str, ...]
    head: str

    @property
    def reused(self) -> bool:
        return bool(self.earlier)


@dataclass(frozen=True)
class Ledger:
    """Append-only record of trials. All methods raise OutputError if the database cannot be used."""

    chain: Chain

    @staticmethod
    def open(url_or_path: str | Path | None = None) -> "Ledger":
        """Opens or makes a ledger: a file, an SQLAlchemy URL, or by default what ASSAY_LEDGER names,
        else ledger.sqlite in the user's data folder."""
        return Ledger(Chain.open(_database(url_or_path)))

    def start_trial(self, family: Family, key: str, body: Mapping[str, Any]) -> TrialNumber:
        """Writes down that a trial begins; call it before the fit. body: what the trial is, plain.

        The same key in the same family is the same trial: it keeps its number and counts once; it is
        written again only as long as it has not finished.
        """

        def work(transaction: Transaction) -> TrialNumber:
            members = _merged(transaction, family)
            keys = _keys(transaction, members)
            events = _of_trial(transaction, key, members)
            number = events[0].content["number"] if events else len(keys) + 1
            total = len(keys | {key})
            _declare(transaction, family)
            head = transaction.head()
            if not any(event.kind == "trial_finished" for event in events):
                content = {"number": number, "family_trials": total, "trial": dict(body)}
                head = transaction.append("trial_started", family=family.id, key=key, content=content)
            return TrialNumber(number=number, family_trials=total, head=head)

        return self.chain.append(work)

    def finish_trial(
        self, key: str, state: Outcome, body: Mapping[str, Any], series: Mapping[str, Series] | None = None
    ) -> str:
        """Writes down how the trial last started under this key ended, and returns the head.

        body: plain, such as {"metrics": {"valid/ic": ...}}; numbers that are not finite become null. series: by
        name what later trials of the family are compared with; it outlives the run's folder.
        A finished trial stays finished: a later failure or the same result is not written.
        Raises ContractError if it was never started.
        """

        def work(transaction: Transaction) -> str:
            starts = list(transaction.events(kind="trial_started", key=key))
            if not starts:
                raise ContractError(f"trial {key[:12]}: ended without having been started")
            family = starts[-1].family
            ends = transaction.events(kind="trial_finished", key=key)
            finished = [event.content for event in ends if event.family == family]
            hashes = {name: transaction.keep(one.to_bytes()) for name, one in (series or {}).items()}
            content = {**body, "series": hashes} if hashes else dict(body)
            if finished and (state != "finished" or finished[-1] == finite_or_null(content)):
                return transaction.head()
            return transaction.append(f"trial_{state}", family=family, key=key, content=content)

        return self.chain.append(work)

    def open_vault(self, vault: Family, key: str, body: Mapping[str, Any]) -> VaultOpening:
        """Writes down an opening of the vault. Its identity is symbols and days, whatever the source.

        One key opens its vault once: asked again, it is told of its own opening, and nothing is written.
        """

        def work(transaction: Transaction) -> VaultOpening:
            families = {event.family: _family(event) for event in transaction.events(kind="family")}
            openings = [
                event for event in transaction.events(kind="vault_opened") if families[event.family].shares_bars(vault)
            ]
            own = next((event for event in openings if event.key == key), None)
            before = openings if own is None else openings[: openings.index(own)]
            earlier = tuple(dict.fromkeys(event.key for event in before))
            if own is not None:
                return VaultOpening(earlier=earlier, head=own.head)
            _declare(transaction, vault)
            content = {"reused": bool(earlier), "vault": dict(body)}
            head = transaction.append("vault_opened", family=vault.id, key=key, content=content)
            return VaultOpening(earlier=earlier, head=head)

        return self.chain.append(work)

    def count(self, family: Family) -> int:
        """How many distinct trials were started in the family, failed and interrupted ones too."""
        return self.chain.read(lambda transaction: len(_keys(transaction, _merged(transaction, family))))

    def trials(self, family: Family) -> list[Trial]:
        """The trials of the family in the order of their first starts."""

        def work(transaction: Transaction) -> list[Trial]:
            members = _merged(transaction, family)
            events: dict[str, list[Event]] = {}
            for event in transaction.events():
                if event.family in members and event.kind.startswith("trial_"):
                    events.setdefault(event.key, []).append(event)
            return [_trial(key, of_key) for key, of_key in events.items()]

        return self.chain.read(work)

    def series(self, trials: Iterable[Trial], name: str) -> dict[str, Series]:
        """key -> series of that name, of the trials that left one; what was changed since is left out."""
        wanted = {trial.key: trial.outcome.get("series", {}).get(name) for trial in trials}

        def work(transaction: Transaction) -> dict[str, Series]:
            found = {key: transaction.kept(hash_) for key, hash_ in wanted.items() if hash_}
            return {key: Series.from_bytes(data) for key, data in found.items() if data is not None}

        return self.chain.read(work)

    def families(self) -> list[FamilySummary]:
        """All families with their counts, each as the hull of what was merged into it."""
        return self.chain.read(_summaries)

    def head(self) -> str:
        """Number and hash of the newest event: whoever notes it down can witness later that nothing was removed."""
        return self.chain.read(lambda transaction: transaction.head())

    def verify(self, witnesses: Iterable[str] = (), *, to_the_byte: bool = False) -> list[str]:
        """What is wrong with the ledger, one line each; witnesses: heads noted in manifests and bundles; to_the_byte:
        also the content of every series, which takes as long as reading them all."""
        return self.chain.verify(witnesses, to_the_byte=to_the_byte)


def _database(url_or_path: str | Path | None) -> Database:
    place = str(url_or_path or os.environ.get("ASSAY_LEDGER") or "")
    if "://" in place:
        try:
            return database(place)
        except ValueError:
            raise OutputError(
                "ASSAY_LEDGER: is not an SQLAlchemy URL; use a path or, for example, "
                "postgresql+psycopg://user@host/database"
            ) from None
        except Unusable as error:
            raise unusable("ASSAY_LEDGER", str(error)) from error
    path = Path(place) if place else Path(_data_folder()) / "ledger.sqlite"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise unusable(str(path), str(error.strerror)) from error
    return SQLite(path=path)


def _data_folder() -> str:
    import platformdirs

    return platformdirs.user_data_dir("assay")


def _declare(transaction: Transaction, family: Family) -> None:
    known = transaction.events(kind="family", key=family.source)
    if family.id not in {event.family for event in known}:
        transaction.append("family", family=family.id, key=family.source, content=family.content())


def _family(event: Event) -> Family:
    return Family.from_content(event.content)


def _merged(transaction: Transaction, family: Family) -> set[str]:
    """Ids of the families that count as one with this one: reached over shared bars, through tried ones."""
    tried = transaction.keys_by_family("trial_started")
    others = {
        event.family: _family(event)
        for event in transaction.events(kind="family", key=family.source)
        if event.family in tried
    }
    return _connected(family, others)


def _connected(family: Family, others: dict[str, Family]) -> set[str]:
    members, edge = {family.id}, [family]
    remaining = {name: other for name, other in others.items() if name != family.id}
    while edge:
        here = edge.pop()
        reached = {name: other for name, other in remaining.items() if here.shares_bars(other)}
        members |= reached.keys()
        edge += reached.values()
        remaining = {name: other for name, other in remaining.items() if name not in reached}
    return members


def _keys(transaction: Transaction, members: set[str]) -> set[str]:
    keys = transaction.keys_by_family("trial_started")
    return {key for member in members for key in keys.get(member, ())}


def _of_trial(transaction: Transaction, key: str, members: set[str]) -> list[Event]:
    return [
        event for event in transaction.events(key=key) if event.family in members and event.kind.startswith("trial_")
    ]


def _trial(key: str, events: list[Event]) -> Trial:
    ends = [event for event in events if event.kind != "trial_started"]
    finished = [event for event in ends if event.kind == "trial_finished"]
    last = finished[-1] if finished else events[-1]
    state = last.kind.removeprefix("trial_")
    return Trial(
        key=key,
        number=events[0].content["number"],
        state="running" if state == "started" else state,  # type: ignore[arg-type]
        started_at=events[0].time,
        started=events[0].content["trial"],
        outcome={} if state == "started" else last.content,
    )


def _summaries(transaction: Transaction) -> list[FamilySummary]:
    keys = transaction.keys_by_family("trial_started")
    families = {event.family: _family(event) for event in transaction.events(kind="family") if event.family in keys}
    summaries = []
    while families:
        family = next(iter(families.values()))
        same_source = {other: f for other, f in families.items() if f.source == family.source}
        members = [families.pop(member) for member in sorted(_connected(family, same_source))]
        hull = Family(
            source=family.source,
            symbols=tuple(sorted({symbol for member in members for symbol in member.symbols})),
            first=min(member.first for member in members),
            last=max(member.last for member in members),
        )
        trials = {key for member in members for key in keys[member.id]}
        summaries.append(FamilySummary(family=hull, trials=len(trials)))
    return summaries
