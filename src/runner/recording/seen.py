"""Who saw which bars: trials, looks and openings of vaults, and agents that know the time."""

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from runner.recording.chain import Event, Transaction
from runner.recording.declared import Families
from runner.recording.family import Family

Moments = tuple[str, str]
"""Times (ISO, UTC) of a first and a last bar."""

By = Literal["trial", "look", "opening", "knowledge"]
KINDS: dict[str, By] = {"trial_started": "trial", "look": "look", "vault_opened": "opening"}


@dataclass(frozen=True, kw_only=True)
class Sighting:
    """by: what saw the bars; key: of that trial, look or opening; first, last: the days that it saw; actor: who."""

    by: By
    key: str
    first: str
    last: str
    actor: str

    def content(self) -> dict[str, str]:
        return {"by": self.by, "key": self.key, "first": self.first, "last": self.last, "actor": self.actor}


@dataclass(frozen=True, kw_only=True)
class VaultOpening:
    """seen: who saw bars of the vault before; reused if anybody did."""

    seen: tuple[Sighting, ...]
    head: str

    @property
    def reused(self) -> bool:
        return bool(self.seen)

    @property
    def earlier(self) -> tuple[str, ...]:
        """Keys under which overlapping bars were opened before."""
        return tuple(sighting.key for sighting in self.seen if sighting.by == "opening")


def whole_days(family: Family) -> Moments:
    """From the beginning of its first day to the end of its last."""
    return family.first.isoformat(), f"{family.last.isoformat()}T23:59:59.999999"


def sightings(
    transaction: Transaction, families: Families, market: Family, span: Moments, *, own: str, until: int | None = None
) -> tuple[Sighting, ...]:
    """Who saw bars of that market in that time, in order, each once. Openings under the key `own` are no sighting;
    until: number of the event up to which the ledger is read.

    An agent that knows the markets until a day has seen what lies before it, whatever it was given.
    """
    nodes = families.same_bars(market)
    shifts: dict[str, set[int]] = {}
    for (identity, _), days in nodes.items():
        shifts.setdefault(identity, set()).add(days)
    first, last = (np.datetime64(moment, "us") for moment in span)
    found: dict[tuple[str, str], Sighting] = {}
    for event in transaction.events():
        by = KINDS.get(event.kind)
        if until is not None and event.sequence > until:
            break
        if by is None or event.family not in shifts:
            continue
        if by == "opening" and event.key == own:
            continue
        content = event.content
        seen = tuple(content.get("seen") or whole_days(families.all[event.family].family))
        begin, end = (np.datetime64(moment, "us") for moment in seen)
        moved = [np.timedelta64(shift, "D") for shift in shifts[event.family]]
        if any(begin - days <= last and first <= end - days for days in moved):
            found.setdefault((by, event.key), _sighting(by, event, (seen[0], seen[1])))
        known = content.get("actor", {}).get("knowledge_until")
        if known is not None and np.datetime64(known, "us") > first:
            found.setdefault(("knowledge", _label(content)), _sighting("knowledge", event, ("", str(known))))
    return tuple(found.values())


def _sighting(by: By, event: Event, seen: Moments) -> Sighting:
    return Sighting(by=by, key=event.key, first=seen[0][:10], last=seen[1][:10], actor=_label(event.content))


def _label(content: dict[str, Any]) -> str:
    actor = content.get("actor", {})
    return f"{actor['kind']}:{actor['name']}" if actor else ""
