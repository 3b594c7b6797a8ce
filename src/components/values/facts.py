"""What is said about data: its source, and what a check of it found."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class SourceFacts:
    """What a source declares about itself; printed in the verdict.

    identity names the data logically (for the ledger's families), never by content; cautions are whole
    sentences that a reader must know before trusting a figure.
    """

    identity: str
    description: str
    survivorship: Literal["free", "biased", "unknown"]
    adjustment: Literal["raw", "split", "total"]
    cautions: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Finding:
    """What a check of the data found.

    count: bars (or pairs of symbols) concerned; symbol, timestamp: of the first of them, empty where there is
    none; example: a sentence about it; action: what was done.
    """

    check: str
    count: int
    symbol: str
    timestamp: str
    example: str
    action: Literal["dropped", "repaired", "kept"]
