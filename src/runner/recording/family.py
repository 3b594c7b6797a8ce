"""What trials are counted by: the market and the days that they looked at."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any

from runner.storage.canonical import content_hash


@dataclass(frozen=True, kw_only=True)
class Family:
    """Source, symbols and the days from first to last, both included, and how the symbols moved.

    symbols: in alphabetical order; sketch: bytes of a `runner.recording.markets.sketch.Sketch` of them, None where
    nobody sketched them, as up to 0.1.0: then names and days must tell.
    """

    source: str
    symbols: tuple[str, ...]
    first: date
    last: date
    sketch: bytes | None = None

    def content(self) -> dict[str, Any]:
        content = {
            "source": self.source,
            "symbols": sorted(set(self.symbols)),
            "first": self.first.isoformat(),
            "last": self.last.isoformat(),
        }
        return content if self.sketch is None else {**content, "sketch": hashlib.sha256(self.sketch).hexdigest()}

    @cached_property
    def id(self) -> str:
        return content_hash(self.content())

    @staticmethod
    def from_content(content: Mapping[str, Any]) -> "Family":
        """Without the sketch, which lies elsewhere."""
        return Family(
            source=content["source"],
            symbols=tuple(content["symbols"]),
            first=date.fromisoformat(content["first"]),
            last=date.fromisoformat(content["last"]),
        )

    def shares_days(self, other: "Family") -> bool:
        return self.first <= other.last and other.first <= self.last

    def shares_bars(self, other: "Family") -> bool:
        """Whether some symbol and some day belong to both."""
        return self.shares_days(other) and not set(self.symbols).isdisjoint(other.symbols)
