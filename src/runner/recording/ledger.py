"""The ledger: every trial on every family of data, so that a verdict knows how much was tried."""

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from components.errors import ContractError, OutputError
from runner.recording.budgets import Budget, budgets_of, check_budgets
from runner.recording.chain import Chain, Event, Transaction, unusable
from runner.recording.database import Database, OpenSQLite, SQLite, Unusable, database
from runner.recording.declared import Families
from runner.recording.family import Family as Family
from runner.recording.seen import Moments, Sighting, VaultOpening, sightings, whole_days
from runner.recording.summaries import FamilySummary as FamilySummary
from runner.recording.summaries import summaries_of
from runner.recording.trials import Outcome, Recipe, TrialNumber, repeated, tried_in, tries_of, without_notes
from runner.recording.trials import Series as Series
from runner.recording.trials import Trial as Trial
from runner.storage.canonical import content_hash, finite_or_null


@dataclass(frozen=True)
class Ledger:
    """Append-only record of trials. All methods raise OutputError if the database cannot be used."""

    chain: Chain

    @staticmethod
    def existing() -> "Ledger | None":
        """The one that `open` would open by default; None where there is none yet: none is made."""
        database = _database(None)
        return None if isinstance(database, SQLite) and not database.path.exists() else Ledger(Chain.open(database))

    @staticmethod
    def open(url_or_path: str | Path | None = None) -> "Ledger":
        """Opens or makes a ledger: a file, an SQLAlchemy URL, or by default what ASSAY_LEDGER names,
        else ledger.sqlite in the user's data folder."""
        return Ledger(Chain.open(_database(url_or_path)))

    @staticmethod
    @contextmanager
    def kept_open(url_or_path: str | Path | None = None) -> "Iterator[Ledger]":
        """The same for a process that writes down many trials: one connection, and what was read is remembered."""
        database = _database(url_or_path)
        if not isinstance(database, SQLite):
            yield Ledger(Chain.open(database, remembers=True))
            return
        Chain.open(database)
        try:
            opened = OpenSQLite.of(database)
        except Unusable as error:
            raise unusable(database.place, str(error)) from error
        try:
            yield Ledger(Chain.open(opened, remembers=True))
        finally:
            opened.close()

    def start_trial(
        self,
        family: Family,
        key: str,
        body: Mapping[str, Any],
        *,
        recipe: Recipe | None = None,
        seen: Moments | None = None,
    ) -> TrialNumber:
        """Writes down that a trial begins; call it before the fit. body: what the trial is, plain; seen: times of the
        first and the last bar that it reads.

        The same key in the same family is the same trial: it keeps its number and counts once; it is
        written again only as long as it has not finished. So does a trial that repeats the recipe of an earlier one.
        Raises BudgetSpent where a budget allows no more of them.
        """

        def work(transaction: Transaction) -> TrialNumber:
            families = Families(transaction)
            families.declare(family)
            members = _members(families, family)
            events = [event for event in transaction.events(kind="trial_started") if event.family in members]
            tries = tries_of(events)
            repeats = tries.get(key) or repeated(events, families, family, recipe)
            trial = repeats or key
            numbers = {event.key: int(event.content["number"]) for event in reversed(events)}
            number = numbers.get(trial, len(set(tries.values())) + 1)
            total = len({*tries.values(), trial})
            if repeats is None:
                check_budgets(transaction, families, family, members, tries)
            head = transaction.head()
            if not any(event.family in members for event in transaction.events(kind="trial_finished", key=key)):
                content: dict[str, Any] = {"number": number, "family_trials": total, "trial": dict(body)}
                content["trial"] |= recipe.content() if recipe else {}
                content |= {"try": trial} if trial != key else {}
                content |= {"seen": list(seen)} if seen else {}
                head = transaction.append("trial_started", family=family.id, key=key, content=content)
            return TrialNumber(
                number=number,
                family_trials=total,
                head=head,
                repeats=None if trial == key else trial,
                recognised=families.recognised(family),
            )

        return self.chain.append(work)

    def finish_trial(
        self,
        key: str,
        state: Outcome,
        body: Mapping[str, Any],
        series: Mapping[str, Series] | None = None,
        *,
        processor_seconds: float | None = None,
        also: Callable[[str], Mapping[str, Any]] | None = None,
    ) -> str:
        """Writes down how the trial last started under this key ended, and returns the head.

        body: plain, such as {"metrics": {"valid/ic": ...}}; numbers that are not finite become null. series: by
        name what later trials of the family are compared with; it outlives the run's folder.
        also: given the head, a further event that is written with it: kind, key and content.
        A finished trial stays finished: a later failure or the same result is not written.
        Raises ContractError if it was never started.
        """

        def work(transaction: Transaction) -> str:
            starts = list(transaction.events(kind="trial_started", key=key))
            if not starts:
                raise ContractError(f"trial {key[:12]}: ended without having been started")
            family = starts[-1].family
            ends = transaction.events(kind="trial_finished", key=key)
            finished = [without_notes(event.content) for event in ends if event.family == family]
            hashes = {name: transaction.keep(one.to_bytes()) for name, one in (series or {}).items()}
            content = {**body, "series": hashes} if hashes else dict(body)
            if finished and (state != "finished" or finished[-1] == finite_or_null(content)):
                head = transaction.head()
            else:
                if processor_seconds is not None:
                    content["processor_seconds"] = round(processor_seconds, 3)
                head = transaction.append(f"trial_{state}", family=family, key=key, content=content)
            if also is not None:
                transaction.append(family="", **also(head))
            return head

        return self.chain.append(work)

    def look(self, family: Family, key: str, what: str, seen: Moments) -> str:
        """Writes down an evaluation that is no trial, once for the same key and bars: it saw bars all the same."""

        def work(transaction: Transaction) -> str:
            Families(transaction).declare(family)
            content = {"what": what, "seen": list(seen)}
            for event in transaction.events(kind="look", key=key):
                if event.family == family.id and without_notes(event.content) == content:
                    return transaction.head()
            return transaction.append("look", family=family.id, key=key, content=content)

        return self.chain.append(work)

    def look_back(self, keys: Set[str], what: str) -> str | None:
        """Writes down that the figures of these trials were looked at side by side: a look at all bars that they saw,
        once for the same trials. Gives the head; None where none of them is known."""

        def work(transaction: Transaction) -> str | None:
            seen: dict[str, Moments] = {}
            for event in transaction.events(kind="trial_started"):
                if event.key in keys and (moments := event.content.get("seen")):
                    first, last = seen.get(event.family, moments)
                    seen[event.family] = (min(first, moments[0]), max(last, moments[1]))
            digest = content_hash(sorted(keys))
            noted = {event.family for event in transaction.events(kind="look", key=digest)}
            for family in [family for family in seen if family not in noted]:
                content = {"what": what, "seen": list(seen[family])}
                transaction.append("look", family=family, key=digest, content=content)
            return transaction.head() if seen else None

        return self.chain.append(work)

    def open_vault(self, vault: Family, key: str, body: Mapping[str, Any], span: Moments | None = None) -> VaultOpening:
        """Writes down an opening of the vault. Its identity is its market and days, whatever the source.

        span: times of its first and last bar, None: all of its days. What the same key opened before is no reuse.
        """

        def work(transaction: Transaction) -> VaultOpening:
            families = Families(transaction)
            families.declare(vault)
            own = [event for event in transaction.events(kind="vault_opened", key=key) if event.family == vault.id]
            until = own[0].sequence if own else None
            times = span or whole_days(vault)
            found = sightings(transaction, families, vault, times, own=key, until=until)
            if own:
                return VaultOpening(seen=found, head=own[0].head)
            content = {"reused": bool(found), "vault": dict(body), "seen": list(times)}
            head = transaction.append("vault_opened", family=vault.id, key=key, content=content)
            return VaultOpening(seen=found, head=head)

        return self.chain.append(work)

    def seen(self, market: Family, span: Moments, *, own: str = "") -> tuple[Sighting, ...]:
        """Who saw bars of that market in that time. own: key of openings that do not count."""
        return self.chain.read(lambda transaction: sightings(transaction, Families(transaction), market, span, own=own))

    def budgets(self) -> list[Budget]:
        """Those that are in force, the newest of each actor and market."""
        return self.chain.read(lambda transaction: budgets_of(transaction))

    def set_budget(self, budget: Budget) -> str:
        """From now on the budget of that actor on that market, in the place of an earlier one."""

        def work(transaction: Transaction) -> str:
            return transaction.append(
                "budget", family="", key=f"{budget.actor} on {budget.market}", content={"budget": budget.content()}
            )

        return self.chain.append(work)

    def seal(self, market: Family, digest: str, begins: str) -> str:
        """Writes down that the bars of a market from a day on (ISO) were sealed, and the digest of what is sealed."""

        def work(transaction: Transaction) -> str:
            Families(transaction).declare(market)
            return transaction.append("sealed", family=market.id, key=digest, content={"begins": begins})

        return self.chain.append(work)

    def sealed_before(self, market: Family, digest: str) -> int | None:
        """How many trials and looks on the market there were before it was sealed; None where nobody noted a seal of
        that digest."""

        def work(transaction: Transaction) -> int | None:
            seal = next(transaction.events(kind="sealed", key=digest), None)
            if seal is None:
                return None
            reached = {identity for identity, _ in Families(transaction).same_bars(market)}
            kinds = ("trial_started", "look", "vault_opened")
            events = [event for kind in kinds for event in transaction.events(kind=kind)]
            return sum(event.sequence < seal.sequence and event.family in reached for event in events)

        return self.chain.read(work)

    def count(self, family: Family) -> int:
        """How many distinct tries were started in the family, failed and interrupted ones too."""

        def work(transaction: Transaction) -> int:
            return _count(transaction.events(kind="trial_started"), _members(Families(transaction), family))

        return self.chain.read(work)

    def tried_on(self, source: str) -> int:
        """How many distinct tries were started on a market that a source of this name gave, without reading any of its
        bars: the most of any such market."""

        def work(transaction: Transaction) -> int:
            families = Families(transaction)
            started = list(transaction.events(kind="trial_started"))
            groups = families.groups(transaction.keys_by_family("trial_started"))
            named = [group for group in groups if any(families.all[each].family.source == source for each in group)]
            return max((_count(started, group) for group in named), default=0)

        return self.chain.read(work)

    def trials(self, family: Family) -> list[Trial]:
        """The tries of the family in the order of their first starts."""

        def work(transaction: Transaction) -> list[Trial]:
            return tried_in(transaction, _members(Families(transaction), family))

        return self.chain.read(work)

    def tries(self, keys: Set[str]) -> list[Trial]:
        """The tries that these are the keys of, whatever their family."""

        def work(transaction: Transaction) -> list[Trial]:
            started = transaction.events(kind="trial_started")
            tried = tried_in(transaction, {event.family for event in started if event.key in keys})
            return [trial for trial in tried if not keys.isdisjoint(trial.keys)]

        return self.chain.read(work)

    def keys_of(self, runs: Set[str]) -> dict[str, str]:
        """run id -> key of its trial, as far as a start or a removal of the run's folder says it."""

        def work(transaction: Transaction) -> dict[str, str]:
            removed = {event.key: event.content.get("trial") or {} for event in transaction.events(kind="run_removed")}
            found = {run: str(trial["key"]) for run, trial in removed.items() if run in runs and trial.get("key")}
            for event in transaction.events(kind="trial_started"):
                if (run := event.content["trial"].get("run_id")) in runs:
                    found[run] = event.key
            return found

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
        return self.chain.read(summaries_of)

    def head(self) -> str:
        """Number and hash of the newest event: whoever notes it down can witness later that nothing was removed."""
        return self.chain.read(lambda transaction: transaction.head())

    def holds(self, head: str) -> bool:
        """Whether `head` once gave this, here and not in another ledger."""
        return self.chain.read(lambda transaction: transaction.holds(head))

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


def _count(started: Iterable[Event], members: Container[str]) -> int:
    return len(set(tries_of(event for event in started if event.family in members).values()))


def _members(families: Families, family: Family) -> set[str]:
    """Ids of the families that count as one with this one: reached over what was tried on."""
    return families.together(family, families.transaction.keys_by_family("trial_started"))
