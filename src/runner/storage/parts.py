"""Features on disk: parts, each some columns on a stretch of bars of every symbol, and what they are good for.

A part says from which bars it was computed: the digest of all bars of a symbol up to the stretch's end. It
serves any panel whose symbol begins with the very same bars, so that bars appended later leave it valid,
and a revised price spoils the parts of its own symbol alone. A column that compares symbols is valid only
if all bars of all symbols up to the part's end are the same.

Shape legend: S symbols of a panel, P symbols of a part, F columns, R rows of a part (symbol by symbol).
"""

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import cast

import numpy as np

from components.panel import Int, Panel
from components.values import Float32
from runner.storage.canonical import content_hash
from runner.storage.formats import Files

HEADER = "part.json"
GROUP_BYTES = 64_000_000
"""Size of a file of columns: large enough to be read fast, small enough to be read alone."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """Bars [first, last) of a symbol; digest: of its bars [0, last)."""

    first: int
    last: int
    digest: str


@dataclass(frozen=True, kw_only=True)
class Part:
    """What a part holds, without its values. columns: their keys; until: no later bar was known, in
    microseconds since 1970; market: digest of all bars of all symbols up to then."""

    columns: tuple[str, ...]
    stretches: Mapping[str, Stretch]
    until: int
    market: str

    @cached_property
    def n_rows(self) -> int:
        return sum(stretch.last - stretch.first for stretch in self.stretches.values())

    def places(self, symbols: Sequence[str]) -> Iterator[tuple[int, Stretch, int]]:
        """Position among the symbols, stretch, and the row at which that begins, of each that is there."""
        position = {symbol: s for s, symbol in enumerate(symbols)}
        row = 0
        for symbol, stretch in self.stretches.items():
            if symbol in position:
                yield position[symbol], stretch, row
            row += stretch.last - stretch.first

    @property
    def group_columns(self) -> int:
        """Columns in one file."""
        return max(1, GROUP_BYTES // max(4 * self.n_rows, 1))

    def groups(self) -> Iterator[tuple[str, slice]]:
        """Names of the files of columns, and which columns they hold."""
        for number, begin in enumerate(range(0, len(self.columns), self.group_columns)):
            yield f"{number}.f32", slice(begin, min(begin + self.group_columns, len(self.columns)))

    def to_json(self) -> bytes:
        rows = [[symbol, s.first, s.last, s.digest] for symbol, s in self.stretches.items()]
        value = {"columns": self.columns, "stretches": rows, "until": self.until, "market": self.market}
        return json.dumps(value).encode()

    def files(self, values_FR: Float32) -> Files:
        """The part with its values (F, R), C-contiguous, as it lies on disk."""
        # Views, so that a large table is not copied before it is written.
        blocks = {name: cast(bytes, values_FR[columns].data) for name, columns in self.groups()}
        return {HEADER: self.to_json(), **blocks}

    @staticmethod
    def from_json(data: bytes) -> "Part":
        value = json.loads(data)
        return Part(
            columns=tuple(value["columns"]),
            stretches={name: Stretch(first=a, last=b, digest=d) for name, a, b, d in value["stretches"]},
            until=value["until"],
            market=value["market"],
        )

    @cached_property
    def key(self) -> str:
        return content_hash(self.to_json().decode())


class History:
    """Digests of a panel's bars up to any point, remembered."""

    def __init__(self, panel: Panel) -> None:
        self._panel = panel
        self._position = {symbol: s for s, symbol in enumerate(panel.symbols)}
        self._digests: dict[tuple[str, int], str] = {}

    def bars(self, symbol: str) -> int:
        """Number of bars of a symbol, -1 for one that the panel does not have."""
        s = self._position.get(symbol)
        return -1 if s is None else int(self._panel.offsets[s + 1] - self._panel.offsets[s])

    def bars_until(self, time: int) -> Int:
        """(S,) number of bars of each symbol up to a time, given in microseconds since 1970, inclusive."""
        before_R = np.concatenate([[0], np.cumsum(self._panel.timestamps_R.view(np.int64) <= time)])
        counts_S: Int = np.diff(before_R[self._panel.offsets])
        return counts_S

    def prepare(self, parts: Iterable[Part]) -> None:
        """Hashes every bar once for all that comparing with the parts, and describing a new one, will ask for."""
        ends = {symbol: {self.bars(symbol)} for symbol in self._panel.symbols}
        for part in parts:
            for symbol, stretch in part.stretches.items():
                if stretch.last <= self.bars(symbol):
                    ends[symbol].add(stretch.last)
        for symbol, bars in ends.items():
            self._hash(symbol, sorted(bars - {0}))

    def digest(self, symbol: str, bars: int) -> str:
        """SHA-256 over the first bars of a symbol: timestamps and every field; empty if it has fewer."""
        if not 0 < bars <= self.bars(symbol):
            return ""
        if (symbol, bars) not in self._digests:
            self._hash(symbol, [bars])
        return self._digests[symbol, bars]

    def market(self, time: int) -> str:
        """Digest of all bars of all symbols up to a time."""
        counts = [(s, int(n)) for s, n in zip(self._panel.symbols, self.bars_until(time), strict=True) if n]
        return content_hash([[symbol, self.digest(symbol, n)] for symbol, n in counts])

    def _hash(self, symbol: str, ends: Sequence[int]) -> None:
        begin = int(self._panel.offsets[self._position[symbol]])
        fields = self._panel.fields
        names = sorted(fields)
        columns = [self._panel.timestamps_R.view(np.int64), *(fields[name] for name in names)]
        hashes = [hashlib.sha256(name.encode()) for name in ("", *names)]
        for first, last in pairwise([0, *ends]):
            for running, column in zip(hashes, columns, strict=True):
                running.update(column[begin + first : begin + last].data)
            digest = hashlib.sha256(b"".join(running.digest() for running in hashes))
            self._digests[symbol, last] = digest.hexdigest()
