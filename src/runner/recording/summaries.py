"""Every family of data that was ever tried on, with its counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from runner.recording.chain import Event, Transaction
from runner.recording.declared import Families
from runner.recording.family import Family
from runner.recording.trials import tries_of


@dataclass(frozen=True, kw_only=True)
class FamilySummary:
    """Families that count as one, as the hull of their symbols and days, with the trials on them and the openings of
    vaults of their market."""

    family: Family
    trials: int
    vault_openings: int


def summaries_of(transaction: Transaction) -> list[FamilySummary]:
    families = Families(transaction)
    tried = transaction.keys_by_family("trial_started")
    started, openings = list(transaction.events(kind="trial_started")), list(transaction.events(kind="vault_opened"))
    found = []
    for members in families.groups(tried):
        of = [families.all[member].family for member in sorted(members)]
        hull = Family(
            source=of[0].source,
            symbols=tuple(sorted({symbol for member in of for symbol in member.symbols})),
            first=min(member.first for member in of),
            last=max(member.last for member in of),
        )
        own = [event for event in started if event.family in members]
        found.append(
            FamilySummary(
                family=hull,
                trials=len(set(tries_of(own).values())),
                vault_openings=_openings(openings, own),
            )
        )
    return found


def _openings(openings: Iterable[Event], starts: Sequence[Event]) -> int:
    """Openings of the vaults of these trials, each run's once: those that name one of them, or one of their runs."""
    keys, runs = {event.key for event in starts}, {event.content["trial"].get("run_id") for event in starts}
    bodies = {event.key: event.content["vault"] for event in openings}
    return sum(body.get("trial") in keys or body.get("run_id", "") in runs for body in bodies.values())
