"""Which symbols of one panel were known before, under whatever name.

Shape legend: P, Q symbols, N pairs of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from components.values import Int
from runner.recording.family import Family
from runner.recording.markets.alike import ENOUGH, Pairs, alike, compared, long_enough
from runner.recording.markets.sketch import Bits, Sketch

How = Literal["same", "market", "name"]
"""By how they moved: the same series, or one market (share classes, a fund and its index); by name and days alone,
where too little is known of how they moved."""

_RANK = {"same": 0, "market": 1, "name": 2}


@dataclass(frozen=True, kw_only=True)
class Match:
    """One symbol found again. shift_days: by how many days the other's stamps are later; sign, firm: see `alike`; they
    are 1 where names tell."""

    own: str
    other: str
    how: How
    shift_days: int = 0
    sign: float = 1.0
    firm: float = 1.0


@dataclass(frozen=True, kw_only=True)
class Link:
    """What one family of data has in common with another one.

    family: id of the other; matched, renamed: how many own symbols are found there, and how many of these under
    another name; own, other: how many symbols either has; least: the least agreement of the matched; joins: whether
    the two are one family.
    """

    family: str
    how: How
    matched: int
    renamed: int
    own: int
    other: int
    least: float
    joins: bool

    @staticmethod
    def of(family: str, matches: Sequence[Match], own: int, other: int, *, by_names: bool) -> "Link":
        """by_names: nobody sketched the other, so that any bar in common joins; else half of the smaller panel."""
        found = min(len(matches), len({match.other for match in matches}))
        return Link(
            family=family,
            how=max((match.how for match in matches), key=_RANK.__getitem__),
            matched=len(matches),
            renamed=sum(match.own != match.other for match in matches),
            own=own,
            other=other,
            least=round(min(match.sign for match in matches), 4),
            joins=by_names or 2 * found >= min(own, other),
        )


@dataclass(frozen=True, kw_only=True)
class Recognised:
    """Of how many symbols something was known before, and how surely.

    symbols: in all; known: seen before, by whatever; renamed: of those, under another name only; markets: of those, as
    another series of one market; by_name: known by name and days alone; short: too short to be recognised by how they
    moved; sign, firm: least agreements of what was recognised so, see `alike`.
    """

    symbols: int
    known: int
    renamed: int
    markets: int
    by_name: int
    short: int
    sign: float
    firm: float

    @staticmethod
    def of(symbols: Sequence[str], matches: Iterable[Match], sketch: Sketch | None) -> "Recognised":
        """matches: with whatever family; of each symbol the best counts."""
        best: dict[str, Match] = {}
        for match in matches:
            held = best.get(match.own)
            if held is None or _worth(match) > _worth(held):
                best[match.own] = match
        moved = [match for match in best.values() if match.how != "name"]
        return Recognised(
            symbols=len(symbols),
            known=len(best),
            renamed=sum(match.own != match.other for match in best.values()),
            markets=sum(match.how == "market" for match in moved),
            by_name=len(best) - len(moved),
            short=len(symbols) if sketch is None else int(np.sum(~long_enough(sketch))),
            sign=min((match.sign for match in moved), default=1.0),
            firm=min((match.firm for match in moved), default=1.0),
        )


@dataclass(frozen=True, kw_only=True, eq=False)
class Known:
    """A family that the ledger knows. sketch: None where there is none; claimed: of one without a sketch, which
    symbols sketched families claimed by name, and who was the first."""

    id: str
    family: Family
    sketch: Sketch | None
    claimed: Mapping[str, str]


def recognised(family: Family, sketch: Sketch | None, known: Sequence[Known]) -> dict[str, list[Match]]:
    """id of a known family -> the symbols of this family that are found in it; only families with some.

    What moved alike matches whatever its name; what has one name and days in common matches unless its moves say
    otherwise. A name that nobody sketched belongs to the first market that claimed it.
    """
    sketched = [each for each in known if each.sketch is not None] if sketch is not None else []
    found: dict[str, list[Match]] = {each.id: [] for each in known}
    if sketch is not None and sketched:
        for identity, matches in _moved_alike(family, sketch, sketched).items():
            found[identity] += matches
    for each in known:
        if each.sketch is None or sketch is None:
            found[each.id] += _named_alike(family, each, found)
    return {identity: matches for identity, matches in found.items() if matches}


def _moved_alike(family: Family, sketch: Sketch, known: Sequence[Known]) -> dict[str, list[Match]]:
    owner_Q = np.repeat(np.arange(len(known)), [len(each.family.symbols) for each in known])
    names_Q = [symbol for each in known for symbol in each.family.symbols]
    stacked = _stacked([each.sketch for each in known if each.sketch is not None])
    best = _best(family.symbols, names_Q, owner_Q, alike(sketch, stacked))
    row_of = {symbol: row for row, symbol in enumerate(family.symbols)}
    named = [
        (row_of[symbol], row)
        for row, symbol in enumerate(names_Q)
        if symbol in row_of
        and (int(owner_Q[row]), symbol) not in best
        and family.shares_days(known[owner_Q[row]].family)
    ]
    if named:
        pairs = compared(sketch, stacked, *(np.array(column) for column in zip(*named, strict=True)))
        for row in pairs.other_N[pairs.kinds() != "other"]:
            best[int(owner_Q[row]), names_Q[row]] = Match(own=names_Q[row], other=names_Q[row], how="name")
    found: dict[str, list[Match]] = {}
    for (owner, _), match in sorted(best.items(), key=lambda item: item[0]):
        found.setdefault(known[owner].id, []).append(match)
    return found


def _best(symbols: Sequence[str], names_Q: Sequence[str], owner_Q: Int, pairs: Pairs) -> dict[tuple[int, str], Match]:
    """(position of a known family, own symbol) -> what it is most like there, of what is alike enough."""
    kinds = [str(kind) for kind in pairs.kinds()]
    owners = [int(owner) for owner in owner_Q[pairs.other_N]]
    companions: dict[int, set[int]] = {}
    for owner, own, kind in zip(owners, pairs.own_N.tolist(), kinds, strict=True):
        if kind in ("few", "same"):
            companions.setdefault(owner, set()).add(own)
    best: dict[tuple[int, str], Match] = {}
    for row, (owner, kind) in enumerate(zip(owners, kinds, strict=True)):
        same = kind == "same" or (kind == "few" and len(companions[owner]) >= ENOUGH)
        if not (same or kind == "market"):
            continue
        own = symbols[pairs.own_N[row]]
        match = Match(
            own=own,
            other=names_Q[pairs.other_N[row]],
            how="same" if same else "market",
            shift_days=int(pairs.shift_N[row]),
            sign=round(float(pairs.sign_N[row]), 4),
            firm=round(float(pairs.firm_N[row]), 4),
        )
        held = best.get((owner, own))
        if held is None or _worth(match) > _worth(held):
            best[owner, own] = match
    return best


def _worth(match: Match) -> tuple[Any, ...]:
    return -_RANK[match.how], match.own == match.other, match.sign, match.firm


def _named_alike(family: Family, known: Known, found: Mapping[str, Sequence[Match]]) -> list[Match]:
    if not family.shares_bars(known.family):
        return []
    ours = set(family.symbols)

    def claimed_by_others(symbol: str) -> bool:
        claimer = known.claimed.get(symbol)
        return claimer is not None and all(match.own != symbol for match in found.get(claimer, ()))

    shared = [symbol for symbol in known.family.symbols if symbol in ours]
    return [Match(own=symbol, other=symbol, how="name") for symbol in shared if not claimed_by_others(symbol)]


def _stacked(sketches: Sequence[Sketch]) -> Sketch:
    return Sketch(
        daily=_rows([sketch.daily for sketch in sketches]),
        weekly=_rows([sketch.weekly for sketch in sketches]),
        ends=tuple(
            _rows([sketch.ends[number] if sketch.ends else _nothing(sketch.weekly) for sketch in sketches])
            for number in range(max(len(sketch.ends) for sketch in sketches))
        ),
    )


def _nothing(bits: Bits) -> Bits:
    """Of as many symbols, in no words."""
    return bits.over(bits.first, 0)


def _rows(parts: Sequence[Bits]) -> Bits:
    """All rows in the words that any of them has."""
    filled = [part for part in parts if part.words] or parts
    first = min(part.first for part in filled)
    words = max(part.first + part.words for part in filled) - first
    moved = [part.over(first, words).arrays for part in parts]
    return Bits(first=first, **{name: np.concatenate([arrays[name] for arrays in moved]) for name in moved[0]})


def rows_of(symbols: Sequence[str], wanted: Sequence[str]) -> Int:
    """Positions of the wanted ones, -1 where there is none."""
    row_of = {symbol: row for row, symbol in enumerate(symbols)}
    return np.array([row_of.get(symbol, -1) for symbol in wanted], dtype=np.int64)
