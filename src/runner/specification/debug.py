"""Settings that shrink an experiment until it runs in seconds; a debug run is never promoted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, Any

from components.contracts import Component
from components.ranges import Ge


@dataclass(frozen=True, kw_only=True)
class Debug(Component):
    """How much of the data a quick look uses; null means everything.

    enabled      marks the run as a debug run: never promoted, and no trial where it evaluates less than half of the
                 experiment (bars times folds): then the ledger notes that it looked
    max_bars     the last bars of every symbol before the vault
    max_symbols  the first symbols in alphabetical order
    max_folds    the first folds of the split
    """

    enabled: bool
    max_bars: Annotated[int, Ge(50)] | None
    max_symbols: Annotated[int, Ge(1)] | None
    max_folds: Annotated[int, Ge(1)] | None

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            {"enabled": False, "max_bars": None, "max_symbols": None, "max_folds": None},
            {"enabled": True, "max_bars": 600, "max_symbols": 3, "max_folds": 2},
        )
