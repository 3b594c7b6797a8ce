"""Broken targets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from components.contracts import Target


@dataclass(frozen=True, kw_only=True)
class Yesterday(Target):
    """The return of the last bar, which is known."""

    kind = "return"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def text(self) -> str:
        return "close / ref(close, 1) - 1"


@dataclass(frozen=True, kw_only=True)
class Percent(Target):
    """A return that is called a direction."""

    kind = "direction"

    @classmethod
    def examples(cls) -> Sequence[Mapping[str, Any]]:
        return ({},)

    def text(self) -> str:
        return "ref(close, -1) / close - 1"
