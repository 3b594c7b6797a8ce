"""Every family of data that was ever tried on, with its counts."""

from collections.abc import Iterable, Set
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
                vault_openings=_openings(families, openings, members, own),
            )
        )
    return found


def _openings(families: Families, openings: Iterable[Event], members: Set[str], started: Iterable[Event]) -> int:
    """Openings of vaults of the family's market: of its own runs, or in which its symbols were recognised."""
    runs = {event.content["trial"].get("run_id") for event in started} - {None}

    def concerns(event: Event) -> bool:
        if event.content["vault"].get("run_id") in runs or event.family in members:
            return True
        vault = families.all[event.family]
        if vault.links is None:
            return any(vault.family.shares_bars(families.all[member].family) for member in members)
        links = [link.family for link in vault.links]
        links += [each.id for each in families.all.values() for link in each.links or () if link.family == vault.id]
        return not members.isdisjoint(links)

    return sum(concerns(event) for event in openings)
