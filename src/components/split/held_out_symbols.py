"""Symbols that a model was not trained on, at times that it was not trained on."""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from components.errors import DataError, Problem
from components.ranges import Ge, MinLen
from components.split.walk_forward import WalkForward
from components.values import Span, Time


@dataclass(frozen=True, kw_only=True)
class HeldOutSymbols(WalkForward):
    """Walk-forward in which every fold is tested on symbols that it neither trains nor validates on.

    Each span of time becomes one fold a group of symbols: trained and validated on all other symbols before, tested
    on the group after. With groups every symbol is in one of them, so that every row of the test spans is forecast
    once, by a model that knows neither its symbol nor its time. Every bar still serves what compares symbols.

    held_out  a number of groups (symbols are dealt out by a hash of their names, so that neither order nor name
              decides), or the list of the symbols that are held out, of which alone there are test rows then
    """

    held_out: Annotated[int, Ge(2)] | Annotated[tuple[str, ...], MinLen(1)]

    remedy: ClassVar[str] = "lower split.held_out or lengthen the span"

    def problems(self) -> Iterator[Problem]:
        yield from super().problems()
        if isinstance(self.held_out, tuple) and len(set(self.held_out)) < len(self.held_out):
            yield Problem("held_out", "names a symbol twice")

    def spans(self, decision_times_T: Time, symbols: tuple[str, ...]) -> tuple[Span, ...]:
        groups = self._groups(symbols)
        return tuple(
            replace(one, train_symbols=tuple(name for name in symbols if name not in group), test_symbols=tuple(group))
            for one in super().spans(decision_times_T, symbols)
            for group in groups
        )

    def _groups(self, symbols: tuple[str, ...]) -> list[list[str]]:
        if isinstance(self.held_out, tuple):
            if unknown := sorted(set(self.held_out) - set(symbols)):
                raise DataError(
                    f"split.held_out: no forecast is possible for '{unknown[0]}'; symbols: {_shortened(symbols)}"
                )
            groups = [sorted(self.held_out)]
        else:
            dealt = sorted(symbols, key=lambda name: hashlib.sha256(name.encode()).digest())
            groups = [sorted(dealt[place :: self.held_out]) for place in range(self.held_out)]
        if not all(0 < len(group) < len(symbols) for group in groups):
            raise DataError(
                f"split.held_out: {len(symbols)} symbols are too few: each fold is trained on some and tested on "
                "others; give more symbols, hold out fewer, or choose the split 'walk_forward'"
            )
        return groups

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return (
            *({**example, "held_out": 2} for example in super().examples()),
            {**super().examples()[0], "held_out": ["A"]},
        )


def _shortened(symbols: tuple[str, ...]) -> str:
    return ", ".join(symbols[:8]) + (" ..." if len(symbols) > 8 else "")
