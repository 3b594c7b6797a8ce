"""The feature table, of which only what the store does not hold is computed.

Columns are looked up one by one: by the text of the expression and the code of the engine. Of each, the bars
that stored parts hold are taken from there; the others are computed and stored as a new part. The values are
the bits that computing everything would give.

Shape legend: S symbols, F columns, R panel rows.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from components.expressions import Node, to_text
from components.panel import Int, Panel
from components.values import Float32
from runner.storage.canonical import content_hash
from runner.storage.formats import FILES, Files
from runner.storage.parts import HEADER, History, Part, Stretch
from runner.storage.rows import compares_symbols, compute_rows
from runner.storage.store import Store

MANY_PARTS = 24
"""A table that is put together from more parts than this is stored again as one."""
ATTEMPTS = 3
"""How often damaged parts are replaced before the store is given up."""


class _Vanished(Exception):
    """A part that was there a moment ago is damaged or gone."""


@dataclass(frozen=True, kw_only=True, eq=False)
class _Piece:
    """Bars [first_S, last_S) of some columns, as positions in the table, found in a part."""

    key: str
    part: Part
    columns: tuple[int, ...]
    first_S: Int
    last_S: Int


@dataclass(frozen=True, kw_only=True, eq=False)
class _Gap:
    """Columns, as positions in the table, of which the bars from first_S on are in no part."""

    columns: tuple[int, ...]
    first_S: Int


def load_features(
    nodes: Mapping[str, Node], panel: Panel, *, place: str, store: Store, threads: int
) -> tuple[Float32, int]:
    """values_FR (F, R) float32 of all columns, and how many were computed because the store lacked them.

    place: folder of the parts that may serve: those of the same source, fields and code. Raises OutputError if the
    store cannot be written.
    """
    return _Build(nodes=nodes, panel=panel, stage=place, store=store, threads=threads).table()


@dataclass(frozen=True, kw_only=True, eq=False)
class _Build:
    """One table being put together; stage: folder of its parts; fresh: files of the parts that were computed for it."""

    nodes: Mapping[str, Node]
    panel: Panel
    stage: str
    store: Store
    threads: int
    fresh: dict[str, Files] = field(default_factory=dict)

    @cached_property
    def keys(self) -> tuple[str, ...]:
        """Of each column."""
        return tuple(content_hash(to_text(node))[:32] for node in self.nodes.values())

    @cached_property
    def places(self) -> dict[str, int]:
        """Key -> position of the first column that has it; two names may stand for one expression."""
        return {key: column for column, key in reversed(list(enumerate(self.keys)))}

    @cached_property
    def history(self) -> History:
        return History(self.panel)

    def table(self) -> tuple[Float32, int]:
        """values_FR and the number of values computed."""
        for _ in range(ATTEMPTS):
            pieces, gaps = self.arrangement()
            made = [self.filled(gap) for gap in gaps]
            computed = sum(count for _, count in made)
            pieces += [piece for piece, _ in made]
            try:
                values_FR = self.assembled(pieces)
            except _Vanished:
                continue
            if len({piece.key for piece in pieces}) > MANY_PARTS:
                self.merge(values_FR, pieces)
            return values_FR, computed
        every_bar = np.zeros(len(self.panel.symbols), np.int64)
        values_FR = compute_rows(self.nodes, self.panel, every_bar, threads=self.threads)
        return values_FR, values_FR.size

    def arrangement(self) -> tuple[list[_Piece], list[_Gap]]:
        """Where each column's bars are, and which are nowhere."""
        parts = {}
        for key in self.store.keys(self.stage):
            header = self.store.read(key, self.stage, HEADER)
            if header is not None:
                parts[key] = Part.from_json(header)
        self.history.prepare(parts.values())
        pieces, gaps = [], dict[bytes, _Gap]()
        for (across, keys), columns in self.alike(parts).items():
            found, covered_S = self.cover({key: parts[key] for key in keys}, across)
            pieces += [_Piece(key=k, part=parts[k], columns=columns, first_S=a, last_S=b) for k, a, b in found]
            if (covered_S < np.diff(self.panel.offsets)).any():
                known = gaps.get(covered_S.tobytes(), _Gap(columns=(), first_S=covered_S))
                gaps[covered_S.tobytes()] = _Gap(columns=tuple(sorted(known.columns + columns)), first_S=covered_S)
        return pieces, list(gaps.values())

    def alike(self, parts: Mapping[str, Part]) -> dict[tuple[bool, tuple[str, ...]], tuple[int, ...]]:
        """Columns that are in the same parts and all compare symbols, or none does."""
        holds = {key: frozenset(part.columns) for key, part in parts.items()}
        found: dict[tuple[bool, tuple[str, ...]], tuple[int, ...]] = {}
        nodes = list(self.nodes.values())
        for column, position in self.places.items():
            where = (compares_symbols(nodes[position]), tuple(key for key in parts if column in holds[key]))
            found[where] = (*found.get(where, ()), position)
        return found

    def cover(self, parts: Mapping[str, Part], across: bool) -> tuple[list[tuple[str, Int, Int]], Int]:
        """Which bars [first_S, last_S) to take from which part, and how many leading bars that gives."""
        usable = {key: self.usable(part, across) for key, part in parts.items()}
        found, covered_S = [], np.zeros(len(self.panel.symbols), np.int64)
        while usable:
            after = {
                key: np.where((first_S <= covered_S) & (last_S > covered_S), last_S, covered_S)
                for key, (first_S, last_S) in usable.items()
            }
            best = max(after, key=lambda key: int(after[key].sum()))
            if (after[best] == covered_S).all():
                break
            found.append((best, covered_S, after[best]))
            covered_S = after[best]
            del usable[best]
        return found, covered_S

    def usable(self, part: Part, across: bool) -> tuple[Int, Int]:
        """Bars [first_S, last_S) of the part that were computed from the very bars of this panel."""
        first_S, last_S = np.zeros((2, len(self.panel.symbols)), np.int64)
        if across and self.history.market(part.until) != part.market:
            return first_S, last_S
        for s, symbol in enumerate(self.panel.symbols):
            stretch = part.stretches.get(symbol)
            if stretch and (across or self.history.digest(symbol, stretch.last) == stretch.digest):
                first_S[s], last_S[s] = stretch.first, stretch.last
        return first_S, last_S

    def filled(self, gap: _Gap) -> tuple[_Piece, int]:
        """Stores what is nowhere; how many values were computed, none if another process did it meanwhile."""
        names = list(self.nodes)
        nodes = {names[column]: self.nodes[names[column]] for column in gap.columns}
        part = self.part(gap.columns, gap.first_S)
        computed = 0

        def compute() -> Files:
            nonlocal computed
            values_FN = compute_rows(nodes, self.panel, gap.first_S, threads=self.threads)
            computed = values_FN.size
            return part.files(values_FN)

        self.fresh[part.key] = self.store.compute(part.key, self.stage, compute, FILES)
        last_S = np.diff(self.panel.offsets)
        return _Piece(key=part.key, part=part, columns=gap.columns, first_S=gap.first_S, last_S=last_S), computed

    def part(self, columns: tuple[int, ...], first_S: Int) -> Part:
        """The part that holds these columns from first_S to the end."""
        until = int(self.panel.timestamps_R.view(np.int64).max())
        return Part(
            columns=tuple(self.keys[column] for column in columns),
            stretches={
                symbol: Stretch(first=int(first), last=int(last), digest=self.history.digest(symbol, int(last)))
                for symbol, first, last in zip(self.panel.symbols, first_S, np.diff(self.panel.offsets), strict=True)
                if last > first
            },
            until=until,
            market=self.history.market(until),
        )

    def assembled(self, pieces: list[_Piece]) -> Float32:
        """The table from its pieces. Raises _Vanished."""
        values_FR = np.empty((len(self.keys), self.panel.n_rows), np.float32)
        for piece in pieces:
            position = {column: i for i, column in enumerate(piece.part.columns)}
            source = {position[self.keys[column]]: column for column in piece.columns}
            for name, group in piece.part.groups():
                wanted = [i for i in range(group.start, group.stop) if i in source]
                if wanted:
                    block = np.frombuffer(self.file(piece.key, name), np.float32).reshape(-1, piece.part.n_rows)
                    into, picked = [source[i] for i in wanted], [i - group.start for i in wanted]
                    for rows, taken in self.runs(piece):
                        values_FR[_span(into), rows] = block[_span(picked), taken]
        for column, key in enumerate(self.keys):
            if self.places[key] != column:
                values_FR[column] = values_FR[self.places[key]]
        return values_FR

    def file(self, key: str, name: str) -> bytes:
        data = self.fresh[key][name] if key in self.fresh else self.store.read(key, self.stage, name)
        if data is None:
            raise _Vanished
        return data

    def runs(self, piece: _Piece) -> Iterator[tuple[slice, slice]]:
        """Rows of the table and of the part that hold the same bars; neighbours are joined."""
        rows = taken = slice(0, 0)
        for s, stretch, start in piece.part.places(self.panel.symbols):
            first, last = int(piece.first_S[s]), int(piece.last_S[s])
            if last > first:
                to, of = int(self.panel.offsets[s]) + first, start + first - stretch.first
                if rows.stop == to and taken.stop == of:
                    rows, taken = slice(rows.start, to + last - first), slice(taken.start, of + last - first)
                    continue
                yield rows, taken
                rows, taken = slice(to, to + last - first), slice(of, of + last - first)
        yield rows, taken

    def merge(self, values_FR: Float32, pieces: list[_Piece]) -> None:
        """Stores the whole table as one part and drops those that are contained in it."""
        distinct = tuple(sorted(self.places.values()))
        whole = self.part(distinct, np.zeros(len(self.panel.symbols), np.int64))
        kept_FR = values_FR[list(distinct)] if len(distinct) < len(values_FR) else values_FR
        self.store.compute(whole.key, self.stage, lambda: whole.files(kept_FR), FILES)
        for key, part in {piece.key: piece.part for piece in pieces}.items():
            if set(part.columns) <= set(self.keys) and key != whole.key:
                self.store.drop(key, self.stage)


def _span(indices: list[int]) -> slice | list[int]:
    """Neighbouring indices as a slice, which copies faster."""
    consecutive = indices == list(range(indices[0], indices[0] + len(indices)))
    return slice(indices[0], indices[0] + len(indices)) if consecutive else indices
