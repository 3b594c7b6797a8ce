"""The families that a ledger knows, and what they have in common: written down when a family first appears."""

import json
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

from runner.recording.chain import Transaction
from runner.recording.family import Family
from runner.recording.markets.recognise import Known, Link, Match, Recognised, recognised
from runner.recording.markets.sketch import Sketch

KINDS = ("trial_started", "look", "vault_opened")
"""Events that saw bars."""

Nodes = dict[tuple[str, str], int]
"""(id of a family, its symbol) -> by how many days its stamps are later."""


@dataclass(frozen=True, kw_only=True)
class Declared:
    """A family with the links to those that were there before it. links: None in what 0.1.0 wrote; sketch, matches:
    hashes of what is kept of it beside the chain."""

    id: str
    family: Family
    links: tuple[Link, ...] | None
    sketch: str | None
    matches: str | None


@dataclass(frozen=True, eq=False)
class Families:
    """All of them, as one transaction sees them."""

    transaction: Transaction

    @cached_property
    def all(self) -> dict[str, Declared]:
        """By id, in the order in which they appeared."""
        found = {}
        for event in self.transaction.events(kind="family"):
            content = event.content
            links, series = content.get("links"), content.get("series", {})
            found[event.family] = Declared(
                id=event.family,
                family=Family.from_content(content),
                links=None if links is None else tuple(Link(**link) for link in links),
                sketch=series.get("sketch"),
                matches=series.get("matches"),
            )
        return found

    def declare(self, family: Family) -> None:
        """Writes the family down with all that is recognised in it, unless it is known."""
        if family.id in self.all:
            return
        links, matches = self.links(family)
        kept = {"sketch": family.sketch, "matches": _matches_bytes(matches) if matches else None}
        series = {name: self.transaction.keep(data) for name, data in kept.items() if data is not None}
        content = family.content() | {"links": [asdict(link) for link in links], "series": series}
        self.transaction.append("family", family=family.id, key=family.source, content=content)
        vars(self).pop("all", None)

    def links(self, family: Family) -> tuple[tuple[Link, ...], Mapping[str, list[Match]]]:
        """What the family has in common with those before it: as it was written down, or as it would be."""
        held = self.all.get(family.id)
        if held is not None and held.links is not None:
            return held.links, self.matches(held)
        claimed = self._claimed()
        known = [
            Known(id=each.id, family=each.family, sketch=self._sketch(each), claimed=claimed.get(each.id, {}))
            for each in self.all.values()
            if each.id != family.id
        ]
        sketch = None if family.sketch is None else Sketch.from_bytes(family.sketch)
        found = recognised(family, sketch, known)
        by_names = {each.id for each in known if each.sketch is None or sketch is None}
        sizes = {each.id: len(each.family.symbols) for each in known}
        links = tuple(
            Link.of(identity, matches, len(family.symbols), sizes[identity], by_names=identity in by_names)
            for identity, matches in found.items()
        )
        return links, found

    def matches(self, declared: Declared) -> dict[str, list[Match]]:
        """id of another family -> symbols in common; all that bear one name where what was kept is missing."""
        data = None if declared.matches is None else self.transaction.kept(declared.matches)
        if data is not None:
            content = json.loads(zlib.decompress(data))
            return {identity: [Match(**match) for match in matches] for identity, matches in content.items()}
        known = self.all
        return {
            link.family: _by_name(declared.family, known[link.family].family)
            for link in declared.links or ()
            if link.family in known
        }

    def recognised(self, family: Family) -> Recognised:
        """How much of the family was known before, or became known under another name since."""
        tried = {family for kind in KINDS for family in self.transaction.keys_by_family(kind)}
        found = [match for identity, matches in self.links(family)[1].items() if identity in tried for match in matches]
        for declared in self.all.values():
            if declared.id in tried and any(link.family == family.id for link in declared.links or ()):
                for match in self.matches(declared).get(family.id, ()):
                    found.append(replace(match, own=match.other, other=match.own, shift_days=-match.shift_days))
        sketch = None if family.sketch is None else Sketch.from_bytes(family.sketch)
        return Recognised.of(family.symbols, found, sketch)

    def together(self, family: Family, among: Iterable[str]) -> set[str]:
        """Ids of the families that count as one with this one, itself included, reached through those `among`."""
        near = self._near({*among, family.id})
        own, _ = self.links(family) if family.id not in self.all or self.all[family.id].links is None else ((), {})
        for link in own:
            if link.joins:
                near.setdefault(family.id, set()).add(link.family)
                near.setdefault(link.family, set()).add(family.id)
        allowed = {*among, family.id}
        return _reached(family.id, near, allowed)

    def groups(self, among: Iterable[str]) -> list[set[str]]:
        """The families `among` which count as one, in the order of the first of each."""
        remaining = dict.fromkeys(identity for identity in self.all if identity in set(among))
        near = self._near(set(remaining))
        groups = []
        while remaining:
            group = _reached(next(iter(remaining)), near, set(remaining))
            groups.append(group)
            remaining = {identity: None for identity in remaining if identity not in group}
        return groups

    def same_bars(self, family: Family) -> Nodes:
        """Every symbol of every family in which one of this family's was recognised, directly or through others."""
        near: dict[tuple[str, str], list[tuple[tuple[str, str], int]]] = {}

        def link(identity: str, found: Mapping[str, Iterable[Match]]) -> None:
            for other, matches in found.items():
                for match in matches:
                    one, two = (identity, match.own), (other, match.other)
                    near.setdefault(one, []).append((two, match.shift_days))
                    near.setdefault(two, []).append((one, -match.shift_days))

        for declared in self.all.values():
            if declared.links is None:
                link(declared.id, self._legacy_matches(declared))
            else:
                link(declared.id, self.matches(declared))
        if family.id not in self.all:
            link(family.id, self.links(family)[1])
        edge: list[tuple[str, str]] = [(family.id, symbol) for symbol in family.symbols]
        nodes: Nodes = dict.fromkeys(edge, 0)
        while edge:
            here = edge.pop()
            for there, days in near.get(here, ()):
                if there not in nodes:
                    nodes[there] = nodes[here] + days
                    edge.append(there)
        return nodes

    def _near(self, ids: set[str]) -> dict[str, set[str]]:
        """Neighbours: by links, and among families of 0.1.0, which have none, by symbols and days."""
        near: dict[str, set[str]] = {}
        pairs = [
            (declared.id, link.family)
            for declared in self.all.values()
            for link in declared.links or ()
            if link.joins and declared.id in ids and link.family in ids
        ]
        old = [declared for declared in self.all.values() if declared.links is None and declared.id in ids]
        pairs += [
            (one.id, two.id)
            for number, one in enumerate(old)
            for two in old[:number]
            if one.family.shares_bars(two.family)
        ]
        for one_id, two_id in pairs:
            near.setdefault(one_id, set()).add(two_id)
            near.setdefault(two_id, set()).add(one_id)
        return near

    def _legacy_matches(self, declared: Declared) -> dict[str, list[Match]]:
        return {
            other.id: _by_name(declared.family, other.family)
            for other in self.all.values()
            if other.links is None and other.id != declared.id and declared.family.shares_bars(other.family)
        }

    def _claimed(self) -> dict[str, dict[str, str]]:
        """id of a family without sketch -> its symbols that sketched ones claimed by name, and by whom first."""
        unsketched = {declared.id for declared in self.all.values() if declared.sketch is None}
        claimed: dict[str, dict[str, str]] = {}
        if not unsketched:
            return claimed
        for declared in self.all.values():
            if declared.sketch is None:
                continue
            for identity, matches in self.matches(declared).items():
                if identity in unsketched:
                    for match in matches:
                        claimed.setdefault(identity, {}).setdefault(match.other, declared.id)
        return claimed

    def _sketch(self, declared: Declared) -> Sketch | None:
        data = None if declared.sketch is None else self.transaction.kept(declared.sketch)
        return None if data is None else Sketch.from_bytes(data)


def _by_name(one: Family, two: Family) -> list[Match]:
    return [Match(own=symbol, other=symbol, how="name") for symbol in sorted(set(one.symbols) & set(two.symbols))]


def _reached(start: str, near: Mapping[str, set[str]], allowed: set[str]) -> set[str]:
    seen, edge = {start}, [start]
    while edge:
        new = (near.get(edge.pop(), set()) & allowed) - seen
        seen |= new
        edge += new
    return seen


def _matches_bytes(matches: Mapping[str, Iterable[Match]]) -> bytes:
    content: dict[str, list[dict[str, Any]]] = {
        identity: [asdict(match) for match in of_one] for identity, of_one in matches.items()
    }
    return zlib.compress(json.dumps(content, sort_keys=True).encode(), level=6)
